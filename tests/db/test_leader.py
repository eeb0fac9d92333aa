"""One leader at a time for each duty, and never none for long; all duties of a process on one session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.db import leader
from bot.db.database import Connection, Pool


class Duty:
    """Says `begun` and `ended`; `ends` makes it end by itself, `may_end` holds up its end while it is not set."""

    def __init__(self) -> None:
        self.said = asyncio.Queue[str]()
        self.ends: Exception | None = None
        self.told = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> None:
        self.said.put_nowait("begun")
        try:
            await self.told.wait()
            self.told.clear()
            if self.ends:
                raise self.ends
        finally:
            await self.may_end.wait()
            self.said.put_nowait("ended")

    def end(self, error: Exception | None = None) -> None:
        self.ends = error
        self.told.set()

    async def says(self, *words: str) -> None:
        assert [await self.said.get() for _ in words] == list(words)


@asynccontextmanager
async def led(pool: Pool, works: dict[str, Duty]) -> AsyncIterator[asyncio.Task[None]]:
    """A process that leads whatever of these nobody else does."""
    async with asyncio.timeout(10):
        task = asyncio.create_task(leader.lead(pool, works, retry=0.01))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait({task})


async def leading(pool: Pool) -> list[int]:
    """The sessions that hold the locks of leaders."""
    rows = await pool.fetch(
        """
        SELECT DISTINCT l.pid
        FROM pg_locks l
        JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
        WHERE l.locktype = 'advisory' AND l.objid::bigint = ANY($1::bigint[])
        """,
        list(leader.LEADERS.values()),
    )
    return [row["pid"] for row in rows]


async def test_one_session_holds_every_lock_until_another_process_takes_all_over(pool: Pool) -> None:
    mine, theirs = {name: Duty() for name in leader.LEADERS}, {name: Duty() for name in leader.LEADERS}
    async with led(pool, theirs):
        for duty in theirs.values():
            await duty.says("begun")
        other = asyncio.create_task(leader.lead(pool, mine, retry=0.01))
        assert len(await leading(pool)) == 1
        assert all(duty.said.empty() for duty in mine.values())
    async with asyncio.timeout(10):
        for duty in theirs.values():
            await duty.says("ended")
        for duty in mine.values():
            await duty.says("begun")
        other.cancel()
        await asyncio.wait({other})


async def test_a_duty_that_ends_or_loses_postgresql_begins_again_and_stops_no_other(pool: Pool) -> None:
    duties = {"watch": Duty(), "homes": Duty(), "own": Duty()}
    async with led(pool, duties):
        for duty in duties.values():
            await duty.says("begun")
        duties["watch"].end(OSError("away"))
        await duties["watch"].says("ended", "begun")
        duties["homes"].end()
        await duties["homes"].says("ended", "begun")
        assert duties["own"].said.empty()


async def test_a_duty_that_fails_ends_all_loudly(pool: Pool) -> None:
    duties = {"watch": Duty(), "own": Duty()}
    async with led(pool, duties) as task:
        for duty in duties.values():
            await duty.says("begun")
        duties["watch"].end(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await task
        for duty in duties.values():
            await duty.says("ended")


async def test_with_its_session_a_leader_loses_all_and_begins_nothing_twice(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs long to end is waited for, by itself alone."""
    monkeypatch.setattr(leader, "ENDING_S", 0.01)
    duties = {"watch": Duty(), "own": Duty()}
    async with led(pool, duties):
        for duty in duties.values():
            await duty.says("begun")
        duties["watch"].may_end.clear()
        await pool.execute("SELECT pg_terminate_backend($1)", *await leading(pool))
        await duties["own"].says("ended", "begun")
        assert duties["watch"].said.empty()
        duties["watch"].may_end.set()
        await duties["watch"].says("ended", "begun")


async def test_a_leader_that_hangs_gives_way(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen process says nothing and closes nothing: PostgreSQL ends its session, and its locks pass on."""
    take, hung = leader._Led._take, asyncio.Event()

    async def then_hang(self: leader._Led, connection: Connection) -> None:
        await take(self, connection)
        if not hung.is_set():
            hung.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(leader._Led, "_take", then_hang)
    monkeypatch.setattr(leader, "SILENT", timedelta(milliseconds=100))
    first, second = Duty(), Duty()
    async with led(pool, {"watch": first}):
        await hung.wait()
        async with led(pool, {"watch": second}):
            await second.says("begun")


async def test_postgresql_does_not_keep_what_a_dead_host_held(pool: Pool) -> None:
    """By its own defaults it asks a silent client for a sign of life after two hours."""
    rows = await pool.fetch(
        "SELECT name, setting FROM pg_settings WHERE source = 'client' AND name LIKE ANY ($1::text[])",
        ["tcp_%", "idle_in%"],
    )
    assert {row["name"]: row["setting"] for row in rows} == {
        "idle_in_transaction_session_timeout": "20000",
        "tcp_keepalives_count": "0",  # over a unix socket, as here, it has none
        "tcp_keepalives_idle": "0",
        "tcp_keepalives_interval": "0",
        "tcp_user_timeout": "0",
    }
