"""Messages become events; forged, stale and repeated deliveries go out as told; the next start has its data."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Delivery, Workspace
from tests.sandbox.small_app import SECRET, TOKEN, Clock, SmallApp, card, people_and_places, section

HERE = "C0SHOPOPS"


async def test_a_mention_is_told_besides_the_message(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", HERE, "@watchkeeper rollback shop, see https://example.org/a?b=1&c")
    told = [payload["event"] for payload in small_app.got]
    assert [event["type"] for event in told] == ["message", "app_mention"]
    assert told[1]["text"] == "<@U0WATCH> rollback shop, see <https://example.org/a?b=1&amp;c>"
    assert (small_app.got[0]["team_id"], told[0]["channel_type"], told[0]["channel"]) == (
        "T0LANTERN",
        "channel",
        HERE,
    )
    assert small_app.got[0]["event_id"] != small_app.got[1]["event_id"]


async def test_a_reply_says_its_thread_and_a_direct_message_its_kind(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", HERE, "first")
    parent = ws.messages(HERE)[0].ts
    await ws.type("U0BEN", HERE, "second", delivery=Delivery(thread_ts=parent))
    await ws.type("U0ANA", "U0WATCH", "hello bot")
    assert small_app.got[1]["event"]["thread_ts"] == parent
    assert (small_app.got[2]["event"]["channel_type"], small_app.got[2]["event"]["channel"]) == ("im", "D0ANA")


async def test_where_the_bot_is_no_member_it_hears_nothing(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", "C0OTHER", "hello @watchkeeper")
    assert small_app.got == []


async def test_only_what_the_manifest_asks_for_is_delivered(small_workspace: Workspace, small_app: SmallApp) -> None:
    ws = small_workspace
    await ws.type("U0ANA", HERE, "hello @watchkeeper")
    assert [payload["event"]["type"] for payload in small_app.got] == ["app_mention"]
    assert (await ws.type("U0ANA", HERE, "/rollback")).error == "invalid_command"
    await ws.type("U0ANA", HERE, "/plain @ben & co")
    assert small_app.got[-1]["text"] == "@ben & co"
    assert ws.command_list()[0] == {"command": "/health", "description": "Look", "usage_hint": "[service]"}


async def test_commands_do_not_work_in_threads(ws: Workspace, small_app: SmallApp) -> None:
    answer = await ws.type("U0ANA", HERE, "/health", delivery=Delivery(thread_ts="1.1"))
    assert (answer.error, small_app.got) == ("not_in_threads", [])


async def test_a_repeated_event_keeps_its_id_and_says_so(ws: Workspace, small_app: SmallApp) -> None:
    await ws.send_event({"type": "team_join"}, event_id="Ev1")
    await ws.send_event({"type": "team_join"}, event_id="Ev1", retry_num=1)
    assert [payload["event_id"] for payload in small_app.got] == ["Ev1", "Ev1"]
    heads = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h in small_app.headers]
    assert heads == [(None, None), ("1", "http_timeout")]


@pytest.mark.parametrize(("headers", "deliveries"), [({}, 4), ({"X-Slack-No-Retry": "1"}, 1)])
async def test_a_failed_event_comes_again_unless_told_not_to(
    ws: Workspace, small_app: SmallApp, headers: dict[str, str], deliveries: int
) -> None:
    ws.event_retries_s = (0.0, 0.0, 0.0)
    small_app.answer = lambda payload: web.Response(status=503, headers=headers)
    await ws.type("U0ANA", HERE, "hello")
    await ws.wait_for(lambda: not ws.retrying())
    assert len({payload["event_id"] for payload in small_app.got}) == 1
    assert len(small_app.got) == deliveries


async def test_raw_deliveries_go_out_as_they_are(ws: Workspace, small_app: SmallApp, clock: Clock) -> None:
    body = b"command=%2Fhealth"
    headers = ws.sign(body, int(clock()) - 301)
    await ws.deliver_raw(body, {**headers, "Content-Type": "application/x-www-form-urlencoded"})
    assert small_app.headers[0]["X-Slack-Request-Timestamp"] == str(int(clock()) - 301)
    assert small_app.raw == ["command=%2Fhealth"]


async def test_a_forged_delivery_is_signed_with_another_secret(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", HERE, "/health", delivery=Delivery(signing_secret="forged", trigger_id="1.1.1"))
    await ws.type(
        "U0ANA", HERE, "/health", delivery=Delivery(trigger_id="1.1.1", team_id="T0OTHER", enterprise_id="E1")
    )
    one, two = small_app.headers
    assert one["X-Slack-Signature"] != two["X-Slack-Signature"]
    assert [form["trigger_id"] for form in small_app.got] == ["1.1.1", "1.1.1"]
    assert (small_app.got[1]["team_id"], small_app.got[1]["enterprise_id"]) == ("T0OTHER", "E1")


async def test_the_same_command_reaches_two_processes(ws: Workspace, small_app: SmallApp) -> None:
    answer = await ws.type("U0ANA", HERE, "/health", delivery=Delivery(times=4, to=(small_app.url, small_app.url)))
    assert len({form["trigger_id"] for form in small_app.got}) == 1
    assert [one.status for one in (answer, *answer.others)] == [200] * 4


def stored(folder: Path, app: SmallApp, clock: Clock) -> Workspace:
    ws = Workspace(signing_secret=SECRET, bot_token=TOKEN, request_url=app.url, clock=clock, store=folder)
    people_and_places(ws)
    return ws


async def test_the_next_start_has_its_data(tmp_path: Path, small_app: SmallApp, clock: Clock) -> None:
    first = stored(tmp_path, small_app, clock)
    await first.start()
    slack = AsyncWebClient(TOKEN, base_url=first.api_url)
    parent = (await slack.chat_postMessage(channel=HERE, text="R-42", blocks=card()))["ts"]
    metadata = {"event_type": "post", "event_payload": {"key": "k"}}
    await slack.chat_postMessage(channel=HERE, text="step", thread_ts=parent, metadata=metadata)
    await slack.reactions_add(channel=HERE, timestamp=parent, name="eyes")
    await slack.chat_postEphemeral(channel=HERE, user="U0ANA", text="only you")
    await slack.views_publish(user_id="U0ANA", view={"type": "home", "blocks": [section("home")]})
    await slack.files_upload_v2(channel="D0ANA", filename="run.log", content="line")
    made = (await slack.conversations_create(name="inc-7"))["channel"]["id"]
    before = (first.messages(HERE), first.messages(HERE, thread=parent), first.dms("U0ANA"), first.files())
    await first.close()

    second = stored(tmp_path, small_app, clock)
    assert (
        second.messages(HERE),
        second.messages(HERE, thread=parent),
        second.dms("U0ANA"),
        second.files(),
    ) == before
    assert [m.text for m in second.ephemerals("U0ANA")] == ["only you"]
    assert second.home("U0ANA") == first.home("U0ANA")
    assert second.state.channels[made].name == "inc-7"
    assert second.state.next_ts() > before[2][-1].ts


async def test_what_was_said_is_on_disk_without_a_good_bye(tmp_path: Path, small_app: SmallApp, clock: Clock) -> None:
    ws = stored(tmp_path, small_app, clock)
    await ws.start()
    await ws.type("U0ANA", HERE, "remember this")
    await asyncio.wait_for(ws.kept(), 5)
    assert "remember this" in (tmp_path / "workspace.json").read_text()
    await ws.close()


@pytest.mark.parametrize("written", ["{", "[]", '{"version": 0}', '{"version": 1}'])
async def test_what_cannot_be_read_is_put_aside(
    tmp_path: Path, small_app: SmallApp, clock: Clock, written: str
) -> None:
    (tmp_path / "workspace.json").write_text(written)
    ws = stored(tmp_path, small_app, clock)
    assert (tmp_path / "workspace.unreadable").read_text() == written
    assert ws.messages(HERE) == []
