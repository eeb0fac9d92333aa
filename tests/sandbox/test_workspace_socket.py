"""Socket Mode's other side, held against Slack's own SDK: tickets, envelopes, farewells, trouble on demand."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Delivery, Workspace
from bot.sandbox.workspace.things import Json
from tests.sandbox.small_app import SECRET, TOKEN, card, field_of, modal, people_and_places

APP_TOKEN = "xapp-1-sandbox"
HERE = "C0SHOPOPS"
QUICK = Delivery(patience_s=0.1)


class App:
    """Slack's own client; what it got, and what it answers by kind of envelope."""

    def __init__(self, ws: Workspace) -> None:
        web = AsyncWebClient(base_url=ws.api_url, timeout=5)
        self.client = SocketModeClient(APP_TOKEN, web_client=web, ping_interval=0.05)
        self.client.socket_mode_request_listeners.append(self.handle)
        self.got: list[SocketModeRequest] = []
        self.payload: Json | None = None
        self.silent = False

    async def handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.got.append(request)
        if not self.silent:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, self.payload))


@pytest.fixture
async def ws() -> AsyncIterator[Workspace]:
    workspace = Workspace(signing_secret=SECRET, bot_token=TOKEN, request_url="", app_token=APP_TOKEN)
    people_and_places(workspace)
    await workspace.start()
    yield workspace
    await workspace.close()


@pytest.fixture
async def app(ws: Workspace) -> AsyncIterator[App]:
    made = App(ws)
    await made.client.connect()  # type: ignore[no-untyped-call]
    await greeted(ws)
    yield made
    await made.client.close()  # type: ignore[no-untyped-call]


async def greeted(ws: Workspace, lines: int = 1) -> None:
    await ws.wait_for(lambda: [line.greeted for line in ws.socket.lines] == [True] * lines, what="a hello")


async def url_of(ws: Workspace, token: str = APP_TOKEN) -> str:
    return str((await AsyncWebClient(base_url=ws.api_url).apps_connections_open(app_token=token))["url"])


async def test_a_command_is_answered_by_the_acknowledgement(ws: Workspace, app: App) -> None:
    app.payload = {"text": "all is well"}
    answer = await ws.type("U0ANA", HERE, "/health shop")
    assert (answer.status, answer.json(), answer.error) == (200, {"text": "all is well"}, None)
    assert [message.text for message in ws.ephemerals("U0ANA")] == ["all is well"]
    request = app.got[0]
    assert (request.type, request.accepts_response_payload) == ("slash_commands", True)
    assert (request.payload["command"], request.payload["user_id"]) == ("/health", "U0ANA")
    assert ws.socket.wrong == []


async def test_a_click_takes_no_payload_and_a_form_does(ws: Workspace, app: App) -> None:
    slack = AsyncWebClient(token=TOKEN, base_url=ws.api_url)
    await slack.chat_postMessage(channel=HERE, text="Roll back?", blocks=card())
    assert (await ws.click("U0BEN", ws.messages(HERE)[0], "Approve")).status == 200
    await slack.views_open(trigger_id=app.got[0].payload["trigger_id"], view=modal(field_of("why")))
    app.payload = {"response_action": "errors", "errors": {"why": "say more"}}
    answer = await ws.submit("U0BEN", ws.views("U0BEN")[0].id, {"why": {"why.typed": "because"}})
    assert (answer.json() or {})["errors"] == {"why": "say more"}
    assert [request.accepts_response_payload for request in app.got] == [False, True]
    assert ws.socket.wrong == []
    await ws.click("U0BEN", ws.messages(HERE)[0], "Deny")
    assert ws.socket.wrong == ["a payload that was not accepted: interactive"]


async def test_a_silent_app_is_told_to_the_person_and_an_event_comes_again(ws: Workspace, app: App) -> None:
    app.silent = True
    answer = await ws.type("U0ANA", HERE, "/health", delivery=QUICK)
    assert answer.error == "operation_timeout"
    await ws.send_event({"type": "team_join"}, event_id="Ev1", retry_num=2, patience_s=0.1)
    request = app.got[-1]
    assert (request.type, request.payload["event_id"], request.retry_attempt) == ("events_api", "Ev1", 2)


