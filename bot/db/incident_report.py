"""An incident's report, put together from what is recorded; reads only."""

from datetime import datetime, timedelta

import asyncpg

from bot.db import database, followups, timeline
from bot.db.database import Rows
from bot.db.events import SEALED, events_of
from bot.domain.event import Event, Kind
from bot.domain.incident import Incident
from bot.domain.incident_report import IncidentReport, marks, outages

_WATCHED_BEFORE = timedelta(days=1)
"""How far before the opening health is read: what began to fail then may still be failing."""


async def report(rows: Rows, incident: Incident, *, whole: bool = True) -> IncidentReport:
    """whole: False leaves out what is not for people outside."""
    now = await database.now(rows)
    entries = await timeline.of_incident(rows, incident.id)
    return IncidentReport(
        incident,
        tuple(entry for entry in entries if whole or entry.public),
        outages(await _health(rows, incident), incident, now),
        await _watched(rows, incident),
        marks(incident, await _runs(rows, incident)) if whole else marks(incident),
        tuple(await followups.listed(rows, incident.id)) if whole else (),
        now,
        whole,
    )


async def _health(rows: Rows, incident: Incident) -> list[Event]:
    """What the watch saw change at its services, oldest first."""
    return events_of(
        await rows.fetch(
            f"""
            {SEALED}
            WHERE e.kind = $1 AND e.service = ANY($2) AND e.at >= $3 AND ($4::timestamptz IS NULL OR e.at <= $4)
            ORDER BY s.number
            """,
            Kind.HEALTH_CHANGED.value,
            [one.service for one in incident.affected],
            incident.opened_at - _WATCHED_BEFORE,
            incident.closed_at,
        )
    )


async def _watched(rows: Rows, incident: Incident) -> bool:
    """Whether the watch remembers any place that it concerns."""
    found = await rows.fetch("SELECT DISTINCT service, environment FROM records WHERE kind = 'health'")
    return any(incident.concerns(row["service"], row["environment"]) for row in found)


async def _runs(rows: Rows, incident: Incident) -> list[tuple[datetime, str]]:
    """When what is in its timeline began and ended to change something."""
    found = await rows.fetch(
        """
        SELECT r.id, r.command, r.risk, e.kind, e.at, r.state
        FROM timeline_entries t
        JOIN events e ON e.id = t.source_id::bigint
        JOIN runs r ON r.id = e.run_id
        WHERE t.incident_id = $1 AND t.source = 'event' AND t.hidden = ''
          AND e.kind IN ('run.started', 'run.ended') AND r.risk IN ('change', 'destructive')
        ORDER BY e.id
        """,
        incident.id,
    )
    return [(row["at"], f"R-{row['id']} {row['command'].removeprefix('/')} {_how(row)}") for row in found]


def _how(row: asyncpg.Record) -> str:
    return "started" if row["kind"] == Kind.RUN_STARTED.value else str(row["state"]).replace("_", " ")
