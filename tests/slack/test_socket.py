"""Socket Mode: every envelope is acknowledged once, nothing is lost when Slack sends us away, deafness is noticed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY
from slack_sdk.web.async_client import AsyncWebClient

from bot.db.database import AWAY
from bot.domain.card import Card, Tone
from bot.domain.invocation import Answer, Click, Invocation, Submission
from bot.sandbox.workspace import Delivery, Workspace
from bot.sandbox.workspace.things import Json
from bot.slack.app import Identity, Listeners, bolt_app, broken_card
from bot.slack.backoff import wait_s
from bot.slack.envelope import Envelopes, Frame
from bot.slack.reply import Replies
from bot.slack.send import web_client, web_session
from bot.slack.socket import SocketMode, SwitchedOff, Times

HERE, TOKEN, APP_TOKEN = "C0SHOPOPS", "xoxb-sandbox", "xapp-1-sandbox"
QUICK = Times(0.05, 0.5, 1.0, 1.0, 0.5, 0.01, 0.05, 1.0, 1.0)
SHORT = Delivery(patience_s=0.2)


class Engine:
    """What stands behind the listeners: it notes what it got, and does as told."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.fails: BaseException | None = None
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def receive(self, invocation: Invocation) -> Answer:
        await self._take(f"{invocation.command} {invocation.text}")
        return Answer(Card(Tone.OK, "Well", "all is well", ("All is well.",)))

    async def press(self, click: Click) -> Answer:
        await self._take(f"{click.action} {click.target}")
        return Answer()

    async def submitted(self, submission: Submission) -> Answer:
        raise AssertionError

    async def heard(self, event_id: str, event: Mapping[str, object]) -> None:
        await self._take(event_id)

    async def _take(self, what: str) -> None:
        self.got.append(what)
        await self.may_go_on.wait()
        if self.fails is not None:
            raise self.fails


class Nobody:
    """Speaks to the bot."""

    async def heard(self, body: Mapping[str, object], at: datetime) -> bool:
        return False


class Bot:
    """The listeners over Socket Mode, in front of an engine that does as told."""

    def __init__(self, client: AsyncWebClient, replies: Replies, times: Times) -> None:
        self.engine = Engine()
        listeners = Listeners(
            self.engine,
            self.engine,
            self.engine,
            Nobody(),
            replies,
            lambda: datetime.now(UTC),
            _unknown,
            _no_offers,
            _no_form,
            _no_aside,
            _not_chosen,
            _not_shown,
        )
        app = bolt_app(Identity(TOKEN), "nobody-knows", client, listeners)
        self.socket = SocketMode(client, APP_TOKEN, Envelopes(app), times=times, chance=lambda: 1.0)
        self.running = asyncio.ensure_future(self.socket.run())

    async def linked(self) -> "Bot":
        async with asyncio.timeout(5):
            await self.socket.linked.wait()
        return self


def _unknown(at: datetime) -> Card:
    return broken_card("unknown")


async def _no_offers(card: Card) -> Mapping[str, str]:
    return {}


async def _no_aside(trigger: str, person: str, card: Card) -> None:
    raise AssertionError


async def _no_form(trigger: str, view: object) -> bool:
    return False


async def _not_chosen(body: Mapping[str, object], at: datetime) -> Answer:
    return Answer()


async def _not_shown(target: str, opened: bool) -> None:
    return None


@pytest.fixture
async def ws() -> AsyncIterator[Workspace]:
    made = Workspace(signing_secret="shh", bot_token=TOKEN, request_url="", app_token=APP_TOKEN, strict_limits=False)
    made.add_person("U0ANA", "ana", "Ana")
    made.add_channel(HERE, "shop-ops", members=["U0ANA", made.bot_user])
    await made.start()
    yield made
    await made.close()
    assert made.socket.wrong == []


