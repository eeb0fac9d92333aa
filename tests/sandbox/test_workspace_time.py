"""What runs out and what goes wrong: limits, triggers, response URLs, faults on demand. The clock stands still."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientConnectionError, web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.limits import Limits, TooFast
from tests.sandbox.small_app import Clock, SmallApp, card, modal, section

HERE = "C0SHOPOPS"


async def limited(call: Any) -> int:
    """The seconds a refused call is told to wait."""
    with pytest.raises(SlackApiError) as caught:
        await call
    assert (caught.value.response.status_code, caught.value.response["error"]) == (429, "ratelimited")
    return int(caught.value.response.headers["Retry-After"])


async def test_five_messages_at_once_then_one_a_second_and_channel(
    ws: Workspace, slack: AsyncWebClient, clock: Clock
) -> None:
    for number in range(5):
        await slack.chat_postMessage(channel=HERE, text=f"line {number}")
    assert await limited(slack.chat_postMessage(channel=HERE, text="line 5")) == 1
    await slack.chat_postMessage(channel="U0ANA", text="elsewhere")
    clock.pass_s(1)
    await slack.chat_postMessage(channel=HERE, text="line 5")
    await limited(slack.chat_postMessage(channel=HERE, text="line 6"))
    assert [m.text for m in ws.messages(HERE)] == [f"line {number}" for number in range(6)]


async def test_fifty_edits_a_minute_and_the_wait_is_told(ws: Workspace, slack: AsyncWebClient, clock: Clock) -> None:
    ts = (await slack.chat_postMessage(channel=HERE, text="R-42"))["ts"]
    for number in range(50):
        await slack.chat_update(channel=HERE, ts=ts, text=f"step {number}")
    clock.pass_s(20)
    assert await limited(slack.chat_update(channel=HERE, ts=ts, text="step 50")) == 40
    clock.pass_s(40)
    await slack.chat_update(channel=HERE, ts=ts, text="step 50")


def test_relaxed_limits_let_everything_through() -> None:
    relaxed = Limits(Clock(), strict=False)
    for _ in range(1000):
        relaxed.post(HERE)
        relaxed.call("users.list", 20)


def test_a_whole_workspace_has_its_limit_too() -> None:
    limits = Limits(Clock())
    for number in range(500):
        limits.post(f"C{number}")
    with pytest.raises(TooFast):
        limits.post("C500")


async def trigger_of(ws: Workspace, app: SmallApp) -> str:
    await ws.type("U0ANA", HERE, "/rollback")
    return str(app.got[-1]["trigger_id"])


async def test_a_trigger_opens_one_form_within_three_seconds(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient, clock: Clock
) -> None:
    view = modal(section("Which release?"))
    first = await trigger_of(ws, small_app)
    clock.pass_s(3)
    await slack.views_open(trigger_id=first, view=view)
    assert [shown.person for shown in ws.views("U0ANA")] == ["U0ANA"]
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await slack.views_open(trigger_id=first, view=view)
    second = await trigger_of(ws, small_app)
    clock.pass_s(3.1)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await slack.views_open(trigger_id=second, view=view)


async def test_a_response_url_is_good_five_times(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", HERE, "/health")
    url = AsyncWebhookClient(small_app.got[0]["response_url"])
    for number in range(5):
        assert (await url.send(text=f"answer {number}")).status_code == 200
    assert (await url.send(text="answer 5")).status_code == 404
    assert len(ws.ephemerals("U0ANA")) == 5
    assert [reply.response.get("error") for reply in ws.replies[-1:]] == ["used_url"]


async def test_a_response_url_is_good_for_half_an_hour(ws: Workspace, small_app: SmallApp, clock: Clock) -> None:
    await ws.type("U0ANA", HERE, "/health")
    url = AsyncWebhookClient(small_app.got[0]["response_url"])
    clock.pass_s(30 * 60)
    assert (await url.send(text="late", response_type="in_channel")).status_code == 200
    clock.pass_s(1)
    assert (await url.send(text="too late")).status_code == 404
    assert [m.text for m in ws.messages(HERE)] == ["late"]


async def test_a_command_has_no_original_that_could_be_replaced(ws: Workspace, small_app: SmallApp) -> None:
    await ws.type("U0ANA", HERE, "/health")
    url = AsyncWebhookClient(small_app.got[0]["response_url"])
    await url.send(text="one", replace_original=True)
    await url.send(text="two", replace_original=True)
    await url.send(delete_original=True)
    assert [m.text for m in ws.ephemerals("U0ANA")] == ["one", "two"]


BAD_REPLIES: list[tuple[dict[str, object], str]] = [
    ({"response_type": "ephemeral"}, "no_text"),
    ({"text": "x", "colour": "red"}, "invalid_arguments"),
    ({"text": "x", "response_type": "loud"}, "invalid_arguments"),
    ({"text": "x" * 40_001}, "msg_too_long"),
    ({"blocks": [section("")]}, "invalid_blocks"),
]


@pytest.mark.parametrize(("body", "error"), BAD_REPLIES, ids=[row[1] + str(n) for n, row in enumerate(BAD_REPLIES)])
async def test_a_bad_reply_is_refused(
    ws: Workspace, small_app: SmallApp, body: dict[str, object], error: str
) -> None:
    await ws.type("U0ANA", HERE, "/health")
    url = AsyncWebhookClient(small_app.got[0]["response_url"])
    answer = await url.send_dict(body)
    assert (answer.status_code, error in answer.body, ws.ephemerals("U0ANA")) == (400, True, [])


async def test_a_bad_inline_answer_is_told_and_not_shown(ws: Workspace, small_app: SmallApp) -> None:
    small_app.answer = lambda payload: web.json_response({"blocks": [section("")]})
    answer = await ws.type("U0ANA", HERE, "/health")
    assert (answer.status, str(answer.error).split(":")[0], ws.ephemerals("U0ANA")) == (200, "invalid_blocks", [])


async def test_planned_errors_come_as_often_as_told(ws: Workspace, slack: AsyncWebClient) -> None:
    ws.faults.fail("chat.postMessage", "fatal_error", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError, match="fatal_error"):
            await slack.chat_postMessage(channel=HERE, text="x")
    await slack.chat_postMessage(channel=HERE, text="x")
    assert len(ws.messages(HERE)) == 1


async def test_an_http_error_has_no_effect(ws: Workspace, slack: AsyncWebClient) -> None:
    ws.faults.fail("*", 503)
    with pytest.raises(SlackApiError, match="503"):
        await slack.chat_postMessage(channel=HERE, text="x")
    assert ws.messages(HERE) == []


@pytest.mark.parametrize(("how", "applied"), [("reset", 0), ("reset_after_apply", 1)])
async def test_a_broken_connection_leaves_the_outcome_unknown(ws: Workspace, how: str, applied: int) -> None:
    slack = AsyncWebClient("xoxb-sandbox", base_url=ws.api_url, retry_handlers=[])
    ws.faults.fail("chat.postMessage", how)
    with pytest.raises(ClientConnectionError):
        await slack.chat_postMessage(channel=HERE, text="x")
    assert len(ws.messages(HERE)) == applied


@pytest.mark.parametrize(("how", "applied"), [("timeout", 0), ("timeout_after_apply", 1)])
async def test_silence_lasts_until_the_caller_gives_up(ws: Workspace, how: str, applied: int) -> None:
    slack = AsyncWebClient("xoxb-sandbox", base_url=ws.api_url, retry_handlers=[])
    ws.faults.fail("chat.postMessage", how)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await slack.chat_postMessage(channel=HERE, text="x")
    assert len(ws.messages(HERE)) == applied


async def test_a_late_answer_has_its_effect_at_once(ws: Workspace, slack: AsyncWebClient) -> None:
    ws.faults.late("chat.postMessage", 0.1)
    async with asyncio.TaskGroup() as group:
        posting = group.create_task(slack.chat_postMessage(channel=HERE, text="x"))
        await ws.wait_for(lambda: ws.messages(HERE))
        assert not posting.done()


async def test_a_limit_on_demand_lasts_as_told(ws: Workspace, slack: AsyncWebClient, clock: Clock) -> None:
    ws.faults.rate_limit("chat.postMessage", 30)
    assert await limited(slack.chat_postMessage(channel=HERE, text="x")) == 30
    clock.pass_s(29)
    assert await limited(slack.chat_postMessage(channel=HERE, text="x")) == 1
    clock.pass_s(1)
    await slack.chat_postMessage(channel=HERE, text="x")


async def test_an_outage_ends_when_told(ws: Workspace) -> None:
    slack = AsyncWebClient("xoxb-sandbox", base_url=ws.api_url, retry_handlers=[])
    ws.faults.down()
    with pytest.raises(ClientConnectionError):
        await slack.auth_test()
    ws.faults.down("refuse")
    with pytest.raises(SlackApiError, match="503"):
        await slack.auth_test()
    ws.faults.up()
    assert (await slack.auth_test())["ok"]


async def test_a_click_on_a_message_can_be_answered_for_all(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    await slack.chat_postMessage(channel=HERE, text="Approve?", blocks=card())
    await ws.click("U0BEN", ws.messages(HERE)[0], "Deny")
    url = AsyncWebhookClient(small_app.got[0]["response_url"])
    await url.send(text="Denied by Ben", replace_original=True)
    assert [(m.text, m.blocks) for m in ws.messages(HERE)] == [("Denied by Ben", [])]
