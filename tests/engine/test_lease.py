"""A worker gives up before others may take it for dead."""

import asyncio
import time

from bot.db import workers
from bot.worker import Session, Worker
from tests.support.desk import Desk


async def test_the_lease_counts_from_when_a_beat_was_sent_not_from_when_it_was_answered(desk: Desk) -> None:
    worker = Worker(desk.installation, desk.govern)
    session = Session(desk.worker, float("-inf"))
    async with desk.pool.acquire() as slow, desk.pool.acquire() as ours:
        async with slow.transaction():
            await slow.execute("SELECT FROM workers WHERE id = $1 FOR UPDATE", desk.worker)
            sent = time.monotonic()
            beating = asyncio.create_task(worker._beat(session, ours))
            while not await _waits(desk):
                pass
            before_the_answer = time.monotonic()
        assert await beating
    assert sent <= session.beaten < before_the_answer


async def test_a_worker_that_was_declared_dead_stops_at_its_next_beat(desk: Desk) -> None:
    session = Session(desk.worker, time.monotonic())
    await workers.end(desk.pool, desk.worker)
    async with desk.pool.acquire() as connection:
        assert not await Worker(desk.installation, desk.govern)._beat(session, connection)
    assert session.beaten == float("-inf")


async def _waits(desk: Desk) -> bool:
    """Somebody waits for a row's lock."""
    found: bool = await desk.pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
    )
    return found
