"""The audit log as people search it. Only sealed events: what has no number yet is not part of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.db import seal
from bot.db.database import Pool, Rows
from bot.db.events import SEALED, events_of
from bot.domain.event import Event, Kind, Wanted
from bot.domain.incident import OF_INCIDENTS

Where: TypeAlias = tuple[str, str | None]


async def found(
    rows: Rows, wanted: Wanted, limit: int, places: Sequence[Where] | None, reader: str | None = None
) -> list[Event]:
    """The newest first. places: only there, besides what is about no service; None = everywhere.
    reader: without what is for those in an incident alone, when this person is not; None = an admin reads.

    By id, which all indexes hold, not by number: the two differ only among events of the same moment.
    """
    values: list[object] = [limit]
    before = await _id_of(rows, wanted.before) if wanted.before else None
    conditions = [condition.format(_hold(values, value)) for condition, value in _conditions(wanted, before)]
    conditions += [] if reader is None else [condition.format(_hold(values, reader)) for condition in _KEPT]
    question = _newest(conditions) if places is None else _at_each(values, _fitting(places, wanted), conditions)
    return events_of(await rows.fetch(question, *values))


def _newest(conditions: Sequence[str], order: str = "e.id DESC") -> str:
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"{SEALED} {where} ORDER BY {order} LIMIT $1"


_WITHIN = """
    (e.service, e.environment, e.id) >= (at.service, at.environment, 0)
    AND (e.service, e.environment, e.id) <= (at.service, at.environment, 9223372036854775807)
"""
"""A part of the index by place. With `=` PostgreSQL goes back through the whole log, hoping for many of it."""


def _at_each(values: list[object], places: Sequence[Where], conditions: Sequence[str]) -> str:
    """The newest of each place and of them the newest: whoever may see little does not read what others may."""
    at = [(service, environment) for service, environment in places if environment is not None]
    services = [service for service, environment in places if environment is None]
    there = f"unnest({_hold(values, [s for s, _ in at])}::text[], {_hold(values, [e for _, e in at])}::text[])"
    alone = f"unnest({_hold(values, services)}::text[])"
    here = _newest([*conditions, _WITHIN], "e.service DESC, e.environment DESC, e.id DESC")
    of_service = _newest([*conditions, "e.service = at.service AND e.environment IS NULL"])
    of_none = _newest([*conditions, "e.service IS NULL AND e.environment IS NULL"])
    return f"""
        SELECT f.* FROM {there} AS at(service, environment) CROSS JOIN LATERAL ({here}) f
        UNION ALL
        SELECT f.* FROM {alone} AS at(service) CROSS JOIN LATERAL ({of_service}) f
        UNION ALL
        ({of_none})
        ORDER BY id DESC LIMIT $1
    """


def _fitting(places: Sequence[Where], wanted: Wanted) -> list[Where]:
    return [
        (service, environment)
        for service, environment in places
        if wanted.service in (None, service) and wanted.environment in (None, environment)
    ]


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


_KEPT = (
    """NOT EXISTS (
        SELECT FROM incidents i
        WHERE i.private AND i.id::text = p.body::jsonb->>'incident'
          AND NOT EXISTS (SELECT FROM incident_people t WHERE t.incident_id = i.id AND t.person = {}))""",
    f"""NOT EXISTS (
        SELECT FROM runs r
        WHERE r.id = e.run_id AND r.command IN ({", ".join(f"'{name}'" for name in OF_INCIDENTS)})
          AND r.actor <> {{}})""",
)
"""Private incidents of others, and what was typed about any: the incident's own events tell what may be known."""


def _hold(values: list[object], value: object) -> str:
    values.append(value)
    return f"${len(values)}"


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


# --- for export ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event with all that its seal was made of. body: the text as stored; None when retention erased it."""

    number: int
    id: int
    at: datetime
    kind: str
    actor: str
    service: str | None
    environment: str | None
    run: int | None
    body: str | None
    digest: bytes
    previous: bytes
    hash: bytes


async def sealed(
    pool: Pool, since: datetime | None, until: datetime | None, service: str | None
) -> AsyncIterator[Sealed]:
    """In order, from one snapshot, a thousand at a time: five million take no more memory than ten."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        async for row in connection.cursor(_WHOLE, since, until, service, seal.GENESIS, prefetch=1000):
            yield Sealed(*row)


_WHOLE = """
    SELECT s.number, e.id, e.at, e.kind, e.actor, e.service, e.environment, e.run_id, p.body, e.digest,
           coalesce(before.hash, $4), s.hash
    FROM event_seals s
    JOIN events e ON e.id = s.event_id
    LEFT JOIN event_payloads p ON p.event_id = e.id
    LEFT JOIN event_seals before ON before.number = s.number - 1
    WHERE ($1::timestamptz IS NULL OR e.at >= $1)
      AND ($2::timestamptz IS NULL OR e.at < $2)
      AND ($3::text IS NULL OR e.service = $3)
    ORDER BY s.number
"""
