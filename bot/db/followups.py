"""Follow-ups: what is left to do after an incident, with owners and due dates."""

from datetime import date

import asyncpg

from bot.db.database import Connection, Rows
from bot.db.incidents import existing, record, touch
from bot.domain.event import Kind
from bot.domain.incident import Followup, Incident, IncidentId
from bot.domain.json import JsonObject
from bot.domain.run import RunId

_FOLLOWUP = "id, incident_id AS incident, text, owner, due, added_by, added_at, done_at, done_by"


async def add(
    connection: Connection, incident: Incident, text: str, owner: str, due: date | None, *, by: str, run: RunId | None
) -> Followup:
    row = await connection.fetchrow(
        f"""
        INSERT INTO followups (incident_id, text, owner, due, added_by, run_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (run_id) DO UPDATE SET run_id = EXCLUDED.run_id
        RETURNING {_FOLLOWUP}
        """,
        incident.id,
        text,
        owner,
        due,
        by,
        run,
    )
    added = _followup(row)
    body: JsonObject = {"text": text, "owner": owner, "due": due.isoformat() if due else "", "followup": added.id}
    await record(connection, Kind.FOLLOWUP_ADDED, incident, by, body)
    await touch(connection, incident.id)
    return added


async def finish(connection: Connection, followup: int, *, by: str) -> Followup | None:
    """None when there is none of that number, or it is done already."""
    row = await connection.fetchrow(
        "UPDATE followups SET done_at = clock_now(), done_by = $2 WHERE id = $1 AND done_at IS NULL"
        f" RETURNING {_FOLLOWUP}",
        followup,
        by,
    )
    if row is None:
        return None
    done = _followup(row)
    incident = await existing(connection, done.incident)
    await record(connection, Kind.FOLLOWUP_DONE, incident, by, {"text": done.text, "followup": done.id})
    await touch(connection, incident.id)
    return done


async def listed(rows: Rows, incident: IncidentId | None = None) -> list[Followup]:
    """Those of one incident, or every open one; what is due first comes first."""
    found = await rows.fetch(
        f"SELECT {_FOLLOWUP} FROM followups WHERE CASE WHEN $1::bigint IS NULL THEN done_at IS NULL"
        " ELSE incident_id = $1 END ORDER BY done_at NULLS FIRST, due NULLS LAST, id LIMIT 100",
        incident,
    )
    return [_followup(row) for row in found]


async def get(rows: Rows, number: int) -> Followup | None:
    row = await rows.fetchrow(f"SELECT {_FOLLOWUP} FROM followups WHERE id = $1", number)
    return _followup(row) if row else None


async def remind(connection: Connection) -> list[Followup]:
    """Those that are due and were not reminded of today; marked as reminded."""
    found = await connection.fetch(
        f"""
        UPDATE followups
        SET reminded_on = (clock_now() AT TIME ZONE 'UTC')::date
        WHERE done_at IS NULL AND due <= (clock_now() AT TIME ZONE 'UTC')::date
          AND reminded_on IS DISTINCT FROM (clock_now() AT TIME ZONE 'UTC')::date
        RETURNING {_FOLLOWUP}
        """
    )
    return [_followup(row) for row in found]


def _followup(row: asyncpg.Record | None) -> Followup:
    assert row is not None  # noqa: S101  (RETURNING gives the row that was written)
    return Followup(**dict(row))
