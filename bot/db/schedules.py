"""Schedules: what became of each instant at which one was due. One row for each, so that nothing fires twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bot.db.database import Connection, Rows
from bot.domain.run import RunId
from bot.domain.schedule import State


@dataclass(frozen=True, slots=True)
class Last:
    """The newest row of a schedule."""

    fire_at: datetime
    state: State
    rule: str


async def last(rows: Rows, schedule: str) -> Last | None:
    row = await rows.fetchrow(
        """
        SELECT fire_at, state, rule
        FROM schedules
        WHERE schedule = $1
        ORDER BY fire_at DESC
        LIMIT 1
        """,
        schedule,
    )
    return Last(row["fire_at"], row["state"], row["rule"]) if row else None


async def lock(connection: Connection, schedule: str) -> None:
    """Until the transaction ends nobody else looks whether it is due: it begins once."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('schedule ' || $1, 0))", schedule)


async def note(rows: Rows, schedule: str, fire_at: datetime, state: State, rule: str) -> bool:
    """False when somebody has noted this instant already."""
    status = await rows.execute(
        """
        INSERT INTO schedules (schedule, fire_at, state, rule)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (schedule, fire_at) DO NOTHING
        """,
        schedule,
        fire_at,
        state,
        rule,
    )
    return bool(status == "INSERT 0 1")


async def belongs(rows: Rows, schedule: str, fire_at: datetime, run: RunId) -> None:
    """The run that this instant made."""
    await rows.execute(
        "UPDATE schedules SET run_id = $3 WHERE schedule = $1 AND fire_at = $2", schedule, fire_at, run
    )


async def others(rows: Rows, known: Sequence[str]) -> list[str]:
    """Schedules with rows that are not among `known` and have not ended."""
    found = await rows.fetch(
        """
        SELECT schedule
        FROM (
            SELECT DISTINCT ON (schedule) schedule, state
            FROM schedules
            WHERE NOT schedule = ANY($1::text[])
            ORDER BY schedule, fire_at DESC
        ) newest
        WHERE state <> 'ended'
        """,
        list(known),
    )
    return [cast("str", row["schedule"]) for row in found]
