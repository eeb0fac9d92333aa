"""A request's life on a real database: what may happen, and above all what may not."""

import asyncio
from datetime import timedelta

import pytest

from bot.db import runs, workers
from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.errors import ProviderError, StepFailed
from bot.domain.run import Run, RunId, State
from bot.worker import sweep
from permissions.model import Risk
from tests.support.desk import Desk

MINUTE = timedelta(minutes=1)


async def approve(desk: Desk, run: Run, voter: str = "U0BEN") -> Card | None:
    return await desk.votes.vote(run.id, voter, yes=True, digits=None, via="slack")


def told(card: Card | None) -> str:
    assert card is not None
    return card.text


async def test_a_second_person_must_approve_a_change_in_production(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    assert run.state is State.WAITING
    refused = await approve(desk, run, "U0ANA")
    assert told(refused).startswith("You asked for this")
    assert "Ben" in told(refused)
    assert await approve(desk, run) is None
    await desk.work()
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.SUCCEEDED, "something")
    assert desk.shelf.executed == [run.label]
    kinds = await desk.events(run)
    assert kinds == [
        "request.received",
        "plan.made",
        "approval.asked",
        "vote.refused",
        "vote.cast",
        "approval.granted",
        "lock.taken",
        "run.queued",
        "run.started",
        "step.started",
        "step.progressed",
        "step.ended",
        "step.started",
        "step.progressed",
        "step.ended",
        "run.ended",
        "lock.freed",
    ]


