"""A freeze stops deploys and what is destructive, at every turn, and never what mends."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.run import State
from bot.sandbox.workspace.shapes import api_person
from permissions.model import Risk
from tests.support.company import DEV, GENERAL, POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE = "approval.approve"


@pytest.fixture
def shelf() -> Shelf:
    """The made-up command is one that a freeze stops, as a deploy is."""
    return Shelf(frozen="always")


async def frozen(company: Company, line: str = "/freeze shop production --for 2h because release day") -> None:
    await company.type("chi", line)
    what = "everything" if " all " in line else "all of shop" if "production" not in line else "shop production"
    await company.alone("chi", f"{what.capitalize()} is frozen")


async def test_a_freeze_refuses_says_why_and_until_when_and_is_lifted(company: Company, shelf: Shelf) -> None:
    await frozen(company)
    told = await company.see("is frozen")
    for words in ("release day", "Chi", "restore", "rollback, restart and replay"):
        assert words in company.text(told), words
    answer = await company.type("ana", "/poke because the queue grows")
    for words in (
        "is frozen until",
        "release day",
        "Chi",
        "/freeze lift R-1",
        "Ana, Ben or Chi",
        "Nothing was changed",
    ):
        assert words in str(answer.body), words
    await company.click("ben", told, "Lift it")
    await company.see("The freeze of shop production is lifted")
    await company.becomes(told, "was frozen", without="Lift it")
    assert await company.happened("freeze.lifted") == ["U0BEN"]
    await company.asked()
    assert shelf.executed == []


async def test_what_mends_goes_on_and_so_does_another_place(open_company: Open, shelf: Shelf) -> None:
    shelf.frozen = "never"
    company = await open_company()
    await frozen(company, "/freeze all because release day")
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-2"]


async def test_a_restore_is_refused_before_its_plan_and_a_rollback_is_not(company: Company) -> None:
    await frozen(company)
    answer = await company.type("ben", "/backup restore shop production latest because orders are gone")
    assert "is frozen until" in str(answer.body)
    await company.type("ana", "/rollback shop production because checkout answers 500")
    told = await company.alone("ana", "/rollback: no plan")
    assert "frozen" not in company.text(told)


async def test_a_plan_alone_may_be_looked_at_and_staging_is_not_production(company: Company, shelf: Shelf) -> None:
    await frozen(company)
    await company.type("ana", "/poke --dry-run")
    await company.alone("ana", "to 4c1d2a7")
    await company.type("ana", "/poke because I try it", DEV)
    await company.alone("ana", "Poke shop staging?")


async def test_a_plan_that_turns_out_to_be_destructive_is_stopped(open_company: Open, shelf: Shelf) -> None:
    shelf.frozen, shelf.raises = "if destructive", Risk.DESTRUCTIVE
    company = await open_company()
    await frozen(company)
    await company.type("ben", "/poke because the queue grows")
    refused = await company.alone("ben", "is frozen until")
    assert "Nothing was changed" in company.text(refused)
    assert (await company.run(2)).state is State.REFUSED


async def test_frozen_while_it_waits_cannot_be_approved_and_is_told(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await frozen(company)
    held = await company.becomes(card, "Frozen")
    assert "release day" in company.text(held)
    await company.see("<@U0ANA> *Frozen*", thread=card.ts)
    await company.click("ben", card, APPROVE)
    no = await company.alone("ben", "is frozen until")
    assert "was not counted" in company.text(no)
    assert await company.happened("vote.cast") == []
    await company.type("chi", "/freeze lift R-2 because it is out")
    await company.see("not frozen any more", thread=card.ts)
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked", without="Frozen")
    assert shelf.executed == ["R-1"]


async def test_nobody_goes_on_alone_into_a_freeze_and_the_request_is_still_there_after_it(
    company: Company, shelf: Shelf
) -> None:
    await company.asked()
    await company.dm("ana", "waiting")
    await company.forward(timedelta(minutes=3))
    offer = await company.dm("ana", "Nobody has answered")
    await company.click("ana", offer, "unvoted.alone")
    form = await company.slack.wait_for(lambda: next(iter(company.slack.views("U0ANA")), None), what="a form")
    await frozen(company)
    answer = await company.slack.submit("U0ANA", form.id, {"typed": "checkout is down and nobody answers"})
    assert b"is frozen until" in answer.body
    await company.click("ana", offer, "unvoted.alone")
    assert "was not counted" in company.text(await company.alone("ana", "is frozen until"))
    assert await company.happened("approval.alone") == []
    await company.type("chi", "/freeze lift R-2 because it is out")
    await company.see("is lifted")
    assert (await company.slack.submit("U0ANA", form.id, {"typed": "checkout is down, nobody answers"})).body == b""
    await company.see("Poked")
    assert shelf.executed == ["R-1"]


async def test_frozen_between_approval_and_start_does_not_start(company: Company, shelf: Shelf) -> None:
    card = await company.asked()

    async def freeze() -> None:
        """While the plan is made again: as another replica does it."""
        await company.pool.execute(
            "INSERT INTO freezes (run_id, set_by, reason, until)"
            " VALUES (1, 'U0CHI', 'release day', clock_now() + '1h')"
        )

    shelf.before_plan = freeze
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "is frozen until", without=APPROVE)
    assert (await company.run()).state is State.REFUSED
    assert shelf.executed == []


async def test_of_two_freezes_the_other_still_holds(company: Company) -> None:
    await frozen(company, "/freeze all --for 3h because the audit")
    await frozen(company)
    await company.type("ben", "/freeze lift shop production")
    left = await company.alone("ben", "another freeze still stands")
    assert "everything" in company.text(left)
    answer = await company.type("ana", "/poke because the queue grows")
    assert "the audit" in str(answer.body)
    assert "over everything" in str(answer.body)


async def test_it_warns_before_its_end_and_ends_by_its_time(company: Company) -> None:
    await frozen(company, "/freeze shop --for 2h because release day")
    await company.forward(timedelta(hours=1, minutes=46))
    await company.see("ends soon")
    await company.forward(timedelta(minutes=15))
    await company.see("is over")
    assert len(await company.happened("freeze.ending")) == 1
    assert len(await company.happened("freeze.ended")) == 1
    await company.type("eli", "/freeze list")
    await company.see("Nothing is frozen")


async def test_a_freeze_needs_a_reason_the_right_everywhere_and_one_end(company: Company) -> None:
    await company.type("chi", "/freeze shop production")
    await company.alone("chi", "Say why")
    refused = await company.type("eli", "/freeze shop production because I like it")
    assert "may not" in str(refused.body)
    both = await company.type("chi", "/freeze shop --until 18:00 --for 2h because release day")
    assert "one of them is enough" in str(both.body)
    past = await company.type("chi", "/freeze shop --until 2020-01-01T00:00Z because release day")
    assert "over already" in str(past.body)
    assert await company.pool.fetchval("SELECT count(*) FROM freezes") == 0


async def test_everything_is_frozen_only_by_who_may_freeze_everything(open_company: Open) -> None:
    catalog = """
