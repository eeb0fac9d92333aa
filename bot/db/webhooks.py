"""Verified webhooks: each delivery once, counted in bursts, and what they say of a monitor only when it changes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.db.database import Connection, Rows
from bot.domain.catalog import Place
from bot.domain.incoming import Notice

MONITOR = "monitor"  # records: what a monitor outside said last
QUIET = timedelta(minutes=10)
"""After so long without one, the next of a kind begins another burst."""
_KEPT, _KEYS_KEPT = timedelta(days=2), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Burst:
    since: datetime
    count: int


async def claim(connection: Connection, place: Place, name: str, notice: Notice) -> bool:
    """True the first time this delivery is seen, within a year: not every vendor signs the time with it."""
    told = f"webhook:{place.service}.{place.environment}:{name}:{notice.id}"
    status = await connection.execute(
        "INSERT INTO webhook_keys (key) VALUES ($1) ON CONFLICT DO NOTHING", hashlib.sha256(told.encode()).digest()
    )
    return status == "INSERT 0 1"


async def count(connection: Connection, place: Place, name: str, kind: str) -> Burst:
    """One more of this kind."""
    row = await connection.fetchrow(
        """
        INSERT INTO webhook_bursts AS b (service, environment, name, kind, since, last_at, count)
        VALUES ($1, $2, $3, $4, clock_now(), clock_now(), 1)
        ON CONFLICT (service, environment, name, kind) DO UPDATE
        SET since = CASE WHEN b.last_at < clock_now() - $5::interval THEN clock_now() ELSE b.since END,
            count = CASE WHEN b.last_at < clock_now() - $5::interval THEN 1 ELSE b.count + 1 END,
            last_at = clock_now()
        RETURNING since, count
        """,
        place.service,
        place.environment,
        name,
        kind,
        QUIET,
    )
    assert row is not None  # noqa: S101  (an upsert without a condition gives its row)
    return Burst(row["since"], row["count"])


async def monitor_changed(connection: Connection, place: Place, name: str, notice: Notice, at: datetime) -> bool:
    """Keep what a monitor says now; True when it said otherwise before, or is first heard of being down.

    What it says late, after something newer, changes nothing.
    """
    row = await connection.fetchrow(
        """
        INSERT INTO records AS r (kind, service, environment, key, value)
        VALUES ($1, $2, $3, $4, jsonb_build_object('state', $5::text, 'at', $6::timestamptz))
        ON CONFLICT (kind, service, environment, key) DO UPDATE
        SET value = EXCLUDED.value, at = clock_now()
        WHERE r.value->>'state' <> $5 AND (r.value->>'at')::timestamptz <= $6
        RETURNING xmax = 0 AS first
        """,
        MONITOR,
        place.service,
        place.environment,
        f"{name}/{notice.monitor}",
        notice.state,
        at,
    )
    return row is not None and (notice.state == "down" or not row["first"])


async def forget(rows: Rows) -> None:
    await rows.execute("DELETE FROM webhook_bursts WHERE last_at < clock_now() - $1::interval", _KEPT)
    await rows.execute("DELETE FROM webhook_keys WHERE at < clock_now() - $1::interval", _KEYS_KEPT)
