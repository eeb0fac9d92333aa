"""A worker in this terminal, as `watchkeeper worker` is one, until what it runs has ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.db.database import Pool
from bot.files import Files
from bot.serve import Process
from bot.settings import Settings
from bot.storage import Scratch


@asynccontextmanager
async def worker_here(settings: Settings, files: Files, pool: Pool, scratch: Scratch) -> AsyncIterator[None]:
    """Beside whatever else runs: it claims from the same queue, and listens on no fixed port."""
    own = settings.model_copy(update={"admin_port": 0})
    process = Process(own, files, pool, scratch=scratch.url, web=False, worker=True)
    try:
        await process.start()
        yield
    finally:
        await process.stop()
