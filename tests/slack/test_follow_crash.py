"""What people see although Slack is away, late or forgetful, somebody deletes it, or the bot is killed meanwhile."""

import pytest

from bot.db import events, posts
from bot.db.database import Pool
from bot.db.seal import seal
from bot.domain.card import Card, Tone
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import State
from bot.slack import deliver, follow
from bot.slack.desired import Desired
from tests.support.followed import DONE, NAMES, Story, buttons


async def test_a_restart_neither_loses_nor_doubles_a_message(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
    await story.approved()
    await story.starts()
    async with story.followed():
        await story.see("running")
    await story.step("fetch")
    await story.ends(State.SUCCEEDED, DONE)
    async with story.followed():
        root = await story.see("shop production is back")
        thread = await story.thread("<@U0ANA>", root)
        await story.settled()
    async with story.followed():
        await story.settled()
    assert thread.count("<@U0ANA>") == 1
    assert (await story.thread("fetch", root)).count("fetch*") == 1
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert [len(story.workspace.dms(one)) for one in NAMES] == [1, 1, 1]


async def test_what_could_not_be_told_is_tried_again_and_in_the_end_that_is_told(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Desired]:
        raise KeyError

    await story.ask()
    with monkeypatch.context() as defect:
        defect.setattr(follow, "desired", broken)
        await story.planned()
        async with story.followed():
            await story.until("SELECT EXISTS (SELECT FROM untold WHERE due_at > clock_now())")
            await story.pool.execute("UPDATE untold SET attempts = 7, due_at = clock_now()")
            await story.until("SELECT EXISTS (SELECT FROM untold WHERE due_at IS NULL)")
            while await seal(story.pool):
                pass
            told = await story.see("R-1 could not be told in Slack")
            assert "KeyError" in story.workspace.all_text(told)
            await story.pool.execute("UPDATE untold SET attempts = 1, due_at = clock_now()")
    async with story.followed():
        await story.see("Roll back shop production?")
        await story.until("SELECT NOT EXISTS (SELECT FROM untold)")


async def test_what_a_newer_version_recorded_waits_for_it_and_silences_nothing_else(story: Story) -> None:
    await story.ask()
    await story.pool.execute("SELECT record_event('tide.turned', $1, 'U0ANA', 'shop', 'production', '{}')", story.run)
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
        await story.until("SELECT EXISTS (SELECT FROM untold WHERE error = 'NewerVersion' AND due_at IS NOT NULL)")


@pytest.mark.parametrize("how", ["reset_after_apply", "reset", 503, "internal_error"])
async def test_a_post_of_unknown_outcome_is_looked_for_before_it_is_repeated(story: Story, how: str | int) -> None:
    await story.ask()
    story.workspace.faults.fail("chat.postMessage", how)
    async with story.followed():
        await story.planned(asked=())
        await story.see("Roll back shop production?")
        await story.settled()
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert len(story.workspace.dms("U0ANA")) == 1
    assert "conversations.history" in [call.method for call in story.workspace.calls]


async def test_a_slow_answer_is_waited_for_and_what_changed_meanwhile_is_edited_in(story: Story) -> None:
    story.workspace.faults.late("chat.postMessage", 1.5)
    await story.ask()
    async with story.followed():
        await story.planned(asked=("U0BEN",))
        await story.see("Roll back shop production?", "U0BEN")
        await story.approved()
        await story.see("Approved by Ben", "U0BEN")
        await story.see("about to start")
        await story.settled()
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert [len(story.workspace.dms(one)) for one in ("U0ANA", "U0BEN")] == [1, 1]


async def test_a_crash_between_sending_and_recording_adopts_the_message(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.see("Roll back shop production?")
        await story.settled()
    await story.pool.execute("UPDATE posts SET state = 'unknown', ts = NULL WHERE key LIKE '%:root'")
    async with story.followed():
        await story.settled()
    root = await posts.get(story.pool, f"R-{story.run}:root")
    assert root is not None
    assert root.ts == story.workspace.messages("C0SHOPOPS")[0].ts
    assert len(story.workspace.messages("C0SHOPOPS")) == 1


async def test_slack_away_during_a_whole_run_delays_words_only(story: Story) -> None:
    story.workspace.faults.down()
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.approved()
        await story.starts()
        for number in range(5):
            await story.step(f"step {number}")
        await story.ends(State.SUCCEEDED, DONE)
        await story.until("SELECT count(*) > 0 FROM posts WHERE attempts > 0")
        story.workspace.faults.up()
        root = await story.see("shop production is back", within=20)
        thread = await story.thread("step 4", root)
        await story.settled()
    assert [thread.index(f"step {number}*") for number in range(5)] == sorted(
        thread.index(f"step {number}*") for number in range(5)
    )
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert "approval.approve" not in buttons(root)


async def test_a_card_that_somebody_deleted_comes_back_while_it_asks(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        first = await story.see("Roll back shop production?")
        story.workspace.state.delete(first)
        await story.approved()
        again = await story.see("about to start")
        assert again.ts != first.ts
        await story.settled()


async def test_an_approver_who_cannot_be_reached_stops_nobody_else(story: Story) -> None:
    await story.ask()
    story.workspace.faults.fail("conversations.open", "user_disabled")
    async with story.followed():
        await story.planned(asked=("U0BEN", "U0CHI"))
        await story.see("Roll back shop production?")
        await story.settled()
    kept = await posts.of_run(story.pool, story.run)
    states = sorted((one.state, one.error) for one in kept if one.kind == "dm")
    assert states == [("gone", "user_disabled"), ("posted", ""), ("posted", "")]


async def test_where_slack_lets_nobody_write_the_requester_is_told(story: Story) -> None:
    story.workspace.faults.fail("chat.postMessage", "restricted_action")
    await story.ask("/health", "C0SHOPOPS", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "shop is well", "shop is well.", ("fine",)))
        await story.see("I cannot write in", "U0ANA")
    answer = await posts.get(story.pool, f"{(await story.now()).label}:answer")
    assert answer is not None
    assert (answer.state, answer.error) == ("intended", "restricted_action")


async def test_blocks_that_slack_will_not_have_are_said_in_plain_text(story: Story) -> None:
    await story.ask("/health", risk="read")
    story.workspace.faults.fail("chat.postMessage", "invalid_blocks")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "well", "shop production is well", ("fine",)))
        message = await story.see("shop production is well")
        assert message.blocks == []


