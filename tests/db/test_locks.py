"""Locks: one holder, a queue, and the oldest live waiter is next."""

from collections.abc import Awaitable, Callable

from bot.db import locks, runs
from bot.db.database import Pool
from bot.domain.run import Run, State

MakeRun = Callable[..., Awaitable[Run]]


async def _approve(pool: Pool, run: Run) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        return await locks.take_and_queue(connection, run)


async def _state(pool: Pool, run: Run) -> State:
    now = await runs.get(pool, run.id)
    assert now is not None
    return now.state


async def test_the_second_waits_and_is_next_when_the_first_ends(pool: Pool, make_run: MakeRun) -> None:
    first, second, third = [await make_run() for _ in range(3)]
    assert await _approve(pool, first)
    assert not await _approve(pool, second)
    assert not await _approve(pool, third)
    assert await _state(pool, second) is State.WAITING
    listed = await locks.listed(pool)
    assert [(info.run.id, [waiter.id for waiter in info.waiting]) for info in listed] == [
        (first.id, [second.id, third.id])
    ]
    async with pool.acquire() as connection, connection.transaction():
        next_up = await locks.free(connection, first)
    assert next_up is not None
    assert next_up.id == second.id
    assert await _state(pool, second) is State.QUEUED
    assert await _state(pool, third) is State.WAITING


async def test_another_environment_has_its_own_lock(pool: Pool, make_run: MakeRun) -> None:
    assert await _approve(pool, await make_run())
    assert await _approve(pool, await make_run(environment="staging"))


async def test_a_waiter_that_was_withdrawn_is_passed_over(pool: Pool, make_run: MakeRun) -> None:
    first, second, third = [await make_run() for _ in range(3)]
    for run in (first, second, third):
        await _approve(pool, run)
    await runs.move(pool, second.id, {State.WAITING}, State.WITHDRAWN)
    async with pool.acquire() as connection, connection.transaction():
        next_up = await locks.free(connection, first)
    assert next_up is not None
    assert next_up.id == third.id


async def test_repair_frees_what_an_ended_run_left_behind(pool: Pool, make_run: MakeRun) -> None:
    first, second = [await make_run() for _ in range(2)]
    await _approve(pool, first)
    await _approve(pool, second)
    await runs.move(pool, first.id, {State.QUEUED}, State.FAILED)
    async with pool.acquire() as connection, connection.transaction():
        assert await locks.repair(connection) == 1
    assert await _state(pool, second) is State.QUEUED


async def test_an_interrupted_run_keeps_its_lock_until_somebody_settles_it(pool: Pool, make_run: MakeRun) -> None:
    first, second = [await make_run() for _ in range(2)]
    await _approve(pool, first)
    await _approve(pool, second)
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
    await runs.claim(pool, worker)
    await runs.move(pool, first.id, {State.STARTING}, State.RUNNING, worker=worker)
    await runs.move(pool, first.id, {State.RUNNING}, State.INTERRUPTED, changed="unknown")
    async with pool.acquire() as connection, connection.transaction():
        assert await locks.repair(connection) == 0
    await runs.settle(pool, first.id, "U0BEN", "nothing")
    async with pool.acquire() as connection, connection.transaction():
        await locks.repair(connection)
    assert await _state(pool, second) is State.QUEUED
