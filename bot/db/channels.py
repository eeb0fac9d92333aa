"""Which channels people of other companies are in, as Slack answered or told last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.database import Rows

FRESH = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Known:
    """shared: None where nothing is known. fresh: Slack need not be asked again. at: now."""

    shared: bool | None
    fresh: bool
    at: datetime


async def known(rows: Rows, channel: str) -> Known:
    row = await rows.fetchrow(
        """
        SELECT shared, coalesce(asked_at > greatest(told_at, clock_now() - $2::interval), false) AS fresh,
            clock_now() AS at
        FROM (VALUES ($1)) AS wanted (id)
        LEFT JOIN channels USING (id)
        """,
        channel,
        FRESH,
    )
    assert row is not None  # noqa: S101  (a left join of one row)
    return Known(row["shared"], row["fresh"], row["at"])


async def answered(rows: Rows, channel: str, *, shared: bool, asked_at: datetime) -> None:
    """What Slack said when it was asked then; what an event has told since counts more."""
    await rows.execute(
        """
        INSERT INTO channels (id, shared, asked_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE
        SET shared = $2, asked_at = $3
        WHERE channels.told_at <= $3 AND channels.asked_at <= $3
        """,
        channel,
        shared,
        asked_at,
    )


async def told(rows: Rows, channel: str, *, shared: bool) -> None:
    """An event said so: it holds at once, and Slack is asked before the next word is posted there."""
    await rows.execute(
        """
        INSERT INTO channels (id, shared, told_at)
        VALUES ($1, $2, clock_now())
        ON CONFLICT (id) DO UPDATE SET shared = $2, told_at = clock_now()
        """,
        channel,
        shared,
    )


async def doubtful(rows: Rows) -> list[str]:
    """Shared as far as is known, which Slack has to confirm again."""
    found = await rows.fetch(
        """
        SELECT id
        FROM channels
        WHERE shared AND asked_at <= greatest(told_at, clock_now() - $1::interval)
        ORDER BY id
        """,
        FRESH,
    )
    return [row["id"] for row in found]


async def shared(rows: Rows, *, but: Collection[str]) -> frozenset[str]:
    """All that are known to be, without those that the policy lists."""
    found = await rows.fetch("SELECT id FROM channels WHERE shared AND id <> ALL($1::text[])", list(but))
    return frozenset(row["id"] for row in found)
