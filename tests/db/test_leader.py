"""One leader at a time, and never none for long."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.db import leader
from bot.db.database import Connection, Pool


async def test_a_leader_that_hangs_gives_way(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen process says nothing and closes nothing: PostgreSQL ends its session, and its lock passes on."""
    hold, hangs, leads = leader._hold, asyncio.Event(), asyncio.Event()

    async def frozen_at_first(connection: Connection, name: str, work: Callable[[], Awaitable[None]]) -> None:
        if hangs.is_set():
            await hold(connection, name, work)
        hangs.set()
        await asyncio.Event().wait()

    async def work() -> None:
        leads.set()

    monkeypatch.setattr(leader, "_hold", frozen_at_first)
    monkeypatch.setattr(leader, "SILENT", timedelta(milliseconds=100))
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        first = group.create_task(leader.lead(pool, "watch", work))
        await hangs.wait()
        second = group.create_task(leader.lead(pool, "watch", work, retry=0.01))
        await leads.wait()
        first.cancel()
        second.cancel()


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
