"""Timeline entries: written by the projector alone, in the order of sealed events, each source once.

Whoever wants one added, corrected or removed records the event with `add`, `correct` or `remove` in the transaction
that causes it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import asyncpg

from bot.db import events
from bot.db.database import Connection, Rows
from bot.domain.event import Event, Kind
from bot.domain.incident import IncidentId
from bot.domain.json import JsonObject
from bot.domain.timeline import Correction, Hidden, LinkedFile, NewEntry, TimelineEntry
from bot.domain.words import clean

_COLUMNS = """
    t.id, t.incident_id, t.number, t.source, t.source_id, t.occurred_at, t.recorded_at, t.author, t.text, t.public,
    t.typed, t.before_opening, t.permalink, t.files, t.hidden,
    EXISTS (SELECT FROM timeline_corrections c WHERE c.entry_id = t.id) AS corrected
"""


# --- events that lead to entries --------------------------------------------------------------------------------


async def add(rows: Rows, entry: NewEntry, *, actor: str = events.BOT) -> int:
    """Record that this belongs into the timeline; the projector writes it, once."""
    return await events.record(rows, Kind.TIMELINE_ADDED, actor=actor, body=entry.body())


async def correct(
    rows: Rows,
    incident: IncidentId,
    *,
    by: str,
    number: int | None = None,
    source: tuple[str, str] | None = None,
    text: str | None = None,
    occurred_at: datetime | None = None,
    public: bool | None = None,
    files: Sequence[LinkedFile] | None = None,
) -> int:
    """Record a correction of the entry with this number, or of what came from (source, source_id)."""
    body = _which(incident, number, source)
    if text is not None:
        body["text"] = clean(text, 1000)
    if occurred_at is not None:
        body["occurred_at"] = occurred_at.astimezone(UTC).isoformat()
    if public is not None:
        body["public"] = public
    if files is not None:
        body["files"] = [{"name": file.name, "url": file.url} for file in files]
    return await events.record(rows, Kind.TIMELINE_CORRECTED, actor=by, body=body)


async def remove(
    rows: Rows,
    incident: IncidentId,
    *,
    by: str,
    number: int | None = None,
    source: tuple[str, str] | None = None,
    how: Hidden = "person",
) -> int:
    """Record that an entry is not shown any more. how: `source` when what it came from is gone: it may return."""
    return await events.record(
        rows, Kind.TIMELINE_REMOVED, actor=by, body={**_which(incident, number, source), "how": how}
    )


def _which(incident: IncidentId, number: int | None, source: tuple[str, str] | None) -> JsonObject:
    body: JsonObject = {"incident": incident}
    if number is not None:
        body["entry"] = number
    if source is not None:
        body["source"], body["source_id"] = source
    return body


# --- the projector's own writing --------------------------------------------------------------------------------


async def project(connection: Connection, entry: NewEntry, event: Event) -> bool:
    """Write it, unless its source counts already; one whose source was gone is shown again. True: it changed."""
    status = await connection.execute(
        """
        INSERT INTO timeline_entries AS t (incident_id, number, source, source_id, occurred_at, recorded_at, author,
                                           text, public, typed, before_opening, permalink, files, event)
        SELECT $1, coalesce((SELECT max(number) FROM timeline_entries WHERE incident_id = $1), 0) + 1,
               $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
        WHERE EXISTS (SELECT FROM incidents WHERE id = $1)
        ON CONFLICT (incident_id, source, source_id) DO UPDATE SET hidden = '' WHERE t.hidden = 'source'
        """,
        entry.incident,
        entry.source,
        entry.source_id,
        entry.occurred_at,
        event.at,
        entry.author,
        entry.text,
        entry.public,
        entry.typed,
        entry.before,
        entry.permalink,
        [{"name": file.name, "url": file.url} for file in entry.files],
        event.number,
    )
    return status == "INSERT 0 1"


async def recount(connection: Connection, entry: NewEntry) -> bool:
    """One more of what came in a burst: its line says how many; that is no correction. True: it changed."""
    status = await connection.execute(
        "UPDATE timeline_entries SET text = $4"
        " WHERE incident_id = $1 AND source = $2 AND source_id = $3 AND text <> $4",
        entry.incident,
        entry.source,
        entry.source_id,
        entry.text,
    )
    return status == "UPDATE 1"


async def project_correction(connection: Connection, event: Event, text: str | None) -> bool:
    """The entry as it is now, and how it was. text: with people's names, when the event changes it."""
    found = await _find(connection, event.body)
    if found is None:
        return False
    after: JsonObject = {} if text is None else {"text": text}
    after |= {key: value for key, value in event.body.items() if key in ("occurred_at", "public", "files")}
    now: JsonObject = {
        "text": found.text,
        "occurred_at": found.occurred_at.isoformat(),
        "public": found.public,
        "files": [{"name": file.name, "url": file.url} for file in found.files],
    }
    changed: JsonObject = {key: value for key, value in after.items() if now[key] != value}
    if not changed:
        return False
    await _keep_history(connection, found, event, {key: now[key] for key in changed}, changed)
    whole: JsonObject = {**now, **changed}
    await connection.execute(
        "UPDATE timeline_entries SET text = $2, occurred_at = $3, public = $4, files = $5 WHERE id = $1",
        found.id,
        whole["text"],
        datetime.fromisoformat(str(whole["occurred_at"])),
        whole["public"],
        whole["files"],
    )
    return True


async def project_removal(connection: Connection, event: Event) -> bool:
    """Not shown any more; the row and its history stay."""
    found = await _find(connection, event.body)
    how = "source" if event.body.get("how") == "source" else "person"
    if found is None or found.hidden == how or found.hidden == "person":
        return False
    await _keep_history(connection, found, event, {"hidden": found.hidden}, {"hidden": how})
    await connection.execute("UPDATE timeline_entries SET hidden = $2 WHERE id = $1", found.id, how)
    return True


