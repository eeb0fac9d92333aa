"""Lines behind buttons: one id a line, and nobody waits for whoever shows the same line."""

import asyncio

from bot.db import offers
from bot.db.database import Pool

AGAIN = "/health shop production"


async def test_a_line_that_was_shown_lately_is_read_while_others_write_it(pool: Pool) -> None:
    first = await offers.mint_all(pool, [AGAIN, "/runs"])
    async with pool.acquire() as busy, busy.transaction():
        await busy.execute("UPDATE offers SET created_at = created_at")
        async with asyncio.timeout(5):
            assert await offers.mint_all(pool, [AGAIN, "/runs"]) == first


async def test_a_line_that_is_still_shown_is_kept(pool: Pool) -> None:
    first = await offers.mint_all(pool, [AGAIN])
    await pool.execute("UPDATE clock SET ahead = interval '29 days'")
    assert await offers.mint_all(pool, [AGAIN]) == first
    await pool.execute("UPDATE clock SET ahead = interval '58 days'")
    await offers.forget(pool)
    assert await offers.find(pool, first[AGAIN]) == AGAIN
