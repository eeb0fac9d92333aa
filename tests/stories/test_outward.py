"""People outside: the exact words are seen before they go, once, and the clock asks for the next ones in time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.db import outward
from bot.domain.catalog import UpdateRule
from bot.providers.statuspage import client
from bot.updates import Updates
from tests.stories.conftest import Open
from tests.stories.test_home import opens, shows
from tests.stories.test_incident import header, placed, told
from tests.support.company import POLICY, Company
from tests.support.statuspage import CHECKOUT, KEY, PAGE, StatuspageDouble

pytestmark = pytest.mark.heavy

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


async def test_the_clock_asks_whoever_leads_and_the_words_are_theirs(
    company: Company, outside: StatuspageDouble
) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident commander <@U0ANA>", channel)
    await company.type("ana", "/timeline Cards are declined at times --public", channel)
    await company.type("ana", "/timeline shop runs out of memory --public", channel)
    await told(company, channel, "shop runs out of memory")
    await company.forward(timedelta(minutes=2, seconds=1))
    draft = await company.dm("ana", "An update for people outside is due")
    words = company.text(draft)
    assert "We are seeing a problem with Checkout since" in words
    assert "Cards are declined at times. We are looking into it." in words
    assert "Left out, because it names what is ours: “shop runs out of memory”" in words
    assert not any(company.slack.dms(one) for one in ("U0BEN", "U0CHI"))
    await company.restart()
    await company.click("ana", draft, "ask")
    card = await company.alone("ana", "Tell people outside about INC-1?")
    await company.click("ana", card, "run.confirm")
    await company.becomes(draft, "Ana posted it", without="update.later")
    (text,) = outside.texts()
    assert "Cards are declined at times. We are looking into it. Next update by" in text
    await company.forward(timedelta(minutes=3))
    scope = await company.dm("ana", "This concerns Checkout.")
    assert scope.ts != draft.ts


async def test_silence_is_noticed_by_the_next_person_and_the_header(company: Company) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.forward(timedelta(minutes=2, seconds=1))
    await company.dm("ana", "nobody leads this incident. Will you?")
    await company.click("ana", await company.dm("ana", "Will you?"), "update.lead")
    await company.dm("ana", "These words are a beginning")
    await company.forward(timedelta(minutes=4))
    await company.dm("ana", "and is not out")
    await company.becomes(await header(company, channel, "payments answer 500"), "overdue")
    await company.forward(timedelta(minutes=3))
    assert "Ana leads it and did not answer" in company.text(await company.dm("chi", "These words are a beginning"))
    kinds = await company.pool.fetch("SELECT kind, person FROM update_asks ORDER BY at")
    assert [(row["kind"], row["person"]) for row in kinds] == [
        ("lead", "U0ANA"),
        ("draft", "U0ANA"),
        ("reminder", "U0ANA"),
        ("draft", "U0CHI"),
    ]


async def test_ten_minutes_more_or_never_again(company: Company) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident commander <@U0ANA>", channel)
    await company.forward(timedelta(minutes=2, seconds=1))
    first = await company.dm("ana", "These words are a beginning")
    await company.click("ana", first, "update.later", times=2)
    await company.becomes(first, "It was put off", without="update.later")
    await company.forward(timedelta(minutes=10))

    def again() -> object:
        return [
            one for one in company.slack.dms("U0ANA") if "These words are a beginning" in company.text(one)
        ] or None

    await company.slack.wait_for(again, what="the second draft")
    second = await company.dm("ana", "These words are a beginning")
    kept = "SELECT count(*) FROM posts WHERE key LIKE 'INC-1:update:%' AND wanted->>'open' = 'true'"
    assert await company.pool.fetchval(kept) == 1  # however long nobody answers; the first one may go
    await company.click("ana", second, "update.hush")
    await company.becomes(second, "Ana told me to stop asking", without="update.hush")
    await company.forward(timedelta(hours=1))
    await company.type("ana", "/incident update we still look", channel)
    await told(company, channel, "Ana: we still look")
    assert await company.happened("incident.update_later") == ["U0ANA"]
    assert len(await company.happened("incident.update_asked")) == 2


async def test_the_home_shows_open_incidents_to_those_who_may_know(company: Company) -> None:
    await company.type("ana", "/incident payments answer 500")
    await placed(company)
    await company.type("chi", "/incident customer data may leak --private")
    await placed(company, 2)
    eli, ben = await opens(company, "eli"), await opens(company, "ben")
    assert "payments answer 500" in str(eli.blocks)
    assert "leak" not in str(eli.blocks)
    assert "customer data may leak" in str(ben.blocks)
    await company.type("ana", "/incident resolve INC-1")
    await shows(company, "eli", "shop production", without="payments answer 500")


async def test_a_draft_is_put_right_in_a_form_and_its_words_alone_go_out(
    company: Company, outside: StatuspageDouble
) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident commander <@U0ANA>", channel)
    await company.forward(timedelta(minutes=2, seconds=1))
    draft = await company.dm("ana", "These words are a beginning")
    await company.click("ana", draft, "update.edit")
    form = (await company.slack.wait_for(lambda: company.slack.views("U0ANA") or None, what="the form"))[-1]
    assert "We are seeing a problem with Checkout" in str(form.body)
    answer = await company.slack.submit("U0ANA", form.id, {"text": "Card payments fail. Others work."})
    assert answer.json() in (None, {}), answer.body
    card = await company.alone("ana", "Tell people outside about INC-1?")
    await company.click("ana", card, "run.confirm")
    await company.becomes(draft, "Ana posted it", without="update.edit")
    (text,) = outside.texts()
    assert text.startswith("Card payments fail. Others work. Next update by")
    run = await company.run(3)
    assert (run.service, run.environment) == ("shop", "production")


async def test_without_a_page_the_words_are_kept_and_people_publish_them(open_company: Open) -> None:
    ruled = catalog(StatuspageDouble()).replace("public_name: Checkout", "updates: {first: 10m}")
    plain = "\n".join(line for line in ruled.splitlines() if "statuspage:" not in line)
    plain = plain.replace("      production:", "      production: {}")
    company = await open_company(policy=SOLO, catalog=plain)
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.becomes(await header(company, channel, "payments answer 500"), "Next update")
    await company.type("ana", "/incident post Card payments fail", channel)
    await company.click("ana", await company.alone("ana", "no page"), "run.confirm")
    await company.see("Publish these words yourselves")
    assert await company.happened("incident.told_outside") == ["U0ANA"]


async def test_words_of_which_nobody_knows_whether_they_are_out_count_once_somebody_looked(
    company: Company, outside: StatuspageDouble
) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    outside.faults = ["fine", "fine", "cut", "fine", "fine", "cut"]
    await company.type("ana", "/incident post Card payments fail", channel)
    await company.click("ana", await company.alone("ana", "Tell people outside"), "run.confirm")
    await company.ended(2)
    assert await company.happened("incident.told_outside") == []
    await company.type("ben", "/runs settle R-2 done")
    await told(company, channel, "People outside were told (investigating): Card payments fail.")


async def test_people_outside_learn_that_it_is_over_and_two_clocks_ask_once(
    company: Company, outside: StatuspageDouble
) -> None:
    await company.type("ana", "/incident payments answer 500")
    channel = await placed(company)
    await company.type("ana", "/incident commander <@U0ANA>", channel)
    await company.type("ana", "/incident post Card payments fail", channel)
    await company.click("ana", await company.alone("ana", "Tell people outside"), "run.confirm")
    await company.ended(3)
    await company.type("ana", "/incident resolve", channel)
    await company.becomes(await header(company, channel, "payments answer 500"), "Resolved")
    await company.forward(timedelta(minutes=2, seconds=1))
    other = Updates(company.process.installation)
    rule = UpdateRule()
    (incident,) = await outward.ticking(company.pool)
    await asyncio.gather(*(other.look(incident, rule) for _ in range(4)))
    draft = await company.dm("ana", "This is solved. It lasted")
    assert len(await company.happened("incident.update_asked")) == 1
    await company.click("ana", draft, "ask")
    await company.click("ana", await company.alone("ana", "it is the last one"), "run.confirm")
    await company.becomes(draft, "Ana posted it")
    assert [one["status"] for one in outside.incidents.values()] == ["resolved"]
    assert await outward.ticking(company.pool) == []
