"""A pooled connection is handed on as it is; whoever locks or listens takes a session that leaves nothing behind."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from bot.db import database
from bot.db.database import AWAY, Pool

LOCK = 4711


async def _taken(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
    finally:
        await connection.close()


async def test_a_lock_ends_with_its_session(pool: Pool, database_url: str) -> None:
    async with database.session(pool) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        assert await _taken(database_url)
    assert not await _taken(database_url)


async def test_a_lock_ends_when_its_holder_is_cancelled_in_a_query(pool: Pool, database_url: str) -> None:
    locked = asyncio.Event()

    async def hold() -> None:
        async with database.session(pool) as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            locked.set()
            await connection.execute("SELECT pg_sleep(60)")

    holder = asyncio.create_task(hold())
    await locked.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder
    async with asyncio.timeout(10):  # the server frees it when it has noticed that the connection ended
        while await _taken(database_url):
            pass


async def test_a_holder_whose_connection_died_still_ends_when_it_is_cancelled(pool: Pool) -> None:
    dead = asyncio.Event()

    async def hold() -> None:
        async with database.session(pool) as connection:
            with suppress(*AWAY):
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            dead.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await dead.wait()
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder


async def test_an_open_transaction_does_not_reach_the_next_user(pool: Pool) -> None:
    with pytest.raises(RuntimeError):
        await _fail_within_a_transaction(pool)
    async with pool.acquire() as connection:
        assert not connection.is_in_transaction()
        assert await connection.fetchval("SELECT count(*) FROM deliveries") == 0


async def _fail_within_a_transaction(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO deliveries (key) VALUES ('x')")
        raise RuntimeError


async def test_a_cancellation_is_not_lost_when_the_transaction_that_it_ends_has_lost_its_connection(
    pool: Pool,
) -> None:
    """Else a loop that waits out PostgreSQL's absence goes on, and whoever stops it waits for ever."""
    dead = asyncio.Event()
    goes_on = asyncio.Event()

    async def duty() -> None:
        try:
            async with pool.acquire() as connection, connection.transaction():
                with suppress(*AWAY):
                    await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                dead.set()
                await asyncio.Event().wait()
        except AWAY:
            goes_on.set()

    working = asyncio.create_task(duty())
    await dead.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not goes_on.is_set()


async def test_what_postgresql_calls_an_array_is_asked_once_and_not_of_each_new_connection(pool: Pool) -> None:
    asked: list[str] = []
    async with pool.acquire() as first, pool.acquire() as second:
        assert await first.fetchval("SELECT $1::bigint[]", [1, 2]) == [1, 2]
        second.add_query_logger(lambda query: asked.append(query.query))
        assert await second.fetchval("SELECT $1::bigint[]", [3]) == [3]
    assert asked == ["SELECT $1::bigint[]"]
