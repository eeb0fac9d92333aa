"""One leader among the replicas for each duty: whoever holds its advisory lock, all locks on one session."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from bot.db.database import AWAY, Connection, Pool, session

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]

SILENT = timedelta(seconds=20)
"""A leader says something every second; who has said nothing for so long leads no more."""

LEADERS = {
    "sealer": 0x57A701,
    "follower": 0x57A702,
    "watch": 0x57A703,
    "scheduler": 0x57A704,
    "timeline": 0x57A709,
    "homes": 0x57A70B,
    "own": 0x57A708,
}

ENDING_S = 10.0
"""So long all wait for a duty that does not end, when their session is lost; then it alone waits for itself."""


def together(*works: Work) -> Work:
    """Several duties under one lock: they begin and end with each other."""

    async def work() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for one in works:
                    group.create_task(_done(one))
        except* AWAY:
            log.warning("leader.database_away")

    return work


async def _done(work: Work) -> None:
    await work()


async def lead(pool: Pool, works: Mapping[str, Work], *, retry: float = 1.0) -> None:
    """Do here those of `works` (by their name in LEADERS) that no other process does, until cancelled.

    The locks go with their session: when PostgreSQL is away longer than the check's patience, all work is
    cancelled before another process can have taken over for long.
    """
    led = _Led(works)
    try:
        while True:
            with suppress(*AWAY):
                async with session(pool) as connection:
                    await led.on(connection, retry)
            await asyncio.sleep(retry)
    finally:
        await led.give_way()


class _Led:
    """What runs here, each a task of its own: one that is slow or fails stops no other."""

    def __init__(self, works: Mapping[str, Work]) -> None:
        self._works = works
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def on(self, connection: Connection, retry: float) -> None:
        """Until the session is lost, or cancelled."""
        try:
            await _give_way_when_silent(connection)
            while True:
                await self._let_go(connection)
                await self._take(connection)
                await asyncio.sleep(retry)
        finally:
            await self.give_way(ENDING_S)  # before the locks pass on, if they are still ours

    async def _take(self, connection: Connection) -> None:
        """Asked even where nothing is to be had: it is our sign of life, and PostgreSQL's."""
        free = {LEADERS[name]: name for name in self._works if name not in self._tasks}
        taken = await connection.fetch(
            "SELECT key FROM unnest($1::bigint[]) AS key WHERE pg_try_advisory_lock(key)", list(free), timeout=5
        )
        for row in taken:
            name = free[row["key"]]
            log.info("leader.elected", leader=name)
            self._tasks[name] = asyncio.ensure_future(self._works[name]())

    async def _let_go(self, connection: Connection) -> None:
        """What has ended by itself may be tried by another."""
        for name in self._forget_ended():
            await connection.execute("SELECT pg_advisory_unlock($1)", LEADERS[name], timeout=5)

    async def give_way(self, patience_s: float | None = None) -> None:
        """Whatever has not ended by then is not begun here again before it has."""
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=patience_s)
        self._forget_ended()

    def _forget_ended(self) -> list[str]:
        """Their names; raises what one of them died of, unless PostgreSQL was away."""
        ended = [name for name, task in self._tasks.items() if task.done()]
        for name in ended:
            task = self._tasks.pop(name)
            log.info("leader.gave_way", leader=name)
            if not task.cancelled() and (error := task.exception()) and not isinstance(error, AWAY):
                raise error
        return ended


async def _give_way_when_silent(connection: Connection) -> None:
    """A process that hangs would keep the locks for as long: PostgreSQL (14 or later) ends its session then."""
    await connection.execute(
        "SELECT set_config(name, $1, false) FROM pg_settings WHERE name = 'idle_session_timeout'",
        str(round(SILENT.total_seconds() * 1000)),
    )