async def test_without_a_connection_nothing_is_dispatched(ws: Workspace) -> None:
    assert (await ws.type("U0ANA", HERE, "/health")).error == "dispatch_failed"


async def test_the_same_envelope_can_come_over_two_connections(ws: Workspace, app: App) -> None:
    second = App(ws)
    await second.client.connect()  # type: ignore[no-untyped-call]
    await greeted(ws, 2)
    answer = await ws.type("U0ANA", HERE, "/health", delivery=Delivery(times=2))
    assert [answer.status, *(one.status for one in answer.others)] == [200, 200]
    assert [one.envelope_id for one in app.got] == [one.envelope_id for one in second.got]
    await second.client.close()  # type: ignore[no-untyped-call]


async def test_a_payload_goes_to_any_one_and_a_ghost_swallows_its_share(ws: Workspace, app: App) -> None:
    ws.socket.haunt(1)
    answers = [await ws.type("U0ANA", HERE, "/health", delivery=QUICK) for _ in range(4)]
    assert sorted(answer.error or "" for answer in answers) == ["", "", "operation_timeout", "operation_timeout"]
    assert len(app.got) == 2


TOKENS = [
    ("xoxb-wrong", "invalid_auth"),
    (TOKEN, "not_allowed_token_type"),
]


@pytest.mark.parametrize(("token", "error"), TOKENS)
async def test_only_the_apps_own_token_opens_a_connection(ws: Workspace, token: str, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        await url_of(ws, token)


async def test_the_apps_own_token_does_nothing_else(ws: Workspace) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await AsyncWebClient(token=APP_TOKEN, base_url=ws.api_url).auth_test()


async def test_a_ticket_is_good_once(ws: Workspace) -> None:
    url = await url_of(ws)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        for bad in (url, url.replace("ticket=", "ticket=x")):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(bad)


async def test_the_eleventh_connection_is_sent_away(ws: Workspace) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await url_of(ws)) for _ in range(11)]
        firsts: list[Json] = [await socket.receive_json() for socket in sockets]
        assert [first["num_connections"] for first in firsts[:10]] == list(range(1, 11))
        assert (firsts[10]["type"], firsts[10]["reason"]) == ("disconnect", "too_many_websockets")
        assert (await sockets[10].receive()).type is aiohttp.WSMsgType.CLOSE
        for socket in sockets:
            await socket.close()


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_slacks_client_comes_back_when_told_to_go(ws: Workspace, app: App, reason: Any) -> None:
    told = await ws.socket.disconnect(reason)
    await ws.wait_for(lambda: ws.socket.tickets_given == 2 and ws.socket.lines and ws.socket.lines[-1] not in told)
    await ws.socket.release(told)
    await greeted(ws)
    assert (await ws.type("U0ANA", HERE, "/health")).status == 200


async def test_slacks_client_comes_back_after_a_cut_and_after_deafness(ws: Workspace, app: App) -> None:
    ws.socket.cut()
    await ws.wait_for(lambda: ws.socket.tickets_given == 2, what="a new connection after the cut")
    await greeted(ws)
    ws.socket.deafen()
    await ws.wait_for(lambda: ws.socket.tickets_given >= 3, what="a new connection after silence")


async def test_a_disabled_link_gives_no_new_ticket(ws: Workspace) -> None:
    await ws.socket.disconnect("link_disabled")
    with pytest.raises(SlackApiError, match="forbidden_team"):
        await url_of(ws)


async def test_the_workspace_notes_what_the_protocol_does_not_allow(ws: Workspace) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(await url_of(ws)) as socket:
        await socket.receive_json()
        async with asyncio.TaskGroup() as group:
            typed = group.create_task(ws.type("U0ANA", HERE, "/health"))
            envelope = await socket.receive_json()
            for text in ("hello?", '{"envelope_id": "nobody"}'):
                await socket.send_str(text)
            for _ in range(2):
                await socket.send_str(json.dumps({"envelope_id": envelope["envelope_id"]}))
        await ws.wait_for(lambda: len(ws.socket.wrong) == 3)
        assert typed.result().status == 200
    words = ("not an acknowledgement", "an unknown envelope", "more often than delivered")
    assert all(word in found for word, found in zip(words, ws.socket.wrong, strict=True))
