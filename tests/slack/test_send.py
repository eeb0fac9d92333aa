"""The queue in front of Slack: paced by a clock of our own, honest about what is not known."""

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest

from bot.sandbox.workspace import Workspace
from bot.slack.pace import Bucket, Edits, Lane, Pace
from bot.slack.reply import Replies
from bot.slack.send import Content, Later, Refused, Sender, SendError, Unknown, has_file, has_key, web_client


class Time:
    """A clock that moves only when everybody sleeps: the nearest sleeper is woken."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, woken))
        await woken

    async def run(self, *work: "asyncio.Task[None]") -> None:
        while not all(task.done() for task in work):
            for _ in range(5):
                await asyncio.sleep(0)
            self._sleepers.sort(key=lambda sleeper: sleeper[0])
            if self._sleepers and not all(task.done() for task in work):
                at, woken = self._sleepers.pop(0)
                self.now = max(self.now, at)
                if not woken.done():
                    woken.set_result(None)
        for task in work:
            task.result()


async def turns(lane: Lane, time: Time, priorities: list[int]) -> list[tuple[float, int]]:
    """(when, priority) of each turn when all ask at once."""
    taken: list[tuple[float, int]] = []

    async def one(priority: int) -> None:
        await lane.turn(priority)
        taken.append((time.now - 1000.0, priority))

    async with asyncio.TaskGroup() as tasks:
        await time.run(*[tasks.create_task(one(priority)) for priority in priorities])
    return taken


async def test_a_channel_takes_three_at_once_and_then_one_a_second() -> None:
    time = Time()
    taken = await turns(Lane(Bucket(), time, time.sleep), time, [2] * 6)
    assert [round(at, 3) for at, _ in taken] == [0, 0, 0, 1, 2, 3]


async def test_who_is_more_urgent_goes_first_and_equals_in_order() -> None:
    time = Time()
    lane = Lane(Bucket(), time, time.sleep)
    await turns(lane, time, [2, 2, 2])
    taken = await turns(lane, time, [4, 3, 0, 4, 1])
    assert [priority for _, priority in taken] == [0, 1, 3, 4, 4]


async def test_whoever_gives_up_waiting_does_not_block_the_others() -> None:
    time = Time()
    lane = Lane(Bucket(), time, time.sleep)
    await turns(lane, time, [2, 2, 2])
    leaving = asyncio.ensure_future(lane.turn(0))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert [priority for _, priority in await turns(lane, time, [4])] == [4]


async def test_edits_stay_within_45_in_any_minute() -> None:
    time = Time()
    taken = [at for at, _ in await turns(Lane(Edits(), time, time.sleep), time, [3] * 70 + [1] * 40)]
    assert max(sum(at <= other < at + 60 for other in taken) for at in taken) <= 45


async def test_a_final_state_does_not_wait_behind_a_minute_of_progress() -> None:
    time = Time()
    lane = Lane(Edits(), time, time.sleep)
    progress = await turns(lane, time, [3] * 30)
    before = time.now
    await turns(lane, time, [1])
    assert time.now == before
    assert progress[1][0] - progress[0][0] == pytest.approx(1.0)
    assert progress[-1][0] - progress[-2][0] == pytest.approx(2.0)


async def test_a_method_that_slack_closed_is_left_alone_for_that_long() -> None:
    time = Time()
    pace = Pace(time, time.sleep)
    pace.close("chat.update", 7)

    async def both() -> None:
        await pace.method("chat.postMessage")
        assert time.now == 1000.0
        await pace.method("chat.update")

    await time.run(asyncio.ensure_future(both()))
    assert time.now == 1007.0


# --- against the strict workspace ---------------------------------------------------------------------------

HELLO = Content("hello", [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}])
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def hello() -> Content | None:
    return HELLO


@pytest.fixture
async def sender(workspace: Workspace, session: aiohttp.ClientSession) -> Sender:
    loop = asyncio.get_running_loop()
    client = web_client("xoxb-sandbox", workspace.api_url, session)
    return Sender(client, Replies(session, workspace.api_url), clock=loop.time)


async def test_a_post_carries_its_key_and_is_found_by_it(workspace: Workspace, sender: Sender) -> None:
    sent = await sender.post("C0SHOPOPS", hello, key="R-1:root")
    assert sent is not None
    assert workspace.messages("C0SHOPOPS")[0].text == "hello"
    assert await sender.find("C0SHOPOPS", has_key("R-1:root"), since=LONG_AGO) == sent.ts
    assert await sender.find("C0SHOPOPS", has_key("R-1:other"), since=LONG_AGO) is None
    reply = await sender.post("C0SHOPOPS", hello, key="R-1:thread:4", thread_ts=sent.ts)
    assert reply is not None
    found = await sender.find("C0SHOPOPS", has_key("R-1:thread:4"), since=LONG_AGO, thread_ts=sent.ts)
    assert found == reply.ts


async def test_what_is_no_longer_wanted_at_our_turn_is_not_sent(workspace: Workspace, sender: Sender) -> None:
    async def nothing() -> Content | None:
        return None

    assert await sender.post("C0SHOPOPS", nothing, key="x") is None
    await sender.edit("C0SHOPOPS", "1.1", nothing, key="x")
    assert workspace.calls == []


async def test_an_edit_replaces_what_is_shown(workspace: Workspace, sender: Sender) -> None:
    sent = await sender.post("C0SHOPOPS", hello, key="k")
    assert sent is not None

    async def changed() -> Content | None:
        return Content("changed", HELLO.blocks)

    await sender.edit("C0SHOPOPS", sent.ts, changed, key="k")
    assert [message.text for message in workspace.messages("C0SHOPOPS")] == ["changed"]


async def test_a_direct_conversation_is_opened_once(workspace: Workspace, sender: Sender) -> None:
    channel = await sender.direct("U0BEN")
    assert await sender.direct("U0BEN") == channel
    assert [call.method for call in workspace.calls] == ["conversations.open"]
    await sender.post(channel, hello, key="k")
    assert [message.text for message in workspace.dms("U0BEN")] == ["hello"]


async def test_a_whisper_is_for_one_person(workspace: Workspace, sender: Sender) -> None:
    await sender.whisper("C0SHOPOPS", "U0ANA", HELLO)
    assert [message.text for message in workspace.ephemerals("U0ANA")] == ["hello"]
    assert workspace.messages("C0SHOPOPS") == []


async def test_a_file_is_uploaded_and_found_by_its_title(workspace: Workspace, sender: Sender) -> None:
    channel = await sender.direct("U0ANA")
    await sender.upload(channel, "build.log", b"line\n" * 100, title="R-1 build.log")
    assert [(file.name, file.size) for file in workspace.files()] == [("build.log", 500)]
    assert await sender.find(channel, has_file("R-1 build.log"), since=LONG_AGO) is not None


@pytest.mark.parametrize(
    ("how", "post", "edit"),
    [
        ("channel_not_found", Refused, Refused),
        ("invalid_blocks", Refused, Refused),
        ("service_unavailable", Later, Later),
        ("internal_error", Unknown, Later),
        ("fatal_error", Unknown, Later),
        (500, Unknown, Later),
        (503, Unknown, Later),
        ("reset", Unknown, Later),
        ("reset_after_apply", Unknown, Later),
    ],
)
async def test_what_may_have_arrived_is_called_unknown(
    workspace: Workspace, sender: Sender, how: str | int, post: type[SendError], edit: type[SendError]
) -> None:
    sent = await sender.post("C0SHOPOPS", hello, key="first")
    assert sent is not None
    workspace.faults.fail("chat.postMessage", how)
    with pytest.raises(post):
        await sender.post("C0SHOPOPS", hello, key="second")
    workspace.faults.fail("chat.update", how)
    with pytest.raises(edit):
        await sender.edit("C0SHOPOPS", sent.ts, hello, key="first")
    assert len([call for call in workspace.calls if call.method == "chat.postMessage"]) <= 2


async def test_slack_that_cannot_be_reached_has_taken_nothing(session: aiohttp.ClientSession) -> None:
    loop = asyncio.get_running_loop()
    nowhere = "http://127.0.0.1:9/api/"
    sender = Sender(web_client("xoxb", nowhere, session), Replies(session, nowhere), clock=loop.time)
    with pytest.raises(Later):
        await sender.post("C0SHOPOPS", hello, key="k")


async def test_a_429_is_waited_for_and_the_message_is_posted_once(
    workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        workspace.faults.clear()
        time.now += seconds

    time = Time()
    client = web_client("xoxb-sandbox", workspace.api_url, session)
    sender = Sender(client, Replies(session, workspace.api_url), clock=time, sleep=sleep)
    workspace.faults.rate_limit("chat.postMessage", 30)
    await sender.post("C0SHOPOPS", hello, key="k")
    assert waited == [pytest.approx(30, abs=1)]
    assert len(workspace.messages("C0SHOPOPS")) == 1


async def test_a_long_429_is_put_off_and_asked_about_only_when_it_is_over(
    workspace: Workspace, session: aiohttp.ClientSession
) -> None:
    """Whoever sends gets its time back at once, so that it can say other things meanwhile."""

    async def sleep(seconds: float) -> None:
        raise AssertionError(f"waits {seconds} s, and everybody behind it")

    time = Time()
    client = web_client("xoxb-sandbox", workspace.api_url, session)
    sender = Sender(client, Replies(session, workspace.api_url), clock=time, sleep=sleep)
    workspace.faults.rate_limit("chat.postMessage", 900)
    for left in (900, 600):
        with pytest.raises(Later) as later:
            await sender.post("C0SHOPOPS", hello, key="k")
        assert later.value.wait_s == pytest.approx(left, abs=1)
        time.now += 300
    assert [call.method for call in workspace.calls] == ["chat.postMessage"]
    await sender.whisper("C0SHOPOPS", "U0ANA", HELLO)
    workspace.faults.clear()
    time.now += 301
    await sender.post("C0SHOPOPS", hello, key="k")
    assert len(workspace.messages("C0SHOPOPS")) == 1
