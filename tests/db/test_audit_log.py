"""The audit log searched by what people ask for: right answers, and never by reading all of it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.db import audit_log, events, overview, seal
from bot.db.audit_log import Where
from bot.db.database import Pool
from bot.domain.event import Kind, Wanted
from tests.db.conftest import MakeRun

MANY = """
    INSERT INTO events (kind, actor, service, environment, at, digest)
    SELECT CASE WHEN n % 500 = 0 THEN 'policy.changed' ELSE 'step.ended' END, 'U' || n % 200, 's' || n % 40,
           CASE n % 2 WHEN 0 THEN 'production' ELSE 'staging' END, now() - (20000 - n) * interval '1 minute',
           sha256('{}')
    FROM generate_series(1, 20000) n
"""
SEALED = "INSERT INTO event_seals (number, event_id, hash) SELECT id, id, sha256('x') FROM events"


async def write(
    pool: Pool, kind: Kind, actor: str, service: str | None = None, environment: str | None = None
) -> None:
    await events.record(pool, kind, actor=actor, service=service, environment=environment, body={"says": actor})


async def numbers(pool: Pool, wanted: Wanted, places: Sequence[Where] | None = None, limit: int = 9) -> list[int]:
    return [event.number for event in await audit_log.found(pool, wanted, limit, places)]


async def test_each_filter_finds_its_own(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run("U0ANA")  # 1: request.received at shop production
    await write(pool, Kind.APPROVAL_ASKED, "U0BEN", "shop", "staging")
    await write(pool, Kind.APPROVAL_EXPIRED, "watchkeeper", "servio", "production")
    await write(pool, Kind.POLICY_CHANGED, "U0BEN")
    await seal.seal(pool)
    before = await pool.fetchval("SELECT at FROM events ORDER BY id DESC LIMIT 1")
    await pool.execute("UPDATE clock SET ahead = interval '1 hour'")
    await write(pool, Kind.HEALTH_CHANGED, "watchkeeper", "shop", None)
    await seal.seal(pool)
    assert await numbers(pool, Wanted()) == [5, 4, 3, 2, 1]
    assert await numbers(pool, Wanted(), limit=2) == [5, 4]
    assert await numbers(pool, Wanted("shop")) == [5, 2, 1]
    assert await numbers(pool, Wanted("shop", "staging")) == [2]
    assert await numbers(pool, Wanted(actor="U0BEN")) == [4, 2]
    assert await numbers(pool, Wanted(kind="approval")) == [3, 2]
    assert await numbers(pool, Wanted(run=run.id)) == [1]
    assert await numbers(pool, Wanted(since=before + timedelta(minutes=30))) == [5]
    assert await numbers(pool, Wanted(before=4, actor="U0BEN")) == [2]
    assert await numbers(pool, Wanted(), [("servio", "production")]) == [4, 3]
    assert await numbers(pool, Wanted(), [("shop", None), ("shop", "staging")]) == [5, 4, 2]
    places = await audit_log.places(pool)
    assert sorted(places, key=str) == [
        ("servio", "production"),
        ("servio", None),
        ("shop", "production"),
        ("shop", "staging"),
        ("shop", None),
    ]


@pytest.fixture
async def crowded(pool: Pool) -> Pool:
    await pool.execute(MANY)
    await pool.execute(SEALED)
    await pool.execute("ANALYZE")
    return pool


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted("s7"),
        Wanted("s7", "staging"),
        Wanted(actor="U7"),
        Wanted(kind="policy"),
        Wanted(actor="U7", kind="policy"),
        Wanted(before=300),
        Wanted("s7", "staging", "U7", before=9000),
    ],
)
async def test_no_question_reads_the_whole_log(crowded: Pool, wanted: Wanted) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []

    class Listening:
        async def fetch(self, query: str, *values: object) -> list[Any]:
            asked.append((query, values))
            return []

        async def fetchval(self, query: str, number: int) -> int:
            return number

    await audit_log.found(Listening(), wanted, 21, None)  # type: ignore[arg-type]
    ((query, values),) = asked
    plan = json.loads(await crowded.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values))[0]["Plan"]
    assert read(plan) < 4000, plan


async def test_a_time_is_found_without_reading_what_lies_before(crowded: Pool) -> None:
    now: datetime = await crowded.fetchval("SELECT now()")
    found = await audit_log.found(crowded, Wanted(since=now - timedelta(minutes=30)), 50, None)
    assert 28 <= len(found) <= 31


async def test_the_places_are_found_step_by_step(crowded: Pool) -> None:
    assert len(await audit_log.places(crowded)) == 40 + 40
    assert await overview.waiting(crowded, "U0ANA") == []


def read(plan: dict[str, Any]) -> int:
    """How many rows the plan touched, thrown away ones too."""
    own = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(own) + sum(read(inner) for inner in plan.get("Plans", ()))
