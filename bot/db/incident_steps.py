"""What is done outside after an incident's opening, and whom the rotation asked: one row each, so that it goes on."""

from collections.abc import Collection

from bot.db.database import Connection, Rows
from bot.db.incidents import ARCHIVE, STEPS, bring_in, existing, record, touch
from bot.domain.event import Kind
from bot.domain.incident import Incident, IncidentId
from bot.domain.json import JsonObject

# --- where people talk, and the steps that lead there -----------------------------------------------------------


async def settle_place(
    connection: Connection, incident: Incident, place: str, channel: str, name: str
) -> Incident | None:
    """Where it is talked about, once; None when that is settled already."""
    status = await connection.execute(
        "UPDATE incidents SET place = $2, channel = $3, channel_name = $4, changed = changed + 1"
        " WHERE id = $1 AND place IS NULL",
        incident.id,
        place,
        channel,
        name,
    )
    if status != "UPDATE 1":
        return None
    body: JsonObject = {"place": place, "channel": channel}
    await record(connection, Kind.INCIDENT_PLACED, incident, body=body)
    return await existing(connection, incident.id)


async def rooted(rows: Rows, incident: IncidentId, ts: str) -> None:
    """The header is there."""
    await rows.execute(
        "UPDATE incidents SET root_ts = $2 WHERE id = $1 AND root_ts IS DISTINCT FROM $2", incident, ts
    )


async def due_steps(rows: Rows) -> list[tuple[IncidentId, str, str, int]]:
    """(incident, step, what was tried, attempts) of what may be done now, each incident's first open step only."""
    found = await rows.fetch(
        """
        SELECT DISTINCT ON (incident_id) incident_id, step, tried, attempts, due_at
        FROM incident_steps
        WHERE state = 'pending' AND step = ANY($1::text[])
        ORDER BY incident_id, array_position($1::text[], step)
        """,
        [*STEPS, ARCHIVE],
    )
    now = await rows.fetchval("SELECT clock_now()")
    return [
        (IncidentId(row["incident_id"]), row["step"], row["tried"], row["attempts"])
        for row in found
        if row["due_at"] <= now
    ]


async def trying(rows: Rows, incident: IncidentId, step: str, what: str) -> None:
    """Written down before it is asked of Slack: after a crash it is looked for."""
    await rows.execute(
        "UPDATE incident_steps SET tried = $3 WHERE incident_id = $1 AND step = $2", incident, step, what
    )


async def end_step(rows: Rows, incident: IncidentId, step: str, state: str, note: str = "") -> None:
    await rows.execute(
        "UPDATE incident_steps SET state = $3, note = $4 WHERE incident_id = $1 AND step = $2 AND state = 'pending'",
        incident,
        step,
        state,
        note,
    )


async def later(rows: Rows, incident: IncidentId, step: str, note: str, seconds: float) -> None:
    await rows.execute(
        "UPDATE incident_steps"
        " SET attempts = attempts + 1, note = $3, due_at = clock_now() + make_interval(secs => $4)"
        " WHERE incident_id = $1 AND step = $2 AND state = 'pending'",
        incident,
        step,
        note,
        seconds,
    )


async def uninvited(rows: Rows, incident: IncidentId) -> list[str]:
    found = await rows.fetch(
        "SELECT person FROM incident_people WHERE incident_id = $1 AND invited_at IS NULL ORDER BY at LIMIT 100",
        incident,
    )
    return [row["person"] for row in found]


async def invited(rows: Rows, incident: IncidentId, people: Collection[str]) -> None:
    await rows.execute(
        "UPDATE incident_people SET invited_at = clock_now() WHERE incident_id = $1 AND person = ANY($2::text[])",
        incident,
        list(people),
    )


async def end_invites(connection: Connection, incident: IncidentId) -> None:
    """In a transaction: done, unless somebody was brought in while the others were being invited."""
    await connection.execute(
        "SELECT FROM incident_steps WHERE incident_id = $1 AND step = 'invite' FOR UPDATE", incident
    )
    if not await uninvited(connection, incident):  # looked at after the lock: whoever came before it is seen
        await end_step(connection, incident, "invite", "done")


# --- who is asked -----------------------------------------------------------------------------------------------


async def called(rows: Rows, incident: IncidentId) -> list[str]:
    """Whom the rotation has asked, in order."""
    found = await rows.fetch(
        "SELECT person FROM incident_calls WHERE incident_id = $1 ORDER BY asked_at, person", incident
    )
    return [row["person"] for row in found]


async def call(connection: Connection, incident: Incident, person: str) -> bool:
    """Ask one more person; False when they were asked before."""
    status = await connection.execute(
        "INSERT INTO incident_calls (incident_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING", incident.id, person
    )
    if status != "INSERT 0 1":
        return False
    await bring_in(connection, incident.id, [person])
    await record(connection, Kind.INCIDENT_ASKED, incident, body={"person": person})
    await touch(connection, incident.id)
    return True


async def hush(connection: Connection, incident: IncidentId, by: str) -> bool:
    """Nobody further is asked; False when that is so already."""
    status = await connection.execute(
        "UPDATE incident_steps SET state = 'skipped', note = $2"
        " WHERE incident_id = $1 AND step = 'call' AND state = 'pending'",
        incident,
        by,
    )
    return status == "UPDATE 1"


async def to_call(rows: Rows, only: IncidentId | None = None) -> list[Incident]:
    """Those that nobody is on yet, and for whom somebody may still be asked."""
    found = await rows.fetch(
        """
        SELECT i.id
        FROM incidents i
        JOIN incident_steps s ON s.incident_id = i.id AND s.step = 'call' AND s.state = 'pending'
        WHERE i.acknowledged_at IS NULL AND i.state IN ('investigating', 'identified', 'monitoring')
          AND ($1::bigint IS NULL OR i.id = $1)
        ORDER BY i.id
        """,
        only,
    )
    return [await existing(rows, IncidentId(row["id"])) for row in found]


async def acted(rows: Rows, incident: Incident) -> str | None:
    """Who asked for a change at its services, or for anything in its channel, since it was opened. Of a private one
    only who did so in its channel: others know nothing of it, and are not let in for what they did."""
    found: str | None = await rows.fetchval(
        """
        WITH r AS (
            SELECT id, actor, state, via, command
            FROM runs
            WHERE channel = $2 AND $2 <> '' AND created_at > $1
            UNION ALL
            SELECT r.id, r.actor, r.state, r.via, r.command
            FROM runs r
            JOIN unnest($3::text[], $4::text[]) AS a (service, environment)
                ON a.service = r.service AND a.environment IN ('', r.environment)
            WHERE NOT $5 AND r.service = ANY($3::text[]) AND r.risk IN ('change', 'destructive') AND r.created_at > $1
        )
        SELECT actor
        FROM r
        WHERE actor <> 'watchkeeper' AND state <> 'refused' AND via <> 'schedule' AND command <> '/incident'
        ORDER BY id
        LIMIT 1
        """,
        incident.opened_at,
        (incident.channel or "") if incident.place == "channel" else "",
        [one.service for one in incident.affected],
        [one.environment for one in incident.affected],
        incident.private,
    )
    return found
