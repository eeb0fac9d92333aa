"""What every command of the terminal shares: running, stopping with a reason, the settings. Decides nothing."""

import shutil
import textwrap
from collections.abc import Coroutine
from typing import NoReturn, TypeVar

import typer

from bot import settings
from bot.settings import Settings, SettingsError

Result = TypeVar("Result")


def on_a_loop(work: Coroutine[object, object, Result]) -> Result:
    """On uvloop: a faster event loop, the same behaviour."""
    import uvloop

    return uvloop.run(work)


def run(work: Coroutine[object, object, Result]) -> Result:
    """Ends the command where the bot's database is away."""
    from bot.db.database import Unreachable

    try:
        return on_a_loop(work)
    except Unreachable as error:
        stop(f"The bot's database: {error}", "`watchkeeper doctor` looks at everything, and says more.")


def stop(*lines: str, code: int = 1) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)


def load_settings() -> Settings:
    try:
        return settings.load()
    except SettingsError as error:
        stop("watchkeeper cannot start:", *error.lines)


def wrapped(line: str, first: str = "  - ", rest: str = "    ") -> str:
    """A sentence as a list item, in lines that a terminal shows whole."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, 60), 110)
    return textwrap.fill(line, width, initial_indent=first, subsequent_indent=rest, break_long_words=False)
