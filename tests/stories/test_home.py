"""The App Home: what waits, what was asked, what runs; its buttons do what they do in the channel."""

import asyncio
from datetime import timedelta

import pytest

from bot.db import homes
from bot.domain.capability import Running
from bot.domain.run import State
from bot.sandbox.workspace.things import View
from tests.support.company import Company
from tests.support.desk import Shelf

APPROVE = "approval.approve"


async def opens(company: Company, who: str) -> View:
    """The person opens their Home: what it shows then."""
    before = company.slack.home(f"U0{who.upper()}")
    answer = await company.slack.open_home(f"U0{who.upper()}")
    assert answer.status == 200

    def newer() -> View | None:
        now = company.slack.home(f"U0{who.upper()}")
        return now if now is not None and (before is None or now.hash != before.hash) else None

    return await company.slack.wait_for(newer, what=f"{who}'s Home")


async def shows(company: Company, who: str, words: str, *, without: str = "") -> View:
    """The Home, once it says this and no longer that."""

    def as_wanted() -> View | None:
        now = company.slack.home(f"U0{who.upper()}")
        assert now is not None
        said = str(now.blocks)
        return now if words in said and not (without and without in said) else None

    return await company.slack.wait_for(as_wanted, what=f"“{words}” without “{without}” on {who}'s Home")


async def test_what_waits_is_approved_from_the_home_and_runs_once(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    home = await opens(company, "ben")
    assert "Waiting for you (1)" in str(home.blocks)
    assert "checkout answers 500" in str(home.blocks)
    clicks = [company.slack.click_view("U0BEN", home.id, APPROVE) for _ in range(2)]
    assert [answer.status for answer in await asyncio.gather(*clicks)] == [200, 200]
    await company.becomes(card, "Poked", without=APPROVE)
    await shows(company, "ben", "Nothing. You will get", without=APPROVE)
    assert shelf.executed == ["R-1"]
    assert await company.happened("vote.cast") == ["U0BEN"]


async def test_a_home_shows_what_concerns_its_person_alone(company: Company) -> None:
    await company.asked()
    ana, eli = await opens(company, "ana"), await opens(company, "eli")
    assert APPROVE not in str(ana.blocks)
    assert "waits for 1 of" in str(ana.blocks)
    assert "run.withdraw" in str(ana.blocks)
    assert "checkout answers 500" not in str(eli.blocks)
    assert "shop production" in str(eli.blocks)
    assert "needs approval" not in str(eli.blocks)


async def test_a_home_follows_what_others_do(company: Company, shelf: Shelf) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def hold(_: Running) -> None:
        reached.set()
        await gate.wait()

    shelf.between["fetch"] = hold
    for who in ("ana", "chi", "eli"):
        await opens(company, who)
    card = await company.asked()
    await shows(company, "chi", "Poke shop production?")
    await company.click("ben", card, APPROVE)
    await asyncio.wait_for(reached.wait(), 5)
    await shows(company, "chi", "Running now", without=APPROVE)
    await shows(company, "eli", "Running now")
    await shows(company, "ana", "run.cancel")
    gate.set()
    await shows(company, "ana", "Ended lately", without="run.cancel")
    await shows(company, "eli", "Health of your services", without="Running now")


async def test_a_refusal_opens_over_the_home_and_details_do_too(company: Company, shelf: Shelf) -> None:
    await company.asked()
    home = await opens(company, "ben")
    await company.slack.click_view("U0BEN", home.id, "run.details")
    (details,) = await company.slack.wait_for(lambda: company.slack.views("U0BEN"), what="the details")
    assert "R-1: Poke shop production" in str(details.blocks)
    await company.slack.close_view("U0BEN", details.id)
    await company.slack.click_view("U0BEN", home.id, APPROVE, value="1-00000000")
    (refusal,) = await company.slack.wait_for(lambda: company.slack.views("U0BEN"), what="the refusal")
    assert "not one of mine" in str(refusal.blocks)
    assert (await company.run()).state is State.WAITING
    assert shelf.executed == []


async def test_a_guest_s_home_tells_nothing(company: Company) -> None:
    await company.asked()
    await company.becomes_known("gil", is_restricted=True)
    home = await opens(company, "gil")
    assert "members of this workspace only" in str(home.blocks)
    for secret in ("shop", "R-1", "Ana", "checkout"):
        assert secret not in str(home.blocks), secret


async def test_a_request_is_withdrawn_from_the_home(company: Company) -> None:
    card = await company.asked()
    home = await opens(company, "ana")
    await company.slack.click_view("U0ANA", home.id, "run.withdraw")
    await company.becomes(card, "Withdrawn by Ana", without=APPROVE)
    await shows(company, "ana", "withdrawn", without="run.withdraw")


@pytest.mark.parametrize("error", ["service_unavailable", "internal_error", "hash_conflict"])
async def test_a_home_that_slack_does_not_take_comes_later(company: Company, error: str) -> None:
    await opens(company, "ben")
    company.slack.faults.fail("views.publish", error, times=2)
    await company.asked()
    await shows(company, "ben", "Waiting for you (1)")


async def test_a_home_outlives_a_restart_and_is_forgotten_after_a_day(company: Company) -> None:
    await opens(company, "ben")
    await company.restart()
    await company.asked()
    await shows(company, "ben", "Waiting for you (1)")
    assert await homes.open_lately(company.pool) == ["U0BEN"]
    await company.forward(timedelta(hours=25))
    assert await homes.open_lately(company.pool) == []


async def test_what_went_on_without_votes_is_reviewed_on_the_home_of_another(company: Company) -> None:
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    await company.pool.execute(
        "INSERT INTO reviews (run_id, way, actor, because, next_at, times)"
        " VALUES (1, 'glass', 'U0ANA', 'nobody answered and checkout was down', clock_now() + interval '1 day', 1)"
    )
    assert "For you to review" not in str((await opens(company, "ana")).blocks)
    home = await opens(company, "chi")
    assert "nobody answered and checkout was down" in str(home.blocks)
    await company.slack.click_view("U0CHI", home.id, "review.fine")
    await shows(company, "chi", "Health of your services", without="For you to review")
    assert await company.happened("review.done") == ["U0CHI"]
