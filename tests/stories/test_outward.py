"""People outside: the exact words are seen before they go, once, and the clock asks for the next ones in time."""

from collections.abc import AsyncIterator

import pytest

from bot.providers.statuspage import client
from tests.stories.conftest import Open
from tests.stories.test_incident import header, placed, told
from tests.support.company import POLICY, Company
from tests.support.statuspage import CHECKOUT, KEY, PAGE, StatuspageDouble

SOLO = POLICY.replace("small-team", "solo") + "oncall: {rotation: [chi, ana, ben]}\n"
TEAM = POLICY + "oncall: {rotation: [chi, ana, ben]}\n"


@pytest.fixture
async def outside(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StatuspageDouble]:
    monkeypatch.setattr(client, "GAP_S", 0.0)
    monkeypatch.setenv("SP_KEY", KEY)
    made = StatuspageDouble()
    await made.start()
    yield made
    await made.close()


def catalog(outside: StatuspageDouble) -> str:
    return f"""
services:
  shop:
    public_name: Checkout
    channels: {{cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}}
    environments:
      production:
        statuspage: {{page: {PAGE}, token: $SP_KEY, api: "{outside.url}", components: {{Checkout: {CHECKOUT}}}}}
      staging: {{protected: false}}
"""


@pytest.fixture
async def company(open_company: Open, outside: StatuspageDouble) -> Company:
    return await open_company(policy=SOLO, catalog=catalog(outside))


async def test_the_words_are_seen_confirmed_posted_once_and_told_in_the_timeline(
    company: Company, outside: StatuspageDouble
) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident post Payments fail for some; we're looking into it", channel)
    card = await company.alone("ana", "Tell people outside about INC-1?")
    words = company.text(card)
    assert "Payments fail for some; we're looking into it. Next update by" in words
    assert outside.texts() == []
    await company.click("ana", card, "run.confirm", times=2)
    await company.ended(2)
    (text,) = outside.texts()
    assert text.startswith("Payments fail for some; we're looking into it. Next update by ")
    assert outside.components == {CHECKOUT: "degraded_performance"}
    await told(company, channel, "People outside were told (investigating): Payments fail")
    await company.becomes(await header(company, channel, "payments answer 500"), "Next update")
    rows = await company.pool.fetch("SELECT public FROM timeline_entries WHERE source = 'public'")
    assert [row["public"] for row in rows] == [True]


async def test_names_of_ours_never_go_outside(company: Company, outside: StatuspageDouble) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident post the shop is slow since R-41, Ben looks at db1.internal", channel)
    await company.ended(2)
    card = company.text(await company.alone("ana", "These words are for us"))
    for words in ("“shop”: only we call it that; write “Checkout”", "“R-41”", "“Ben”", "“db1.internal”"):
        assert words in card, card
    assert outside.calls == []


async def test_where_the_policy_asks_another_operator_agrees_to_the_words(
    open_company: Open, outside: StatuspageDouble
) -> None:
    company = await open_company(policy=TEAM, catalog=catalog(outside))
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident post Payments fail for some of you", channel)
    card = await company.see("Tell people outside about INC-1?")
    assert "Payments fail for some of you. Next update by" in company.text(card)
    await company.click("chi", card, "approval.approve")
    await company.ended(2)
    assert len(outside.texts()) == 1


async def test_a_rehearsal_and_a_private_one_tell_nobody_outside(company: Company, outside: StatuspageDouble) -> None:
    await company.type("ana", "/incident payments answer 500 --test")
    await placed(company)
    await company.type("ana", "/incident post INC-1 Payments fail")
    await company.ended(2)
    await company.alone("ana", "is a rehearsal")
    assert outside.calls == []
