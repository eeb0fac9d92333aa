"""A person types and clicks, a small app answers over HTTP, the workspace shows it: with Slack's own SDK as the caller."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Delivery, NoSuchElement, Workspace

SECRET = "a-signing-secret"
TOKEN = "xoxb-sandbox"
BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Roll back?*"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "approval.approve",
                "value": "q7",
                "text": {"type": "plain_text", "text": "Approve"},
            },
            {
                "type": "button",
                "action_id": "approval.deny",
                "value": "q7",
                "text": {"type": "plain_text", "text": "Deny"},
            },
        ],
    },
]


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class App:
    """A small app: keeps what it got, answers as told."""

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Awaitable[web.Response] | web.Response] = lambda payload: web.Response()

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.raw.append(body)
        self.headers.append(dict(request.headers))
        if request.content_type == "application/json":
            payload = json.loads(body)
        else:
            form = dict(parse_qsl(body, keep_blank_values=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
        self.got.append(payload)
        answer = self.answer(payload)
        return answer if isinstance(answer, web.Response) else await answer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app() -> AsyncIterator[App]:
    small = App()
    server = web.Application()
    server.router.add_post("/slack/events", small.serve)
    runner = web.AppRunner(server, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    small.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield small
    await runner.cleanup()


@pytest.fixture
async def ws(app: App, clock: Clock) -> AsyncIterator[Workspace]:
    workspace = Workspace(signing_secret=SECRET, bot_token=TOKEN, request_url=app.url, clock=clock)
    workspace.add_person("U0ANA", "ana", "Ana Ortiz", title="Operator on call")
    workspace.add_person("U0BEN", "ben", "Ben Okafor")
    workspace.add_channel("C0SHOPOPS", "shop-ops", members=["U0ANA", "U0BEN", "U0WATCH"])
    workspace.add_channel("C0OTHER", "other", members=["U0ANA"])
    workspace.add_channel("C0SECRET", "secret", members=["U0ANA"], is_private=True)
    await workspace.start()
    yield workspace
    await workspace.close()


@pytest.fixture
def slack(ws: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=TOKEN, base_url=ws.api_url, timeout=5)


async def test_a_typed_command_reaches_the_app_signed_and_with_slacks_fields(
    ws: Workspace, app: App, clock: Clock
) -> None:
    answer = await ws.type("U0ANA", "C0SHOPOPS", "/rollback shop production because @ben said so in #shop-ops & <b>")
    assert (answer.status, answer.error) == (200, None)
    assert SignatureVerifier(SECRET, clock=_At(clock)).is_valid_request(app.raw[0], app.headers[0])
    form = app.got[0]
    said = "shop production because <@U0BEN> said so in <#C0SHOPOPS|shop-ops> &amp; &lt;b&gt;"
    assert (form["command"], form["text"]) == ("/rollback", said)
    assert (form["user_id"], form["team_id"], form["channel_id"]) == ("U0ANA", "T0LANTERN", "C0SHOPOPS")
    assert (form["channel_name"], form["is_enterprise_install"]) == ("shop-ops", "false")
    assert form["response_url"].startswith(f"{ws.url}/respond/")


class _At:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock()


async def test_the_answer_in_the_200_is_seen_by_the_person_alone(ws: Workspace, app: App) -> None:
    app.answer = lambda payload: web.json_response({"text": "6 webhooks", "blocks": BUTTONS})
    await ws.type("U0ANA", "#shop-ops", "/health")
    assert [m.text for m in ws.ephemerals("U0ANA", "C0SHOPOPS")] == ["6 webhooks"]
    assert (ws.ephemerals("U0BEN"), ws.messages("C0SHOPOPS")) == ([], [])


async def test_a_posted_card_is_clicked_and_changed(ws: Workspace, app: App, slack: AsyncWebClient) -> None:
    posted = await slack.chat_postMessage(channel="C0SHOPOPS", text="Ben, approve?", blocks=BUTTONS)
    [card] = ws.messages("C0SHOPOPS")
    assert ws.all_text(card) == "Ben, approve?\n*Roll back?*\nApprove\nDeny"
    await ws.click("U0BEN", card, "approval.app")
    click = app.got[-1]
    assert (click["type"], click["user"]["id"], click["user"]["team_id"]) == ("block_actions", "U0BEN", "T0LANTERN")
    assert (click["actions"][0]["value"], click["message"]["ts"]) == ("q7", posted["ts"])
    assert click["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": "C0SHOPOPS",
        "is_ephemeral": False,
    }
    await slack.chat_update(channel="C0SHOPOPS", ts=posted["ts"], text="Approved by Ben")
    [card] = ws.messages("C0SHOPOPS")
    assert (card.text, card.blocks, bool(card.edited)) == ("Approved by Ben", [], True)


async def test_a_forged_value_and_a_repeated_click_are_delivered_as_they_are(
    ws: Workspace, app: App, slack: AsyncWebClient
) -> None:
    await slack.chat_postMessage(channel="C0SHOPOPS", text="Approve?", blocks=BUTTONS)
    [card] = ws.messages("C0SHOPOPS")
    answer = await ws.click("U0BEN", card, "Deny", value="forged", times=4)
    assert [click["actions"][0]["value"] for click in app.got] == ["forged"] * 4
    assert len({click["trigger_id"] for click in app.got}) == 1
    assert len(answer.others) == 3


async def test_a_message_to_a_person_goes_to_their_direct_conversation(ws: Workspace, slack: AsyncWebClient) -> None:
    opened = await slack.conversations_open(users=["U0BEN"])
    await slack.chat_postMessage(channel="U0BEN", text="by person")
    await slack.chat_postMessage(channel=opened["channel"]["id"], text="by conversation")
    assert [m.text for m in ws.dms("U0BEN")] == ["by person", "by conversation"]


async def test_an_ephemeral_message_is_replaced_through_its_response_url(
    ws: Workspace, app: App, slack: AsyncWebClient
) -> None:
    await slack.chat_postEphemeral(channel="C0SHOPOPS", user="U0ANA", text="Run?", blocks=BUTTONS)
    [card] = ws.ephemerals("U0ANA")
    await ws.click("U0ANA", card, "Approve")
    assert "message" not in app.got[0]
    from slack_sdk.webhook.async_client import AsyncWebhookClient

    url = AsyncWebhookClient(app.got[0]["response_url"])
    await url.send(text="Running", replace_original=True)
    assert [m.text for m in ws.ephemerals("U0ANA")] == ["Running"]
    await url.send(delete_original=True)
    assert ws.ephemerals("U0ANA") == []


async def test_waiting_ends_with_the_change_or_with_a_readable_dump(ws: Workspace, slack: AsyncWebClient) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(ws.wait_for(lambda: ws.messages("C0SHOPOPS")))
        await asyncio.sleep(0)
        await slack.chat_postMessage(channel="C0SHOPOPS", text="here")
    assert [m.text for m in waiting.result()] == ["here"]
    with pytest.raises(AssertionError, match="the card in vain(.|\n)*here(.|\n)*chat.postMessage 200 ok"):
        await ws.wait_for(lambda: None, timeout=0.01, what="the card")


async def test_a_silent_app_times_out_and_a_missing_one_fails(ws: Workspace, app: App) -> None:
    async def sleep(payload: dict[str, Any]) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    app.answer = sleep
    assert (
        await ws.type("U0ANA", "C0SHOPOPS", "/health", delivery=Delivery(patience_s=0.05))
    ).error == "operation_timeout"
    ws.request_url = "http://127.0.0.1:9/slack/events"
    assert (await ws.type("U0ANA", "C0SHOPOPS", "/health")).error == "dispatch_failed"


async def test_what_is_not_there_cannot_be_pressed(ws: Workspace, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel="C0SHOPOPS", text="Approve?", blocks=BUTTONS)
    with pytest.raises(
        NoSuchElement, match=r"nothing here is called 'Withdraw'; there is approval.approve “Approve”"
    ):
        await ws.click("U0BEN", ws.messages("C0SHOPOPS")[0], "Withdraw")


async def test_the_sdk_meets_slacks_refusals(ws: Workspace, slack: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(channel="C0OTHER", text="hello")
    assert caught.value.response["error"] == "not_in_channel"
