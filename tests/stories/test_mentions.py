"""The bot named in channels and threads, and spoken to in its own conversation: as typed, once, answered there."""

import pytest

from bot.domain.run import State
from bot.sandbox.workspace.things import Answer, Delivery
from tests.stories.test_forms import offered, opened
from tests.stories.test_outage import hanging
from tests.support.company import GENERAL, OPS, Company
from tests.support.desk import Shelf

BOT = "@watchkeeper"


async def a_thread(company: Company, channel: str = OPS) -> str:
    """People are talking already."""
    company.slack.state.post(channel, "U0BEN", "is it down?")
    return company.slack.messages(channel)[-1].ts


async def say(company: Company, who: str, text: str, channel: str, thread: str | None = None) -> Answer:
    answer = await company.type(who, text, channel, delivery=Delivery(thread_ts=thread))
    assert answer.status == 200
    return answer


async def test_a_mention_in_a_thread_asks_and_a_link_there_leads_to_the_card(company: Company, shelf: Shelf) -> None:
    thread = await a_thread(company)
    await say(company, "ana", f"{BOT} poke shop production because checkout answers 500", OPS, thread)
    card = await company.see("Poke shop production?")
    assert card.thread_ts is None
    assert "checkout answers 500" in company.text(card)
    link = await company.alone("ana", "it is in")
    assert (link.channel, link.thread_ts) == (OPS, thread)
    assert card.ts.replace(".", "") in str(link.blocks)
    await company.click("ben", card, "approval.approve")
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]
    run = await company.run()
    assert (run.text, run.actor, run.via, run.thread) == ("/poke shop production", "U0ANA", "slack", thread)


async def test_a_look_is_answered_in_its_thread_to_whoever_would_see_it_in_the_channel(company: Company) -> None:
    here, elsewhere = await a_thread(company), await a_thread(company, GENERAL)
    await say(company, "eli", f"{BOT} runs shop production", OPS, here)
    answer = await company.see("No runs of shop production yet", thread=here)
    assert answer.thread_ts == here
    await say(company, "eli", f"{BOT} runs shop production", GENERAL, elsewhere)
    alone = await company.alone("eli", "No runs of shop production yet")
    assert (alone.channel, alone.thread_ts) == (GENERAL, elsewhere)


SAID = (
    ("", "What you may do here"),
    ("help", "What you may do here"),
    ("rollback help", "How to use /rollback"),
    ("help backup", "How to use /backup"),
    ("pkoe shop", "Did you mean /poke?"),
    ("poke shop production --force", "is not an option of /poke"),
    ("can poke shop staging", "Yes, after your own look"),
    ("/poke shop mars", "“mars” is not an environment"),
)


async def test_what_is_said_to_the_bot_is_answered_to_who_said_it(company: Company) -> None:
    for number, (said, says) in enumerate(SAID, start=1):
        thread = await a_thread(company, GENERAL)
        await say(company, "ana", f"{BOT} {said}".strip(), GENERAL, thread)
        note = await company.whispered("ana", number)
        assert says in company.text(note).replace("`", ""), said
        assert (note.channel, note.thread_ts) == (GENERAL, thread)
        assert [one.user for one in company.slack.messages(GENERAL, thread=thread)] == ["U0ANA"]


async def test_a_refusal_is_for_who_asked_alone(company: Company, shelf: Shelf) -> None:
    await say(company, "eli", f"{BOT}: poke shop production", GENERAL)
    refusal = await company.alone("eli", "viewers may only look")
    assert refusal.thread_ts is None
    assert (await company.run()).state is State.REFUSED


@pytest.mark.parametrize(
    "said",
    ["is @watchkeeper down?", "poke shop production", "hello @ben", "@ben @watchkeeper poke shop production"],
)
async def test_what_is_not_said_to_the_bot_is_left_alone(company: Company, said: str) -> None:
    await say(company, "ana", said, OPS)
    await say(company, "ana", f"{BOT} runs all", OPS)
    await company.see("No runs")
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1
    assert company.slack.ephemerals("U0ANA") == []


async def test_what_is_missing_comes_with_a_button_because_no_form_can_open(company: Company) -> None:
    thread = await a_thread(company, GENERAL)
    await say(company, "ana", f"{BOT} poke because the queue grows", GENERAL, thread)
    card = await company.alone("ana", "Open form")
    assert card.thread_ts == thread
    await company.click("ana", card, "form.open")
    form = await opened(company, "ana")
    assert offered(form, "@place") == ["shop production", "shop staging"]
    await company.slack.submit("U0ANA", form.id, {"@place": "shop production"})
    await company.see("Poke shop production?")
    run = await company.run()
    assert (run.channel, run.thread, run.reason) == (GENERAL, thread, "the queue grows")
    link = await company.alone("ana", "it is in")
    assert link.thread_ts == thread


