"""A request as a command line and as stored JSON, and back. Pure; the line it writes parses to the same request."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest
from bot.domain.fields import Field, Kind, fields_of, in_quotes, written
from bot.domain.json import Json, JsonObject
from bot.domain.names import EVERY

Request = TypeVar("Request")


def line_of(command: Command, verb: Verb, request: object, reason: str = "", *, dry_run: bool = False) -> str:
    """The canonical command line: `/rollback shop production --to 4c1d2a7 because checkout answers 500`."""
    parts = [command.name, verb.word, *_typed(verb, request), "--dry-run" if dry_run else "", _because(reason)]
    return " ".join(part for part in parts if part)


def _typed(verb: Verb, request: object) -> Iterator[str]:
    fields = fields_of(verb.request)
    for field in sorted(fields, key=lambda item: (item.kind in (Kind.LINE, Kind.WORDS), bool(item.option))):
        value = getattr(request, field.name)
        if field.kind is Kind.SERVICE and value is None and not field.option:
            yield EVERY
        elif field.option and value == field.default:
            continue
        elif field.many:
            yield from (_one(field, item) for item in value)
        elif value is not None:
            yield _one(field, value)


def _one(field: Field, value: object) -> str:
    if field.kind is Kind.FLAG:
        return field.option if value else ""
    return f"{field.option} {written(field, value)}".strip()


def _because(reason: str) -> str:
    if not reason:
        return ""
    looks_like_options = any(word.startswith("-") for word in reason.split()) or reason[0] in "\"'"
    return f"--because {in_quotes(reason)}" if looks_like_options else f"because {reason}"


# --- stored -------------------------------------------------------------------------------------------------


def to_json(request: object) -> JsonObject:
    """A request as it is stored; instants in ISO 8601, UTC."""
    return {field.name: _stored(getattr(request, field.name)) for field in fields_of(type(request))}


def _stored(value: object) -> Json:
    if isinstance(value, tuple):
        return [_stored(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else cast("Json", value)


def from_json(request: type[Request], data: Mapping[str, Json]) -> Request:
    """The request that was stored; a field younger than it has its default. BadRequest when it does not fit."""
    fields = {field.name: field for field in fields_of(request)}
    lost = [name for name, field in fields.items() if field.required and name not in data]
    surplus = [name for name in data if name not in fields]
    if lost or surplus:
        raise _unreadable(request, f"{', '.join(lost + surplus)} {'is missing' if lost else 'is not known'}")
    try:
        values: dict[str, Any] = {name: _restored(fields[name], value) for name, value in data.items()}
        return request(**values)
    except (TypeError, ValueError) as error:
        raise _unreadable(request, str(error)) from error


def _restored(field: Field, value: Json) -> object:
    if value is None:
        if not field.optional:
            raise ValueError(f"{field.name} is empty")
        return None
    if field.many:
        return tuple(_restored_one(field, item) for item in cast("list[Json]", value))
    return _restored_one(field, value)


def _restored_one(field: Field, value: Json) -> object:
    if field.kind in (Kind.SINCE, Kind.UNTIL, Kind.MOMENT):
        return datetime.fromisoformat(str(value))
    wanted = bool if field.kind is Kind.FLAG else int if field.kind in (Kind.RUN, Kind.INCIDENT, Kind.NUMBER) else str
    if type(value) is not wanted:
        raise ValueError(f"{field.name} is a {type(value).__name__}")
    return value


def _unreadable(request: type[object], why: str) -> BadRequest:
    return BadRequest(
        f"This stored request ({request.__name__}) cannot be read by this version: {why}.", "Ask for it again."
    )
