"""The audit log as people search it. Only sealed events: what has no number yet is not part of it."""

from collections.abc import Sequence
from typing import TypeAlias

from bot.db.database import Rows
from bot.db.events import SEALED, events_of
from bot.domain.event import Event, Kind, Wanted

Where: TypeAlias = tuple[str, str | None]


async def found(rows: Rows, wanted: Wanted, limit: int, places: Sequence[Where] | None) -> list[Event]:
    """The newest first. places: only there, besides what is about no service; None = everywhere.

    By id, which all indexes hold, not by number: the two differ only among events of the same moment.
    """
    values: list[object] = []
    before = await _id_of(rows, wanted.before) if wanted.before else None
    conditions = [condition.format(_hold(values, value)) for condition, value in _conditions(wanted, before)]
    conditions += _only_at(values, places)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    values.append(limit)
    return events_of(await rows.fetch(f"{SEALED} {where} ORDER BY e.id DESC LIMIT ${len(values)}", *values))


async def _id_of(rows: Rows, number: int) -> int:
    """A value, not a part of the question: with it the plan knows how much is left."""
    found: int | None = await rows.fetchval("SELECT event_id FROM event_seals WHERE number = $1", number)
    return found or 0


def _conditions(wanted: Wanted, before: int | None) -> list[tuple[str, object]]:
    """What was asked for only: each plan is made for its own question."""
    kinds = [kind.value for kind in Kind if kind.value.partition(".")[0] == wanted.kind]
    every: list[tuple[str, object]] = [
        ("e.service = {}", wanted.service),
        ("e.environment = {}", wanted.environment),
        ("e.actor = {}", wanted.actor),
        ("e.kind = ANY({}::text[])", kinds or None),
        ("e.run_id = {}", wanted.run),
        ("e.at >= {}", wanted.since),
        ("e.id < {0} AND s.event_id < {0}", before),
    ]
    return [(condition, value) for condition, value in every if value is not None]


def _hold(values: list[object], value: object) -> str:
    values.append(value)
    return f"${len(values)}"


def _only_at(values: list[object], places: Sequence[Where] | None) -> list[str]:
    if places is None:
        return []
    services = _hold(values, [service for service, _ in places])
    environments = _hold(values, [environment or "" for _, environment in places])
    there = f"SELECT * FROM unnest({services}::text[], {environments}::text[])"
    return [f"(e.service IS NULL OR (e.service, coalesce(e.environment, '')) IN ({there}))"]


async def places(rows: Rows) -> list[Where]:
    """Every place that the log knows, by one step in the index for each; a service alone as (service, None)."""
    rows_found = await rows.fetch(
        """
        WITH RECURSIVE place AS (
            (SELECT service, environment FROM events WHERE service IS NOT NULL
             ORDER BY service, environment LIMIT 1)
            UNION ALL
            SELECT next.service, next.environment
            FROM place
            CROSS JOIN LATERAL (
                (SELECT service, environment FROM events
                 WHERE service = place.service AND environment > place.environment
                 ORDER BY environment LIMIT 1)
                UNION ALL
                (SELECT service, environment FROM events
                 WHERE service > place.service ORDER BY service, environment LIMIT 1)
                LIMIT 1
            ) next
        )
        SELECT service, environment FROM place WHERE environment IS NOT NULL
        UNION ALL
        SELECT DISTINCT service, NULL FROM place
        """
    )
    return [(row["service"], row["environment"]) for row in rows_found]
