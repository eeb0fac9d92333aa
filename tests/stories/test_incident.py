"""An incident from one typed line to its end: its channel, who is asked, what is told, and what happens only once."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.domain.catalog import Place
from bot.sandbox.workspace.things import Message
from tests.stories.conftest import Open
from tests.support.company import DEV, GENERAL, OPS, POLICY, Company

ON_CALL = POLICY + "oncall: {rotation: [ana, ben, chi]}\n"


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company(policy=ON_CALL)


async def placed(company: Company, number: int = 1) -> str:
    """The incident's channel, once its header is pinned there or stands in a service's channel."""

    async def channel() -> str | None:
        row = await company.pool.fetchrow("SELECT channel, root_ts FROM incidents WHERE id = $1", number)
        return row["channel"] if row and row["root_ts"] else None

    return await until(company, channel, f"the place of INC-{number}")


async def until(company: Company, look: object, what: str) -> str:
    async with asyncio.timeout(10):
        with company.process.bell.listener("incidents") as rung:
            while (found := await look()) is None:  # type: ignore[operator]
                await rung.wait(0.05)
    return str(found)


async def failing(company: Company, check: str) -> None:
    """The watch knows that this check of production fails; its own first look is over by then."""

    async def alarm() -> str | None:
        value = {"state": "failing", "told": [check], "since": "2026-11-20T03:00:00+00:00"}
        status = await company.pool.execute(
            "UPDATE records SET value = $1 WHERE kind = 'health' AND environment = 'production'", value
        )
        return status if status == "UPDATE 1" else None

    await until(company, alarm, "the watch's first look")


async def taken(company: Company, steps: int) -> str | None:
    """That many steps of its life were taken."""
    return "yes" if len(await company.happened("incident.state_changed")) == steps else None


async def header(company: Company, channel: str, words: str = "checkout answers 500") -> Message:
    return await company.see(words, channel)


async def told(company: Company, channel: str, words: str) -> Message:
    """The message of the timeline's thread that says this."""
    first = company.slack.messages(channel)[0]
    return await company.see(words, channel, first.ts)


def body_of(company: Company, channel: str) -> list[Message]:
    """The bot's messages in the channel's body."""
    return [one for one in company.slack.messages(channel) if one.by_bot]


async def test_one_line_opens_it_with_channel_topic_pin_and_whoever_is_on_call(company: Company) -> None:
    await company.type("ben", "/incident checkout answers 500")
    channel = await placed(company)
    place = company.slack.state.channels[channel]
    assert place.name == f"inc-{datetime.now(UTC).date()}-checkout-answers-500"
    assert {"U0BEN", "U0ANA"} <= place.members
    assert place.topic.startswith("INC-1 SEV3 · shop production · checkout answers 500")
    card = await header(company, channel)
    assert card.pinned
    text = company.text(card)
    assert "INC-1 SEV3: checkout answers 500" in text
    assert "investigating · shop production" in text
    assert "on call is Ana" in text
    await told(company, channel, "Ben opened it as SEV3: checkout answers 500")
    answer = await company.see("is open")
    assert f"<#{channel}>" in company.text(answer) or "being made" in company.text(answer)


async def test_where_a_production_check_fails_it_is_sev2_and_the_service_comes_from_the_words(
    company: Company,
) -> None:
    await failing(company, "Checkout")
    await company.type("ana", "/incident the shop can't take money", GENERAL)
    channel = await placed(company)
    card = company.text(await header(company, channel, "can't take money"))
    assert "INC-1 SEV2" in card
    assert "shop production: Checkout" in card


async def test_who_is_on_call_is_asked_after_half_a_minute_and_then_the_next_until_somebody_is_on_it(
    company: Company,
) -> None:
    await company.type("ben", "/incident checkout answers 500")
    channel = await placed(company)
    await company.forward(timedelta(seconds=31))
    asked = await company.dm("ana", "Nobody is on it yet")
    await company.restart()
    await company.forward(timedelta(seconds=151))
    await company.dm("chi", "Nobody is on it yet")
    assert not company.slack.dms("U0BEN")
    await company.click("chi", await company.dm("chi", "Nobody is on it yet"), "incident.ack")
    await company.becomes(asked, "Chi is on it", without="incident.ack")
    card = await company.becomes(await header(company, channel), "On it* Chi", without="incident.ack")
    await company.click("ana", asked, "incident.ack")
    await company.alone("ana", "Chi is on it already")
    await told(company, channel, "Chi is on it")
    assert await company.happened("incident.acknowledged") == ["U0CHI"]
    assert card.pinned


