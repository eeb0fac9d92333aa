"""Whether an exported audit log is what was sealed: from the file alone, without the database. Pure."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.anchor import Anchor, broken
from bot.domain.json import Json, canonical

GENESIS = hashlib.sha256(b"watchkeeper chain, version 1").hexdigest()
_SEALED = ("number", "id", "kind", "run", "actor", "service", "environment", "at", "digest")


@dataclass(frozen=True, slots=True)
class FileReport:
    """gaps: how often numbers are missing between two lines, as in an export of one service."""

    events: int
    first: int
    last: int
    gaps: int
    erased: int
    head: str
    wrong: str = ""


class Unreadable(ValueError):
    """A line is no event of an export; says which."""


def seal_of(event: Mapping[str, Json]) -> str:
    """SHA-256 of the previous hash's bytes and the canonical JSON array of the sealed facts, in hex."""
    facts = canonical([event[name] for name in _SEALED])
    return hashlib.sha256(bytes.fromhex(str(event["previous"])) + facts.encode()).hexdigest()


def verify(lines: Iterable[str], anchors: Sequence[Anchor] = ()) -> FileReport:
    """JSON lines or CSV. Every event by its own seal, each to the one before it where no number is missing, and
    those that were told elsewhere."""
    csv.field_size_limit(1 << 27)
    count = first = number = gaps = erased = 0
    head = ""
    told = {anchor.number: anchor for anchor in anchors}
    for count, event in enumerate(_events(lines), start=1):
        wrong = _wrong(event, number, head) or _not_told(event, told)
        if wrong:
            return FileReport(count - 1, first, number, gaps, erased, head, f"event {event['number']} {wrong}")
        gaps += number > 0 and event["number"] != number + 1
        number, head = int(str(event["number"])), str(event["hash"])
        first = first or number
        erased += bool(event["erased"])
    left = broken(next(iter(told.values())), None) if told else ""
    return FileReport(count, first, number, gaps, erased, head, left)


def _not_told(event: Mapping[str, Json], told: dict[int, Anchor]) -> str:
    """The same about an anchor, which is settled then; those left at the end are missing."""
    anchor = told.pop(int(str(event["number"])), None)
    holds = anchor is None or anchor.holds(str(event["hash"]))
    return "" if holds else f"is not the one that was told elsewhere as {anchor}"


def _wrong(event: Mapping[str, Json], before: int, head: str) -> str:
    """What does not fit, as the rest of a sentence; empty when all fits."""
    number = int(str(event["number"]))
    if number <= before:
        return f"comes after event {before}"
    if number == before + 1 and event["previous"] != (head or GENESIS):
        return "does not follow from the one before it"
    if seal_of(event) != event["hash"]:
        return "is not what was sealed"
    body = event["body"]
    if not event["erased"] and hashlib.sha256(str(body).encode()).hexdigest() != event["digest"]:
        return "has another body than what was sealed"
    return ""


def _events(lines: Iterable[str]) -> Iterator[dict[str, Json]]:
    """`body` as the text that was stored."""
    rest = iter(lines)
    first = next(rest, "")
    if first.startswith("{"):
        yield from (_of_json(line) for line in (first, *rest) if line.strip())
    elif first:
        yield from map(_of_cells, csv.DictReader(_again(first, rest)))


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _of_json(line: str) -> dict[str, Json]:
    try:
        event: dict[str, Json] = json.loads(line)
        return {**event, "body": canonical(event["body"])}
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"no event of an export: {line[:60]!r}") from None


def _of_cells(cells: Mapping[str, str]) -> dict[str, Json]:
    try:
        whole: dict[str, Json] = {name: cells[name] or None for name in ("service", "environment")}
        whole |= {name: cells[name] for name in ("kind", "actor", "at", "body", "digest", "previous", "hash")}
        whole |= {"number": int(cells["number"]), "id": int(cells["id"]), "erased": cells["erased"] == "true"}
        return whole | {"run": int(cells["run"]) if cells["run"] else None}
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"no event of an export: {str(dict(cells))[:60]!r}") from None
