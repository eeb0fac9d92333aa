"""What was recorded in a week. Reads only; what lies in the time is found by the log's own index of times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bot.db import incident_report, incidents
from bot.db.database import Rows
from bot.domain.approval import Way
from bot.domain.away import Gap
from bot.domain.incident import Incident, IncidentId
from bot.domain.run import RunId, State
from bot.domain.weekly import Asked, Frozen, Trouble, Unvoted

_NOT_WORK = ["/incident", "/timeline", "/postmortem", "/freeze"]
"""Told in sections of their own; of private incidents nothing may show here."""

_ASKED = "e.at >= $1 AND e.at < $2 AND e.kind IN ('request.received', 'request.refused')"


async def asked(rows: Rows, begin: datetime, end: datetime) -> list[Asked]:
    """What was asked for at a place and is more than a look, and whatever was refused; the oldest first."""
    found = await rows.fetch(
        f"""
        SELECT DISTINCT ON (r.id)
               r.id, r.command, r.verb, r.text, r.service, r.environment, r.state, r.created_at, r.because,
               CASE WHEN a.need > 0 AND a.way = 'votes' THEN r.approved_at - a.asked_at END AS waited,
               r.changed IS NOT DISTINCT FROM 'unknown' AND r.settled_by IS NULL AS unsettled,
               r.via = 'schedule' AS scheduled
        FROM events e
        JOIN runs r ON r.id = e.run_id
        LEFT JOIN approvals a ON a.run_id = r.id
        WHERE {_ASKED} AND NOT r.dry_run AND r.command <> ALL($3::text[])
          AND (r.state = 'refused' OR (r.risk <> 'read' AND r.service IS NOT NULL))
        ORDER BY r.id
        """,
        begin,
        end,
        _NOT_WORK,
    )
    return [
        Asked(
            RunId(row["id"]),
            row["command"],
            row["verb"],
            row["text"],
            row["service"],
            row["environment"],
            State(row["state"]),
            row["created_at"],
            row["waited"],
            row["because"],
            row["unsettled"],
            row["scheduled"],
        )
        for row in found
    ]


async def looks(rows: Rows, begin: datetime, end: datetime) -> dict[tuple[str | None, str | None], int]:
    """How often somebody looked, by place."""
    found = await rows.fetch(
        f"""
        SELECT r.service, r.environment, count(*)
        FROM events e
        JOIN runs r ON r.id = e.run_id
        WHERE {_ASKED} AND r.risk = 'read' AND r.state = 'succeeded'
        GROUP BY r.service, r.environment
        """,
        begin,
        end,
    )
    return {(row["service"], row["environment"]): row["count"] for row in found}


async def unvoted(rows: Rows, begin: datetime, end: datetime) -> list[Unvoted]:
    """Those that nobody has reviewed come first, from whatever week they are. actor, reviewer: ids."""
    found = await rows.fetch(
        """
        SELECT v.run_id, r.text, r.service, r.environment, v.way, v.actor, v.created_at, v.reviewer, v.verdict
        FROM reviews v
        JOIN runs r ON r.id = v.run_id
        WHERE v.created_at < $2 AND (v.reviewed_at IS NULL OR v.created_at >= $1)
          AND v.verdict IS DISTINCT FROM 'moot' AND r.started_at IS NOT NULL
        ORDER BY v.reviewed_at IS NOT NULL, v.created_at
        """,
        begin,
        end,
    )
    return [
        Unvoted(
            RunId(row["run_id"]),
            row["text"],
            row["service"],
            row["environment"],
            cast("Way", row["way"]),
            row["actor"],
            row["created_at"],
            row["reviewer"] or "",
            row["verdict"] or "",
        )
        for row in found
    ]


async def freezes(rows: Rows, begin: datetime, end: datetime) -> list[tuple[str | None, str | None, Frozen]]:
    """(service, environment, freeze) of those that were set in the week or stand at its end. by: an id."""
    found = await rows.fetch(
        """
        SELECT service, environment, set_by, reason, until, ended_at IS NULL AND until > $2 AS standing
        FROM freezes
        WHERE since < $2 AND (since >= $1 OR (ended_at IS NULL AND until > $2))
        ORDER BY ended_at IS NOT NULL, since
        """,
        begin,
        end,
    )
    return [
        (
            row["service"],
            row["environment"],
            Frozen(
                " ".join(part for part in (row["service"], row["environment"]) if part) or "everything",
                row["set_by"],
                row["reason"],
                row["until"],
                row["standing"],
            ),
        )
        for row in found
    ]


async def missed(rows: Rows, begin: datetime, end: datetime) -> list[tuple[str, str | None, str | None]]:
    """(command line, service, environment) of schedules that did not run, each once."""
    found = await rows.fetch(
        """
        SELECT DISTINCT p.body::jsonb->>'line' AS line, e.service, e.environment
        FROM events e
        JOIN event_payloads p ON p.event_id = e.id
        WHERE e.kind = 'schedule.missed' AND e.at >= $1 AND e.at < $2 AND p.body::jsonb ? 'line'
        ORDER BY line
        """,
        begin,
        end,
    )
    return [(row["line"], row["service"], row["environment"]) for row in found]


async def alarms(rows: Rows, begin: datetime, end: datetime) -> dict[tuple[str | None, str | None], int]:
    """How often the watch began to tell that a place fails."""
    found = await rows.fetch(
        """
        SELECT e.service, e.environment, count(*)
        FROM events e
        JOIN event_payloads p ON p.event_id = e.id
        WHERE e.kind = 'health.changed' AND e.at >= $1 AND e.at < $2 AND p.body::jsonb->>'state' = 'failing'
        GROUP BY e.service, e.environment
        """,
        begin,
        end,
    )
    return {(row["service"], row["environment"]): row["count"] for row in found}


async def away(rows: Rows, begin: datetime, end: datetime) -> list[Gap]:
    found = await rows.fetch(
        "SELECT begun, ended, why FROM away WHERE ended > $1 AND begun < $2 ORDER BY begun", begin, end
    )
    return [Gap(row["begun"], row["ended"], row["why"]) for row in found]


# --- incidents -------------------------------------------------------------------------------------------------


async def troubles(rows: Rows, begin: datetime, end: datetime) -> list[tuple[Incident, Trouble]]:
    """Opened or resolved in the week, going on, or with a post-mortem to write; rehearsals count nowhere."""
    found = await rows.fetch(
        """
        SELECT i.id, p.due_at IS NOT NULL AND p.done_at IS NULL AS due
        FROM incidents i
        LEFT JOIN postmortems p ON p.incident_id = i.id
        WHERE NOT i.test AND i.merged_into IS NULL AND i.opened_at < $2
          AND (i.opened_at >= $1 OR i.resolved_at >= $1 OR i.state NOT IN ('resolved', 'closed')
               OR (p.due_at IS NOT NULL AND p.done_at IS NULL))
        ORDER BY i.id
        """,
        begin,
        end,
    )
    return [await _trouble(rows, IncidentId(row["id"]), begin, due=row["due"]) for row in found]


async def _trouble(rows: Rows, number: IncidentId, begin: datetime, *, due: bool) -> tuple[Incident, Trouble]:
    incident = await incidents.existing(rows, number)
    report = await incident_report.report(rows, incident)
    return incident, Trouble(
        incident.label,
        incident.title,
        incident.where,
        incident.severity.label,
        opened=incident.opened_at >= begin,
        ongoing=incident.ongoing,
        downtime=report.downtime,
        postmortem_due=due and not incident.ongoing,
    )


async def overdue(rows: Rows, end: datetime) -> list[Incident]:
    """The incident of each follow-up whose day is over; rehearsals count nowhere."""
    found = await rows.fetch(
        """
        SELECT f.incident_id
        FROM followups f
        JOIN incidents i ON i.id = f.incident_id
        WHERE f.done_at IS NULL AND NOT i.test AND f.due < ($1::timestamptz AT TIME ZONE 'UTC')::date
        """,
        end,
    )
    return [await incidents.existing(rows, IncidentId(row["incident_id"])) for row in found]


# --- what the policy gives and nobody takes --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody asked for, or voted on, something of this kind there."""

    person: str
    permission: str
    risk: str
    service: str | None
    environment: str | None


async def uses(rows: Rows, since: datetime) -> Sequence[Use]:
    """Each kind of use once; what was refused is none."""
    found = await rows.fetch(
        """
        WITH first AS (SELECT min(run_id) AS id FROM events WHERE at >= $1 AND kind = 'request.received')
        SELECT actor, permission, risk, service, environment
        FROM runs
        WHERE id >= (SELECT id FROM first) AND created_at >= $1 AND state <> 'refused'
        UNION
        SELECT v.voter, r.permission, r.risk, r.service, r.environment
        FROM runs r
        JOIN votes v ON v.run_id = r.id
        WHERE r.id >= (SELECT id FROM first) AND v.at >= $1
        """,
        since,
    )
    return [Use(*row) for row in found]


async def recorded_since(rows: Rows) -> datetime | None:
    """When the record begins."""
    at: datetime | None = await rows.fetchval("SELECT at FROM events ORDER BY id LIMIT 1")
    return at
