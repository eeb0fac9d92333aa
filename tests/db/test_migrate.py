"""Several replicas of a new version start at once: one migrates, the others wait, however long it takes."""

import asyncio

from bot.db import database
from bot.db.database import Pool

_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = $1)"


async def test_who_finds_another_one_migrating_waits_longer_than_for_a_statement(
    pool: Pool, database_url: str
) -> None:
    impatient = await database.connect(database_url, size=2, statement_s=1)
    try:
        async with database.session(pool) as other:
            await other.execute("SELECT pg_advisory_lock($1)", database.MIGRATING)
            waiting = asyncio.create_task(database.migrate(impatient))
            while not await pool.fetchval(_WAITS, database.MIGRATING):  # noqa: ASYNC110 - PostgreSQL says when
                await asyncio.sleep(0.01)
            ended, _ = await asyncio.wait({waiting}, timeout=1.5)
            assert not ended, waiting.exception()
        assert await waiting == []
    finally:
        impatient.terminate()
