"""A freeze and a start at the same moment: one of them is first."""

import asyncio

from bot.db import freezes
from bot.db.database import Pool


async def test_a_freeze_waits_for_the_start_that_is_being_recorded_and_later_starts_wait_for_it(pool: Pool) -> None:
    order: list[str] = []

    async def freeze() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await freezes.set_alone(connection)
            order.append("frozen")

    async with pool.acquire() as connection, connection.transaction():
        await freezes.start_beside(connection)
        freezing = asyncio.create_task(freeze())
        while not await _waits(pool):
            pass
        order.append("started")
    await freezing
    assert order == ["started", "frozen"]


async def test_starts_do_not_wait_for_each_other(pool: Pool) -> None:
    async with pool.acquire() as one, one.transaction(), pool.acquire() as other, other.transaction():
        await freezes.start_beside(one)
        await asyncio.wait_for(freezes.start_beside(other), 5)


async def _waits(pool: Pool) -> bool:
    found: bool = await pool.fetchval(
        """
        SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                       WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database())
        """
    )
    return found
