"""A backup as it is on record, and the cards that tell of it. Pure: files and databases are others'."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from bot.domain.card import Button, Card, Table, Tone
from bot.domain.catalog import Place
from bot.domain.json import Json, JsonObject
from bot.domain.words import bold, clean, code, laps, quoted, size, some, span, when

LATEST = "latest"
_LABEL = re.compile(r"b-?([1-9]\d{0,17})", re.IGNORECASE)
KIND = "backup"  # records: one for each backup, by its label B-42
STALE = timedelta(hours=26)  # a day and some patience
Proof = Literal["", "file", "restored", "damaged"]

_PROOF_WORDS: dict[Proof, str] = {
    "": "not yet",
    "file": "file is whole",
    "restored": "restores",
    "damaged": "damaged",
}


@dataclass(frozen=True, slots=True)
class Backup:
    """rows: by table, counted in the dump's own snapshot; server, client: PostgreSQL's major versions."""

    label: str
    place: Place
    file: str
    size: int
    sha256: str
    rows: Mapping[str, int]
    at: datetime
    took: timedelta
    by: str
    database_size: int
    server: int
    client: int
    encoding: str
    proof: Proof = ""
    proven_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def proven(self, proof: Proof, at: datetime) -> "Backup":
        return replace(self, proof=proof, proven_at=at)


def check_label(text: str) -> None:
    """ValueError for a word that names no backup: it may be a misspelt service."""
    if text.lower() != LATEST and not _LABEL.fullmatch(text):
        raise ValueError(f"{quoted(text, 40)} is no backup: write latest, or its label like B-42.")


def label_of(text: str) -> str:
    """B-42, or empty for the newest."""
    found = _LABEL.fullmatch(text)
    return f"B-{found[1]}" if found else ""


def to_json(backup: Backup) -> JsonObject:
    return {
        "file": backup.file,
        "size": backup.size,
        "sha256": backup.sha256,
        "rows": dict(backup.rows),
        "at": backup.at.isoformat(),
        "took_s": backup.took.total_seconds(),
        "by": backup.by,
        "database_size": backup.database_size,
        "server": backup.server,
        "client": backup.client,
        "encoding": backup.encoding,
        "verified": backup.proof,
        "verified_at": backup.proven_at.isoformat() if backup.proven_at else None,
    }


def from_json(label: str, place: Place, value: Mapping[str, Json]) -> Backup:
    proven = value.get("verified_at")
    return Backup(
        label,
        place,
        str(value["file"]),
        cast("int", value["size"]),
        str(value["sha256"]),
        cast("dict[str, int]", value["rows"]),
        datetime.fromisoformat(str(value["at"])),
        timedelta(seconds=cast("float", value["took_s"])),
        str(value["by"]),
        cast("int", value["database_size"]),
        cast("int", value["server"]),
        cast("int", value["client"]),
        str(value["encoding"]),
        cast("Proof", value["verified"]),
        datetime.fromisoformat(str(proven)) if proven else None,
    )


def file_name(place: Place, label: str, at: datetime) -> str:
    return f"{place.service}-{place.environment}-{at:%Y%m%dT%H%M%SZ}-{label}.dump"


# --- made ----------------------------------------------------------------------------------------------------


def made_card(backup: Backup, before: Backup | None, where: str, took: Sequence[tuple[str, timedelta]]) -> Card:
    held = f"{some(backup.total, 'row')} in {some(len(backup.rows), 'table')}"
    lines = [
        f"{bold('Holds')} {held}; the database is {size(backup.database_size)}, the file {size(backup.size)}",
        f"{bold('Stored')} {code(where)}",
        f"{bold('SHA-256')} {code(backup.sha256)}",
        f"{bold('Took')} {laps(sum((lap for _, lap in took), timedelta()), took)}",
        f"{bold('Compared' if before else 'First')} {compared(backup, before)}",
        f"{bold('Checked')} the file is whole; whether it restores is not tried yet",
        f"{bold('Changed')} one new file in the backup store, nothing in the service",
    ]
    return Card(
        Tone.OK,
        f"{backup.place} is backed up: {backup.label}",
        f"{backup.place} is backed up as {backup.label}: {size(backup.size)}, {held}, in {span(backup.took)}. "
        "Nothing in the service was changed.",
        body=("\n".join(lines),),
        buttons=(Button("Verify by restoring a copy", ask=f"/backup verify {backup.place} {backup.label}"),),
    )


def compared(backup: Backup, before: Backup | None) -> str:
    """3 % larger and 12 rows more than B-40, 2 days earlier, which took 41 s."""
    if before is None:
        return f"backup of {backup.place} on record"
    rows = backup.total - before.total
    count = "as many rows as" if rows == 0 else f"{abs(rows):,} {'row' if abs(rows) == 1 else 'rows'} "
    count += "" if rows == 0 else f"{'more' if rows > 0 else 'fewer'} than"
    return (
        f"{_growth(backup.size, before.size)}, {count} {before.label}, {span(backup.at - before.at)} earlier, "
        f"which took {span(before.took)}"
    )


def _growth(now: int, then: int) -> str:
    percent = round((now - then) / then * 100) if then else 0
    if percent == 0:
        return "the same size"
    return f"{abs(percent)} % {'larger' if percent > 0 else 'smaller'}"


# --- status --------------------------------------------------------------------------------------------------


def status_card(
    place: Place, backups: Sequence[Backup], gone: frozenset[str], stray: int, now: datetime, care: str = ""
) -> Card:
    """One place, newest first. gone: labels whose file is no longer there; stray: files that no record names;
    care: what happens by itself."""
    if not backups:
        return _none(place, stray, care)
    newest = backups[0]
    tone, verdict = _verdict(newest, newest.label in gone, now)
    rows = tuple(_row(one, one.label in gone) for one in backups)
    notes = [f"{some(stray, 'file')} in the folder has no record" if stray == 1 else f"{stray} files have no record"]
    return Card(
        tone,
        f"{place}: {verdict}",
        f"{place}: {verdict}. Newest {newest.label}, {size(newest.size)}, {_PROOF_WORDS[newest.proof]}.",
        body=(
            Table(("Backup", "Made", "Size", "Rows", "Verified"), rows),
            *(notes if stray else ()),
            *([care] if care else []),
        ),
        buttons=_status_buttons(place, newest, newest.label in gone),
        footer=f"Nothing was changed · {when(now)}",
    )


def overview_card(newest: Sequence[tuple[Place, Backup | None]], now: datetime) -> Card:
    """Every place that has a database, those without a fresh backup first."""
    ordered = sorted(newest, key=lambda pair: pair[1].at if pair[1] else datetime.min.replace(tzinfo=now.tzinfo))
    late = [place for place, backup in ordered if backup is None or now - backup.at > STALE]
    title = (
        f"{len(late)} of {some(len(ordered), 'database')} without a backup of the last day"
        if late
        else f"{some(len(ordered), 'database')}: all backed up in the last day"
    )
    rows = tuple(
        (str(place), *(_row(backup, gone=False) if backup else ("–", "never", "–", "–", "–")))
        for place, backup in ordered
    )
    return Card(
        Tone.WARN if late else Tone.OK,
        title if ordered else "The catalog names no database",
        f"{title}. {' '.join(f'{place}.' for place in late)}".strip(),
        body=(Table(("Environment", "Backup", "Made", "Size", "Rows", "Verified"), rows),) if rows else (),
        buttons=tuple(Button(f"Back up {place}", ask=f"/backup db {place}") for place in late[:5]),
        footer=f"Nothing was changed · {when(now)}",
    )


def _verdict(newest: Backup, gone: bool, now: datetime) -> tuple[Tone, str]:
    age = f"last backup {span(now - newest.at)} ago"
    if gone:
        return Tone.FAIL, f"the file of the last backup, {newest.label}, is gone"
    if newest.proof == "damaged":
        return Tone.FAIL, f"the last backup, {newest.label}, is damaged"
    return (Tone.WARN if now - newest.at > STALE else Tone.OK), age


def _row(backup: Backup, gone: bool) -> tuple[str, ...]:
    proof = "file is gone" if gone else _PROOF_WORDS[backup.proof]
    at = f", {when(backup.proven_at, 'date')}" if backup.proven_at and not gone else ""
    return (backup.label, when(backup.at, "date"), size(backup.size), f"{backup.total:,}", proof + at)


def _status_buttons(place: Place, newest: Backup, gone: bool) -> tuple[Button, ...]:
    again = Button("Back up now", ask=f"/backup db {place}")
    if gone or newest.proof in ("restored", "damaged"):
        return (again,)
    return (Button(f"Verify {newest.label}", ask=f"/backup verify {place} {newest.label}"), again)


def _none(place: Place, stray: int, care: str) -> Card:
    note = f" The folder holds {some(stray, 'file')} without a record." if stray else ""
    return Card(
        Tone.WARN,
        f"{place} has no backup on record",
        f"{place} has no backup on record.{note} Nothing was changed.",
        body=(f"Make one with {code(f'/backup db {place}')}.{note}", *([care] if care else [])),
        buttons=(Button("Back up now", ask=f"/backup db {place}"),),
        footer="Nothing was changed",
    )


# --- verified ------------------------------------------------------------------------------------------------


def restored_card(backup: Backup, tables: int, rows: int, uncounted: int, took: timedelta) -> Card:
    as_then = (
        "as many as when it was made" if not uncounted else f"{some(uncounted, 'table')} without a count of then"
    )
    held = f"{some(rows, 'row')} in {some(tables, 'table')}"
    lines = [
        f"{bold('Restored')} {held} into a scratch database: {as_then}",
        f"{bold('Took')} {span(took)}",
        f"{bold('Changed')} nothing in the service; the scratch database is dropped",
    ]
    return Card(
        Tone.OK,
        f"{backup.label} of {backup.place} restores",
        f"{backup.label} of {backup.place} restores: {held}, {as_then}. Nothing in the service was changed.",
        body=("\n".join(lines),),
        footer=_of(backup),
    )


def differs_card(backup: Backup, differs: Sequence[str]) -> Card:
    lines = "\n".join(f"• {clean(line, 200)}" for line in differs[:20])
    more = f"\n… and {len(differs) - 20} more" if len(differs) > 20 else ""
    return Card(
        Tone.FAIL,
        f"{backup.label} of {backup.place} restores, but not all of it",
        f"{backup.label} of {backup.place} restores with other counts in {some(len(differs), 'table')}. "
        "Nothing in the service was changed.",
        body=(lines + more, "Do not count on this backup: make a new one and verify that."),
        buttons=(Button("Back up now", ask=f"/backup db {backup.place}"),),
        footer=_of(backup),
    )


def whole_card(backup: Backup, took: timedelta, unknown: str = "") -> Card:
    """The file was read to its end. unknown: why no copy could be restored, where that was asked for."""
    title = f"{backup.label} of {backup.place} is whole"
    if not unknown:
        title_text = f"{title}: read to its end in {span(took)}, SHA-256 as recorded. Nothing was changed."
        body: tuple[str, ...] = (f"Whether it restores: {code(f'/backup verify {backup.place} {backup.label}')}",)
        return Card(Tone.OK, title, title_text, body=body, footer=_of(backup))
    return Card(
        Tone.UNKNOWN,
        f"{title}; whether it restores is not known",
        f"{title}, but no copy could be restored, so it is not known whether it restores. Nothing was changed.",
        body=(unknown, "The file itself was read to its end, and its SHA-256 is as recorded."),
        footer=_of(backup),
    )


def _of(backup: Backup) -> str:
    return f"{backup.label} is {size(backup.size)}, made {when(backup.at, 'date')}"