async def test_in_its_own_conversation_everything_is_said_to_the_bot(company: Company, shelf: Shelf) -> None:
    bot = company.slack.bot_user
    await say(company, "ana", "poke shop production because checkout answers 500", bot)
    card = await company.see("Poke shop production?")
    link = await company.dm("ana", "it is in")
    assert f"<#{OPS}>" in company.text(link)
    await say(company, "ana", f"{BOT} runs shop", bot)
    await company.dm("ana", "1 run of shop")
    await say(company, "ana", "poke", bot)
    await company.click("ana", await company.dm("ana", "Open form"), "form.open")
    await opened(company, "ana")
    await say(company, "ana", "thank you", bot)
    await company.dm("ana", "is not a command here")
    assert company.slack.ephemerals("U0ANA") == []
    assert card.channel == OPS


async def test_an_event_delivered_four_times_is_one_request_and_one_answer(company: Company) -> None:
    event = {"type": "app_mention", "user": "U0ANA", "team": "T0LANTERN", "channel": GENERAL, "ts": "1.1"}
    event["text"] = f"<@{company.slack.bot_user}> poke shop production because x"
    answer = await company.slack.send_event(event, event_id="Ev1", times=3)
    again = await company.slack.send_event(event, event_id="Ev1", retry_num=1)
    assert [one.status for one in (answer, *answer.others, again)] == [200] * 4
    await company.see("Poke shop production?")
    wrong = {**event, "text": f"<@{company.slack.bot_user}> pkoe", "ts": "2.2"}
    await company.slack.send_event(wrong, event_id="Ev2", times=4)
    await company.alone("ana", "is not a command here")
    assert await company.happened("request.received") == ["U0ANA"]
    assert await company.happened("request.repeated") == []
    told = [company.text(one) for one in company.slack.ephemerals("U0ANA")]
    assert len(told) == 2
    assert len([one for one in told if "is not a command here" in one]) == 1


NO_REQUESTS: tuple[dict[str, object], ...] = (
    {"bot_id": "B0OTHER"},
    {"user": "U0WATCH"},
    {"edited": {"user": "U0ANA", "ts": "1.2"}},
    {"subtype": "message_changed", "type": "message", "channel_type": "im"},
    {"type": "message", "channel_type": "channel"},
    {"user": ""},
    {"text": 7},
    {"channel": None},
)


async def test_bots_edits_and_other_peoples_talk_are_no_requests(company: Company) -> None:
    for more in NO_REQUESTS:
        event: dict[str, object] = {"type": "app_mention", "user": "U0ANA", "team": "T0LANTERN", "channel": GENERAL}
        event |= {"ts": "1.1", "text": f"<@{company.slack.bot_user}> poke shop production", **more}
        answer = await company.slack.send_event(event)
        assert answer.status == 200, more
        assert await company.pool.fetchval("SELECT count(*) FROM runs") == 0, more


@pytest.mark.parametrize("team", ["T0OTHER", ""])
async def test_a_stranger_in_a_shared_channel_is_refused(company: Company, team: str) -> None:
    event = {"type": "app_mention", "user": "U0ANA", "user_team": team, "channel": GENERAL, "ts": "1.1"}
    event["text"] = f"<@{company.slack.bot_user}> poke shop production"
    body = {"type": "event_callback", "event_id": "Ev9", "team_id": "T0LANTERN", "is_ext_shared_channel": True}
    await company.raw_event({**body, "event": event})
    assert await company.happened("request.refused") == ["U0ANA"]
    assert (await company.run()).state is State.REFUSED


async def test_a_mention_that_could_not_be_recorded_is_delivered_again(company: Company) -> None:
    event = {"type": "app_mention", "user": "U0ANA", "team": "T0LANTERN", "channel": OPS, "ts": "1.1"}
    event["text"] = f"<@{company.slack.bot_user}> poke because x"
    async with hanging(company):
        told = await company.slack.send_event(event, event_id="Ev1")
    assert told.status == 503
    again = await company.slack.send_event(event, event_id="Ev1", retry_num=1)
    assert again.status == 200
    await company.see("Poke shop production?")
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1
