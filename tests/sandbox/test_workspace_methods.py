"""The Web API as strict as Slack's: one row a refusal, and the methods' contracts against the official reference."""

import json
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.api import METHODS
from bot.sandbox.workspace.things import Json
from tests.sandbox.small_app import TOKEN, modal, section

SPECS = os.environ.get("SPECS_DIR")
HERE = "C0SHOPOPS"


async def call(
    ws: Workspace, method: str, arguments: Json | None = None, *, token: str | None = TOKEN, as_json: bool = False
) -> Json:
    """One call as a form (or JSON), without the SDK's own checks."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body: Any = {"json": arguments or {}} if as_json else {"data": arguments or {}}
    async with (
        aiohttp.ClientSession() as session,
        session.post(ws.api_url + method, headers=headers, **body) as response,
    ):
        answer = await response.json()
        return {"status": response.status, **answer}


REFUSALS: list[tuple[str, str, Json, str]] = [
    ("a method nobody knows", "chat.shout", {}, "unknown_method"),
    ("no channel", "chat.postMessage", {"text": "x"}, "invalid_arguments"),
    ("an unknown argument", "chat.postMessage", {"channel": HERE, "text": "x", "colour": "red"}, "invalid_arguments"),
    ("nothing to say", "chat.postMessage", {"channel": HERE}, "no_text"),
    ("a channel that is not", "chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
    ("a channel by its name", "chat.postMessage", {"channel": "#shop-ops", "text": "x"}, "channel_not_found"),
    ("a channel without the bot", "chat.postMessage", {"channel": "C0OTHER", "text": "x"}, "not_in_channel"),
    (
        "a private channel without the bot",
        "chat.postMessage",
        {"channel": "C0SECRET", "text": "x"},
        "channel_not_found",
    ),
    ("someone deactivated", "chat.postMessage", {"channel": "U0GONE", "text": "x"}, "channel_not_found"),
    ("the bot itself", "chat.postMessage", {"channel": "U0WATCH", "text": "x"}, "channel_not_found"),
    ("blocks that are no JSON", "chat.postMessage", {"channel": HERE, "blocks": "[{"}, "invalid_arguments"),
    ("blocks that are no list", "chat.postMessage", {"channel": HERE, "blocks": "{}x"}, "invalid_arguments"),
    ("bad blocks", "chat.postMessage", {"channel": HERE, "blocks": '[{"type": "x"}]'}, "invalid_blocks"),
    (
        "bad metadata",
        "chat.postMessage",
        {"channel": HERE, "text": "x", "metadata": '{"a": 1}'},
        "invalid_metadata_format",
    ),
    (
        "text and markdown",
        "chat.postMessage",
        {"channel": HERE, "text": "x", "markdown_text": "y"},
        "markdown_text_conflict",
    ),
    (
        "a thread that is not",
        "chat.postMessage",
        {"channel": HERE, "text": "x", "thread_ts": "1.1"},
        "thread_not_found",
    ),
    ("a look of its own", "chat.postMessage", {"channel": HERE, "text": "x", "username": "Root"}, "missing_scope"),
    (
        "too many attachments",
        "chat.postMessage",
        {"channel": HERE, "attachments": json.dumps([{}] * 101)},
        "too_many_attachments",
    ),
    (
        "a whisper to an outsider",
        "chat.postEphemeral",
        {"channel": HERE, "user": "U0NONE", "text": "x"},
        "user_not_in_channel",
    ),
    (
        "a whisper too long",
        "chat.postEphemeral",
        {"channel": HERE, "user": "U0ANA", "text": "x" * 40_001},
        "msg_too_long",
    ),
    ("an edit of nothing", "chat.update", {"channel": HERE, "ts": "1.1", "text": "x"}, "message_not_found"),
    ("an edit of another's words", "chat.update", {"channel": HERE, "ts": "ANA", "text": "x"}, "cant_update_message"),
    ("an edit too long", "chat.update", {"channel": HERE, "ts": "BOT", "text": "x" * 4_001}, "msg_too_long"),
    ("an edit by person's id", "chat.update", {"channel": "U0ANA", "ts": "BOT", "text": "x"}, "channel_not_found"),
    ("an edit without words", "chat.update", {"channel": HERE, "ts": "BOT"}, "no_text"),
    ("deleting another's words", "chat.delete", {"channel": HERE, "ts": "ANA"}, "cant_delete_message"),
    ("deleting nothing", "chat.delete", {"channel": HERE, "ts": "1.1"}, "message_not_found"),
    ("a link to nothing", "chat.getPermalink", {"channel": HERE, "message_ts": "1.1"}, "message_not_found"),
    ("a talk with nobody", "conversations.open", {}, "users_list_not_supplied"),
    ("a talk with a stranger", "conversations.open", {"users": "U0NONE"}, "user_not_found"),
    ("a talk with someone deactivated", "conversations.open", {"users": "U0GONE"}, "user_disabled"),
    ("unknown kinds", "conversations.list", {"types": "secret"}, "invalid_types"),
    ("an invented cursor", "conversations.list", {"cursor": "xyz"}, "invalid_cursor"),
    ("too many at once", "conversations.list", {"limit": "1001"}, "invalid_limit"),
    ("a number that is none", "conversations.list", {"limit": "many"}, "invalid_arguments"),
    ("members of nothing", "conversations.members", {"channel": "C0NONE"}, "channel_not_found"),
    ("a thread of nothing", "conversations.replies", {"channel": HERE, "ts": "1.1"}, "thread_not_found"),
    ("history without the bot", "conversations.history", {"channel": "C0OTHER"}, "not_in_channel"),
    ("joining in secret", "conversations.join", {"channel": "C0SECRET"}, "channel_not_found"),
    ("a name taken", "conversations.create", {"name": "shop-ops"}, "name_taken"),
    ("a name in capitals", "conversations.create", {"name": "Inc-7"}, "invalid_name_specials"),
    ("a name with spaces", "conversations.create", {"name": "inc 7"}, "invalid_name_specials"),
    ("a name too long", "conversations.create", {"name": "x" * 81}, "invalid_name_maxlength"),
    ("a name of dashes", "conversations.create", {"name": "---"}, "invalid_name_punctuation"),
    ("inviting oneself", "conversations.invite", {"channel": HERE, "users": "U0WATCH"}, "cant_invite_self"),
    ("inviting a member", "conversations.invite", {"channel": HERE, "users": "U0ANA"}, "already_in_channel"),
    ("inviting a stranger", "conversations.invite", {"channel": HERE, "users": "U0NONE"}, "user_not_found"),
    (
        "inviting a crowd",
        "conversations.invite",
        {"channel": HERE, "users": ",".join(["U0ANA"] * 101)},
        "too_many_users",
    ),
    ("a topic too long", "conversations.setTopic", {"channel": HERE, "topic": "x" * 251}, "too_long"),
    ("a topic elsewhere", "conversations.setTopic", {"channel": "C0OTHER", "topic": "x"}, "not_in_channel"),
    ("nobody", "users.info", {"user": "U0NONE"}, "user_not_found"),
    ("a group that is not", "usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
    ("nobody's nights", "dnd.teamInfo", {"users": ""}, "no_users_provided"),
    ("a form without its trigger", "views.open", {"view": json.dumps(modal(section("x")))}, "invalid_arguments"),
    (
        "an invented trigger",
        "views.open",
        {"view": json.dumps(modal(section("x"))), "trigger_id": "1.2.3"},
        "invalid_trigger_id",
    ),
    ("a bad form", "views.open", {"view": '{"type": "modal"}', "trigger_id": "1.2.3"}, "invalid_arguments"),
    (
        "a form that is not open",
        "views.update",
        {"view": json.dumps(modal(section("x"))), "view_id": "V1"},
        "not_found",
    ),
    (
        "a home for nobody",
        "views.publish",
        {"view": '{"type": "home", "blocks": []}', "user_id": "U0NONE"},
        "user_not_found",
    ),
    ("a file of nothing", "files.getUploadURLExternal", {"length": 0, "filename": "x"}, "invalid_arguments"),
    ("a file never uploaded", "files.completeUploadExternal", {"files": '[{"id": "F0NONE"}]'}, "file_not_found"),
    ("files that are no list", "files.completeUploadExternal", {"files": '"F1"'}, "invalid_arguments"),
    (
        "a reaction that is no name",
        "reactions.add",
        {"channel": HERE, "timestamp": "BOT", "name": "👍"},
        "invalid_name",
    ),
    ("a pin of nothing", "pins.add", {"channel": HERE}, "no_item_specified"),
    ("a bookmark to nowhere", "bookmarks.add", {"channel_id": HERE, "title": "x", "type": "link"}, "invalid_link"),
    (
        "a bookmark of its own kind",
        "bookmarks.add",
        {"channel_id": HERE, "title": "x", "type": "file"},
        "invalid_bookmark_type",
    ),
    ("another team", "team.info", {"team": "T0OTHER"}, "team_not_found"),
]


@pytest.mark.parametrize(("what", "method", "arguments", "error"), REFUSALS, ids=[row[0] for row in REFUSALS])
async def test_what_slack_refuses_is_refused_by_slacks_name(
    ws: Workspace, what: str, method: str, arguments: Json, error: str
) -> None:
    await ws.type("U0ANA", HERE, "hello")
    await call(ws, "chat.postMessage", {"channel": HERE, "text": "hi"})
    stamps = {"ANA": ws.messages(HERE)[0].ts, "BOT": ws.messages(HERE)[1].ts}
    before = ws.state.serial, ws.messages(HERE)
    answer = await call(ws, method, {k: stamps.get(str(v), v) for k, v in arguments.items()})
    assert (answer["status"], answer["ok"], answer["error"]) == (200, False, error)
    assert (ws.state.serial, ws.messages(HERE)) == before


@pytest.mark.parametrize(("token", "error"), [(None, "not_authed"), ("xoxb-other", "invalid_auth")])
async def test_without_the_right_token_nothing_is_served(ws: Workspace, token: str | None, error: str) -> None:
    answer = await call(ws, "chat.postMessage", {"channel": HERE, "text": "x"}, token=token)
    assert (answer["error"], ws.messages(HERE)) == (error, [])


async def test_json_form_and_query_are_all_understood(ws: Workspace, slack: AsyncWebClient) -> None:
    assert (await call(ws, "chat.postMessage", {"channel": HERE, "blocks": [section("x")]}, as_json=True))["ok"]
    assert (await call(ws, "chat.postMessage", {"channel": HERE, "blocks": json.dumps([section("x")])}))["ok"]
    assert (await slack.conversations_members(channel=HERE))["members"] == ["U0ANA", "U0BEN", "U0WATCH"]


async def test_a_method_that_takes_no_json_does_not_read_it(ws: Workspace) -> None:
    answer = await call(ws, "users.info", {"user": "U0ANA"}, as_json=True)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: user"]


async def test_a_missing_scope_says_what_is_needed_and_what_is_there(small_workspace: Workspace) -> None:
    ws = small_workspace
    answer = await call(ws, "conversations.open", {"users": "U0ANA"})
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "im:write",
        "chat:write,commands",
    )
    assert (await call(ws, "conversations.info", {"channel": HERE}))["needed"] == "channels:read"
    assert (await call(ws, "views.publish", {"user_id": "U0ANA", "view": "{}"}))["error"] == "not_enabled"


async def test_replies_hang_on_their_parent_and_on_nothing_else(ws: Workspace, slack: AsyncWebClient) -> None:
    parent = (await slack.chat_postMessage(channel=HERE, text="R-42"))["ts"]
    metadata = {"event_type": "post", "event_payload": {"key": "k1"}}
    reply = (await slack.chat_postMessage(channel=HERE, text="step 1", thread_ts=parent, metadata=metadata))["ts"]
    with pytest.raises(SlackApiError, match="cannot_reply_to_message"):
        await slack.chat_postMessage(channel=HERE, text="x", thread_ts=reply)
    thread = await slack.conversations_replies(channel=HERE, ts=parent, include_all_metadata=True)
    assert [m["ts"] for m in thread["messages"]] == [parent, reply]
    assert (thread["messages"][0]["reply_count"], thread["messages"][1]["metadata"]) == (1, metadata)
    assert "metadata" not in (await slack.conversations_replies(channel=HERE, ts=parent))["messages"][1]
    assert [m["ts"] for m in (await slack.conversations_history(channel=HERE))["messages"]] == [parent]
    assert [m.text for m in ws.messages(HERE, thread=parent)] == ["step 1"]


async def test_an_edit_keeps_what_it_does_not_mention(ws: Workspace, slack: AsyncWebClient) -> None:
    metadata = {"event_type": "post", "event_payload": {"key": "k1"}}
    ts = (await slack.chat_postMessage(channel=HERE, text="one", blocks=[section("x")], metadata=metadata))["ts"]
    await slack.chat_update(channel=HERE, ts=ts, text="two", blocks=[section("y")])
    [message] = ws.messages(HERE)
    assert (message.metadata, message.edited, message.blocks[0]["text"]["text"]) == (metadata, None, "y")
    await slack.chat_update(channel=HERE, ts=ts, text="three")
    [message] = ws.messages(HERE)
    assert (message.blocks, message.edited is None) == ([], False)


async def test_text_above_forty_thousand_is_cut(ws: Workspace, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel=HERE, text="x" * 50_000)
    assert len(ws.messages(HERE)[0].text) == 40_000


async def test_lists_come_in_pages(ws: Workspace, slack: AsyncWebClient) -> None:
    names, cursor = [], ""
    while True:
        page = await slack.users_list(limit=2, cursor=cursor)
        names += [member["name"] for member in page["members"]]
        if not (cursor := page["response_metadata"]["next_cursor"]):
            break
    assert names == ["slackbot", "watchkeeper", "ana", "ben", "gone"]


async def test_a_channel_is_made_joined_named_and_filled(ws: Workspace, slack: AsyncWebClient) -> None:
    made = (await slack.conversations_create(name="inc-7"))["channel"]["id"]
    await slack.conversations_invite(channel=made, users=["U0ANA", "U0BEN"])
    await slack.conversations_setTopic(channel=made, topic="SEV2: checkout answers 500")
    found = (await slack.conversations_info(channel=made, include_num_members=True))["channel"]
    assert (found["topic"]["value"], found["num_members"]) == ("SEV2: checkout answers 500", 3)
    assert (await slack.conversations_join(channel="C0OTHER"))["channel"]["is_member"]
    await slack.chat_postMessage(channel="C0OTHER", text="joined")


async def test_an_invitation_by_force_takes_the_fit_ones(ws: Workspace, slack: AsyncWebClient) -> None:
    made = (await slack.conversations_create(name="inc-8", is_private=True))["channel"]["id"]
    await slack.conversations_invite(channel=made, users=["U0ANA", "U0NONE"], force=True)
    assert ws.state.channels[made].members == {"U0ANA", "U0WATCH"}


async def test_a_file_is_uploaded_in_three_steps_and_shared(ws: Workspace, slack: AsyncWebClient) -> None:
    await slack.files_upload_v2(channel=HERE, filename="run.log", title="Log of R-42", content="line 1\nline 2")
    [file] = ws.files()
    assert (file.content, file.title, file.channels) == (b"line 1\nline 2", "Log of R-42", (HERE,))
    assert [f.name for f in ws.messages(HERE)[0].files] == ["run.log"]


async def test_reactions_pins_and_bookmarks_stick_once(ws: Workspace, slack: AsyncWebClient) -> None:
    ts = (await slack.chat_postMessage(channel=HERE, text="R-42"))["ts"]
    await slack.reactions_add(channel=HERE, timestamp=ts, name="white_check_mark")
    await slack.pins_add(channel=HERE, timestamp=ts)
    await slack.bookmarks_add(channel_id=HERE, title="Runbook", type="link", link="https://example.org/")
    assert ws.messages(HERE)[0].pinned
    with pytest.raises(SlackApiError, match="already_reacted"):
        await slack.reactions_add(channel=HERE, timestamp=ts, name="white_check_mark")
    with pytest.raises(SlackApiError, match="already_pinned"):
        await slack.pins_add(channel=HERE, timestamp=ts)


async def test_user_groups_and_presence_can_be_read(ws: Workspace, slack: AsyncWebClient) -> None:
    ws.add_usergroup("S0ONCALL", "oncall", "On call", ["U0ANA"])
    assert (await slack.usergroups_list())["usergroups"][0]["handle"] == "oncall"
    assert (await slack.usergroups_users_list(usergroup="S0ONCALL"))["users"] == ["U0ANA"]
    assert (await slack.users_getPresence(user="U0ANA"))["presence"] == "active"
    assert "U0ANA" in (await slack.dnd_teamInfo(users=["U0ANA"]))["users"]
    assert (await slack.team_info())["team"]["id"] == "T0LANTERN"
    assert (await slack.auth_test())["user_id"] == "U0WATCH"


async def test_every_call_is_kept_without_its_token(ws: Workspace, slack: AsyncWebClient) -> None:
    heard: list[str] = []
    ws.on_call.append(lambda call: heard.append(call.method))
    await slack.chat_postMessage(channel=HERE, text="x")
    assert (ws.calls[0].method, ws.calls[0].arguments) == ("chat.postMessage", {"channel": HERE, "text": "x"})
    assert (heard, TOKEN in str(ws.calls)) == (["chat.postMessage"], False)


@pytest.mark.skipif(not SPECS, reason="SPECS_DIR names the folder of official schemas")
@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_methods_contract_is_the_official_one(name: str) -> None:
    spec = json.loads((Path(SPECS or "") / "slack" / "methods" / f"{name}.json").read_text())
    method = METHODS[name]
    known = set(spec["args"]["properties"]) - {"token", "current_draft_last_updated_ts"}
    assert set(method.required) | set(method.optional) == known
    assert set(spec["args"]["required"]) - {"token"} <= set(method.required)
    assert set(method.scopes) <= set(spec["scope"].get("bot", []))
    assert method.takes_json == bool(spec.get("json_input_supported"))
    tiers = {"t1": 1, "t2": 20, "t3": 50, "t4": 100}
    assert method.per_minute == tiers.get(spec["rate_limits"], method.per_minute)