async def test_i_know_stops_the_asking_and_leaves_it_open(company: Company) -> None:
    await company.type("ben", "/incident checkout answers 500")
    channel = await placed(company)
    await company.forward(timedelta(seconds=31))
    await company.click("ana", await company.dm("ana", "Nobody is on it yet"), "incident.hush")
    await company.alone("ana", "I ask nobody further to come")
    await company.forward(timedelta(minutes=10))
    await company.type("ana", "/incident update still looking", channel)
    await told(company, channel, "Ana: still looking")
    assert not company.slack.dms("U0CHI")


async def test_its_life_is_told_once_each_and_an_old_button_changes_nothing(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    old = await header(company, channel)
    await company.type("ana", "/incident identified the new release breaks it", channel)
    await until(company, partial(taken, company, 1), "identified")
    await company.type("ana", "/incident severity sev1", channel)
    await company.type("ana", "/incident commander <@U0BEN>", channel)
    await company.type("ana", "/incident monitoring rolled back", channel)
    await until(company, partial(taken, company, 2), "monitoring")
    await company.type("ana", "/incident resolve", channel)
    await told(company, channel, "Ana says it is resolved (was monitoring)")
    await company.becomes(old, "Resolved", without="incident.resolve")
    await company.slack.click("U0ANA", old, "incident.resolve", times=3)
    await company.alone("ana", "Nothing was changed")
    assert len(await company.happened("incident.state_changed")) == 3
    await company.becomes(old, "INC-1 SEV1")
    await company.becomes(old, "commander Ben")
    await company.type("ana", "/incident reopen it fails again", channel)
    await told(company, channel, "Ana says it is investigating (was resolved): “it fails again”")


async def test_a_run_on_its_service_writes_itself_into_the_timeline(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    card = await company.asked("ana")
    await company.click("ben", card, "approval.approve")
    await company.ended(2)
    thread = await told(company, channel, "R-2 /poke shop production succeeded")
    first = company.slack.messages(channel)[0]
    everything = " ".join(one.text for one in company.slack.messages(channel, thread=first.ts))
    for words in (
        "Ana asked for /poke shop production: “checkout answers 500” (R-2)",
        "R-2 plan: to 4c1d2a7",
        "Ben approved R-2 (1 of 1)",
        "R-2 fetch: done",
    ):
        assert everything.count(words) == 1, (words, everything)
    assert "<@U0" not in everything
    await company.becomes(await header(company, channel), "/poke shop production")
    assert thread.thread_ts == first.ts
    assert len(body_of(company, channel)) <= 3


async def test_a_note_goes_back_in_time_and_is_put_right_with_its_history(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    await company.type("ana", "/timeline <@U0BEN|ben> says customers call --at 00:00", channel)
    line = await told(company, channel, "@Ben says customers call")
    await company.alone("ana", "Noted at")
    await company.type("ana", "/timeline edit 2 customers write, they don't call", channel)
    await company.becomes(line, "customers write, they don't call · corrected")
    await company.type("ben", "/timeline remove 2", channel)
    await company.becomes(line, "#2 (removed)")
    rows = await company.pool.fetch("SELECT by, before, after FROM timeline_corrections ORDER BY event")
    assert [(row["by"], row["before"].get("text")) for row in rows] == [
        ("U0ANA", "@Ben says customers call"),
        ("U0BEN", None),
    ]
    at = await company.pool.fetchval("SELECT occurred_at FROM timeline_entries WHERE number = 2")
    assert (at.hour, at.minute, at.utcoffset()) == (0, 0, timedelta())


async def test_the_same_declared_twice_or_delivered_thrice_is_one_incident_with_one_channel(company: Company) -> None:
    await asyncio.gather(
        company.type("ana", "/incident checkout answers 500"), company.type("ben", "/incident checkout answers 500")
    )
    channel = await placed(company)
    await company.see("is open already")
    assert await company.pool.fetchval("SELECT count(*) FROM incidents") == 1
    assert [one.id for one in company.slack.state.channels.values() if one.name.startswith("inc-")] == [channel]


async def test_a_name_that_is_taken_gets_a_number_and_a_lost_answer_never_a_second_channel(company: Company) -> None:
    name = f"inc-{datetime.now(UTC).date()}-checkout-answers-500"
    company.slack.add_channel("C0OLD", name, members=["U0ANA"])
    company.slack.faults.fail("conversations.create", "reset_after_apply")
    await company.type("ana", "/incident search is slow")
    first = await placed(company)
    assert company.slack.state.channels[first].name.endswith("-search-is-slow")
    await company.type("ana", "/incident checkout answers 500")
    second = await placed(company, 2)
    assert company.slack.state.channels[second].name == f"{name}-2"
    made = [one.name for one in company.slack.state.channels.values() if one.name.startswith("inc-")]
    assert len(made) == 3, made


async def test_a_private_channel_of_its_name_is_never_taken_for_its_own(company: Company) -> None:
    """Of another incident, which is private and has not heard yet that its channel was made."""
    name = f"inc-{datetime.now(UTC).date()}-checkout-answers-500"
    company.slack.add_channel("C0SECRET", name, members=[company.slack.bot_user], is_private=True)
    company.slack.faults.fail("conversations.create", "reset_after_apply")
    await company.type("ana", "/incident checkout answers 500")
    channel = company.slack.state.channels[await placed(company)]
    assert (channel.name, channel.kind) == (f"{name}-2", "channel")


async def test_where_slack_forbids_channels_a_thread_in_the_service_s_channel_serves(company: Company) -> None:
    company.slack.faults.fail("conversations.create", "restricted_action", times=5)
    await company.type("ana", "/incident checkout answers 500", DEV)
    assert await placed(company) == OPS
    card = await company.see("INC-1 SEV3: checkout answers 500")
    await company.see("Ana opened it as SEV3", OPS, card.ts)


async def test_a_private_one_waits_for_its_channel_and_says_so_to_who_opened_it(company: Company) -> None:
    company.slack.faults.fail("conversations.create", "restricted_action")
    await company.type("chi", "/incident customer data may leak --private")
    await company.dm("chi", "Slack does not let me make a channel")
    channel = await placed(company)
    assert company.slack.state.channels[channel].kind == "private"


async def test_its_channel_is_put_away_a_week_after_it_was_closed_unless_it_is_reopened(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    for steps, line in enumerate(("resolve", "close", "reopen it is back", "resolve", "close"), start=1):
        await company.type("ana", f"/incident {line}", channel)
        await until(company, partial(taken, company, steps), line)
        await company.forward(timedelta(days=3))
    assert not company.slack.state.channels[channel].is_archived
    await company.forward(timedelta(days=5))
    await company.slack.wait_for(
        lambda: company.slack.state.channels[channel].is_archived or None, what="the channel put away"
    )


async def test_reopened_after_its_channel_was_put_away_it_gets_another_one(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    first = await placed(company)
    await company.type("ana", "/incident commander <@U0CHI>", first)
    for line in ("resolve", "close"):
        await company.type("ana", f"/incident {line}", first)
    await until(company, partial(taken, company, 2), "its end")
    await company.forward(timedelta(days=8))
    await company.slack.wait_for(
        lambda: company.slack.state.channels[first].is_archived or None, what="the channel put away"
    )
    await company.type("ana", "/incident reopen INC-1 it is back")
    await company.see("another one is made, and everybody invited again")

    async def another() -> str | None:
        channel: str | None = await company.pool.fetchval("SELECT channel FROM incidents WHERE root_ts IS NOT NULL")
        return channel

    second = await until(company, another, "its second channel")
    found = company.slack.state.channels[second]
    assert found.name == f"{company.slack.state.channels[first].name}-2"
    assert {"U0ANA", "U0CHI"} <= found.members
    card = await header(company, second, "it is back")
    assert f"<#{first}>" in company.text(card)
    await company.see("Ana says it is investigating", second, card.ts)
    await company.see(f"<#{second}>")


async def test_while_it_is_open_its_services_are_looked_at_twice_a_minute(company: Company) -> None:
    place, other = Place("shop", "production"), Place("shop", "staging")
    assert (await company.process.watch.pause(place)).total_seconds() == 60
    await company.type("ana", "/incident checkout answers 500")
    await placed(company)
    assert (await company.process.watch.pause(place)).total_seconds() == 30
    assert (await company.process.watch.pause(other)).total_seconds() == 60


async def test_a_button_that_names_no_incident_changes_nothing(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    card = await header(company, channel)
    await company.click("ana", card, "incident.resolve", value="I1-00000000")
    await company.alone("ana", "not one of mine")
    assert await company.happened("incident.state_changed") == []


async def test_a_private_one_is_known_to_those_in_it_and_admins_alone(company: Company) -> None:
    await company.type("chi", "/incident customer data may leak --private")
    channel = await placed(company)
    assert company.slack.state.channels[channel].kind == "private"
    await company.alone("chi", "is open")
    await company.type("eli", "/incident list")
    await company.see("No incident is open")
    await company.type("eli", "/incident show INC-1")
    await company.alone("eli", "There is no INC-1")
    for who, sees in (("eli", False), ("ben", True)):
        await company.type(who, "/audit all --last 50")
        card = await company.alone(who, "newest first")
        assert ("incident opened" in company.text(card)) is sees
    await company.type("eli", "/runs show R-1")
    await company.see("R-1 belongs to an incident")
    await company.type("ben", "/incident show INC-1")
    await company.alone("ben", "customer data may leak")
    said = " ".join(company.text(one) for place in (OPS, DEV, GENERAL) for one in company.slack.messages(place))
    assert "leak" not in said


async def test_a_rehearsal_is_marked_and_asks_nobody(company: Company) -> None:
    await company.type("ben", "/incident checkout answers 500 --test")
    channel = await placed(company)
    assert company.slack.state.channels[channel].name.startswith("test-inc-")
    assert "Rehearsal" in company.text(await header(company, channel))
    await company.forward(timedelta(minutes=5))
    await company.type("ben", "/incident update we practise", channel)
    await told(company, channel, "Ben: we practise")
    assert not company.slack.dms("U0ANA")


async def test_a_duplicate_is_merged_and_says_where_it_goes_on(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    await company.type("ben", "/incident the shop is broken")
    other = await placed(company, 2)
    await company.type("ana", "/incident merge INC-2", channel)
    await told(company, channel, "Ana merged INC-2 into it")
    await company.becomes(await header(company, other, "the shop is broken"), "It goes on as")
    lost = [f"/incident {words}" for words in ("update more", "role scribe <@U0CHI>", "followup add look again")]
    for line in (*lost, "/timeline customers call", "/timeline remove 1"):
        await company.type("ben", line, other)

    def refused() -> int:
        return sum("INC-2 was merged into INC-1. Say" in company.text(one) for one in body_of(company, other))

    await company.slack.wait_for(lambda: refused() == 5 or None, what="five lines that say where it goes on")
    assert await company.happened("timeline.added") == await company.happened("incident.updated") == []
    await company.type("ben", "/incident resolve", other)
    await company.see("It was merged into INC-1", other)


async def test_where_two_are_open_the_words_of_a_note_begin_with_the_one_that_is_meant(company: Company) -> None:
    for title in ("checkout answers 500", "the search is slow"):
        await company.type("ana", f"/incident {title}")
    await company.ended(2)
    await company.type("ana", "/timeline customers call, as in INC-1", GENERAL)
    asked = company.text(await company.alone("ana", "Which incident?"))
    assert "before your words" in asked
    assert "Nothing was changed" in asked
    await company.type("ana", "/timeline INC-2 customers call, as in INC-1", GENERAL)
    await company.alone("ana", "Noted")
    assert await company.happened("timeline.added") == ["U0ANA"]


async def test_a_followup_is_reminded_of_once_a_day_until_it_is_done(company: Company) -> None:
    await company.type("ana", "/incident checkout answers 500")
    channel = await placed(company)
    due = (datetime.now(UTC) + timedelta(days=2)).date()
    await company.type("ana", f'/incident followup add "alert on pool use" --owner <@U0CHI> --due {due}', channel)
    await company.see("#1 alert on pool use, Chi", channel)
    await company.forward(timedelta(days=2))
    asked = await company.dm("chi", "is due")
    await company.forward(timedelta(days=1))

    def reminders() -> int:
        return sum("is due" in one.text for one in company.slack.dms("U0CHI"))

    await company.slack.wait_for(lambda: reminders() == 2 or None, what="the second day")
    await company.click("chi", asked, "Done")
    await company.alone("chi", "Follow-up #1 is done")
    await company.forward(timedelta(days=1))
    await company.type("ana", "/incident followup list", channel)
    await company.see("(done)", channel)
    assert reminders() == 2


@pytest.mark.parametrize(("line", "says"), [("/incident outage", "two words"), ("/incident resloved", "two words")])
async def test_a_word_alone_opens_nothing(company: Company, line: str, says: str) -> None:
    answer = await company.type("ana", line)
    assert says in answer.body.decode()
    assert await company.pool.fetchval("SELECT count(*) FROM incidents") == 0
