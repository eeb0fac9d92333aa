"""Events: written in the transaction that causes them, read by their sealed number."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast

import asyncpg

from bot.db.database import Rows
from bot.domain.event import Event, Kind
from bot.domain.json import JsonObject, canonical
from bot.domain.run import Run, RunId

BOT = "watchkeeper"
TOLD_OF_BEFORE = (Kind.HEALTH_CHANGED, Kind.RUN_ENDED, Kind.DEPLOY_SEEN, Kind.VENDOR_CHANGED, Kind.WEBHOOK_RECEIVED)
"""Kinds that may explain an incident which was opened only afterwards."""
_KINDS_BEFORE = ", ".join(f"'{kind.value}'" for kind in TOLD_OF_BEFORE)  # constants, so that their index is seen


_FACTS = "s.number, e.id, e.kind, e.run_id, e.actor, e.service, e.environment, e.at, p.body"
SEALED = f"""
    SELECT {_FACTS}
    FROM event_seals s
    JOIN events e ON e.id = s.event_id
    LEFT JOIN event_payloads p ON p.event_id = e.id
"""


async def record(
    rows: Rows,
    kind: Kind,
    *,
    run: Run | None = None,
    actor: str = BOT,
    body: JsonObject | None = None,
    service: str | None = None,
    environment: str | None = None,
) -> int:
    """Write one event; it gets its number and its seal within 200 ms of the commit. The event's id."""
    event_id: int = await rows.fetchval(
        "SELECT record_event($1, $2, $3, $4, $5, $6)",
        kind.value,
        run.id if run else None,
        actor,
        run.service if run else service,
        run.environment if run else environment,
        canonical(body or {}),
    )
    return event_id


async def is_last(rows: Rows, kind: Kind, run: RunId, body: JsonObject) -> bool:
    """Whether exactly this was written last about the run: then the answer to its commit was lost."""
    found: bool | None = await rows.fetchval(
        """
        SELECT kind = $2 AND digest = sha256(convert_to($3, 'UTF8'))
        FROM events WHERE run_id = $1 ORDER BY id DESC LIMIT 1
        """,
        run,
        kind.value,
        canonical(body),
    )
    return bool(found)


async def after(rows: Rows, number: int, limit: int = 500) -> list[Event]:
    """Sealed events above `number`, in order."""
    return events_of(
        await rows.fetch(
            f"""
            {SEALED}
            WHERE s.number > $1
            ORDER BY s.number
            LIMIT $2
            """,
            number,
            limit,
        )
    )


async def numbered(rows: Rows, numbers: Sequence[int]) -> list[Event]:
    """Those sealed events, in order."""
    if not numbers:
        return []
    return events_of(
        await rows.fetch(
            f"""
            {SEALED}
            WHERE s.number = ANY($1::bigint[])
            ORDER BY s.number
            """,
            list(numbers),
        )
    )


async def before(rows: Rows, number: int, since: datetime) -> list[Event]:
    """Sealed events below `number` that happened at places at or after `since`, in order."""
    return events_of(
        await rows.fetch(
            f"""
            {SEALED}
            WHERE s.number < $1 AND e.at >= $2 AND e.kind IN ({_KINDS_BEFORE})
            ORDER BY s.number
            """,
            number,
            since,
        )
    )


async def of_run(rows: Rows, run: RunId) -> list[Event]:
    """All events of one run in order; those not sealed yet come last, with number 0."""
    return (await of_runs(rows, [run]))[run]


async def of_runs(rows: Rows, runs: Collection[RunId]) -> dict[RunId, list[Event]]:
    """The same of many runs at once."""
    found = await rows.fetch(
        f"""
        SELECT {_FACTS}
        FROM events e
        LEFT JOIN event_seals s ON s.event_id = e.id
        LEFT JOIN event_payloads p ON p.event_id = e.id
        WHERE e.run_id = ANY($1::bigint[])
        ORDER BY s.number NULLS LAST, e.id
        """,
        list(runs),
    )
    told: dict[RunId, list[Event]] = {run: [] for run in runs}
    for event in events_of(found):
        told[cast("RunId", event.run)].append(event)
    return told


async def last(rows: Rows, limit: int) -> list[Event]:
    """The newest sealed events, newest first."""
    return events_of(
        await rows.fetch(
            f"""
            {SEALED}
            ORDER BY s.number DESC
            LIMIT $1
            """,
            limit,
        )
    )


def events_of(rows: Sequence[asyncpg.Record]) -> list[Event]:
    return [
        Event(
            number=row["number"] or 0,
            id=row["id"],
            kind=Kind(row["kind"]),
            run=row["run_id"],
            actor=row["actor"],
            service=row["service"],
            environment=row["environment"],
            at=row["at"],
            body=cast("JsonObject", json.loads(row["body"])) if row["body"] is not None else {},
            erased=row["body"] is None,
        )
        for row in rows
    ]