@pytest.mark.heavy
async def test_two_hundred_lines_in_a_burst_all_arrive_in_order_within_the_limits(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.approved()
        await story.starts()
        root = await story.see("running")
        async with story.pool.acquire() as connection, connection.transaction():
            run = await story.now()
            for number in range(200):
                body: JsonObject = {"step": f"s{number:03}", "state": "done", "says": "", "took_s": 1}
                await events.record(connection, Kind.STEP_ENDED, run=run, body=body)
        await story.happens(Kind.RUN_QUEUED)
        thread = await story.thread("s199", root)
        await story.settled()
    places = [thread.index(f"*s{number:03}*") for number in range(200)]
    assert places == sorted(places)
    assert len(story.workspace.messages("C0SHOPOPS", thread=root.ts)) <= 15
    assert [call.response.get("error") for call in story.workspace.calls if not call.response.get("ok")] == []


async def test_a_run_that_cannot_be_told_silences_nobody_else(story: Story) -> None:
    await story.ask()
    await story.to(State.WAITING, plan={"broken": True})
    await story.happens(Kind.PLAN_MADE)
    await story.ask("/health", risk="read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "well", "well", ("well",)))
        await story.see("well")


async def test_who_marks_a_message_late_sends_nothing_before_it_was_looked_for(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen between the mark and the sending, it wakes up when another process has said it already."""
    clock, begin = [0.0], posts.begin

    async def frozen(rows: Pool, post: posts.Post) -> bool:
        begun = await begin(rows, post)
        if post.key.endswith(":root") and clock == [0.0]:
            clock[0] = deliver.SEND_WITHIN.total_seconds() + 0.1
        return begun

    monkeypatch.setattr(deliver, "monotonic", lambda: clock[0])
    monkeypatch.setattr(posts, "begin", frozen)
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.see("Roll back shop production?")
        await story.settled()
    calls = [call.method for call in story.workspace.calls if call.arguments.get("channel") == "C0SHOPOPS"]
    assert calls == ["conversations.info", "conversations.history", "chat.postMessage"]
