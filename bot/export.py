"""The audit log as a file: every event with its seal, streamed, so that an outsider can read and verify it."""

import csv
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TextIO, assert_never

from bot.db import audit_log, events, people
from bot.db.audit_log import Sealed
from bot.db.database import Pool
from bot.domain.event import Kind
from bot.settings import Settings
from bot.storage import open_database

Format = Literal["jsonl", "csv"]

COLUMNS = (
    *("number", "id", "at", "kind", "actor", "actor_name", "service", "environment", "run"),
    *("body", "erased", "digest", "previous", "hash"),
)
_NAMED = tuple(f'"{name}":' for name in COLUMNS)
_BODY = '"body":'
_encode = json.JSONEncoder(ensure_ascii=False).encode
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute instead of show


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events: all of them where nothing is named. until: before that moment."""

    since: datetime | None = None
    until: datetime | None = None
    service: str | None = None


async def export_from(settings: Settings, out: TextIO, form: Format, wanted: Selection, by: str) -> int:
    """From the bot's database, whether the bot runs or not."""
    async with open_database(settings) as (pool, _):
        known = {person.id: person.name for person in await people.everyone(pool)}
        return await export(pool, out, form, wanted, by, lambda one: known.get(one, one))


async def export(
    pool: Pool, out: TextIO, form: Format, wanted: Selection, by: str, names: Callable[[str], str]
) -> int:
    """How many events were written. That somebody exports is an event itself, recorded before the first line."""
    body = {
        "format": form,
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
    }
    await events.record(pool, Kind.AUDIT_EXPORTED, actor=by, body={**body}, service=wanted.service)
    found = audit_log.sealed(pool, wanted.since, wanted.until, wanted.service)
    match form:
        case "jsonl":
            return await _as_lines(found, out, names)
        case "csv":
            return await _as_table(found, out, names)
        case _:
            assert_never(form)


async def _as_lines(found: AsyncIterator[Sealed], out: TextIO, names: Callable[[str], str]) -> int:
    """The body stands in its line as it is stored, byte for byte."""
    written = 0
    async for event in found:
        facts = zip(_NAMED, _facts(event, names), strict=True)
        out.write(f"{{{','.join(name + _in_json(name, value) for name, value in facts)}}}\n")
        written += 1
    return written


def _in_json(name: str, value: str | int | bool | None) -> str:
    return str(value) if name == _BODY and value is not None else _encode(value)


async def _as_table(found: AsyncIterator[Sealed], out: TextIO, names: Callable[[str], str]) -> int:
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    written = 0
    async for event in found:
        table.writerow([_cell(value) for value in _facts(event, names)])
        written += 1
    return written


def _facts(event: Sealed, names: Callable[[str], str]) -> Iterator[str | int | bool | None]:
    """In the order of COLUMNS."""
    yield from (event.number, event.id, event.at.isoformat(), event.kind, event.actor, names(event.actor))
    yield from (event.service, event.environment, event.run, event.body, event.body is None)
    yield from (event.digest.hex(), event.previous.hex(), event.hash.hex())


def _cell(value: str | int | bool | None) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
