"""What people see in Slack while a run lives, on real PostgreSQL and a strict workspace."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.db import events, files, offers, posts, reply_urls
from bot.db.seal import seal
from bot.domain import card as cards
from bot.domain.card import Card, Tone
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import State
from bot.slack.share import share
from tests.support.followed import COMMANDS, DONE, NAMES, Story, buttons


async def test_a_rollback_is_asked_approved_run_and_told(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        root = await story.see("Roll back shop production?")
        assert buttons(root) == ["approval.approve", "approval.deny", "run.details"]
        for person in ("U0BEN", "U0CHI"):
            copy = await story.see("Roll back shop production?", person)
            assert buttons(copy) == [*buttons(root), "approval.stop"]
        mine = await story.see("It waits for 1 of Ben, Chi", "U0ANA")
        assert buttons(mine) == ["run.withdraw", "run.details"]
        await story.approved()
        await story.see("about to start")
        for person in ("U0BEN", "U0CHI", "U0ANA"):
            assert buttons(await story.see("Approved by Ben", person)) == []
        await story.starts()
        await story.step("fetch")
        await story.see("1 of 2 steps done")
        await story.ends(State.SUCCEEDED, DONE, changed="something")
        ended = await story.see("shop production is back on 4c1d2a7")
        assert ended.ts == root.ts
        assert buttons(ended) == ["ask:1", "run.details"]
        thread = await story.thread("<@U0ANA>", root)
        await story.thread("fetch* 6.2 s", root)
        await story.settled()
    assert "👍 Ben approved (1 of 1)" in await story.thread("Ben approved", root)
    assert "<@U0ANA> R-" in thread
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert [len(story.workspace.dms(one)) for one in NAMES] == [1, 1, 1]
    assert story.workspace.ephemerals("U0ANA") == []


async def test_a_button_that_asks_carries_only_an_opaque_id(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.approved()
        await story.ends(State.SUCCEEDED, DONE)
        ended = await story.see("shop production is back")
    asked = next(one for block in ended.blocks if block["type"] == "actions" for one in block["elements"])
    assert asked["text"]["text"] == "Replay 6 webhooks…"
    assert "replay" not in asked["value"]
    assert await offers.find(story.pool, asked["value"]) == "/replay-webhook shop production --since 2h"
    assert await offers.find(story.pool, "forged00") is None


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.EXPIRED, "expired"),
        (State.DENIED, "denied"),
        (State.WITHDRAWN, "withdrawn"),
        (State.VOIDED, "not what was approved any more"),
    ],
)
async def test_when_it_is_over_every_copy_says_so_and_asks_nothing_more(
    story: Story, state: State, said: str
) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        root = await story.see("Roll back shop production?")
        for person in NAMES:
            await story.see("Roll back shop production", person)
        await story.ends(state)
        for where in ("C0SHOPOPS", *NAMES):
            copy = await story.see(f"Roll back shop production: {said}", where)
            assert not {"approval.approve", "approval.deny", "run.withdraw"} & set(buttons(copy))
        assert "<@U0ANA>" in await story.thread("<@U0ANA>", root)
        await story.settled()
    assert [len(story.workspace.dms(one)) for one in NAMES] == [1, 1, 1]


async def test_ones_own_plan_is_whispered_and_rooted_only_once_confirmed(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(need=0, asked=("U0ANA",))
        own = await story.whispered("Roll back shop production?")
        assert buttons(own) == ["run.confirm", "run.withdraw"]
        assert story.workspace.messages("C0SHOPOPS") == []
        await story.approved("U0ANA")
        await story.see("about to start")
        await story.settled()
    assert story.workspace.dms("U0ANA") == []


async def test_asked_elsewhere_the_requester_is_shown_the_way(story: Story) -> None:
    await story.ask(channel="C0RANDOM")
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
        link = await story.whispered("it is in <#C0SHOPOPS")
        assert buttons(link) == ["open"]
        assert story.workspace.messages("C0RANDOM") == []


@pytest.mark.parametrize(
    ("command", "channel", "public", "shared"),
    [
        ("/health", "C0SHOPOPS", True, False),
        ("/health", "C0SHOPDEV", True, False),
        ("/health", "C0RANDOM", False, True),
        ("/runs", "C0SHOPOPS", False, False),
    ],
)
async def test_a_look_is_public_where_the_channel_is_about_it(
    story: Story, command: str, channel: str, public: bool, shared: bool
) -> None:
    await story.ask(command, channel, "read")
    look = Card(Tone.OK, "shop production is well", "shop production is well: 9 of 9.", ("fine",))
    async with story.followed():
        await story.ends(State.SUCCEEDED, look)
        if public:
            await story.see("shop production is well", channel)
        else:
            told = await story.whispered("shop production is well")
            assert ("share" in buttons(told)) == shared
        await story.settled()
    assert bool(story.workspace.messages(channel)) == public


async def test_only_who_asked_may_share_an_answer_and_it_is_shared_once(story: Story) -> None:
    await story.ask("/health", "C0RANDOM", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "shop is well", "shop is well.", ("fine",)))
        target = (await story.now()).target

        async def press(by: str, value: str = target) -> str:
            card = await share(story.pool, value, by, "C0RANDOM", installed=COMMANDS, names=lambda one: one)
            return card.text

        assert await press("U0BEN") == "Only the person who asked can share an answer."
        assert await press("U0ANA", "1-00000000") == "That button is not one of mine, or no longer."
        refused = await story.pool.fetch("SELECT actor FROM events WHERE kind = 'vote.refused' ORDER BY id")
        assert [row["actor"] for row in refused] == ["U0BEN", "U0ANA"]
        assert await press("U0ANA") == await press("U0ANA") == "Shared with the channel."
        message = await story.see("shop is well", "C0RANDOM")
        assert "share" not in buttons(message)
        await story.settled()
    assert len(story.workspace.messages("C0RANDOM")) == 1


async def test_what_is_for_one_person_alone_is_not_shared_whatever_the_button_carries(story: Story) -> None:
    await story.ask("/runs", "C0RANDOM", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "two runs", "two runs", ("R-1",)))
        shown = await story.whispered("two runs")
        assert "share" not in buttons(shown)
        target = (await story.now()).target
        card = await share(story.pool, target, "U0ANA", "C0RANDOM", installed=COMMANDS, names=lambda one: one)
        assert card.text == "This answer is for you alone; it cannot be shared."
        await story.settled()
    assert story.workspace.messages("C0RANDOM") == []


async def test_messages_of_what_is_long_over_are_forgotten_and_those_of_what_waits_are_not(story: Story) -> None:
    def alert(key: str, still: str) -> posts.Intent:
        wanted: JsonObject = {"card": cards.to_json(DONE), "offers": {}, "alert": f"shop {key}", "open": still}
        return posts.Intent(key, None, "message", wanted, 0, "C0SHOPOPS")

    await posts.intend(story.pool, alert("failing", "true"))
    await posts.intend(story.pool, alert("recovered", "false"))
    await story.ask()
    ended = story.run
    async with story.followed():
        await story.planned()
        await story.ends(State.EXPIRED)
        await story.ask()
        await story.planned()
        await story.see("Roll back shop production?")
        await story.settled()
    await posts.forget(story.pool)
    assert await posts.of_run(story.pool, ended)
    await story.pool.execute("UPDATE clock SET ahead = ahead + $1", posts.KEPT + timedelta(minutes=1))
    await posts.forget(story.pool)
    assert await posts.of_run(story.pool, ended) == []
    assert await posts.of_run(story.pool, story.run)
    assert [await posts.get(story.pool, one) is not None for one in ("failing", "recovered")] == [True, False]


async def test_a_message_that_two_edits_found_deleted_comes_back_once(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
        await story.settled()
    post = await posts.get(story.pool, f"{(await story.now()).label}:root")
    assert post is not None
    assert post.ts is not None
    await posts.again(story.pool, post.key, post.ts)
    await posts.posted(story.pool, post.key, post.channel, "2.0", post.wanted_digest)
    await posts.again(story.pool, post.key, post.ts)
    assert (await posts.of_run(story.pool, story.run))[0].ts == "2.0"


async def test_who_is_asked_no_more_and_then_again_is_asked(story: Story) -> None:
    card: JsonObject = {"card": cards.to_json(DONE), "offers": {}}
    await story.ask()
    asked = posts.Intent("copy", story.run, "dm", card, 0, person="U0BEN")
    await posts.intend(story.pool, asked)
    await posts.intend(story.pool, replace(asked, only_edit=True))
    assert [post.state for post in await posts.of_run(story.pool, story.run)] == ["gone"]
    await posts.intend(story.pool, asked)
    assert [post.state for post in await posts.of_run(story.pool, story.run)] == ["intended"]


async def test_an_answer_uses_the_requests_own_address_while_it_is_good(story: Story) -> None:
    story.workspace.add_channel("C0SECRET", "secret", members=["U0ANA"])
    await story.ask("/runs", "C0SECRET", "read")
    url = story.workspace._response_url("U0ANA", "C0SECRET", ts=None, ephemeral=False, thread_ts=None)
    await reply_urls.keep(story.pool, story.run, url)
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "two runs", "two runs", ("R-1",)))
        assert (await story.whispered("two runs")).channel == "C0SECRET"
        await story.settled()
    assert not [call for call in story.workspace.calls if call.method.startswith("chat.")]


async def test_where_the_bot_is_not_the_answer_goes_to_a_direct_message(story: Story) -> None:
    story.workspace.add_channel("C0SECRET", "secret", members=["U0ANA"])
    await story.ask("/runs", "C0SECRET", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "two runs", "two runs", ("R-1",)))
        await story.see("two runs", "U0ANA")


async def test_an_address_is_used_four_times_and_never_when_old(story: Story) -> None:
    await story.ask()
    await reply_urls.keep(story.pool, story.run, "https://hooks.slack.com/x")
    taken = [await reply_urls.take(story.pool, story.run) for _ in range(6)]
    assert [one is not None for one in taken] == [True] * 4 + [False] * 2
    await story.pool.execute("UPDATE reply_urls SET uses = 0")
    await story.pool.execute("UPDATE clock SET ahead = '30 minutes'")
    assert await reply_urls.take(story.pool, story.run) is None
    await reply_urls.forget(story.pool)
    assert await story.pool.fetchval("SELECT count(*) FROM reply_urls") == 0


async def test_what_the_acknowledgement_refused_is_not_told_again(story: Story) -> None:
    await story.ask()
    await story.pool.execute("UPDATE runs SET state = 'refused', finished_at = clock_now() WHERE id = $1", story.run)
    await story.pool.execute("TRUNCATE outbox")
    refused = await story.now()
    async with story.followed():
        await story.pool.execute("ALTER TABLE events DISABLE TRIGGER USER")
        await story.pool.execute("UPDATE events SET kind = 'request.refused'")
        await events.record(story.pool, Kind.REQUEST_REFUSED, run=refused)
        await seal(story.pool)
        await story.ask("/health", risk="read")
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "well", "well", ("well",)))
        await story.see("well")
        await story.settled()
    assert story.workspace.ephemerals("U0ANA") == []
    assert len(story.workspace.messages("C0SHOPOPS")) == 1


async def test_long_output_lies_in_the_requesters_conversation(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.approved()
        await story.starts()
        await files.add(story.pool, story.run, "build.log", b"line\n" * 500)
        await story.ends(State.FAILED, None, changed="something", because="It broke.")
        await story.see("It broke.")
        await story.workspace.wait_for(lambda: story.workspace.files() or None, 10, "the file")
        async with asyncio.timeout(10):
            while await files.of_run(story.pool, story.run):  # kept until Slack's answer is known
                await story.settled()
    assert [file.name for file in story.workspace.files()] == ["build.log"]


async def test_progress_turns_orange_when_it_takes_longer_than_usual(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.approved()
        await story.starts()
        await story.see("⏳ Roll back shop production: running")
        await story.pool.execute("UPDATE clock SET ahead = '42 seconds'")
        await story.see("🟠 Roll back shop production: running")
        assert "longer than usual" in story.workspace.all_text(story.workspace.messages("C0SHOPOPS")[0])


# --- the watch ------------------------------------------------------------------------------------------------


async def test_an_alert_is_one_message_until_more_fails_or_it_has_recovered(story: Story) -> None:
    async def health(state: str, title: str, says: str = "") -> None:
        card = Card(Tone.OK if state == "recovered" else Tone.FAIL, title, title, (title,))
        body: JsonObject = {"state": state, "says": says, "card": cards.to_json(card)}
        await events.record(story.pool, Kind.HEALTH_CHANGED, body=body, service="shop", environment="production")
        await seal(story.pool)
        story.bell.ring("sealed")

    async with story.followed():
        await health("recovered", "nobody knew")
        await health("failing", "2 of 9 checks fail")
        first = await story.see("2 of 9 checks fail")
        await health("better", "1 of 9 checks fails", "Checkout is fine again")
        assert (await story.see("1 of 9 checks fails")).ts == first.ts
        assert "Checkout is fine again" in await story.thread("fine again", first)
        await health("worse", "3 of 9 checks fail", "Home now fails too")
        second = await story.see("3 of 9 checks fail")
        assert second.ts != first.ts
    async with story.followed():
        await health("recovered", "all 9 checks pass")
        assert (await story.see("all 9 checks pass")).ts == second.ts
        assert "all 9 checks pass" in await story.thread("all 9", second)
        await health("failing", "again 1 of 9")
        assert (await story.see("again 1 of 9")).ts not in (first.ts, second.ts)
        await story.settled()
    assert len(story.workspace.messages("C0SHOPOPS")) == 3
