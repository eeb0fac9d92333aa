"""The steps of a security incident: each owned and done by somebody, changed conditionally, with an event."""

from datetime import datetime

from bot.db import incidents
from bot.db.database import Connection, Rows
from bot.domain.backup import KIND, Backup, from_json
from bot.domain.catalog import Place
from bot.domain.event import Kind
from bot.domain.incident import Affected, Incident, IncidentId
from bot.domain.json import JsonObject
from bot.domain.security import Checklist, Tick, clean_backup


async def ticks(rows: Rows, incident: IncidentId) -> tuple[Tick, ...]:
    found = await rows.fetch(
        "SELECT step, owner, done_at, done_by FROM incident_checklist WHERE incident_id = $1", incident
    )
    return tuple(Tick(row["step"], row["owner"], row["done_at"], row["done_by"]) for row in found)


async def take(connection: Connection, incident: Incident, step: str, owner: str, *, by: str) -> bool:
    """Somebody has it; False when it is theirs already, or done."""
    status = await connection.execute(
        """
        INSERT INTO incident_checklist AS c (incident_id, step, owner) VALUES ($1, $2, $3)
        ON CONFLICT (incident_id, step) DO UPDATE SET owner = EXCLUDED.owner
            WHERE c.done_at IS NULL AND c.owner IS DISTINCT FROM EXCLUDED.owner
        """,
        incident.id,
        step,
        owner,
    )
    return await _told(connection, incident, status, {"step": step, "what": "owner", "person": owner}, by)


async def tick(connection: Connection, incident: Incident, step: str, *, done: bool, by: str) -> bool:
    """Done, or after all not; False when that is so already."""
    status = await connection.execute(
        """
        INSERT INTO incident_checklist AS c (incident_id, step, done_at, done_by)
        SELECT $1, $2, clock_now(), $4 WHERE $3 OR EXISTS (
            SELECT FROM incident_checklist WHERE incident_id = $1 AND step = $2)
        ON CONFLICT (incident_id, step) DO UPDATE
            SET done_at = CASE WHEN $3 THEN clock_now() END, done_by = CASE WHEN $3 THEN $4 END
            WHERE (c.done_at IS NULL) = $3
        """,
        incident.id,
        step,
        done,
        by,
    )
    return await _told(connection, incident, status, {"step": step, "what": "done" if done else "undone"}, by)


async def _told(connection: Connection, incident: Incident, status: str, body: JsonObject, by: str) -> bool:
    if status != "INSERT 0 1":
        return False
    await incidents.record(connection, Kind.INCIDENT_STEP_TAKEN, incident, by, body)
    await incidents.touch(connection, incident.id)
    return True


async def suspect(connection: Connection, incident: Incident, at: datetime, *, by: str) -> bool:
    """When it is thought to have begun: decides which backup is clean."""
    status = await connection.execute(
        "UPDATE incidents SET suspected_at = $2, changed = changed + 1"
        " WHERE id = $1 AND suspected_at IS DISTINCT FROM $2",
        incident.id,
        at,
    )
    if status == "UPDATE 1":
        await incidents.record(connection, Kind.INCIDENT_SUSPECTED, incident, by, {"at": at.isoformat()})
    return status == "UPDATE 1"


async def invite(connection: Connection, incident: Incident, person: str, *, by: str) -> bool:
    """One more may know of it; False when they may already."""
    if person in incident.people:
        return False
    await incidents.bring_in(connection, incident.id, [person])
    await incidents.record(connection, Kind.INCIDENT_INVITED, incident, by, {"person": person})
    await incidents.touch(connection, incident.id)
    return True


async def checklist(rows: Rows, incident: Incident) -> Checklist:
    """As it stands, with the backup that could be gone back to."""
    suspected: datetime | None = await rows.fetchval("SELECT suspected_at FROM incidents WHERE id = $1", incident.id)
    before = suspected or incident.opened_at
    clean = clean_backup([one for at in incident.affected for one in await _backups(rows, at)], before)
    return Checklist(await ticks(rows, incident.id), before, clean, bool(incident.affected))


async def _backups(rows: Rows, at: Affected) -> list[Backup]:
    found = await rows.fetch(
        "SELECT environment, key, value FROM records"
        " WHERE kind = $1 AND service = $2 AND ($3 = '' OR environment = $3)",
        KIND,
        at.service,
        at.environment,
    )
    return [from_json(row["key"], Place(at.service, row["environment"]), row["value"]) for row in found]
