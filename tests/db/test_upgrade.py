"""A database that an older version wrote in, migrated to this one: nothing is lost, all of it reads and goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.db import approvals, audit_log, database, events, locks, migration, posts, runs, schedules, seal
from bot.db.database import Pool
from bot.db.records import PostgresRecords
from bot.domain import backup
from bot.domain.approval import ApprovalState
from bot.domain.catalog import Place
from bot.domain.event import Kind, Wanted
from bot.domain.run import RunId, State
from bot.slack.seen import see
from bot.slack.wanted import content_of
from tests.conftest import uri_of

OLD = Path(__file__).with_name("old_version.sql")
TABLES = (
    "runs",
    "events",
    "event_payloads",
    "event_seals",
    "posts",
    "approvals",
    "votes",
    "records",
    "people",
    "offers",
)
ASKED = """
    WITH new AS (
        SELECT run_id FROM receive_run(
            'd', 'waiting', '/rollback', '', '/rollback shop staging', '{"to": "previous"}', 'shop', 'staging',
            'deploy', 'deploy:rollback', 'change', 'U0ANA', 'T0LANTERN', 'C0SHOPOPS', 'slack', '', false, '',
            'request.received', '{}', 'https://hooks.slack.example/1')
    )
    INSERT INTO approvals (run_id, need, asked, confirm, digest, expires_at)
    SELECT run_id, 1, '{U0BEN,U0CHI}', 'button', 'd1', clock_now() + interval '15 minutes' FROM new RETURNING run_id
"""
"""As that version asked for it: its own function, the columns that its own statements named."""


@pytest.fixture
async def upgraded(postgres: str) -> AsyncIterator[tuple[Pool, RunId, list[int]]]:
    """Migrated to this version; the request that waits meanwhile; how many rows each table had before."""
    owner = await asyncpg.connect(postgres)
    await owner.execute("CREATE DATABASE upgraded")
    pool = await database.connect(uri_of(postgres, "upgraded"))
    try:
        await pool.execute(OLD.read_text())
        waits = await pool.fetchval(ASKED)
        had = await _counts(pool)
        assert set(await migration.migrate(pool)) == {name for name in migration.names() if name > "0005"}
        yield pool, waits, had
    finally:
        await asyncio.wait_for(pool.close(), 10)
        await owner.execute("DROP DATABASE upgraded WITH (FORCE)")
        await owner.close()


async def _counts(pool: Pool) -> list[int]:
    return [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_what_an_older_version_wrote_reads_and_goes_on(upgraded: tuple[Pool, RunId, list[int]]) -> None:
    pool, waits, had = upgraded
    assert await _counts(pool) == had
    await _reads(pool)
    await _verifies(pool)
    await _goes_on(pool, waits)
    await _is_swept(pool)


async def _reads(pool: Pool) -> None:
    """Runs with plans, votes and events, messages, the log, backups, a schedule's last time."""
    now = await database.now(pool)
    found = await runs.listed(pool, limit=50)
    assert {run.state for run in found} == {State.SUCCEEDED, State.INTERRUPTED, State.REFUSED, State.WAITING}
    for run in await runs.newest(pool, 50):
        seen = await see(pool, run.id, now)
        assert seen is not None
        for post in await posts.of_run(pool, run.id):
            if "card" in post.wanted:
                assert content_of(post.wanted).text
    log = await audit_log.found(pool, Wanted(), 200, None)
    assert {Kind.RUN_ENDED, Kind.VOTE_CAST} <= {event.kind for event in log}
    made = await PostgresRecords(pool).listed("backup", Place("shop", "staging"))
    assert [backup.from_json(label, Place("shop", "staging"), value).proof for label, value, _ in made] == [
        "restored"
    ]
    for row in await pool.fetch("SELECT DISTINCT schedule FROM schedules"):
        assert await schedules.last(pool, row["schedule"]) is not None


async def _verifies(pool: Pool) -> None:
    """The old chain, and what is sealed after it."""
    old = await seal.verify(pool)
    assert old.whole, old.says
    await events.record(pool, Kind.BOT_STARTED)
    while await seal.seal(pool):
        pass
    new = await seal.verify(pool)
    assert new.whole, new.says
    assert new.events > old.events > 50


async def _goes_on(pool: Pool, waits: RunId) -> None:
    """What was asked for before the upgrade is approved after it."""
    async with pool.acquire() as connection, connection.transaction():
        locked = await approvals.lock(connection, waits)
        assert locked is not None
        assert not locked[1]
        assert await approvals.add_vote(connection, waits, "U0BEN", yes=True, digest="d1", via="slack")
        assert await approvals.close(connection, waits, ApprovalState.GRANTED)
        run = await runs.get(connection, waits)
        assert run is not None
        await locks.take_and_queue(connection, run)
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
    (claimed,) = await runs.claim(pool, worker)
    assert (claimed.id, claimed.state) == (waits, State.STARTING)


async def _is_swept(pool: Pool) -> None:
    """A month later what nobody edits any more is forgotten; the line that was being sent then is not."""
    await pool.execute("UPDATE clock SET ahead = $1", timedelta(days=31))
    await posts.forget(pool)
    assert [row["key"] for row in await pool.fetch("SELECT key FROM posts")] == ["R-8:thread:81"]
