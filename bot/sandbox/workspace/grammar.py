"""Small checks that join into big ones: each tells a value's problems with their JSON pointers. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

Problem: TypeAlias = tuple[str, str]
Problems: TypeAlias = Iterator[Problem]
Check: TypeAlias = Callable[[object, str], Problems]


def string(most: int | None = None, least: int = 0) -> Check:
    def check(value: object, at: str) -> Problems:
        if not isinstance(value, str):
            yield at, "must be a string"
        elif len(value) < least:
            yield at, f"must be more than {least - 1} characters"
        elif most is not None and len(value) > most:
            yield at, f"must be less than {most + 1} characters"

    return check


def url(value: object, at: str) -> Problems:
    yield from string(3000, 1)(value, at)
    if isinstance(value, str) and value and not value.startswith(("http://", "https://", "mailto:", "slack://")):
        yield at, "must be a valid URL"


def boolean(value: object, at: str) -> Problems:
    if not isinstance(value, bool):
        yield at, "must be a boolean"


def number(value: object, at: str) -> Problems:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield at, "must be a number"


def whole(least: int, most: int) -> Check:
    def check(value: object, at: str) -> Problems:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield at, f"must be a whole number from {least} to {most}"

    return check


def one_of(*allowed: object) -> Check:
    def check(value: object, at: str) -> Problems:
        if isinstance(value, bool) or value not in allowed:
            yield at, f"must be one of {', '.join(map(str, allowed))}"

    return check


def anything(value: object, at: str) -> Problems:
    yield from ()


def any_object(value: object, at: str) -> Problems:
    if not isinstance(value, dict):
        yield at, "must be an object"


def items(check: Check, most: int | None = None, least: int = 0) -> Check:
    def check_all(value: object, at: str) -> Problems:
        if not isinstance(value, list):
            yield at, "must be an array"
            return
        if len(value) < least:
            yield at, f"no fewer than {least} items allowed"
        if most is not None and len(value) > most:
            yield at, f"no more than {most} items allowed"
        for index, item in enumerate(value):
            yield from check(item, f"{at}/{index}")

    return check_all


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    known = {**required, **(optional or {})}

    def check(value: object, at: str) -> Problems:
        if not isinstance(value, dict):
            yield at, "must be an object"
            return
        for key in required:
            if key not in value:
                yield at, f"missing required field: {key}"
        for key, part in value.items():
            if key not in known:
                yield f"{at}/{key}", "unknown field"
            else:
                yield from known[key](part, f"{at}/{key}")

    return check


def tagged(name: str, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object that says its own `type`."""
    return record({"type": one_of(name), **required}, optional)


def by_type(kinds: Mapping[str, Check]) -> Check:
    def check(value: object, at: str) -> Problems:
        if not isinstance(value, dict):
            yield at, "must be an object"
            return
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in kinds:
            yield f"{at}/type", f"unsupported type: {kind}"
        else:
            yield from kinds[kind](value, at)

    return check


def also(*checks: Check) -> Check:
    def check(value: object, at: str) -> Problems:
        for one in checks:
            yield from one(value, at)

    return check


def needs_one(*keys: str) -> Check:
    """At least one of these fields is there."""

    def check(value: object, at: str) -> Problems:
        if isinstance(value, dict) and not any(key in value for key in keys):
            yield at, f"must define either `{'` or `'.join(keys)}`"

    return check