async def copy_all(connection: Connection, merged: IncidentId, into: IncidentId) -> None:
    """What a duplicate has told belongs to the incident that it was merged into; shared sources count once."""
    await connection.execute(
        """
        INSERT INTO timeline_entries (incident_id, number, source, source_id, occurred_at, recorded_at, author, text,
                                      public, typed, before_opening, permalink, files, hidden, event)
        SELECT $2, coalesce((SELECT max(number) FROM timeline_entries WHERE incident_id = $2), 0)
                   + row_number() OVER (ORDER BY t.number),
               t.source, t.source_id, t.occurred_at, t.recorded_at, t.author, t.text, t.public, t.typed,
               t.before_opening, t.permalink, t.files, t.hidden, t.event
        FROM timeline_entries t
        WHERE t.incident_id = $1 AND NOT EXISTS (
            SELECT FROM timeline_entries o
            WHERE o.incident_id = $2 AND o.source = t.source AND o.source_id = t.source_id)
        """,
        merged,
        into,
    )


async def _find(connection: Connection, body: JsonObject) -> TimelineEntry | None:
    row = await connection.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM timeline_entries t
        WHERE t.incident_id = $1 AND (t.number = $2 OR (t.source = $3 AND t.source_id = $4))
        FOR UPDATE OF t
        """,
        body["incident"],
        body.get("entry"),
        body.get("source"),
        body.get("source_id"),
    )
    return _entry(row) if row else None


async def _keep_history(
    connection: Connection, entry: TimelineEntry, event: Event, before: JsonObject, after: JsonObject
) -> None:
    await connection.execute(
        "INSERT INTO timeline_corrections (entry_id, event, at, by, before, after) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
        entry.id,
        event.number,
        event.at,
        event.actor,
        before,
        after,
    )


# --- reading ----------------------------------------------------------------------------------------------------


async def of_incident(rows: Rows, incident: IncidentId, *, hidden: bool = False) -> list[TimelineEntry]:
    """Everything in the order in which it happened; hidden: also what was removed."""
    found = await rows.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM timeline_entries t
        WHERE t.incident_id = $1 AND ($2 OR t.hidden = '')
        ORDER BY t.occurred_at, t.number
        """,
        incident,
        hidden,
    )
    return [_entry(row) for row in found]


async def numbered(rows: Rows, incident: IncidentId, number: int) -> TimelineEntry | None:
    row = await rows.fetchrow(
        f"SELECT {_COLUMNS} FROM timeline_entries t WHERE t.incident_id = $1 AND t.number = $2", incident, number
    )
    return _entry(row) if row else None


async def corrections(rows: Rows, incident: IncidentId) -> list[Correction]:
    """Every correction of the incident's entries, oldest first."""
    found = await rows.fetch(
        """
        SELECT t.number, c.at, c.by, c.before, c.after
        FROM timeline_corrections c
        JOIN timeline_entries t ON t.id = c.entry_id
        WHERE t.incident_id = $1
        ORDER BY c.event
        """,
        incident,
    )
    return [Correction(**dict(row)) for row in found]


async def counts(rows: Rows, incident: IncidentId) -> tuple[int, int]:
    """(entries that are shown, those of them that somebody typed)."""
    row = await rows.fetchrow(
        "SELECT count(*) AS shown, count(*) FILTER (WHERE typed) AS typed"
        " FROM timeline_entries WHERE incident_id = $1 AND hidden = ''",
        incident,
    )
    return (cast("int", row["shown"]), cast("int", row["typed"])) if row else (0, 0)


# --- what the thread tells --------------------------------------------------------------------------------------


async def untold(connection: Connection, incident: IncidentId, limit: int) -> list[TimelineEntry]:
    """Entries that no message tells yet, in their order."""
    found = await connection.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM timeline_entries t
        WHERE t.incident_id = $1 AND t.told_in IS NULL
        ORDER BY t.number
        LIMIT $2
        """,
        incident,
        limit,
    )
    return [_entry(row) for row in found]


async def tell(connection: Connection, entries: Sequence[TimelineEntry], key: str) -> None:
    """These are told in the message of that key from now on."""
    await connection.execute(
        "UPDATE timeline_entries SET told_in = $2 WHERE id = ANY($1::bigint[])", [entry.id for entry in entries], key
    )


async def told_in(rows: Rows, key: str) -> list[TimelineEntry]:
    """What that message tells, in its order."""
    found = await rows.fetch(f"SELECT {_COLUMNS} FROM timeline_entries t WHERE t.told_in = $1 ORDER BY t.number", key)
    return [_entry(row) for row in found]


async def corrected_messages(rows: Rows, incident: IncidentId) -> list[str]:
    """The keys of the messages that tell of what was corrected or removed since, or of a burst that grew."""
    found = await rows.fetch(
        """
        SELECT t.told_in
        FROM timeline_corrections c
        JOIN timeline_entries t ON t.id = c.entry_id
        WHERE t.incident_id = $1 AND t.told_in IS NOT NULL
        UNION
        SELECT told_in
        FROM timeline_entries
        WHERE incident_id = $1 AND told_in IS NOT NULL AND source = 'webhook' AND text ~ '×[0-9]+ since '
        ORDER BY told_in
        """,
        incident,
    )
    return [row["told_in"] for row in found]


def _entry(row: asyncpg.Record) -> TimelineEntry:
    values = dict(row)
    values["incident"] = IncidentId(values.pop("incident_id"))
    values["before"] = values.pop("before_opening")
    values["files"] = tuple(LinkedFile(str(one["name"]), str(one["url"])) for one in row["files"])
    return TimelineEntry(**values)
