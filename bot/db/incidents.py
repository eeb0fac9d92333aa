"""Incidents: every change of state is one conditional UPDATE with its event; zero rows means somebody was first."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, cast

import asyncpg

from bot.db import events
from bot.db.database import Connection, Rows
from bot.domain.catalog import Place
from bot.domain.event import Kind
from bot.domain.incident import (
    ONGOING,
    Affected,
    Incident,
    IncidentId,
    IncidentState,
    NewIncident,
    Severity,
    coming_from,
)
from bot.domain.json import JsonObject
from bot.domain.run import RunId

STEPS = ("channel", "invite", "topic", "bookmark", "pin")
"""What is done outside after the opening, in this order."""
ARCHIVE, ARCHIVE_AFTER = "archive", timedelta(days=7)
CALL = "call"  # ask people to come, until somebody is on it or tells us to stop

_SELECT = """
    SELECT i.id, i.uuid, i.title, i.type, i.severity, i.state, i.private, i.test, i.opened_by, i.team, i.asked_in,
           i.merged_into, i.summary, i.place, i.channel, i.channel_name, i.root_ts, i.opened_at, i.acknowledged_at,
           i.acknowledged_by, i.identified_at, i.mitigated_at, i.resolved_at, i.closed_at, i.update_due_at,
           i.from_number, i.room, i.former_channel,
           ARRAY(SELECT service || E'\\n' || environment FROM incident_services s
                 WHERE s.incident_id = i.id ORDER BY service, environment) AS affected,
           ARRAY(SELECT role || E'\\n' || person FROM incident_roles r
                 WHERE r.incident_id = i.id ORDER BY since) AS roles,
           ARRAY(SELECT person FROM incident_people p WHERE p.incident_id = i.id) AS people
    FROM incidents i
