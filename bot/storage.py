"""Opens the database that the bot remembers in, and the server where copies of backups are proven."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from bot.db import database, migration
from bot.db.database import Pool
from bot.db.inspect import reached
from bot.settings import Settings

log = structlog.get_logger()


class Scratch:
    """A server of the bot's own where copies are restored to be verified: embedded, started when first wanted."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._starting = asyncio.Lock()
        self._url = ""

    async def url(self) -> str:
        async with self._starting:
            if not self._url:
                self._url = await self._stack.enter_async_context(database.embedded(self._folder))
            return self._url


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[tuple[Pool, Scratch]]:
    """PostgreSQL of DATABASE_URL, else an embedded one under the data folder (one process only), migrated."""
    async with AsyncExitStack() as stack:
        folder = settings.data_dir.absolute()
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
        else:
            log.warning(
                "database.embedded", folder=str(settings.data_dir), remedy="set DATABASE_URL for more processes"
            )
            url = await stack.enter_async_context(database.embedded(folder / "postgres"))
        pool = await reached(url)
        stack.push_async_callback(_close, pool)
        await migration.migrate(pool)
        yield pool, Scratch(folder / "scratch", stack)


async def _close(pool: Pool) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(5):
            await pool.close()
    pool.terminate()
