"""What the page calls: state, messages, live events, typing, clicking; and who may not call."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Json
from tests.sandbox.small_app import SmallApp, actions, card, field_of, modal, section

HERE = "C0SHOPOPS"


class Browser:
    """A page without eyes."""

    def __init__(self, ws: Workspace, session: aiohttp.ClientSession) -> None:
        self._ws = ws
        self._session = session

    async def ask(self, path: str, **params: str) -> Json:
        async with self._session.get(self._ws.url + path, params=params) as response:
            return {"status": response.status, **await response.json()}

    async def tell(self, path: str, **body: object) -> Json:
        async with self._session.post(self._ws.url + path, json=body) as response:
            return {"status": response.status, **await response.json()}

    async def listen(self, person: str) -> AsyncIterator[Json]:
        async with self._session.get(f"{self._ws.url}/ui/events", params={"as": person}) as response:
            yield {"type": "open"}
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))


@pytest.fixture
async def browser(ws: Workspace) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as session:
        yield Browser(ws, session)


async def test_each_person_sees_their_own_channels(ws: Workspace, browser: Browser) -> None:
    ws.set_world({"title": "Lantern Shop", "facts": []})
    ana, ben = await browser.ask("/ui/state", **{"as": "U0ANA"}), await browser.ask("/ui/state", **{"as": "U0BEN"})
    assert [c["name"] for c in ana["channels"]] == ["shop-ops", "other", "secret"]
    assert [c["name"] for c in ben["channels"]] == ["shop-ops"]
    assert [(c["id"], c["kind"], c["with"]) for c in ben["dms"]] == [("D0BEN", "dm", "U0WATCH")]
    assert (ana["me"]["real_name"], ana["world"]["title"]) == ("Ana Ortiz", "Lantern Shop")
    assert [p["name"] for p in ana["people"]] == ["watchkeeper", "ana", "ben", "gone"]


async def test_what_was_not_read_counts_until_it_is(browser: Browser, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel=HERE, text="one")
    unread = (await browser.ask("/ui/state", **{"as": "U0ANA"}))["channels"][0]["unread"]
    await browser.ask("/ui/messages", **{"as": "U0ANA", "channel": HERE})
    after = (await browser.ask("/ui/state", **{"as": "U0ANA"}))["channels"][0]["unread"]
    assert (unread, after) == (1, 0)


async def test_whispers_stand_among_the_messages_of_one_person(browser: Browser, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel=HERE, text="one")
    await slack.chat_postEphemeral(channel=HERE, user="U0ANA", text="two")
    await slack.chat_postMessage(channel=HERE, text="three")
    shown = (await browser.ask("/ui/messages", **{"as": "U0ANA", "channel": HERE}))["messages"]
    assert [(m["text"], m.get("ephemeral")) for m in shown] == [("one", None), ("two", True), ("three", None)]
    await browser.tell("/ui/dismiss", **{"as": "U0ANA", "ts": shown[1]["ts"]})
    assert len((await browser.ask("/ui/messages", **{"as": "U0ANA", "channel": HERE}))["messages"]) == 2
    assert len((await browser.ask("/ui/messages", **{"as": "U0BEN", "channel": HERE}))["messages"]) == 2


async def test_a_thread_is_shown_with_its_parent_first(browser: Browser, slack: AsyncWebClient) -> None:
    ts = (await slack.chat_postMessage(channel=HERE, text="R-42"))["ts"]
    await slack.chat_postMessage(channel=HERE, text="step", thread_ts=ts)
    thread = (await browser.ask("/ui/thread", **{"as": "U0ANA", "channel": HERE, "ts": ts}))["messages"]
    assert [(m["text"], m.get("reply_count")) for m in thread] == [("R-42", 1), ("step", None)]


async def test_changes_arrive_live_and_only_where_they_are_seen(
    ws: Workspace, browser: Browser, slack: AsyncWebClient, small_app: SmallApp
) -> None:
    events = browser.listen("U0BEN")
    assert await anext(events) == {"type": "open"}
    await slack.chat_postEphemeral(channel=HERE, user="U0ANA", text="not for Ben")
    ts = (await slack.chat_postMessage(channel=HERE, text="one"))["ts"]
    await slack.chat_update(channel=HERE, ts=ts, text="two")
    await slack.reactions_add(channel=HERE, timestamp=ts, name="eyes")
    await slack.chat_delete(channel=HERE, ts=ts)
    await ws.type("U0BEN", HERE, "/rollback")
    await slack.views_open(trigger_id=small_app.got[-1]["trigger_id"], view=modal(section("x")))
    ws.set_world({"title": "Lantern Shop"})
    seen: list[Any] = [await anext(events) for _ in range(6)]
    assert [event["type"] for event in seen] == ["message", "changed", "reaction", "deleted", "view", "world"]
    assert (seen[0]["message"]["text"], seen[1]["message"]["text"]) == ("one", "two")
    assert (seen[2]["message"]["reactions"][0]["name"], seen[4]["view"]["title"]["text"]) == ("eyes", "Roll back")
    await events.aclose()  # type: ignore[attr-defined]


async def test_typing_clicking_and_sending_reach_the_app(
    ws: Workspace, browser: Browser, slack: AsyncWebClient, small_app: SmallApp
) -> None:
    assert (await browser.tell("/ui/type", **{"as": "U0ANA", "channel": HERE, "text": "/health"}))["ok"]
    await slack.views_open(trigger_id=small_app.got[-1]["trigger_id"], view=modal(field_of("why")))
    view = ws.views("U0ANA")[0].id
    refused = await browser.tell("/ui/submit", **{"as": "U0ANA", "view_id": view, "values": {}})
    assert refused["errors"] == {"why": "Please complete this required field."}
    values = {"why": {"why.typed": {"value": "because"}}}
    assert (await browser.tell("/ui/submit", **{"as": "U0ANA", "view_id": view, "values": values}))["ok"]
    await slack.chat_postMessage(channel=HERE, text="Approve?", blocks=card())
    message = ws.messages(HERE)[0]
    place = {"channel": HERE, "ts": message.ts, "block_id": message.blocks[1]["block_id"]}
    assert (await browser.tell("/ui/click", **{"as": "U0BEN", **place, "action_id": "approval.deny", "value": "q7"}))[
        "ok"
    ]
    assert [got.get("type", got.get("command")) for got in small_app.got] == [
        "/health",
        "view_submission",
        "block_actions",
    ]


async def test_a_chosen_option_is_clicked_whole(
    ws: Workspace, browser: Browser, slack: AsyncWebClient, small_app: SmallApp
) -> None:
    option = {"text": {"type": "plain_text", "text": "Logs"}, "value": "logs"}
    menu = {"type": "overflow", "action_id": "more", "options": [option]}
    await slack.chat_postMessage(channel=HERE, text="x", blocks=[actions(menu)])
    place = {"as": "U0BEN", "channel": HERE, "ts": ws.messages(HERE)[0].ts, "action_id": "more"}
    await browser.tell("/ui/click", **place, selected_option=option)
    assert small_app.got[0]["actions"][0]["selected_option"] == option


async def test_a_failed_command_says_how(ws: Workspace, browser: Browser) -> None:
    ws.request_url = "http://127.0.0.1:9/"
    answer = await browser.tell("/ui/type", **{"as": "U0ANA", "channel": HERE, "text": "/health"})
    assert (answer["status"], answer["ok"], answer["error"]) == (400, False, "dispatch_failed")


async def test_a_world_action_runs_the_demos_hook(ws: Workspace, browser: Browser) -> None:
    done: list[tuple[str, str]] = []

    async def act(action: str, person: str) -> str:
        done.append((action, person))
        return "It comes back in 3 s."

    ws.on_world_action = act
    answer = await browser.tell("/ui/world", **{"as": "U0ANA", "action": "kill-bot"})
    assert (answer["text"], done) == ("It comes back in 3 s.", [("kill-bot", "U0ANA")])


STRANGE: list[tuple[str, str, dict[str, str], str]] = [
    ("nobody", "/ui/state", {"as": "U0NONE"}, "user_not_found"),
    ("another's channel", "/ui/messages", {"as": "U0BEN", "channel": "C0SECRET"}, "channel_not_found"),
    ("another's direct messages", "/ui/messages", {"as": "U0BEN", "channel": "D0ANA"}, "channel_not_found"),
    ("another's thread", "/ui/thread", {"as": "U0BEN", "channel": "D0ANA", "ts": "1"}, "channel_not_found"),
]


@pytest.mark.parametrize(("what", "path", "params", "error"), STRANGE, ids=[row[0] for row in STRANGE])
async def test_a_person_sees_no_more_than_slack_shows_them(
    browser: Browser, what: str, path: str, params: dict[str, str], error: str
) -> None:
    answer = await browser.ask(path, **params)
    assert (answer["status"], answer["error"]) == (400, error)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
async def test_other_sites_cannot_click_here(ws: Workspace, headers: dict[str, str]) -> None:
    body = {"as": "U0ANA", "channel": HERE, "text": "/rollback"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{ws.url}/ui/type", json=body, headers=headers) as response,
    ):
        assert response.status == 403


async def test_a_form_of_another_site_is_not_read(ws: Workspace) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{ws.url}/ui/type", data={"as": "U0ANA", "channel": HERE, "text": "/rollback"}) as response,
    ):
        assert (await response.json())["error"] == "invalid_post_type"


async def test_the_page_and_its_parts_are_served(ws: Workspace) -> None:
    async with aiohttp.ClientSession() as session:
        for path, kind in (("/", "html"), ("/static/server.js", "javascript")):
            async with session.get(ws.url + path) as response:
                assert (response.status, response.content_type.split("/")[1]) == (200, kind)
