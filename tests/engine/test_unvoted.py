"""Going on without votes on a real database: who wins at the same moment, and what the start still refuses."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from bot.db import approvals, reviews
from bot.domain.card import Card
from bot.domain.run import Run, State
from bot.engine.reviews import Reviews
from bot.engine.unvoted import Unvoted
from bot.worker import sweep
from permissions import model
from permissions.model import Risk
from permissions.policy import load_policy
from tests.support.desk import POLICY, Desk

MINUTE = timedelta(minutes=1)
WHY = "checkout is down and nobody answers"


def told(card: Card | None) -> str:
    assert card is not None
    return card.text


def obey(desk: Desk, text: str) -> None:
    services = desk.installation.catalog.protection()
    desk.installation.policy = load_policy(text, services=services, permissions=model.ALL)


async def silent(desk: Desk) -> Run:
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.forward(3 * MINUTE)
    return run


def alone(desk: Desk, run: Run) -> Awaitable[Card | None]:
    return Unvoted(desk.installation).go(run.id, "U0ANA", "alone", WHY)


async def expire(desk: Desk, run: Run) -> None:
    await desk.pool.execute("UPDATE approvals SET expires_at = clock_now() WHERE run_id = $1", run.id)
    await sweep(desk.installation)


@pytest.mark.parametrize("order", [*permutations(range(4))][::4])
async def test_alone_approved_denied_and_expired_at_once_is_one_of_them(desk: Desk, order: tuple[int, ...]) -> None:
    run = await silent(desk)
    deeds: list[Awaitable[object]] = [
        alone(desk, run),
        desk.votes.vote(run.id, "U0BEN", yes=True, digits=None, via="slack"),
        desk.votes.vote(run.id, "U0CHI", yes=False, digits=None, via="slack"),
        expire(desk, run),
    ]
    await asyncio.gather(*(deeds[one] for one in order))
    await desk.work()
    kinds = await desk.events(run)
    ends = [kinds.count(f"approval.{how}") for how in ("alone", "granted", "denied", "expired")]
    assert sorted(ends) == [0, 0, 0, 1], kinds
    assert desk.shelf.executed == ([run.label] if ends[0] + ends[1] else [])
    assert (await reviews.get(desk.pool, run.id) is not None) is bool(ends[0])


async def test_ten_clicks_at_once_are_one_run(desk: Desk) -> None:
    run = await silent(desk)
    answers = await asyncio.gather(*(alone(desk, run) for _ in range(10)))
    await desk.work()
    assert answers.count(None) == 1
    assert desk.shelf.executed == [run.label]
    assert (await desk.events(run)).count("approval.alone") == 1


async def test_a_policy_that_changed_meanwhile_starts_nothing(desk: Desk) -> None:
    lone = f"{POLICY}approvals:\n  - {{risk: change, in: protected, need: 1, from: operator, alone_after: 3m}}\n"
    obey(desk, lone)
    run = await silent(desk)
    assert await alone(desk, run) is None
    obey(desk, lone.replace("need: 1, from: operator, alone_after: 3m", "need: 1, from: operator"))
    await desk.work()
    ended = await desk.run(run.id)
    assert (ended.state, desk.shelf.executed) == (State.VOIDED, [])
    assert "does not allow going on alone" in ended.because


@pytest.mark.parametrize(
    ("preset", "raises", "minutes", "says"),
    [
        ("small-team", None, 2, "You may go on alone from"),
        ("small-team", None, 3, None),
        ("small-team", None, 14, None),
        ("small-team", None, 15, "has expired"),
        ("small-team", Risk.DESTRUCTIVE, 30, "does not allow going on alone"),
        ("strict", None, 20, "does not allow going on alone"),
        ("solo", None, 5, "asks nobody else"),
    ],
)
async def test_what_becomes_possible_when_nobody_answers(
    desk: Desk, preset: str, raises: Risk | None, minutes: int, says: str | None
) -> None:
    """Presets × risks × time; with everybody asleep."""
    obey(desk, POLICY.replace("admin: [ben]", "admin: [ana, ben, chi]").replace("small-team", preset))
    desk.shelf.raises = raises
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.forward(minutes * MINUTE)
    answer = await alone(desk, run)
    assert (answer is None) if says is None else says in told(answer)


async def test_an_offer_is_made_once_and_not_after_an_answer(desk: Desk) -> None:
    obey(desk, f"{POLICY}approvals: [{{risk: change, in: protected, need: 2, answer: 15m, alone_after: 3m}}]")
    silent_run = await silent(desk)
    await asyncio.gather(*(sweep(desk.installation) for _ in range(3)))
    assert (await desk.events(silent_run)).count("approval.alone_offered") == 1
    await desk.votes.withdraw(silent_run.id, "U0ANA")
    answered = await desk.asked("U0ANA", "/poke shop production")
    await desk.votes.vote(answered.id, "U0BEN", yes=True, digits=None, via="slack")
    await desk.forward(5 * MINUTE)
    await sweep(desk.installation)
    assert "approval.alone_offered" not in await desk.events(answered)
    assert "Somebody has answered" in told(await alone(desk, answered))


async def test_what_never_ran_needs_no_review(desk: Desk) -> None:
    run = await silent(desk)
    await alone(desk, run)
    await desk.votes.withdraw(run.id, "U0ANA")
    await desk.forward(timedelta(days=4))
    await sweep(desk.installation)
    review = await reviews.get(desk.pool, run.id)
    assert review is not None
    assert (review.verdict, await reviews.still_open(desk.pool)) == ("moot", [])


async def test_a_login_that_people_share_is_one_pair_of_eyes_for_a_review_too(desk: Desk) -> None:
    obey(desk, f"{POLICY}terminal: {{root: [ana, chi], both: [ana, ben]}}\n")
    run = await silent(desk)
    await desk.pool.execute("UPDATE runs SET via = 'terminal', channel = 'terminal:root' WHERE id = $1", run.id)
    assert await alone(desk, run) is None
    await desk.work()
    look = Reviews(desk.installation).answer
    assert "share a login" in told(await look(run.id, "U0CHI", "fine"))
    assert "share a login" in told(await look(run.id, "U0BEN", "fine", via="terminal:both"))
    assert await look(run.id, "U0BEN", "fine") is None


async def test_a_glass_is_broken_only_in_an_incident_where_one_can_be_declared(desk: Desk) -> None:
    obey(desk, POLICY.replace("admin: [ben]", "admin: [ana, ben]") + "break_glass: {roles: [admin]}\n")
    run = await desk.asked("U0ANA", "/poke shop production")
    commands = desk.installation.commands
    desk.installation.commands = {**commands, "/incident": replace(commands["/poke"], name="/incident")}
    unvoted = Unvoted(desk.installation)
    assert "only while an incident of shop production is open" in told(
        await unvoted.go(run.id, "U0ANA", "glass", WHY)
    )
    open_ = (
        "INSERT INTO incidents (title, severity, opened_by, team, test) VALUES ('down', 'sev1', 'U0BEN', 'T0', $1)"
    )
    await desk.pool.execute(open_, True)
    assert await unvoted.go(run.id, "U0ANA", "glass", WHY) is not None
    await desk.pool.execute(open_, False)
    assert await unvoted.go(run.id, "U0ANA", "glass", WHY) is None
    granted = await approvals.get(desk.pool, run.id)
    assert granted is not None
    assert (granted.way, granted.way_because) == ("glass", WHY)
