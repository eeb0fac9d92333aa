"""A ring wakes whoever waits here at once and in other processes soon; one's own ring does not come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.db.bell import Bell, Listener
from bot.db.database import Pool

SOON_S = 5.0


@asynccontextmanager
async def heard_by(pool: Pool) -> AsyncIterator[Bell]:
    """A bell of another process, that has heard at least one ring of a third one."""
    bell, third = Bell(pool), Bell(pool)
    async with asyncio.timeout(SOON_S):
        running = [asyncio.create_task(bell.run()), asyncio.create_task(third.run())]
        with bell.listener("outbox") as hears:
            while not hears._event.is_set():
                third.ring("outbox")
                await asyncio.sleep(0.02)
    try:
        yield bell
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def rung(listener: Listener) -> bool:
    begun = asyncio.get_running_loop().time()
    await listener.wait(SOON_S)
    return asyncio.get_running_loop().time() - begun < SOON_S


async def test_a_ring_wakes_another_process_and_its_own_at_once(pool: Pool) -> None:
    async with heard_by(pool) as one, heard_by(pool) as other:
        with one.listener("work") as here, other.listener("work") as there, other.listener("sealed") as elsewhere:
            one.ring("work")
            assert here._event.is_set()
            assert await rung(there)
            assert not elsewhere._event.is_set()


async def test_ones_own_ring_does_not_come_back(pool: Pool) -> None:
    async with heard_by(pool) as one, heard_by(pool) as other:
        with one.listener("work") as here, one.listener("sealed") as last, other.listener("work") as there:
            one.ring("work")
            await here.wait(SOON_S)
            assert await rung(there)
            other.ring("sealed")
            assert await rung(last)  # what came before it on the same connection has been heard by now
            assert not here._event.is_set()


async def test_rings_that_come_together_are_one(pool: Pool) -> None:
    bell = Bell(pool)
    with bell.listener("outbox") as outbox:
        bell.ring("outbox")
        asyncio.get_running_loop().call_later(0.005, bell.ring, "outbox")
        await outbox.wait(SOON_S, gather_s=0.2)
        assert not outbox._event.is_set()
