"""Reads one located file piece by piece and gathers every problem instead of stopping at the first. Pure."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta

from permissions.problem import Problem, did_you_mean
from permissions.strict_yaml import Located, Path, Plain

_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}

Name = tuple[str, Path]
"""A name and where it was written."""


class Sheet:
    """The file under reading: what is asked of it and is not there, or wrong, becomes a Problem."""

    def __init__(self, located: Located) -> None:
        self._located = located
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def wrong(self, path: Path, what: str, remedy: str = "") -> None:
        self.problems.append(self._located.problem(path, what, remedy))

    def warn(self, path: Path, what: str, remedy: str = "") -> None:
        self.warnings.append(self._located.problem(path, what, remedy))

    def where(self, path: Path) -> str:
        return f"{self._located.file}:{self._located.line_of(path)}"

    def line_of(self, path: Path) -> int:
        return self._located.line_of(path)

    def at(self, path: Path) -> Plain:
        """What is written there; None when nothing is."""
        value = self._located.data
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
            else:
                return None
        return value

    def has(self, path: Path) -> bool:
        """Whether the last step's key is written there, with whatever value."""
        above = self.at(path[:-1])
        return isinstance(above, dict) and path[-1] in above

    def mapping(self, path: Path, known: Collection[str] | None, example: str) -> dict[str, Plain]:
        """The mapping there, without keys that nobody knows; empty when it is missing or something else."""
        value = self.at(path)
        if not isinstance(value, dict):
            if value is not None:
                self.wrong(path, f"{_spot(path)} is {_kind(value)}, not a mapping.", f"Write it like {example}.")
            return {}
        for key in value:
            if known is not None and key not in known:
                self.wrong((*path, key), f"'{key}' is not known{_inside(path)}.", did_you_mean(key, known))
        return {key: item for key, item in value.items() if known is None or key in known}

    def entries(self, section: str, known: Collection[str], example: str) -> Iterator[tuple[Path, dict[str, Plain]]]:
        """Each mapping of a list of mappings, with its place."""
        value = self.at((section,))
        if value is not None and not isinstance(value, list):
            self.wrong((section,), f"'{section}' is {_kind(value)}, not a list.", f"Write entries like - {example}.")
            return
        for at, item in enumerate(value or []):
            path = (section, at)
            if isinstance(item, dict):
                yield path, self.mapping(path, known, example)
            else:
                self.wrong(path, f"an entry of '{section}' is {_kind(item)}.", f"Write it like {example}.")

    def names(self, path: Path) -> list[Name]:
        """One name or a list of names; the same one twice is told."""
        value = self.at(path)
        if isinstance(value, str):
            return [(value, path)]
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(path, f"{_spot(path)} is {_kind(value)}, not a list of names.", "Write it like [ana, ben].")
            return []
        return list(self._listed(path, value))

    def _listed(self, path: Path, items: list[Plain]) -> Iterator[Name]:
        seen: set[str] = set()
        for at, item in enumerate(items):
            if not isinstance(item, str):
                self.wrong((*path, at), f"{_spot(path)} holds {_kind(item)} where a name must be.")
            elif item in seen:
                self.wrong((*path, at), f"'{item}' is named twice in {_spot(path)}.", "Keep one of them.")
            else:
                seen.add(item)
                yield item, (*path, at)

    def text(self, path: Path) -> str:
        value = self.at(path)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if value is not None:
            self.wrong(path, f"{_spot(path)} is {_kind(value) if value != '' else 'empty'}, not text.")
        return ""

    def flag(self, path: Path) -> bool | None:
        value = self.at(path)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(path, f"{_spot(path)} is {_kind(value)}.", "Write true or false.")
        return None

    def count(self, path: Path, most: int) -> int | None:
        value = self.at(path)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.wrong(path, f"{_spot(path)} must be a whole number from 0 to {most}, not {_shown(value)}.")
            return None
        return value

    def duration(self, path: Path) -> timedelta | None:
        value = self.at(path)
        if value is None:
            return None
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if not found or not int(found[1]):
            remedy = "Write a number and s, m, h or d, like 15m."
            self.wrong(path, f"{_shown(value)} is not a duration.", remedy)
            return None
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _kind(value: Plain) -> str:
    return "empty" if value is None else _KINDS[type(value)]


def _shown(value: Plain) -> str:
    return f"'{value}'" if isinstance(value, str | int | float) and not isinstance(value, bool) else _kind(value)


def _spot(path: Path) -> str:
    named = [step for step in path if isinstance(step, str)]
    return f"'{named[-1]}'" if named else "the file"


def _inside(path: Path) -> str:
    return f" in '{path[0]}'" if path else ""
