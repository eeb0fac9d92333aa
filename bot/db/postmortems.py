"""Post-mortems: what people said for them, when they are due, whom to remind."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.db import incidents
from bot.db.database import Connection, Rows
from bot.domain.event import Kind
from bot.domain.incident import Incident, IncidentId
from bot.domain.json import JsonObject
from bot.domain.postmortem import Postmortem

Part = Literal["summary", "cause"]


async def get(rows: Rows, incident: IncidentId) -> Postmortem:
    row = await rows.fetchrow(
        "SELECT summary, cause, due_at, done_at FROM postmortems WHERE incident_id = $1", incident
    )
    return Postmortem(**dict(row)) if row else Postmortem()


async def say(connection: Connection, incident: Incident, part: Part, text: str, *, by: str) -> None:
    """Its summary or cause, in somebody's words; said again it is replaced; the events keep what was said before."""
    await connection.execute(
        f"""
        INSERT INTO postmortems (incident_id, {part}) VALUES ($1, $2)
        ON CONFLICT (incident_id) DO UPDATE SET {part} = $2
        """,
        incident.id,
        text,
    )
    body: JsonObject = {"part": part} if incident.private else {"part": part, "text": text}
    await incidents.record(connection, Kind.POSTMORTEM_SAID, incident, by, body)


async def finish(connection: Connection, incident: Incident, *, by: str) -> bool:
    """False when it was done already."""
    done = await connection.fetchval(
        """
        INSERT INTO postmortems AS p (incident_id, done_at, done_by) VALUES ($1, clock_now(), $2)
        ON CONFLICT (incident_id) DO UPDATE SET done_at = clock_now(), done_by = $2 WHERE p.done_at IS NULL
        RETURNING true
        """,
        incident.id,
        by,
    )
    if done:
        await incidents.record(connection, Kind.POSTMORTEM_DONE, incident, by, {})
    return bool(done)


async def unjudged(rows: Rows) -> list[Incident]:
    """Resolved since it was last worked out whether a post-mortem is due; no rehearsals, no duplicates."""
    found = await rows.fetch(
        """
        SELECT i.id
        FROM incidents i
        LEFT JOIN postmortems p ON p.incident_id = i.id
        WHERE i.resolved_at IS NOT NULL AND NOT i.test AND i.merged_into IS NULL
          AND p.judged_at IS DISTINCT FROM i.resolved_at
        LIMIT 20
        """
    )
    return [await incidents.existing(rows, row["id"]) for row in found]


async def judge(connection: Connection, incident: Incident, due_at: datetime | None) -> None:
    """due_at: None where downtime does not call for one."""
    await connection.execute(
        """
        INSERT INTO postmortems (incident_id, judged_at, due_at) VALUES ($1, $2, $3)
        ON CONFLICT (incident_id) DO UPDATE SET judged_at = $2, due_at = $3
        """,
        incident.id,
        incident.resolved_at,
        due_at,
    )
    if due_at is not None:
        await incidents.record(
            connection, Kind.POSTMORTEM_DUE, incident, "watchkeeper", {"due_at": due_at.isoformat()}
        )


@dataclass(frozen=True, slots=True)
class Overdue:
    incident: Incident
    due_at: datetime


async def overdue(connection: Connection) -> list[Overdue]:
    """Those past their time of which nobody was reminded today; marked as reminded."""
    found = await connection.fetch(
        """
        UPDATE postmortems
        SET reminded_on = (clock_now() AT TIME ZONE 'UTC')::date
        WHERE due_at < clock_now() AND done_at IS NULL
          AND reminded_on IS DISTINCT FROM (clock_now() AT TIME ZONE 'UTC')::date
        RETURNING incident_id, due_at
        """
    )
    return [Overdue(await incidents.existing(connection, row["incident_id"]), row["due_at"]) for row in found]
