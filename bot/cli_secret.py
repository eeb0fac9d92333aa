"""`watchkeeper secret put`: a secret into .env, not shown, not in the shell's history, its value never printed."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal import stop

app = typer.Typer(no_args_is_help=True, help="Secrets of the bot.")


@app.callback()
def secret() -> None:
    """So that `put` stays a word of its own."""


@app.command()
def put(
    name: Annotated[str, typer.Argument(help="The variable, as the catalog names it: SHOP_DB or '$SHOP_DB'.")],
    file: Annotated[Path, typer.Option("--file", help="Where the secrets are kept.")] = Path(".env"),
) -> None:
    """Ask for a secret, or read it from standard input, and write it into .env (mode 0600)."""
    variable = name.removeprefix("$")
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable):
        stop(f"{name} is no variable's name: capital letters, digits and _, like SHOP_DB.")
    value = _value(variable)
    if not value:
        stop("Nothing was given. Nothing changed.")
    try:
        was_set = _written(file, variable, value)
    except ValueError as error:
        stop(f"{error} Nothing changed.")
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}. Nothing changed.")
    done = "has another value now" if was_set else "is set"
    typer.echo(f"{variable} {done} in {file}. The bot reads it at its next start; `watchkeeper doctor` tries it now.")


def _value(variable: str) -> str:
    if sys.stdin.isatty():
        given: str = typer.prompt(variable, hide_input=True, confirmation_prompt=True)
        return given.strip()
    return sys.stdin.read().strip()


def _written(file: Path, variable: str, value: str) -> bool:
    """Whether it had a value before."""
    from bot.init import env_file

    before = file.read_text(encoding="utf-8") if file.exists() else ""
    was_set = variable in env_file.values(file)
    env_file.write(file, env_file.text_with(before, {variable: value}))
    return was_set
