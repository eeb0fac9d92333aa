"""What is known around an incident now: failing checks, last changes, locks, counts. Reads only."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from bot.db import database, followups, incident_checklist, locks, runs, timeline
from bot.db.database import Rows
from bot.domain.incident import Affected, Incident
from bot.domain.incident_card import Release, Seen
from bot.domain.incoming import moment
from bot.domain.json import JsonObject
from bot.domain.run import RunId

_KEYS = ("commit", "title", "author")


async def see(rows: Rows, incident: Incident, on_call: Sequence[str] = ()) -> Seen:
    """on_call: names, whose turn it is first."""
    changed = [await runs.get(rows, run) for run in await last_changes(rows, incident.affected)]
    entries, typed = await timeline.counts(rows, incident.id)
    return Seen(
        await failing(rows, incident.affected),
        tuple(run for run in changed if run is not None),
        tuple(lock for lock in await locks.listed(rows) if incident.concerns(lock.service, lock.environment)),
        tuple(on_call),
        entries,
        typed,
        tuple(await followups.listed(rows, incident.id)),
        await _current(rows, incident.affected),
        await _late(rows, incident),
        await incident_checklist.checklist(rows, incident) if incident.type == "security" else None,
    )


async def last_changes(rows: Rows, affected: Sequence[Affected], limit: int = 3) -> list[RunId]:
    """The newest changes at its services, the newest first."""
    found = await rows.fetch(
        """
        SELECT DISTINCT r.id
        FROM unnest($1::text[], $2::text[]) AS a (service, environment)
        JOIN runs r ON r.service = a.service AND a.environment IN ('', r.environment)
        WHERE r.service = ANY($1::text[]) AND r.started_at IS NOT NULL AND r.risk IN ('change', 'destructive')
        ORDER BY r.id DESC
        LIMIT $3
        """,
        [one.service for one in affected],
        [one.environment for one in affected],
        limit,
    )
    return [RunId(row["id"]) for row in found]


async def _late(rows: Rows, incident: Incident) -> int:
    late = await database.now(rows) - incident.update_due_at if incident.update_due_at else timedelta()
    return max(0, late // timedelta(minutes=1))


async def _current(rows: Rows, affected: Sequence[Affected]) -> tuple[Release, ...]:
    """The release that became current last at each of these places, as far as we know since when."""
    return tuple(
        Release(place, at, *(str(value.get(key) or "") for key in _KEYS))
        for place, value in await _recorded(rows, affected, "deploy", "current")
        if (at := moment(value.get("at")))
    )


async def failing(rows: Rows, affected: Sequence[Affected]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(place, checks) of every alarm of the watch that is on at these services."""
    return tuple(
        (place, tuple(cast("list[str]", value.get("told") or [])))
        for place, value in await _recorded(rows, affected, "health", "state")
        if value.get("state") == "failing"
    )


async def _recorded(rows: Rows, affected: Sequence[Affected], kind: str, key: str) -> list[tuple[str, JsonObject]]:
    """(place, value) of the one record of that name at each of these places."""
    found = await rows.fetch(
        """
        SELECT r.service, r.environment, r.value
        FROM records r
        WHERE r.kind = $3 AND r.key = $4 AND EXISTS (
            SELECT FROM unnest($1::text[], $2::text[]) AS a (service, environment)
            WHERE a.service = r.service AND a.environment IN ('', r.environment))
        ORDER BY r.service, r.environment
        """,
        [one.service for one in affected],
        [one.environment for one in affected],
        kind,
        key,
    )
    return [(f"{row['service']} {row['environment']}", row["value"]) for row in found]