services:
  shop: {channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}, environments: {production: {}}}
  till: {channels: {cards: C0SHOPDEV, test: [C0SHOPDEV]}, environments: {test: {protected: false}}}
"""
    company = await open_company(catalog=catalog)
    await company.type("chi", "/freeze all because release day")
    no = await company.alone("chi", "may not freeze till test")
    assert "Nothing was changed" in company.text(no)
    assert await company.pool.fetchval("SELECT count(*) FROM freezes") == 0


@pytest.mark.parametrize("own", ["Asia/Tokyo", "Nowhere/AtAll"])
async def test_a_time_of_day_is_one_of_the_writers_own_day_else_of_those_on_call(
    open_company: Open, own: str
) -> None:
    other = "Asia/Tokyo" if own == "Nowhere/AtAll" else "America/New_York"
    policy = f"{POLICY}oncall: {{rotation: [ana, ben], handover: Mon 10:00 {other}}}\n"
    company = await open_company(policy=policy)
    person = {**api_person(company.slack.state.people["U0CHI"], 0), "tz": own}
    await company.slack.send_event({"type": "user_change", "user": person})
    await company.type("chi", "/freeze shop until 18:00 because release day")
    told = await company.alone("chi", "18:00 Asia/Tokyo")
    assert "frozen" in company.text(told)
    until: datetime = await company.pool.fetchval("SELECT until FROM freezes")
    assert until.astimezone(UTC).hour == 9


async def test_can_says_that_it_is_frozen(company: Company) -> None:
    await frozen(company)
    await company.type("ana", "/can poke shop production", GENERAL)
    told = await company.alone("ana", "it is frozen now")
    assert "release day" in company.text(told)