async def test_staging_needs_only_the_requesters_own_click(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop staging")
    assert run.state is State.WAITING
    assert await desk.votes.confirm(run.id, "U0CHI") is not None
    assert await desk.votes.confirm(run.id, "U0ANA") is None
    await desk.work()
    assert (await desk.run(run.id)).state is State.SUCCEEDED


async def test_a_viewer_is_refused_with_rule_and_way_on_and_it_is_recorded(desk: Desk) -> None:
    answer = await desk.type("U0ELI", "/poke shop production")
    assert answer.card is not None
    assert "policy.yml:" in answer.card.footer
    assert "Ana" in answer.card.text
    run = await desk.run(answer.run)
    assert (run.state, run.changed) == (State.REFUSED, "nothing")
    assert desk.shelf.planned == 0


@pytest.mark.parametrize("team", ["T0OTHER", ""])
async def test_somebody_from_another_workspace_is_refused(desk: Desk, team: str) -> None:
    answer = await desk.type("U0ANA", "/poke shop production", team=team)
    assert (await desk.run(answer.run)).state is State.REFUSED


async def test_the_same_person_twice_counts_once(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.pool.execute("UPDATE approvals SET need = 2 WHERE run_id = $1", run.id)
    assert await approve(desk, run) is None
    again = await approve(desk, run)
    assert "already" in told(again)
    assert (await desk.run(run.id)).state is State.WAITING


async def test_twenty_clicks_at_once_are_one_grant_and_one_run(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await asyncio.gather(*(approve(desk, run, voter) for voter in ("U0BEN", "U0CHI") * 10))
    await desk.work()
    assert desk.shelf.executed == [run.label]
    assert (await desk.events(run)).count("approval.granted") == 1


async def test_a_denial_ends_it_and_a_later_approval_is_too_late(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    assert await desk.votes.vote(run.id, "U0CHI", yes=False, digits=None, via="slack", reason="not now") is None
    late = await approve(desk, run)
    assert "was denied already" in told(late)
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.DENIED, "nothing")
    assert "Chi" in ended.because


async def test_drift_voids_the_approval_and_says_what_changed(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await approve(desk, run)
    desk.shelf.target = "9f8e7d6"
    await desk.work()
    ended = await desk.run(run.id)
    assert ended.state is State.VOIDED
    assert "target was 4c1d2a7, now 9f8e7d6" in ended.because
    assert desk.shelf.executed == []
    assert await desk.pool.fetchval("SELECT count(*) FROM locks") == 0


async def test_what_nobody_answers_expires_and_the_requester_is_told(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.forward(15 * MINUTE)
    assert "has expired" in told(await approve(desk, run))
    await sweep(desk.installation)
    ended = await desk.run(run.id)
    assert (ended.state, ended.because) == (State.EXPIRED, "Nobody answered in time.")
    assert "approval.expired" in await desk.events(run)


async def test_an_approved_run_that_does_not_start_in_time_expires_and_frees_its_lock(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await approve(desk, run)
    await desk.forward(16 * MINUTE)
    await sweep(desk.installation)
    assert (await desk.run(run.id)).state is State.EXPIRED
    assert await desk.pool.fetchval("SELECT count(*) FROM locks") == 0


async def test_a_vote_of_somebody_who_lost_the_right_counts_no_more_at_the_start(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    await approve(desk, run, "U0CHI")
    chi = desk.people.people["U0CHI"]
    desk.people.people["U0CHI"] = type(chi)(chi.id, chi.team_id, chi.name, is_deactivated=True)
    await desk.work()
    ended = await desk.run(run.id)
    assert ended.state is State.VOIDED
    assert desk.shelf.executed == []


async def test_the_second_run_waits_its_turn_and_then_plans_again(desk: Desk) -> None:
    first = await desk.asked("U0ANA", "/poke shop production")
    second = await desk.asked("U0CHI", "/poke shop production")
    await approve(desk, first)
    await approve(desk, second)
    assert (await desk.run(second.id)).state is State.WAITING
    await desk.work()
    assert desk.shelf.executed == [first.label, second.label]
    assert "lock.waited" in await desk.events(second)


async def test_a_plan_may_raise_the_risk_and_then_another_role_must_approve(desk: Desk) -> None:
    desk.shelf.raises = Risk.DESTRUCTIVE
    refused = await desk.asked("U0ANA", "/poke shop production")
    assert refused.state is State.REFUSED
    asked = await desk.asked("U0BEN", "/poke shop production")
    assert asked.state in (State.WAITING, State.REFUSED)
    assert asked.risk is Risk.DESTRUCTIVE or asked.state is State.REFUSED


async def test_nothing_to_do_ends_at_once_and_says_so(desk: Desk) -> None:
    desk.shelf.nothing_to_do = "It is poked already."
    run = await desk.asked("U0ANA", "/poke shop production")
    assert (run.state, run.changed, run.because) == (State.SUCCEEDED, "nothing", "It is poked already.")


async def test_a_dry_run_shows_the_plan_and_asks_nobody(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production --dry-run")
    assert (run.state, run.changed) == (State.SUCCEEDED, "nothing")
    assert "approval.asked" not in await desk.events(run)
    assert run.plan is not None


@pytest.mark.parametrize(
    ("error", "state", "changed"),
    [
        (StepFailed("The build failed.", changed="nothing"), State.FAILED, "something"),
        (ProviderError("stripe", "No answer.", changed="unknown"), State.FAILED, "unknown"),
        (RuntimeError("bug"), State.FAILED, "unknown"),
        (TimeoutError(), State.TIMED_OUT, "unknown"),
    ],
)
async def test_a_failure_says_if_anything_changed(desk: Desk, error: Exception, state: State, changed: str) -> None:
    desk.shelf.error = error
    run = await desk.asked("U0ANA", "/poke shop staging")
    await desk.votes.confirm(run.id, "U0ANA")
    await desk.work()
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (state, changed)
    held = await desk.pool.fetchval("SELECT count(*) FROM locks")
    assert held == (1 if changed == "unknown" else 0)


async def test_a_run_is_cancelled_only_between_steps(desk: Desk) -> None:
    async def cancel(running: Running) -> None:
        await desk.govern.cancel(running.run.id, "U0ANA")

    desk.shelf.between["fetch"] = cancel
    run = await desk.asked("U0ANA", "/poke shop staging")
    await desk.votes.confirm(run.id, "U0ANA")
    await desk.work()
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.CANCELLED, "something")
    assert (await desk.events(run)).count("step.started") == 1


async def test_a_run_whose_worker_died_is_interrupted_once_and_keeps_its_lock_until_settled(desk: Desk) -> None:
    dead = await desk.pool.fetchval(
        "INSERT INTO workers (name, beat_at) VALUES ('dead', statement_timestamp() - interval '16 s') RETURNING id"
    )
    run = await desk.asked("U0ANA", "/poke shop staging")
    await desk.votes.confirm(run.id, "U0ANA")
    await runs.claim(desk.pool, dead)
    await runs.move(desk.pool, run.id, {State.STARTING}, State.RUNNING, worker=dead)
    await asyncio.gather(*(sweep(desk.installation) for _ in range(3)))
    ended = await desk.run(run.id)
    assert (ended.state, ended.changed) == (State.INTERRUPTED, "unknown")
    assert (await desk.events(run)).count("run.ended") == 1
    assert await desk.pool.fetchval("SELECT count(*) FROM locks") == 1
    await desk.govern.settle(RunId(run.id), "U0BEN", "not-done")
    settled = await desk.run(run.id)
    assert (settled.settled_by, settled.changed) == ("U0BEN", "nothing")
    assert await desk.pool.fetchval("SELECT count(*) FROM locks") == 0
    assert desk.shelf.executed == []


async def test_a_run_whose_worker_died_before_it_started_is_started_by_another(desk: Desk) -> None:
    dead = await desk.pool.fetchval(
        "INSERT INTO workers (name, beat_at) VALUES ('dead', statement_timestamp() - interval '16 s') RETURNING id"
    )
    run = await desk.asked("U0ANA", "/poke shop staging")
    await desk.votes.confirm(run.id, "U0ANA")
    (claimed,) = await runs.claim(desk.pool, dead)
    assert claimed.state is State.STARTING
    await sweep(desk.installation)
    await desk.work()
    assert (await desk.run(run.id)).state is State.SUCCEEDED
    assert desk.shelf.executed == [run.label]


async def test_a_worker_that_still_holds_its_lock_is_not_buried_however_late_its_beat(desk: Desk) -> None:
    async with desk.pool.acquire() as connection:
        alive = await workers.register(connection, "slow")
        await connection.execute(
            "UPDATE workers SET beat_at = statement_timestamp() - interval '1 h' WHERE id = $1", alive
        )
        async with desk.pool.acquire() as other, other.transaction():
            assert alive not in await workers.bury_dead(other)


async def test_somebody_whom_slack_has_not_described_lately_is_decided_after_the_acknowledgement(desk: Desk) -> None:
    desk.people.stale.add("U0ANA")
    answer = await desk.type("U0ANA", "/poke shop production")
    assert (await desk.run(answer.run)).because == ""
    await desk.work()
    assert desk.people.refreshed == ["U0ANA"]
    assert (await desk.run(answer.run)).state is State.WAITING


async def test_a_withdrawn_request_cannot_be_approved(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    assert "Only the person who asked" in told(await desk.votes.withdraw(run.id, "U0BEN"))
    assert await desk.votes.withdraw(run.id, "U0ANA") is None
    assert "was withdrawn" in told(await approve(desk, run))


async def test_approval_by_text_names_the_plan_it_approves(desk: Desk) -> None:
    run = await desk.asked("U0ANA", "/poke shop production")
    other = await desk.votes.vote(run.id, "U0BEN", yes=True, digits="000000", via="text")
    assert "another plan" in told(other)
    assert await desk.votes.vote(run.id, "U0BEN", yes=True, digits=str(run.digest)[:6].upper(), via="text") is None
