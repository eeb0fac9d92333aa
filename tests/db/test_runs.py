"""Runs in PostgreSQL: one delivery, one effect; conditional moves; nothing leaves a final state."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from bot.db import events, runs
from bot.db.database import Pool
from bot.db.runs import NewRun
from bot.domain.event import Kind
from bot.domain.invocation import Invocation
from bot.domain.run import ACTIVE, BEFORE_RUNNING, FINAL, MOVES, Run, State, may_move

MakeRun = Callable[..., Awaitable[Run]]


async def test_the_same_delivery_four_times_at_once_is_one_run_and_one_event(
    pool: Pool, invocation: Callable[..., Invocation], a_run: Callable[..., NewRun]
) -> None:
    one = invocation(delivery="same")
    answers = await asyncio.gather(*(runs.receive(pool, one, a_run()) for _ in range(4)))
    assert sorted(fresh for _, fresh in answers) == [False, False, False, True]
    assert len({run for run, _ in answers}) == 1
    assert await pool.fetchval("SELECT count(*) FROM runs") == 1
    assert await pool.fetchval("SELECT count(*) FROM events") == 1


async def test_the_same_open_request_within_a_minute_is_the_same_run(
    pool: Pool, invocation: Callable[..., Invocation], a_run: Callable[..., NewRun]
) -> None:
    first, _ = await runs.receive(pool, invocation("U0ANA"), a_run())
    assert await runs.receive(pool, invocation("U0ANA"), a_run()) == (first, False)
    assert (await runs.receive(pool, invocation("U0BEN"), a_run()))[1]
    await pool.execute("UPDATE clock SET ahead = interval '61 s'")
    assert (await runs.receive(pool, invocation("U0ANA"), a_run()))[1]


async def test_a_run_is_claimed_by_exactly_one_of_many_workers(pool: Pool, make_run: MakeRun) -> None:
    made = [await make_run() for _ in range(20)]
    workers = [await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id") for _ in range(4)]
    claims = await asyncio.gather(*(runs.claim(pool, workers[n % 4]) for n in range(40)))
    claimed = [run.id for claim in claims for run in claim]
    assert sorted(claimed) == [run.id for run in made]


async def test_workers_that_take_many_at_once_take_each_run_once_and_the_oldest_first(
    pool: Pool, make_run: MakeRun
) -> None:
    made = [(await make_run()).id for _ in range(20)]
    workers = [await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id") for _ in range(4)]
    assert [run.id for run in await runs.claim(pool, workers[0], 4)] == made[:4]
    claims = await asyncio.gather(*(runs.claim(pool, worker, 8) for worker in workers))
    assert all(len(claim) <= 8 for claim in claims)
    left = await runs.claim(pool, workers[0], 8)
    assert sorted(run.id for claim in [*claims, left] for run in claim) == made[4:]


async def test_a_run_is_claimed_while_something_about_it_is_being_written(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run()
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
    async with pool.acquire() as writing, writing.transaction():
        await events.record(writing, Kind.STEP_PROGRESSED, run=run)  # its foreign key locks the run's key
        claimed = await runs.claim(pool, worker)
    assert [one.id for one in claimed] == [run.id], "it would be skipped now and found by the next poll"


async def test_a_claim_alone_does_not_wait_for_the_disk(pool: Pool, make_run: MakeRun) -> None:
    await make_run()
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
    async with pool.acquire() as connection:
        await connection.execute("SET synchronous_commit = on")
        async with connection.transaction():
            assert await runs.claim(connection, worker)
            assert await connection.fetchval("SHOW synchronous_commit") == "off"
        assert await connection.fetchval("SHOW synchronous_commit") == "on", "whatever starts a run waits again"


async def test_a_command_of_a_newer_version_is_left_to_a_worker_that_has_it(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run()
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
    assert await runs.claim(pool, worker, known=["/tide"]) == []
    await pool.execute("UPDATE clock SET ahead = $1", runs.SOMEBODY_HAS_IT)
    assert [one.id for one in await runs.claim(pool, worker, known=["/tide"])] == [run.id]  # nobody has: it says so


async def test_a_move_from_another_state_changes_nothing(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run()
    assert await runs.move(pool, run.id, ACTIVE, State.SUCCEEDED) is None
    after = await runs.get(pool, run.id)
    assert after is not None
    assert after.state is State.RECEIVED


async def test_nothing_leaves_a_final_state_even_by_hand(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run()
    await runs.move(pool, run.id, {State.RECEIVED}, State.DENIED)
    with pytest.raises(asyncpg.RaiseError, match="has ended as denied"):
        await pool.execute("UPDATE runs SET state = 'queued' WHERE id = $1", run.id)


async def test_what_has_started_never_goes_back_even_by_hand(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run(state=State.QUEUED)
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
    await runs.claim(pool, worker)
    assert await runs.move(pool, run.id, {State.STARTING}, State.RUNNING, worker=worker)
    with pytest.raises(asyncpg.RaiseError, match="has started"):
        await pool.execute("UPDATE runs SET state = 'queued' WHERE id = $1", run.id)


def test_no_state_leads_back_from_running() -> None:
    back = {(a, b) for a in ACTIVE for b in State if may_move(a, b)} & {
        (a, b) for a in ACTIVE for b in BEFORE_RUNNING
    }
    assert back == set()
    assert all(MOVES[state] == frozenset() for state in FINAL)


async def test_events_refuse_update_delete_and_truncate(pool: Pool, make_run: MakeRun) -> None:
    run = await make_run()
    await events.record(pool, Kind.PLAN_MADE, run=run, body={"digest": "abc"})
    for sql in (
        "UPDATE events SET actor = 'x'",
        "DELETE FROM events",
        "TRUNCATE events CASCADE",
        "UPDATE event_payloads SET body = '{}'",
        "DELETE FROM event_payloads",
        "TRUNCATE event_payloads",
    ):
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await pool.execute(sql)
