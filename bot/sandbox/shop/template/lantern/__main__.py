"""Starts the shop: migrations first, then it listens. SIGTERM ends it after the requests under way."""

import asyncio
import logging
import signal

import asyncpg
from aiohttp import web

from . import settings, store
from .web import application

_log = logging.getLogger("lantern")


async def main() -> None:
    given = settings.read()
    pool = await asyncpg.create_pool(given.database_url, min_size=1, max_size=5, timeout=5)
    try:
        for name in await store.migrate(pool):
            _log.info("applied migration %s", name)
        await _serve(given, pool)
    finally:
        await pool.close()


async def _serve(given: settings.Settings, pool: store.Pool) -> None:
    runner = web.AppRunner(application(given, pool), access_log_format='"%r" %s %Tfs', shutdown_timeout=3)
    await runner.setup()
    await web.TCPSite(runner, given.host, given.port).start()
    _log.info("release %s listens on %s:%s for %s", given.release[:7], given.host, given.port, given.environment)
    try:
        await _stopped()
    finally:
        await runner.cleanup()


async def _stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
