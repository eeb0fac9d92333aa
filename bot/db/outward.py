"""What people outside were told, and the clock of the next update: one row for each fact, each written once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from bot.db import incidents, runs, timeline
from bot.db.database import Connection, Rows
from bot.domain.event import Kind
from bot.domain.incident import Incident, IncidentId
from bot.domain.json import JsonObject
from bot.domain.outward import PublicState, Told
from bot.domain.run import Run
from bot.domain.timeline import NewEntry
from bot.domain.update_clock import Asked, AskKind

_NEWEST = 100
PUBLIC = "public"  # the source of a timeline entry that was told outside


@dataclass(frozen=True, slots=True)
class Clock:
    """What people told the clock. snoozed_until: for the update that is due now."""

    round: int = 0
    snoozed_until: datetime | None = None
    silenced_by: str | None = None
    late_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """One message to one person about one update."""

    turn: int
    round: int
    kind: AskKind
    person: str
    due_at: datetime
    text: str
    notes: tuple[str, ...]
    at: datetime


# --- what was told ----------------------------------------------------------------------------------------------


async def told(rows: Rows, incident: IncidentId) -> list[Told]:
    """Oldest first."""
    found = await rows.fetch(
        "SELECT posted_at, state, text, posted_by, next_at FROM public_updates WHERE incident_id = $1 ORDER BY id",
        incident,
    )
    return [
        Told(row["posted_at"], cast("PublicState", row["state"]), row["text"], row["posted_by"], row["next_at"])
        for row in found
    ]


async def post(
    connection: Connection, incident: Incident, run: Run, state: PublicState, text: str, next_at: datetime | None
) -> bool:
    """It is out: row, event, a public line of the timeline, the next due time. False: that is written already."""
    await incidents.locked(connection, incident.id)
    row = await connection.fetchrow(
        "INSERT INTO public_updates (incident_id, run_id, state, text, posted_by, next_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (run_id) DO NOTHING RETURNING posted_at",
        incident.id,
        run.id,
        state,
        text,
        run.actor,
        next_at,
    )
    if row is None:
        return False
    body: JsonObject = {"text": text, "state": state, "next": next_at.isoformat() if next_at else ""}
    await incidents.record(connection, Kind.INCIDENT_TOLD_OUTSIDE, incident, run.actor, body)
    line = f"People outside were told ({state}): {text}"
    entry = NewEntry(incident.id, PUBLIC, run.label, row["posted_at"], line, run.actor, public=True)
    await timeline.add(connection, entry, actor=run.actor)
    await set_due(connection, incident.id, next_at if incident.ongoing or state != "resolved" else None)
    await incidents.touch(connection, incident.id)
    return True


async def take_over_settled(connection: Connection, incident: Incident) -> bool:
    """What a person settled as done is out, although its run could not say so: people outside read it."""
    found = await runs.select(
        connection,
        "WHERE r.command = '/incident' AND r.verb = 'post' AND r.settled_by IS NOT NULL AND r.changed = 'something'"
        " AND r.request->>'incident' = $1"
        " AND NOT EXISTS (SELECT FROM public_updates u WHERE u.run_id = r.id) ORDER BY r.id",
        str(incident.id),
    )
    for run in found:
        binds = cast("JsonObject", (run.plan or {}).get("binds") or {})
        next_at = datetime.fromisoformat(str(binds["next"])) if binds.get("next") else None
        await post(connection, incident, run, cast("PublicState", binds["state"]), str(binds["text"]), next_at)
    return bool(found)


async def set_due(rows: Rows, incident: IncidentId, due: datetime | None) -> bool:
    """Shown in the header; True when it was another time before."""
    status = await rows.execute(
        "UPDATE incidents SET update_due_at = $2, changed = changed + 1"
        " WHERE id = $1 AND update_due_at IS DISTINCT FROM $2",
        incident,
        due,
    )
    return status == "UPDATE 1"


# --- the clock --------------------------------------------------------------------------------------------------


async def ticking(rows: Rows) -> list[Incident]:
    """Those of which people outside may still have to hear: open, or told of and not yet told that it is over.

    Of those that are over only the newest are looked at, whatever has gathered: nobody waits for older ones.
    """
    found = await rows.fetch(
        """
        SELECT i.id
        FROM incidents i
        WHERE i.state <> 'closed' AND i.state <> 'resolved' AND NOT i.private AND NOT i.test
        UNION
        SELECT i.id
        FROM incidents i
        WHERE i.id > (SELECT coalesce(max(id), 0) - $1 FROM incidents) AND i.state IN ('resolved', 'closed')
          AND i.merged_into IS NULL
          AND (SELECT u.state FROM public_updates u WHERE u.incident_id = i.id ORDER BY u.id DESC LIMIT 1)
              <> 'resolved'
        ORDER BY id
        """,
        _NEWEST,
    )
    return [await incidents.existing(rows, IncidentId(row["id"])) for row in found]


async def clock(rows: Rows, incident: IncidentId, turn: int) -> Clock:
    row = await rows.fetchrow(
        "SELECT round, snoozed_turn, snoozed_until, silenced_by, late_minutes FROM update_clocks"
        " WHERE incident_id = $1",
        incident,
    )
    if row is None:
        return Clock()
    snoozed = row["snoozed_until"] if row["snoozed_turn"] == turn else None
    return Clock(row["round"] if snoozed else 0, snoozed, row["silenced_by"], row["late_minutes"])


async def asked(rows: Rows, incident: IncidentId, turn: int, round_: int) -> tuple[Asked, ...]:
    """For the update that is due now, since it was put off last."""
    found = await rows.fetch(
        "SELECT kind, person, at FROM update_asks WHERE incident_id = $1 AND turn = $2 AND round = $3 ORDER BY at",
        incident,
        turn,
        round_,
    )
    return tuple(Asked(row["kind"], row["person"], row["at"]) for row in found)


async def ask(
    connection: Connection,
    incident: Incident,
    turn: int,
    round_: int,
    kind: AskKind,
    person: str,
    due_at: datetime,
    text: str,
    notes: Sequence[str],
) -> bool:
    """Somebody is asked, once; False when they were."""
    status = await connection.execute(
        "INSERT INTO update_asks (incident_id, turn, round, kind, person, due_at, text, notes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        incident.id,
        turn,
        round_,
        kind,
        person,
        due_at,
        text,
        list(notes),
    )
    if status != "INSERT 0 1":
        return False
    await incidents.record(
        connection, Kind.INCIDENT_UPDATE_ASKED, incident, body={"person": person, "what": kind, "turn": turn}
    )
    await incidents.touch(connection, incident.id)
    return True


async def asks(rows: Rows, incident: IncidentId) -> list[Ask]:
    """Every message that the clock has sent for it, oldest first."""
    found = await rows.fetch(
        "SELECT turn, round, kind, person, due_at, text, notes, at FROM update_asks"
        " WHERE incident_id = $1 ORDER BY at",
        incident,
    )
    return [
        Ask(
            row["turn"],
            row["round"],
            row["kind"],
            row["person"],
            row["due_at"],
            row["text"],
            tuple(row["notes"]),
            row["at"],
        )
        for row in found
    ]


async def snooze(
    connection: Connection, incident: Incident, turn: int, round_: int, length: timedelta, by: str
) -> bool:
    """Later; False when it was put off already, or posted."""
    await incidents.locked(connection, incident.id)
    now = len(await told(connection, incident.id)) + 1
    if now != turn or (await clock(connection, incident.id, turn)).round != round_:
        return False
    await connection.execute(
        """
        INSERT INTO update_clocks (incident_id, snoozed_turn, snoozed_until, round)
        VALUES ($1, $2, clock_now() + $3::interval, $4)
        ON CONFLICT (incident_id) DO UPDATE
            SET snoozed_turn = EXCLUDED.snoozed_turn, snoozed_until = EXCLUDED.snoozed_until, round = EXCLUDED.round
        """,
        incident.id,
        turn,
        length,
        round_ + 1,
    )
    await incidents.record(connection, Kind.INCIDENT_UPDATE_LATER, incident, by, {"turn": turn})
    await incidents.touch(connection, incident.id)
    return True


async def silence(connection: Connection, incident: Incident, by: str) -> bool:
    """Nobody is asked for an update of this incident any more; False when that is so already."""
    await incidents.locked(connection, incident.id)
    status = await connection.execute(
        """
        INSERT INTO update_clocks AS c (incident_id, silenced_by) VALUES ($1, $2)
        ON CONFLICT (incident_id) DO UPDATE SET silenced_by = EXCLUDED.silenced_by WHERE c.silenced_by IS NULL
        """,
        incident.id,
        by,
    )
    if status != "INSERT 0 1":
        return False
    await incidents.record(connection, Kind.INCIDENT_UPDATE_SILENCED, incident, by)
    await incidents.touch(connection, incident.id)
    return True


async def late(connection: Connection, incident: IncidentId, minutes: int, known: Clock) -> bool:
    """How late the next update is, for the header; True when that is news."""
    if minutes == known.late_minutes:
        return False
    status = await connection.execute(
        """
        INSERT INTO update_clocks AS c (incident_id, late_minutes) VALUES ($1, $2)
        ON CONFLICT (incident_id) DO UPDATE SET late_minutes = EXCLUDED.late_minutes
            WHERE c.late_minutes <> EXCLUDED.late_minutes
        """,
        incident,
        minutes,
    )
    if status == "INSERT 0 1":
        await incidents.touch(connection, incident)
    return status == "INSERT 0 1"


async def words(rows: Rows, incident: IncidentId, turn: int, person: str) -> str | None:
    """The draft that this person was shown last for that update."""
    found: str | None = await rows.fetchval(
        "SELECT text FROM update_asks WHERE incident_id = $1 AND turn = $2 AND person = $3 AND kind <> 'lead'"
        " ORDER BY at DESC LIMIT 1",
        incident,
        turn,
        person,
    )
    return found
