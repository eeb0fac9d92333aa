"""Questions in a terminal: a line, a secret that is not shown, yes or no, some of a list. Knows no subject."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from bot.domain.pasted import pasted_secrets

Item = TypeVar("Item")
Words = Callable[[Item], Sequence[str]]


def say(*lines: str) -> None:
    for line in lines:
        typer.echo(line)


def title(text: str) -> None:
    typer.echo("")
    typer.secho(text, bold=True)


def line(question: str, default: str = "") -> str:
    """Asks again where a secret was pasted: what is typed here is shown, and may be written into a file."""
    while True:
        answer: str = typer.prompt(f"  {question}", default=default, show_default=bool(default))
        pasted = next(pasted_secrets(answer, ""), None)
        if pasted is None:
            return answer.strip()
        what = f"{pasted.what[0].upper()}{pasted.what[1:]}"
        say(f"    {what} Leave it out: this answer is shown; secrets are asked for by themselves, and are not.")


def secret(question: str) -> str:
    """Not shown while it is typed; empty is an answer."""
    answer: str = typer.prompt(f"  {question}", default="", hide_input=True, show_default=False)
    return answer.strip()


def yes(question: str, default: bool = False) -> bool:
    return typer.confirm(f"  {question}", default=default)


def until(read: Callable[[str], Item], question: str, default: str = "") -> Item:
    """Asks again, saying what was wrong, until `read` takes the answer (it raises ValueError)."""
    while True:
        try:
            return read(line(question, default))
        except ValueError as error:
            say(f"    {error}")


def some_of(items: Sequence[Item], words: Words[Item], question: str, default: str = "") -> list[Item]:
    """Items by their numbers or words, separated by commas or spaces; empty = none."""

    def read(answer: str) -> list[Item]:
        return [_one(items, words, word) for word in answer.replace(",", " ").split()]

    return until(read, question, default)


def one_of(items: Sequence[Item], words: Words[Item], question: str, default: str = "") -> Item | None:
    """One item, or None for an empty answer."""

    def read(answer: str) -> Item | None:
        return _one(items, words, answer) if answer else None

    return until(read, question, default)


def _one(items: Sequence[Item], words: Words[Item], word: str) -> Item:
    if word.isdigit() and 1 <= int(word) <= len(items):
        return items[int(word) - 1]
    wanted = word.lstrip("#@").lower()
    for item in items:
        if wanted in (each.lower() for each in words(item)):
            return item
    raise ValueError(f"“{word}” is none of them: type a number of the list, or a name as it stands there.")