"""


# --- opening ----------------------------------------------------------------------------------------------------


async def open_(
    connection: Connection, new: NewIncident, *, by: str, team: str, asked_in: str, run: RunId | None
) -> tuple[Incident, bool]:
    """(incident, fresh). Not fresh: this run opened it already, or the same was declared within the last minute."""
    key = f"{new.title.lower()}\n{new.affected}\n{new.test}{new.private}"
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
    known = await _declared(connection, new, run, by)
    if known is not None:
        return known, False
    number = await connection.fetchval(
        """
        INSERT INTO incidents (title, type, severity, private, test, opened_by, team, asked_in, run_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        RETURNING id
        """,
        new.title,
        new.type,
        new.severity.value,
        new.private,
        new.test,
        by,
        team,
        asked_in,
        run,
    )
    opened = IncidentId(cast("int", number))
    await connection.executemany(
        "INSERT INTO incident_services (incident_id, service, environment) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        [(opened, one.service, one.environment) for one in new.affected],
    )
    await connection.executemany(
        "INSERT INTO incident_steps (incident_id, step) VALUES ($1, $2)",
        [(opened, step) for step in (*STEPS, *(() if new.test else (CALL,)))],
    )
    incident = await existing(connection, opened)
    await bring_in(connection, incident.id, [by])
    await record(
        connection,
        Kind.INCIDENT_OPENED,
        incident,
        by,
        {"title": new.title, "severity": new.severity.value, "test": new.test, "type": new.type},
    )
    return await existing(connection, opened), True


async def _declared(connection: Connection, new: NewIncident, run: RunId | None, by: str) -> Incident | None:
    """Of a private one whoever is not in it learns nothing, not even that others have declared the same."""
    row = await connection.fetchrow(
        f"""
        {_SELECT}
        WHERE i.run_id = $1 OR (
            lower(i.title) = lower($2) AND i.test = $3 AND i.private = $4 AND i.state = ANY($5::text[])
            AND i.opened_at > clock_now() - interval '1 minute'
            AND (NOT i.private OR EXISTS (
                SELECT FROM incident_people p WHERE p.incident_id = i.id AND p.person = $7))
            AND ARRAY(SELECT service FROM incident_services s WHERE s.incident_id = i.id ORDER BY service)
                = $6::text[])
        ORDER BY i.id
        LIMIT 1
        """,
        run,
        new.title,
        new.test,
        new.private,
        [state.value for state in ONGOING],
        sorted({one.service for one in new.affected}),
        by,
    )
    return _incident(row) if row else None


async def record(
    rows: Rows, kind: Kind, incident: Incident, by: str = events.BOT, body: JsonObject | None = None
) -> int:
    """An event of an incident, in the caller's transaction. A private one names no place: others see those."""
    shown = None if incident.private or not incident.affected else incident.affected[0]
    return await events.record(
        rows,
        kind,
        actor=by,
        body={**(body or {}), "incident": incident.id},
        service=shown.service if shown else None,
        environment=(shown.environment or None) if shown else None,
    )


async def touch(rows: Rows, incident: IncidentId) -> None:
    """Its header or thread should be looked at again."""
    await rows.execute("UPDATE incidents SET changed = changed + 1 WHERE id = $1", incident)


# --- life -------------------------------------------------------------------------------------------------------


async def move(
    connection: Connection, incident: IncidentId, to: IncidentState, *, by: str, note: str = ""
) -> Incident | None:
    """One step of its life with its event; None when it is not in a state from which it may go there."""
    before = await connection.fetchval(
        "SELECT state FROM incidents WHERE id = $1 AND merged_into IS NULL FOR NO KEY UPDATE", incident
    )
    if before is None or IncidentState(before) not in coming_from(to):
        return None
    await connection.execute(
        """
        UPDATE incidents
        SET state = $2, changed = changed + 1,
            summary = CASE WHEN $3 <> '' THEN $3 ELSE summary END,
            identified_at = CASE WHEN $2 = 'identified' THEN coalesce(identified_at, clock_now())
                                 ELSE identified_at END,
            mitigated_at = CASE WHEN $2 IN ('monitoring', 'resolved') THEN coalesce(mitigated_at, clock_now())
                                WHEN $2 IN ('investigating', 'identified') THEN NULL ELSE mitigated_at END,
            resolved_at = CASE WHEN $2 = 'resolved' THEN clock_now() WHEN $2 = 'closed' THEN resolved_at END,
            closed_at = CASE WHEN $2 = 'closed' THEN clock_now() END,
            update_due_at = CASE WHEN $2 IN ('resolved', 'closed') THEN NULL ELSE update_due_at END
        WHERE id = $1
        """,
        incident,
        to.value,
        note,
    )
    await _archive_later(connection, incident, to)
    moved = await existing(connection, incident)
    body: JsonObject = {"from": before, "to": to.value, "note": note}
    await record(connection, Kind.INCIDENT_STATE_CHANGED, moved, by, body)
    return moved


async def _archive_later(connection: Connection, incident: IncidentId, to: IncidentState) -> None:
    """A week after its end its channel is put away. Reopened before that it stays; after that it gets another one,
    for nobody can bring back what a bot put away but a person."""
    away = await connection.fetchval(
        "DELETE FROM incident_steps WHERE incident_id = $1 AND step = $2 RETURNING state = 'done' OR tried <> ''",
        incident,
        ARCHIVE,
    )
    if away and to is not IncidentState.CLOSED:
        await _another_room(connection, incident)
    if to is IncidentState.CLOSED:
        await connection.execute(
            "INSERT INTO incident_steps (incident_id, step, due_at) VALUES ($1, $2, clock_now() + $3::interval)"
            " ON CONFLICT DO NOTHING",
            incident,
            ARCHIVE,
            ARCHIVE_AFTER,
        )


async def _another_room(connection: Connection, incident: IncidentId) -> None:
    """Every step to its channel is taken again, and everybody invited again."""
    await connection.execute(
        "UPDATE incidents SET room = room + 1, former_channel = channel, place = NULL, channel = NULL,"
        " channel_name = NULL, root_ts = NULL WHERE id = $1",
        incident,
    )
    await connection.execute(
        "UPDATE incident_steps SET state = 'pending', tried = '', attempts = 0, note = '', due_at = clock_now()"
        " WHERE incident_id = $1 AND step = ANY($2::text[])",
        incident,
        list(STEPS),
    )
    await connection.execute("UPDATE incident_people SET invited_at = NULL WHERE incident_id = $1", incident)


async def set_severity(connection: Connection, incident: Incident, to: Severity, *, by: str) -> Incident | None:
    """None when it is that already, or no longer what `incident` says."""
    status = await connection.execute(
        "UPDATE incidents SET severity = $2, changed = changed + 1"
        " WHERE id = $1 AND severity = $3 AND severity <> $2 AND merged_into IS NULL",
        incident.id,
        to.value,
        incident.severity.value,
    )
    if status != "UPDATE 1":
        return None
    body: JsonObject = {"from": incident.severity.value, "to": to.value}
    await record(connection, Kind.INCIDENT_SEVERITY_CHANGED, incident, by, body)
    return await existing(connection, incident.id)


async def set_role(connection: Connection, incident: Incident, role: str, person: str, *, by: str) -> Incident | None:
    """Given, or handed over; None when that person holds it already, or it was merged meanwhile.

    person "": nobody does any more.
    """
    if not await locked(connection, incident.id):
        return None
    former = await connection.fetchval(
        "SELECT person FROM incident_roles WHERE incident_id = $1 AND role = $2", incident.id, role
    )
    if (former or "") == person:
        return None
    await connection.execute("DELETE FROM incident_roles WHERE incident_id = $1 AND role = $2", incident.id, role)
    if person:
        await connection.execute(
            "INSERT INTO incident_roles (incident_id, role, person) VALUES ($1, $2, $3)", incident.id, role, person
        )
        await bring_in(connection, incident.id, [person])
    body: JsonObject = {"role": role, "person": person, "former": former}
    await record(connection, Kind.INCIDENT_ROLE_CHANGED, incident, by, body)
    await touch(connection, incident.id)
    return await existing(connection, incident.id)


async def update(connection: Connection, incident: Incident, text: str, *, by: str) -> Incident | None:
    """What is known now, in somebody's words: the header shows the last one. None when it was merged meanwhile."""
    status = await connection.execute(
        "UPDATE incidents SET summary = $2, changed = changed + 1 WHERE id = $1 AND merged_into IS NULL",
        incident.id,
        text,
    )
    if status != "UPDATE 1":
        return None
    await record(connection, Kind.INCIDENT_UPDATED, incident, by, {"text": text})
    return await existing(connection, incident.id)


async def acknowledge(connection: Connection, incident: Incident, by: str) -> bool:
    """Somebody is on it; False when somebody was before, or it is over. Nobody else is asked from now on.

    Its row first, as whoever asks people: otherwise the two wait for each other.
    """
    await locked(connection, incident.id)
    await bring_in(connection, incident.id, [by])
    await connection.execute(
        "UPDATE incident_calls SET answered_at = coalesce(answered_at, clock_now())"
        " WHERE incident_id = $1 AND person = $2",
        incident.id,
        by,
    )
    status = await connection.execute(
        "UPDATE incidents SET acknowledged_at = clock_now(), acknowledged_by = $2, changed = changed + 1"
        " WHERE id = $1 AND acknowledged_at IS NULL AND state = ANY($3::text[])",
        incident.id,
        by,
        [state.value for state in ONGOING],
    )
    if status == "UPDATE 1":
        await record(connection, Kind.INCIDENT_ACKNOWLEDGED, incident, by)
    return status == "UPDATE 1"


async def merge(connection: Connection, duplicate: Incident, into: Incident, *, by: str) -> bool:
    """The duplicate ends in the other one, with its services and people; False when either is not open any more."""
    locked = await connection.fetch(
        "SELECT id FROM incidents WHERE id = ANY($1::bigint[]) AND merged_into IS NULL AND state <> 'closed'"
        " ORDER BY id FOR NO KEY UPDATE",
        [duplicate.id, into.id],
    )
    if len(locked) != 2:
        return False
    await connection.execute(
        "UPDATE incidents SET merged_into = $2, state = 'closed', resolved_at = coalesce(resolved_at, clock_now()),"
        " closed_at = clock_now(), update_due_at = NULL, changed = changed + 1 WHERE id = $1",
        duplicate.id,
        into.id,
    )
    await connection.execute(
        "INSERT INTO incident_services (incident_id, service, environment)"
        " SELECT $2, service, environment FROM incident_services WHERE incident_id = $1 ON CONFLICT DO NOTHING",
        duplicate.id,
        into.id,
    )
    await connection.execute(
        "UPDATE incident_steps SET state = 'skipped', note = 'merged' WHERE incident_id = $1 AND state = 'pending'",
        duplicate.id,
    )
    await _archive_later(connection, duplicate.id, IncidentState.CLOSED)
    await bring_in(connection, into.id, sorted(duplicate.people))
    await record(connection, Kind.INCIDENT_MERGED, into, by, {"merged": duplicate.id})
    await touch(connection, into.id)
    return True


async def bring_in(connection: Connection, incident: IncidentId, people: Collection[str]) -> None:
    """These people are part of it: they are invited, and may know of it when it is private."""
    for person in people:
        status = await connection.execute(
            "INSERT INTO incident_people (incident_id, person) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            incident,
            person,
        )
        if status == "INSERT 0 1":
            await _again(connection, incident)


async def _again(rows: Rows, incident: IncidentId) -> None:
    """There is somebody new to invite. A step that is pending is written too: whoever is just ending it waits."""
    await rows.execute(
        """
        UPDATE incident_steps
        SET state = 'pending', attempts = CASE state WHEN 'pending' THEN attempts ELSE 0 END,
            due_at = CASE state WHEN 'pending' THEN due_at ELSE clock_now() END
        WHERE incident_id = $1 AND step = 'invite' AND note <> 'merged'
        """,
        incident,
    )


# --- reading ----------------------------------------------------------------------------------------------------


async def get(rows: Rows, incident: IncidentId) -> Incident | None:
    row = await rows.fetchrow(f"{_SELECT} WHERE i.id = $1", incident)
    return _incident(row) if row else None


async def existing(rows: Rows, incident: IncidentId) -> Incident:
    found = await get(rows, incident)
    assert found is not None  # noqa: S101  (its row is locked or was just written)
    return found


async def locked(connection: Connection, incident: IncidentId) -> bool:
    """Until the transaction ends nobody else changes it; False for one that was merged into another.

    NO KEY: rows that refer to it may still be written, else this and the projector's entry wait for each other.
    """
    merged = await connection.fetchval("SELECT merged_into FROM incidents WHERE id = $1 FOR NO KEY UPDATE", incident)
    return merged is None


async def by_target(rows: Rows, target: str) -> Incident | None:
    """The incident that a button names; None for a value that was never one of ours."""
    number = target[1:].partition("-")[0]
    found = await get(rows, IncidentId(int(number))) if number.isdigit() and len(number) < 16 else None
    return found if found is not None and found.target == target else None


async def with_merged(connection: Connection, incident: IncidentId) -> list[IncidentId]:
    """It, and those that it was merged into: what it has told stands there too. No merge is missed in between."""
    found, after = [incident], await _merged_into(connection, incident)
    while after is not None:
        found.append(after)
        after = await _merged_into(connection, after)
    return found


async def _merged_into(connection: Connection, incident: IncidentId) -> IncidentId | None:
    found = await connection.fetchval("SELECT merged_into FROM incidents WHERE id = $1 FOR SHARE", incident)
    return cast("IncidentId | None", found)


async def at_channel(rows: Rows, channel: str) -> Incident | None:
    """The incident whose own channel this is, also a closed one."""
    row = await rows.fetchrow(f"{_SELECT} WHERE i.channel = $1 AND i.place = 'channel'", channel)
    return _incident(row) if row else None


async def channels_among(rows: Rows, channels: Collection[str]) -> set[str]:
    """Those that are an incident's own, be it a closed one."""
    found = await rows.fetch(
        "SELECT channel FROM incidents WHERE channel = ANY($1::text[]) AND place = 'channel'", list(channels)
    )
    return {row["channel"] for row in found}


async def rooms(rows: Rows) -> dict[str, frozenset[Place]]:
    """What each channel of an incident stands for until it is closed; environment "": the service alone."""
    found = await rows.fetch(
        """
        SELECT i.channel, array_agg(s.service) AS services, array_agg(s.environment) AS environments
        FROM incidents i
        JOIN incident_services s ON s.incident_id = i.id
        WHERE i.state <> 'closed' AND i.place = 'channel' AND i.channel IS NOT NULL
        GROUP BY i.channel
        """
    )
    return {row["channel"]: frozenset(map(Place, row["services"], row["environments"])) for row in found}


async def at_thread(rows: Rows, channel: str, ts: str) -> Incident | None:
    """The incident whose header this message is: replies to it belong to the incident."""
    row = await rows.fetchrow(f"{_SELECT} WHERE i.channel = $1 AND i.root_ts = $2", channel, ts)
    return _incident(row) if row else None


async def threads_in(rows: Rows, channel: str) -> bool:
    """Whether some incident that is not closed talks in a thread of this channel."""
    found: bool = await rows.fetchval(
        "SELECT EXISTS (SELECT FROM incidents WHERE channel = $1 AND place = 'thread' AND state <> 'closed')", channel
    )
    return found


async def ongoing(rows: Rows) -> list[Incident]:
    """Everything that is neither resolved nor closed, oldest first; rehearsals too."""
    found = await rows.fetch(
        f"{_SELECT} WHERE i.state <> 'closed' AND i.state = ANY($1::text[]) ORDER BY i.id",
        [state.value for state in ONGOING],
    )
    return [_incident(row) for row in found]


async def told_of(rows: Rows) -> list[Incident]:
    """Those whose timelines still grow: not closed, and begun."""
    found = await rows.fetch(f"{_SELECT} WHERE i.state <> 'closed' AND i.from_number IS NOT NULL ORDER BY i.id")
    return [_incident(row) for row in found]


async def listed(rows: Rows, limit: int) -> list[Incident]:
    """The newest first."""
    return [_incident(row) for row in await rows.fetch(f"{_SELECT} ORDER BY i.id DESC LIMIT $1", limit)]


async def of_ids(rows: Rows, ids: Collection[IncidentId]) -> list[Incident]:
    return [_incident(row) for row in await rows.fetch(f"{_SELECT} WHERE i.id = ANY($1::bigint[])", list(ids))]


async def begun(connection: Connection, incident: IncidentId, number: int) -> None:
    """The projector has come to its opening: from here on events belong to it."""
    await connection.execute(
        "UPDATE incidents SET from_number = $2 WHERE id = $1 AND from_number IS NULL", incident, number
    )


async def unshown(connection: Connection) -> list[tuple[Incident, int]]:
    """Those whose messages may not be as they should, with the version that is looked at."""
    found = await connection.fetch(
        "SELECT id, changed FROM incidents WHERE changed > shown ORDER BY id FOR NO KEY UPDATE SKIP LOCKED LIMIT 50"
    )
    return [(await existing(connection, row["id"]), row["changed"]) for row in found]


async def shown(connection: Connection, incident: IncidentId, version: int) -> None:
    await connection.execute("UPDATE incidents SET shown = greatest(shown, $2) WHERE id = $1", incident, version)


# --- rows -------------------------------------------------------------------------------------------------------


def _incident(row: asyncpg.Record) -> Incident:
    values: dict[str, Any] = dict(row)
    values["id"] = IncidentId(row["id"])
    values["severity"], values["state"] = Severity(row["severity"]), IncidentState(row["state"])
    values["affected"] = tuple(Affected(*one.split("\n")) for one in row["affected"])
    values["roles"] = tuple(tuple(one.split("\n")) for one in row["roles"])
    values["people"] = frozenset(row["people"])
    return Incident(**values)
