"""What PostgreSQL, a person or a bug does between two lines: nothing runs twice, hangs for ever or is guessed."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from bot.db import events, locks, runs
from bot.db.database import Connection, Rows
from bot.domain.errors import StepFailed
from bot.domain.event import Kind
from bot.domain.plan import Plan
from bot.domain.run import Run, RunId, State
from bot.engine import endings
from bot.engine.again import Again
from bot.providers.process import Failed
from bot.worker import Session, Worker, sweep
from permissions import model
from permissions.model import Risk
from permissions.policy import load_policy
from tests.support.desk import POLICY, Desk

MINUTE = timedelta(minutes=1)
GONE = ConnectionResetError("the database went away")


async def confirmed(desk: Desk) -> Run:
    run = await desk.asked("U0ANA", "/poke shop staging")
    assert await desk.votes.confirm(run.id, "U0ANA") is None
    return await desk.run(run.id)


async def approved(desk: Desk) -> Run:
    run = await desk.asked("U0ANA", "/poke shop production")
    assert await desk.votes.vote(run.id, "U0BEN", yes=True, digits=None, via="slack") is None
    return await desk.run(run.id)


async def held(desk: Desk) -> int:
    found: int = await desk.pool.fetchval("SELECT count(*) FROM locks")
    return found


# --- unknown stays unknown ---------------------------------------------------------------------------------


async def test_a_failure_with_unknown_effects_keeps_its_lock_until_a_person_settles_it(desk: Desk) -> None:
    desk.shelf.error = RuntimeError("bug")
    run = await confirmed(desk)
    await desk.work()
    await sweep(desk.installation)
    assert await held(desk) == 1
    told = await desk.govern.settle(run.id, "U0BEN", "not-done")
    assert "is settled as not done" in told.text
    assert await held(desk) == 0


async def test_what_is_known_needs_no_settling(desk: Desk) -> None:
    run = await confirmed(desk)
    await desk.work()
    assert "needs no settling" in (await desk.govern.settle(run.id, "U0BEN", "not-done")).text
    assert (await desk.run(run.id)).changed == "something"


@pytest.mark.parametrize(
    "error",
    [
        OSError("disk full"),
        TimeoutError(),
        Failed("/usr/bin/deploy", 1, "half of it is out", timedelta(seconds=9)),
    ],
)
async def test_an_error_within_a_step_ends_the_run_as_unknown(desk: Desk, error: Exception) -> None:
    async def fail(_: object) -> None:
        raise error

    desk.shelf.between["fetch"] = fail
    run = await confirmed(desk)
    await desk.work()
    ended = await desk.run(run.id)
    assert ended.state in (State.FAILED, State.TIMED_OUT)
    assert ended.changed == "unknown"
    assert await held(desk) == 1


async def test_an_end_is_recorded_although_the_answer_to_its_commit_was_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = endings.after_running, [GONE, GONE]

    async def after(*args: object, **more: object) -> Run | None:
        if lost:
            raise lost.pop()
        return await real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(endings, "after_running", after)
    run = await confirmed(desk)
    await desk.work()
    assert (await desk.run(run.id)).state is State.SUCCEEDED
    assert (await desk.events(run)).count("run.ended") == 1


async def test_words_that_postgresql_does_not_take_do_not_hide_how_it_ended(desk: Desk) -> None:
    desk.shelf.error = StepFailed("The build failed.", output="\0", changed="something")
    run = await confirmed(desk)
    await desk.work()
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.FAILED, "something")
    assert await held(desk) == 0


async def test_a_look_that_did_not_end_changed_nothing(desk: Desk) -> None:
    desk.shelf.error = TimeoutError()
    run = await confirmed(desk)
    await desk.pool.execute("UPDATE runs SET risk = 'read' WHERE id = $1", run.id)
    await desk.work()
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.TIMED_OUT, "nothing")


# --- nothing stays in a state that nobody ends --------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError("bug"), FileNotFoundError("git"), ConnectionRefusedError()])
async def test_a_plan_that_cannot_be_made_ends_the_request(desk: Desk, error: Exception) -> None:
    async def plan(*_: object) -> Plan:
        raise error

    verb = replace(desk.installation.commands["/poke"].verbs[0], plan=plan)
    desk.installation.commands = {"/poke": replace(desk.installation.commands["/poke"], verbs=(verb,))}
    run = await desk.asked("U0ANA", "/poke shop staging")
    assert (run.state, run.changed) == (State.FAILED, "nothing")


async def test_a_bug_before_the_start_ends_the_request_and_frees_its_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await confirmed(desk)

    async def refresh(_: str) -> bool:
        raise RuntimeError("Slack said something odd")

    desk.people.stale.add("U0ANA")
    monkeypatch.setattr(desk.people, "refresh", refresh)
    await desk.work()
    assert (await desk.run(run.id)).state is State.FAILED
    assert await held(desk) == 0


@pytest.mark.parametrize(
    ("state", "becomes"),
    [("planning", State.RECEIVED), ("starting", State.QUEUED), ("running", State.INTERRUPTED)],
)
async def test_what_a_living_worker_holds_on_paper_only_is_taken_back(desk: Desk, state: str, becomes: State) -> None:
    run = await confirmed(desk)
    await desk.pool.execute("UPDATE runs SET state = $2, worker = $3 WHERE id = $1", run.id, state, desk.worker)
    worker = Worker(desk.installation, desk.govern)
    session = Session(desk.worker, time.monotonic())
    session.tasks[run.id] = asyncio.ensure_future(asyncio.sleep(0))
    await worker._take_back_lost(session)
    assert (await desk.run(run.id)).state.value == state
    await session.tasks.pop(run.id)
    await worker._take_back_lost(session)
    assert (await desk.run(run.id)).state is becomes


async def test_what_a_worker_claimed_after_its_burial_is_taken_back(desk: Desk) -> None:
    run = await confirmed(desk)
    buried = await desk.pool.fetchval("INSERT INTO workers (name, ended_at) VALUES ('late', now()) RETURNING id")
    await runs.claim(desk.pool, buried)
    await sweep(desk.installation)
    await desk.work()
    assert (await desk.run(run.id)).state is State.SUCCEEDED


async def test_a_run_that_is_in_hand_again_stays_in_hand_when_its_planning_ends(desk: Desk) -> None:
    worker = Worker(desk.installation, desk.govern)
    session = Session(desk.worker, time.monotonic())
    run = await confirmed(desk)
    still = asyncio.Event()

    async def advance(_: Run, __: object) -> None:
        await still.wait()

    worker._advance = advance  # type: ignore[method-assign, assignment]
    worker._own(session, run)
    first = session.tasks[run.id]
    worker._own(session, run)
    first.cancel()
    await asyncio.wait({first})
    await asyncio.sleep(0)
    assert run.id in session.tasks
    still.set()
    await session.tasks[run.id]


async def test_one_request_that_cannot_expire_stops_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = await desk.asked("U0ANA", "/poke shop production")
    good = await desk.asked("U0CHI", "/poke shop production")
    await desk.forward(15 * MINUTE)
    real = endings.before_running

    async def before(connection: Connection, run: RunId, *args: object, **more: object) -> Run | None:
        if run == bad.id:
            raise RuntimeError("a bad row")
        return await real(connection, run, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(endings, "before_running", before)
    await sweep(desk.installation)
    assert (await desk.run(good.id)).state is State.EXPIRED


async def test_withdrawing_and_ending_at_once_do_not_wait_for_each_other(desk: Desk) -> None:
    for _ in range(5):
        run = await approved(desk)

        async def expire(run_id: RunId = run.id) -> None:
            async with desk.pool.acquire() as connection, connection.transaction():
                await endings.before_running(connection, run_id, State.EXPIRED, says="Too late.")

        async with desk.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT FROM approvals WHERE run_id = $1 FOR UPDATE", run.id)
            other = asyncio.create_task(expire())
            while not await _waits(desk):
                pass
            await endings.before_running(connection, run.id, State.WITHDRAWN, says="Withdrawn.")
        await other
        assert (await desk.run(run.id)).state is State.WITHDRAWN


async def _waits(desk: Desk) -> bool:
    found: bool = await desk.pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
    )
    return found


async def test_somebody_who_may_cancels_another_persons_request_before_its_start(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.govern.cancel(run.id, "U0BEN")
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.CANCELLED, "nothing")
    late = await desk.votes.vote(run.id, "U0CHI", yes=True, digits=None, via="slack")
    assert late is not None
    assert "Too late" in late.text


# --- nothing unapproved runs --------------------------------------------------------------------------------


async def test_a_plan_that_became_riskier_since_its_approval_does_not_run(desk: Desk) -> None:
    run = await approved(desk)
    desk.shelf.raises = Risk.DESTRUCTIVE
    await desk.work()
    ended = await desk.run(run.id)
    assert ended.state is State.VOIDED
    assert "destructive now, change then" in ended.because
    assert desk.shelf.executed == []


async def test_what_ran_at_once_and_now_wants_a_click_does_not_run_without_it(desk: Desk) -> None:
    run = await confirmed(desk)
    await desk.pool.execute("DELETE FROM approvals WHERE run_id = $1", run.id)
    await desk.work()
    assert (await desk.run(run.id)).state is State.VOIDED
    assert desk.shelf.executed == []


async def test_a_click_is_not_enough_where_the_policy_now_wants_the_place_typed(desk: Desk) -> None:
    run = await confirmed(desk)
    solo = POLICY.replace("small-team", "solo").replace(
        "may: [record, change], in: [shop]", "may: [record, change, destructive], in: [shop]"
    )
    services = desk.installation.catalog.protection()
    desk.installation.policy = load_policy(solo, services=services, permissions=model.ALL)
    await desk.pool.execute("UPDATE runs SET risk = 'destructive' WHERE id = $1", run.id)
    await desk.work()
    assert (await desk.run(run.id)).state is State.VOIDED
    assert desk.shelf.executed == []


async def test_an_approval_that_outlived_its_time_while_no_worker_was_there_does_not_start(desk: Desk) -> None:
    run = await approved(desk)
    await desk.forward(16 * MINUTE)
    await desk.work()
    assert (await desk.run(run.id)).state is State.EXPIRED
    assert desk.shelf.executed == []
    assert await held(desk) == 0


async def test_a_lock_that_is_freed_while_another_asks_for_it_is_never_taken_by_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    second, first = await desk.asked("U0CHI", "/poke shop staging"), await confirmed(desk)
    real = locks.holder
    freed: list[str] = []

    async def holder(rows: Rows, run: Run) -> RunId | None:
        if not freed:
            freed.append(await desk.pool.execute("DELETE FROM locks WHERE run_id = $1", first.id))
        return await real(rows, run)

    monkeypatch.setattr(locks, "holder", holder)
    assert await desk.votes.confirm(second.id, "U0CHI") is None
    assert await real(desk.pool, second) == second.id


async def test_what_ended_meanwhile_takes_no_lock_and_is_not_queued(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.votes.withdraw(run.id, "U0ANA")
    async with desk.pool.acquire() as connection, connection.transaction():
        assert not await locks.take_and_queue(connection, run)
    assert await held(desk) == 0
    assert "run.queued" not in await desk.events(run)


async def test_what_was_queued_meanwhile_is_neither_queued_nor_told_again(desk: Desk) -> None:
    run = await confirmed(desk)
    async with desk.pool.acquire() as connection, connection.transaction():
        assert not await locks.take_and_queue(connection, run)
    kinds = await desk.events(run)
    assert (kinds.count("run.queued"), kinds.count("lock.taken")) == (1, 1)


async def test_one_request_that_cannot_be_decided_again_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await desk.asked("U0ANA", "/poke shop production")
    good = await desk.asked("U0CHI", "/poke shop production")
    again = Again(desk.installation, desk.votes)
    decided: list[RunId] = []

    async def decide(_: Connection, run: RunId) -> bool:
        if run == bad.id:
            raise RuntimeError("a bad row")
        decided.append(run)
        return True

    monkeypatch.setattr(again, "_decide", decide)
    assert await again.decide_all() == 1
    assert decided == [good.id]


@pytest.mark.parametrize("error", [asyncpg.TooManyConnectionsError, asyncpg.ReadOnlySQLTransactionError])
async def test_a_database_that_takes_nobody_or_nothing_is_away_and_stops_no_worker(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def claim(*_: object, **__: object) -> list[Run]:
        raise error("not now")

    monkeypatch.setattr(runs, "claim", claim)
    worker = Worker(desk.installation, desk.govern)
    assert await worker._claim(Session(desk.worker, time.monotonic())) == []


async def test_a_worker_that_drains_stops_waiting_when_its_lease_is_lost(desk: Desk) -> None:
    worker = Worker(desk.installation, desk.govern, drain_s=3600)
    session = Session(desk.worker, time.monotonic())
    task = asyncio.ensure_future(asyncio.Event().wait())
    session.tasks[RunId(1)] = task  # type: ignore[assignment]
    lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    lost.set_result(None)
    async with asyncio.timeout(5):
        await worker._let_end(session, lost)
    assert not task.done()
    task.cancel()


async def test_what_was_committed_without_an_answer_is_not_written_a_second_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = events.record, {Kind.STEP_STARTED, Kind.STEP_ENDED}

    async def record(rows: Rows, kind: Kind, **more: object) -> int:
        if kind not in lost:
            return await real(rows, kind, **more)  # type: ignore[arg-type]
        lost.discard(kind)
        await real(desk.pool, kind, **more)  # type: ignore[arg-type]
        raise GONE

    monkeypatch.setattr(events, "record", record)
    run = await confirmed(desk)
    await desk.work()
    kinds = await desk.events(run)
    assert (await desk.run(run.id)).state is State.SUCCEEDED
    assert not lost
    assert (kinds.count("step.started"), kinds.count("step.ended")) == (2, 2)
