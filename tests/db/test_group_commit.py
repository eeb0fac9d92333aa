"""Requests that come together share a transaction, and nothing else: each has its own run, answer and failure."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import asyncpg

from bot.db.database import AWAY, Pool
from bot.db.group_commit import GroupCommit
from bot.db.runs import NewRun
from bot.domain.invocation import Invocation

NewInvocation = Callable[..., Invocation]
MakeNew = Callable[..., NewRun]

_END_WHO_WAITS = """
    SELECT bool_or(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
    """


async def transactions(pool: Pool) -> int:
    many: int = await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM runs")
    return many


async def test_many_at_once_are_each_their_own_run_in_the_order_they_came_and_share_transactions(
    pool: Pool, invocation: NewInvocation, a_run: MakeNew
) -> None:
    commits = GroupCommit(pool)
    answers = await asyncio.gather(*(commits.receive(invocation(f"U{n}"), a_run()) for n in range(100)))
    assert all(fresh for _, fresh in answers)
    rows = await pool.fetch("SELECT id, actor FROM runs ORDER BY id")
    assert [(row["id"], row["actor"]) for row in rows] == [(run, f"U{n}") for n, (run, _) in enumerate(answers)]
    assert await pool.fetchval("SELECT count(*) FROM events WHERE kind = 'request.received'") == 100
    assert await transactions(pool) < 10


async def test_whoever_comes_alone_is_written_at_once(pool: Pool, invocation: NewInvocation, a_run: MakeNew) -> None:
    commits = GroupCommit(pool)
    for n in range(3):
        assert (await commits.receive(invocation(f"U{n}"), a_run()))[1]
    assert await transactions(pool) == 3


async def test_the_same_delivery_and_the_same_request_among_those_that_come_together_are_one_run(
    pool: Pool, invocation: NewInvocation, a_run: MakeNew
) -> None:
    commits = GroupCommit(pool)
    lines = [invocation("U0CARL"), *[invocation("U0ANA", "same")] * 3, invocation("U0BEN"), invocation("U0BEN")]
    answers = await asyncio.gather(*(commits.receive(one, a_run()) for one in lines))
    assert [fresh for _, fresh in answers] == [True, True, False, False, True, False]
    assert len({run for run, _ in answers}) == 3
    kinds = await pool.fetch("SELECT kind FROM events ORDER BY id")
    assert [row["kind"] for row in kinds].count(
        "request.repeated"
    ) == 1  # Ben's second; a delivery seen leaves nothing


async def test_one_that_cannot_be_written_fails_alone(pool: Pool, invocation: NewInvocation, a_run: MakeNew) -> None:
    commits = GroupCommit(pool)
    bad = replace(a_run(), line="a half-read \0 line")
    news = [a_run(), a_run(), bad, a_run(), a_run()]
    answers = await asyncio.gather(
        *(commits.receive(invocation(f"U{n}"), new) for n, new in enumerate(news)), return_exceptions=True
    )
    assert [isinstance(answer, asyncpg.DataError) for answer in answers] == [False, False, True, False, False]
    assert await pool.fetchval("SELECT count(*) FROM runs") == 4


async def test_one_that_waits_for_anothers_transaction_holds_up_nobody_else(
    pool: Pool, invocation: NewInvocation, a_run: MakeNew
) -> None:
    commits = GroupCommit(pool)
    held = invocation("U0ANA")
    async with pool.acquire() as other:
        begun = other.transaction()
        await begun.start()
        await other.execute("INSERT INTO deliveries (key) VALUES ($1)", held.delivery)
        people = [invocation(f"U{n}") for n in range(5)]
        asked = [asyncio.ensure_future(commits.receive(one, a_run())) for one in [*people, held]]
        assert all(fresh for _, fresh in await asyncio.gather(*asked[:-1]))
        assert not asked[-1].done()
        await begun.rollback()
    assert (await asked[-1])[1]
    assert await pool.fetchval("SELECT count(*) FROM runs") == 6


async def test_whoever_gives_up_waiting_takes_nobody_along(
    pool: Pool, invocation: NewInvocation, a_run: MakeNew
) -> None:
    commits = GroupCommit(pool)
    asked = [asyncio.ensure_future(commits.receive(invocation(f"U{n}"), a_run())) for n in range(8)]
    await asyncio.sleep(0)
    for given_up in asked[4:6]:
        given_up.cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [False] * 4 + [True] * 2 + [
        False
    ] * 2
    assert await pool.fetchval("SELECT count(*) FROM runs") == 6


async def test_when_the_database_goes_away_each_is_told_so_and_the_next_are_written(
    pool: Pool, invocation: NewInvocation, a_run: MakeNew
) -> None:
    commits = GroupCommit(pool)
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        asked = [asyncio.ensure_future(commits.receive(invocation(f"U{n}"), a_run())) for n in range(4)]
        while not await pool.fetchval(_END_WHO_WAITS):  # noqa: ASYNC110  (PostgreSQL tells nobody of it)
            await asyncio.sleep(0)
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(answer, AWAY) for answer in answers] == [True] * 4
    assert (await commits.receive(invocation("U0ANA"), a_run()))[1]
    assert await pool.fetchval("SELECT count(*) FROM runs") == 1