@asynccontextmanager
async def a_bot(ws: Workspace, times: Times = QUICK) -> AsyncIterator[Bot]:
    async with web_session() as session:
        bot = Bot(web_client(TOKEN, ws.api_url, session), Replies(session, ws.api_url), times)
        try:
            yield bot
        finally:
            await bot.socket.stop()
            await asyncio.wait({bot.running})


@pytest.fixture
async def bot(ws: Workspace) -> AsyncIterator[Bot]:
    async with a_bot(ws) as made:
        yield await made.linked()


async def until(seen: Callable[[], object]) -> None:
    """Looks again every 10 ms: what the bot knows rings no bell of the workspace."""
    async with asyncio.timeout(5):
        while not seen():  # noqa: ASYNC110  what it looks at is no event
            await asyncio.sleep(0.01)


def greeted(ws: Workspace, besides: list[object] | None = None) -> Callable[[], bool]:
    return lambda: any(line.greeted and line not in (besides or []) for line in ws.socket.lines)


async def a_card(ws: Workspace) -> None:
    button = {"type": "button", "action_id": "approval.approve", "value": "t1"}
    button |= {"text": {"type": "plain_text", "text": "Approve"}}  # type: ignore[dict-item]
    slack = AsyncWebClient(TOKEN, base_url=ws.api_url)
    await slack.chat_postMessage(channel=HERE, text="Well?", blocks=[{"type": "actions", "elements": [button]}])


async def test_each_kind_of_envelope_is_acknowledged_once(ws: Workspace, bot: Bot) -> None:
    answer = await ws.type("U0ANA", HERE, "/health shop")
    assert "all is well" in str(answer.json())
    await a_card(ws)
    clicked = await ws.click("U0ANA", ws.messages(HERE)[0], "Approve")
    told = await ws.send_event({"type": "team_join", "user": {}}, event_id="Ev1")
    assert [(one.status, one.body) for one in (clicked, told)] == [(200, b""), (200, b"")]
    assert bot.engine.got == ["/health shop", "approval.approve t1", "Ev1"]
    assert len({frame["envelope_id"] for frame in ws.socket.frames_said}) == len(ws.socket.frames_said) == 3
    assert ["payload" in frame for frame in ws.socket.frames_said] == [True, False, False]


@pytest.mark.parametrize("error", [AWAY[0](), ValueError("x")], ids=["database away", "a mistake of ours"])
async def test_what_could_not_be_recorded_is_told_and_an_event_comes_again(
    ws: Workspace, bot: Bot, error: Exception
) -> None:
    bot.engine.fails = error
    ws.event_retries_s = (0.0,)
    answer = await ws.type("U0ANA", HERE, "/health shop")
    assert "do not know whether this was recorded" in str(answer.json())
    told = await ws.send_event({"type": "team_join", "user": {}}, patience_s=0.2)
    assert told.error == "operation_timeout"
    bot.engine.fails = None
    again = await ws.send_event({"type": "team_join", "user": {}}, event_id="Ev1", retry_num=1)
    assert again.status == 200


async def test_nothing_is_acknowledged_before_the_engine_has_it(ws: Workspace, bot: Bot) -> None:
    bot.engine.may_go_on.clear()
    async with asyncio.TaskGroup() as group:
        typed = group.create_task(ws.type("U0ANA", HERE, "/health shop"))
        await until(lambda: bot.engine.got)
        assert ws.socket.frames_said == []
        bot.engine.may_go_on.set()
    assert typed.result().status == 200


UNKNOWN: list[tuple[str, Json, bool]] = [
    ("slash_commands", {"type": "slash_commands", "payload": "no object", "accepts_response_payload": True}, True),
    ("workflow_step", {"type": "workflow_step", "payload": {}, "accepts_response_payload": True}, True),
    ("not accepted", {"type": "workflow_step", "payload": {}}, False),
    ("shortcut", {"type": "interactive", "payload": {"type": "shortcut", "callback_id": "x"}}, False),
    ("broken", {"type": "slash_commands", "payload": {"command": "/x"}, "accepts_response_payload": True}, True),
]


