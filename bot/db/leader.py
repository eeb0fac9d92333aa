"""One leader among the replicas: whoever holds a session advisory lock on a connection of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from bot.db.database import AWAY, Connection, Pool, session

log = structlog.get_logger()

SILENT = timedelta(seconds=20)
"""A leader says something every 2 s; who has said nothing for so long leads no more."""

LEADERS = {
    "sealer": 0x57A701,
    "follower": 0x57A702,
    "watch": 0x57A703,
    "scheduler": 0x57A704,
    "timeline": 0x57A709,
    "homes": 0x57A70B,
    "own": 0x57A708,
}


def together(*works: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Several duties under one lock: whoever leads holds a connection of the pool all the while."""

    async def work() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for one in works:
                    group.create_task(_done(one))
        except* AWAY:
            log.warning("leader.database_away")

    return work


async def _done(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def lead(pool: Pool, name: str, work: Callable[[], Awaitable[None]], *, retry: float = 1.0) -> None:
    """Run `work` here while this process holds the lock of `name`; give way and try again, until cancelled.

    The lock goes with its connection: when PostgreSQL is away longer than the check's patience, `work` is
    cancelled before another process can have taken over for long.
    """
    while True:
        with suppress(*AWAY):
            async with session(pool) as connection:
                if await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADERS[name]):
                    try:
                        await _give_way_when_silent(connection)
                        await _hold(connection, name, work)
                    finally:
                        with suppress(*AWAY):
                            await connection.execute("SELECT pg_advisory_unlock($1)", LEADERS[name])
        await asyncio.sleep(retry)


async def _give_way_when_silent(connection: Connection) -> None:
    """A process that hangs would keep the lock for as long: PostgreSQL (14 or later) ends its session then."""
    await connection.execute(
        "SELECT set_config(name, $1, false) FROM pg_settings WHERE name = 'idle_session_timeout'",
        str(round(SILENT.total_seconds() * 1000)),
    )


async def _hold(connection: Connection, name: str, work: Callable[[], Awaitable[None]]) -> None:
    log.info("leader.elected", leader=name)
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            await asyncio.wait({working}, timeout=2)
            await connection.execute("SELECT 1", timeout=5)
        await working
    finally:
        working.cancel()
        await asyncio.wait({working})  # awaiting it could take our own cancellation for its
        if not working.cancelled() and (error := working.exception()) and not isinstance(error, AWAY):
            raise error
        log.info("leader.gave_way", leader=name)
