"""A command that Slack does not know by its own name is said as `/ops …`, which every set of commands has.

Which set the app was made from, the catalog says (`commands: five`): Slack tells nobody.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar, cast

from bot.domain.catalog import Which
from bot.domain.command import Command
from bot.domain.json import Json, JsonObject

Spoken = Callable[[str], str]
Shown = TypeVar("Shown", JsonObject, list[JsonObject])


def as_it_stands(text: str) -> str:
    return text


def spoken(commands: Mapping[str, Command], which: Callable[[], Which]) -> Spoken:
    """which: asked anew each time, because the catalog may be reloaded."""

    def say(text: str) -> str:
        if "/" not in text:
            return text
        now = which()
        absent = tuple(command.word for command in commands.values() if now not in command.sets)
        return _names(absent).sub(r"/ops \1", text) if absent else text

    return say


def all_spoken(shown: Shown, say: Spoken) -> Shown:
    """Blocks or a view with every text in them said so; addresses and ids stay."""
    return cast("Shown", _walk(cast("Json", shown), say))


def _walk(value: Json, say: Spoken) -> Json:
    if isinstance(value, dict):
        return {
            key: say(part) if key == "text" and isinstance(part, str) else _walk(part, say)
            for key, part in value.items()
        }
    return [_walk(part, say) for part in value] if isinstance(value, list) else value


@cache
def _names(words: tuple[str, ...]) -> re.Pattern[str]:
    """Whole names alone: no part of a path, an address or a longer word."""
    return re.compile(rf"(?<![\w/.:~-])/({'|'.join(map(re.escape, words))})(?![\w/-])")