@pytest.mark.parametrize(("frame", "told"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
async def test_what_is_unknown_is_acknowledged_with_words(ws: Workspace, frame: Json, told: bool) -> None:
    async with a_bot(ws) as bot:
        envelopes = bot.socket._envelopes
        words = await envelopes.acknowledge(Frame.model_validate({"envelope_id": "e1", **frame}))
    assert words is not None
    assert words["envelope_id"] == "e1"
    assert ("payload" in words) == told
    assert not told or "do not know" in str(words)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_no_request_is_lost_when_slack_sends_us_away_under_load(ws: Workspace, bot: Bot, reason: str) -> None:
    answers = []
    over = asyncio.Event()

    async def people() -> None:
        while not over.is_set():
            answers.append(await ws.type("U0ANA", HERE, "/health shop"))

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(people())
        for _ in range(4):
            told = await ws.socket.disconnect(reason)  # type: ignore[arg-type]
            await ws.wait_for(greeted(ws, list(told)), what="the next connection")
            await ws.socket.release(told)
        over.set()
    assert {answer.status for answer in answers} == {200}
    assert len(answers) == len(bot.engine.got)


async def test_an_answer_goes_out_over_the_next_connection_when_its_own_is_gone(ws: Workspace, bot: Bot) -> None:
    bot.engine.may_go_on.clear()
    async with asyncio.TaskGroup() as group:
        typed = group.create_task(ws.type("U0ANA", HERE, "/health shop"))
        await until(lambda: bot.engine.got)
        old = list(ws.socket.lines)
        ws.socket.cut()
        await ws.wait_for(greeted(ws, list(old)), what="the next connection")
        bot.engine.may_go_on.set()
    assert typed.result().status == 200


async def test_a_disabled_link_ends_it_loudly(ws: Workspace, bot: Bot) -> None:
    await ws.socket.disconnect("link_disabled")
    with pytest.raises(SwitchedOff, match=r"link_disabled.*Socket Mode must be enabled"):
        await asyncio.wait_for(asyncio.shield(bot.running), 5)
    assert "SLACK_SIGNING_SECRET" in bot.socket.problems()[0]


@pytest.mark.parametrize("error", ["invalid_auth", "not_allowed_token_type", "forbidden_team"])
async def test_a_refused_token_ends_it_loudly(ws: Workspace, error: str) -> None:
    ws.faults.fail("apps.connections.open", error)
    async with a_bot(ws) as bot:
        with pytest.raises(SwitchedOff, match=error):
            await asyncio.wait_for(asyncio.shield(bot.running), 5)


@pytest.mark.parametrize("how", ["internal_error", 503, "reset", "ratelimited"])
async def test_a_failing_opening_is_tried_again(ws: Workspace, how: str | int) -> None:
    ws.faults.fail("apps.connections.open", how, times=3)
    async with a_bot(ws) as bot:
        assert bot.socket.problems() == ["Socket Mode: no connection to Slack yet; trying on"]
        await bot.linked()
        assert bot.socket.problems() == []
        assert len([call for call in ws.calls if call.method == "apps.connections.open"]) == 4


async def test_slacks_own_wait_is_kept(ws: Workspace) -> None:
    ws.faults.rate_limit("apps.connections.open", 30)
    async with a_bot(ws) as bot:
        await until(lambda: bot.socket._failures == 1)
        assert 25 < bot.socket._wait_s() <= 30


async def test_deafness_makes_unready_and_is_mended(ws: Workspace, bot: Bot) -> None:
    ws.faults.down("refuse")
    ws.socket.deafen()
    await until(lambda: "deaf" in str(bot.socket.problems()))
    ws.faults.up()
    await until(lambda: not bot.socket.problems())
    assert (await ws.type("U0ANA", HERE, "/health shop")).status == 200


async def test_a_half_open_connection_is_replaced_long_before_it_makes_unready(ws: Workspace, bot: Bot) -> None:
    old = list(ws.socket.lines)
    ws.socket.deafen()
    await ws.wait_for(greeted(ws, list(old)), what="the next connection")
    assert bot.socket.problems() == []


async def test_a_connection_without_a_hello_is_none(ws: Workspace) -> None:
    ws.socket.mute = True
    times = Times(0.05, 0.5, 1.0, 0.1, 0.5, 0.01, 0.05, 1.0, 1.0)
    async with a_bot(ws, times) as bot:
        await ws.wait_for(lambda: ws.socket.tickets_given >= 3, what="more tickets")
        assert not bot.socket.linked.is_set()
        ws.socket.mute = False
        await bot.linked()


async def test_with_ten_connections_taken_it_waits_for_room(ws: Workspace) -> None:
    ws.socket.haunt(10)
    async with a_bot(ws) as bot:
        await ws.wait_for(lambda: ws.socket.tickets_given >= 3, what="more tickets")
        assert not bot.socket.linked.is_set()
        await ws.socket.release(ws.socket.lines[:1])
        await bot.linked()
        assert REGISTRY.get_sample_value("watchkeeper_socket_connections") == 10


async def test_ghosts_and_the_last_sign_of_life_are_exported(ws: Workspace) -> None:
    ws.socket.haunt(2)
    before = datetime.now(UTC).timestamp()
    async with a_bot(ws) as bot:
        await bot.linked()
    assert REGISTRY.get_sample_value("watchkeeper_socket_connections") == 3
    assert (REGISTRY.get_sample_value("watchkeeper_socket_last_heard_seconds") or 0) >= before


async def test_two_bots_share_the_connections_and_an_envelope_given_to_both_is_answered_by_both(
    ws: Workspace, bot: Bot
) -> None:
    async with a_bot(ws) as other:
        await other.linked()
        answer = await ws.type("U0ANA", HERE, "/health shop", delivery=Delivery(times=2))
        assert [answer.status, answer.others[0].status] == [200, 200]
        assert bot.engine.got == other.engine.got == ["/health shop"]


async def test_stopping_answers_what_is_in_hand_and_takes_nothing_more(ws: Workspace, bot: Bot) -> None:
    bot.engine.may_go_on.clear()
    async with asyncio.TaskGroup() as group:
        typed = group.create_task(ws.type("U0ANA", HERE, "/health shop"))
        await until(lambda: bot.engine.got)
        stopping = group.create_task(bot.socket.stop())
        bot.engine.may_go_on.set()
    assert (typed.result().status, stopping.done()) == (200, True)
    await ws.wait_for(lambda: not ws.socket.lines, what="no line left")
    assert (await ws.type("U0ANA", HERE, "/health shop", delivery=SHORT)).error == "dispatch_failed"
    await asyncio.wait_for(bot.running, 5)


WAITS = [
    ("the first one at once", 0, 0, 1.0, 0.0),
    ("after one failure", 1, 1, 1.0, 1.0),
    ("twice as long after two", 2, 2, 1.0, 2.0),
    ("and so on", 4, 4, 1.0, 8.0),
    ("at most", 400, 5, 1.0, 30.0),
    ("half of it by chance", 4, 4, 0.0, 4.0),
    ("five good ones a minute are free", 0, 5, 1.0, 0.0),
    ("the sixth is not", 0, 6, 1.0, 1.0),
    ("nor the eighth", 0, 8, 1.0, 4.0),
]


@pytest.mark.parametrize(
    ("failures", "opened", "chance", "wait"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS]
)
def test_the_wait_before_the_next_connection(failures: int, opened: int, chance: float, wait: float) -> None:
    assert wait_s(failures, [100.0] * opened, 120.0, chance) == wait
    assert wait_s(0, [100.0] * opened, 161.0, chance) == 0.0
