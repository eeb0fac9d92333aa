"""Answers and payloads hold no field that Slack's recorded samples do not know. Needs SPECS_DIR."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Delivery, Workspace
from bot.sandbox.workspace.things import Json
from tests.sandbox.small_app import SmallApp, card, field_of, modal

SPECS = os.environ.get("SPECS_DIR")
HERE = "C0SHOPOPS"
pytestmark = pytest.mark.skipif(not SPECS, reason="SPECS_DIR names the folder of official schemas")

# Newer than the samples of 2021 and so not in them; each is in today's reference or in the SDK's own types.
NEWER = {"no_op", "already_open", "is_stranger", "bot_profile", "metadata", "response_urls", "state", "actions"}
FREE = {"values", "blocks", "message", "view", "event_payload", "users"}


def sample(folder: str, name: str) -> Json:
    found: Json = json.loads((Path(SPECS or "") / "slack" / "samples" / folder / f"{name}.json").read_text())
    return found


def strange(value: Any, known: Any, at: str = "") -> Iterator[str]:
    """Fields that the sample does not have."""
    if isinstance(value, list) and isinstance(known, list) and known:
        for item in value:
            yield from strange(item, known[0], at)
    if not isinstance(value, dict) or not isinstance(known, dict):
        return
    for key, part in value.items():
        if key in NEWER:
            continue
        if key not in known:
            yield f"{at}/{key}"
        elif key not in FREE:
            yield from strange(part, known[key], f"{at}/{key}")


async def test_the_web_apis_answers(ws: Workspace, slack: AsyncWebClient) -> None:
    ws.add_usergroup("S0ONCALL", "oncall", "On call", ["U0ANA"])
    ts = (await slack.chat_postMessage(channel=HERE, text="x"))["ts"]
    await slack.files_upload_v2(channel=HERE, filename="run.log", content="line")
    await slack.users_list()
    await slack.users_info(user="U0ANA")
    await slack.users_getPresence(user="U0ANA")
    await slack.conversations_list()
    await slack.conversations_info(channel=HERE, include_num_members=True)
    await slack.conversations_members(channel=HERE)
    made = (await slack.conversations_create(name="inc-7"))["channel"]["id"]
    await slack.conversations_invite(channel=made, users="U0ANA")
    await slack.conversations_setTopic(channel=made, topic="x")
    await slack.usergroups_list()
    await slack.usergroups_users_list(usergroup="S0ONCALL")
    await slack.chat_postEphemeral(channel=HERE, user="U0ANA", text="x")
    await slack.chat_getPermalink(channel=HERE, message_ts=ts)
    await slack.reactions_add(channel=HERE, timestamp=ts, name="eyes")
    await slack.pins_add(channel=HERE, timestamp=ts)
    await slack.bookmarks_add(channel_id=HERE, title="x", type="link", link="https://example.org/")
    await slack.chat_delete(channel=HERE, ts=ts)
    await slack.auth_test()
    recorded = {path.stem for path in (Path(SPECS or "") / "slack" / "samples" / "api").glob("*.json")}
    compared = [call for call in ws.calls if call.method in recorded]
    assert len({call.method for call in compared}) >= 18
    assert [(c.method, at) for c in compared for at in strange(c.response, sample("api", c.method))] == []


async def test_commands_clicks_and_forms(ws: Workspace, small_app: SmallApp, slack: AsyncWebClient) -> None:
    await ws.type("U0ANA", HERE, "/rollback shop", delivery=Delivery(enterprise_id="E1"))
    await slack.views_open(
        trigger_id=small_app.got[0]["trigger_id"], view=modal(field_of("why"), notify_on_close=True)
    )
    view = ws.views("U0ANA")[0].id
    await ws.submit("U0ANA", view, {"why": "x"})
    await slack.chat_postMessage(channel=HERE, text="x", blocks=card())
    await ws.click("U0ANA", ws.messages(HERE)[0], "Deny", delivery=Delivery(enterprise_id="E1"))
    names = ["SlashCommandPayload", "ViewSubmissionPayload", "BlockActionPayload"]
    for payload, name in zip(small_app.got, names, strict=True):
        assert (name, list(strange(payload, sample("app-backend", name)))) == (name, [])


async def test_events(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", HERE, "hello @watchkeeper")
    await ws.open_home("U0ANA")
    newer = {"/context_team_id", "/context_enterprise_id"}
    for payload, name in zip(
        small_app.got, ["MessagePayload", "AppMentionPayload", "AppHomeOpenedPayload"], strict=True
    ):
        assert (name, set(strange(payload, sample("events", name))) - newer) == (name, set())
