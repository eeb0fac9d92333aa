"""Wakes sleepers: at once in this process, by NOTIFY in the others. A hint only: whoever waits also polls.

The NOTIFY goes out after the commit, coalesced: inside the intake's transaction it would serialise all commits
on PostgreSQL's notification queue lock.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Literal

import structlog

from bot.db.database import AWAY, Connection, Pool, session

Topic = Literal["work", "outbox", "sealed", "incidents", "home", "kept", "channels"]
TOPICS: tuple[Topic, ...] = ("work", "outbox", "sealed", "incidents", "home", "kept", "channels")

log = structlog.get_logger()

_GATHER_S = 0.01  # under load one NOTIFY for many rings, the first of them at once


class Bell:
    """Events by topic. `ring` never blocks and never fails; `wait` returns at a ring or after `timeout` seconds."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._rung: dict[Topic, set[asyncio.Event]] = {topic: set() for topic in TOPICS}
        self._pending: set[Topic] = set()
        self._outgoing = asyncio.Event()
        self._sender = secrets.token_hex(4)  # our own rings come back to us, and have been heard

    def ring(self, *topics: Topic) -> None:
        for topic in topics:
            self._wake(topic)
        self._pending.update(topics)
        self._outgoing.set()

    def listener(self, topic: Topic) -> "Listener":
        return Listener(self._rung[topic])

    def _wake(self, topic: Topic) -> None:
        for event in self._rung[topic]:
            event.set()

    async def run(self) -> None:
        """Carry rings to the other processes and theirs to us, until cancelled; reconnects after an outage."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._send())

    async def _send(self) -> None:
        while True:
            await self._outgoing.wait()
            await asyncio.sleep(0.003)
            self._outgoing.clear()
            topics, self._pending = [f"{self._sender} {topic}" for topic in sorted(self._pending)], set()
            with suppress(*AWAY):
                await self._pool.execute("SELECT pg_notify('watchkeeper', t) FROM unnest($1::text[]) t", topics)
            await asyncio.sleep(_GATHER_S)

    async def _listen(self) -> None:
        while True:
            with suppress(*AWAY):
                async with session(self._pool) as connection:
                    await self._hear(connection)
            await asyncio.sleep(0.5)

    async def _hear(self, connection: Connection) -> None:
        def heard(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            sender, _, rung = str(payload).partition(" ")
            for topic in TOPICS:
                if topic == rung and sender != self._sender:
                    self._wake(topic)

        await connection.add_listener("watchkeeper", heard)
        try:
            while True:
                await connection.execute("SELECT 1", timeout=5)
                await asyncio.sleep(5)
        finally:
            with suppress(*AWAY):
                await connection.remove_listener("watchkeeper", heard)


class Listener:
    """One sleeper's own event, so that nobody eats another's wake-up. Use as a context manager."""

    def __init__(self, rung: set[asyncio.Event]) -> None:
        self._all = rung
        self._event = asyncio.Event()

    def __enter__(self) -> "Listener":
        self._all.add(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        self._all.discard(self._event)

    async def wait(self, timeout: float, *, gather_s: float = 0) -> None:  # noqa: ASYNC109  (a poll period)
        """gather_s: after a ring, so long more rings count as the same one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):  # wait_for of 3.11 may lose a cancellation
                await self._event.wait()
        if gather_s and self._event.is_set():
            await asyncio.sleep(gather_s)
        self._event.clear()
