"""A person types and clicks, an app answers over HTTP, the workspace shows it; the caller is Slack's own SDK."""

import asyncio

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock as SdkClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.workspace import Delivery, NoSuchElement, Workspace
from tests.sandbox.small_app import SECRET, Clock, SmallApp, card


async def test_a_typed_command_reaches_the_app_signed_and_with_slacks_fields(
    ws: Workspace, small_app: SmallApp, clock: Clock
) -> None:
    answer = await ws.type("U0ANA", "C0SHOPOPS", "/rollback shop production because @ben said so in #shop-ops & <b>")
    assert (answer.status, answer.error) == (200, None)
    assert SignatureVerifier(SECRET, clock=_At(clock)).is_valid_request(small_app.raw[0], small_app.headers[0])
    form = small_app.got[0]
    said = "shop production because <@U0BEN> said so in <#C0SHOPOPS|shop-ops> &amp; &lt;b&gt;"
    assert (form["command"], form["text"]) == ("/rollback", said)
    assert (form["user_id"], form["team_id"], form["channel_id"]) == ("U0ANA", "T0LANTERN", "C0SHOPOPS")
    assert (form["channel_name"], form["is_enterprise_install"]) == ("shop-ops", "false")
    assert form["response_url"].startswith(f"{ws.url}/respond/")


class _At(SdkClock):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock()


async def test_the_answer_in_the_200_is_seen_by_the_person_alone(ws: Workspace, small_app: SmallApp) -> None:
    small_app.answer = lambda payload: web.json_response({"text": "6 webhooks", "blocks": card()})
    await ws.type("U0ANA", "#shop-ops", "/health")
    assert [m.text for m in ws.ephemerals("U0ANA", "C0SHOPOPS")] == ["6 webhooks"]
    assert (ws.ephemerals("U0BEN"), ws.messages("C0SHOPOPS")) == ([], [])


async def test_a_posted_card_is_clicked_and_changed(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    posted = await slack.chat_postMessage(channel="C0SHOPOPS", text="Ben, approve?", blocks=card())
    [posted_card] = ws.messages("C0SHOPOPS")
    assert ws.all_text(posted_card) == "Ben, approve?\n*Roll back?*\nApprove\nDeny"
    await ws.click("U0BEN", posted_card, "approval.app")
    click = small_app.got[-1]
    assert (click["type"], click["user"]["id"], click["user"]["team_id"]) == ("block_actions", "U0BEN", "T0LANTERN")
    assert (click["actions"][0]["value"], click["message"]["ts"]) == ("q7", posted["ts"])
    assert click["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": "C0SHOPOPS",
        "is_ephemeral": False,
    }
    await slack.chat_update(channel="C0SHOPOPS", ts=posted["ts"], text="Approved by Ben")
    [posted_card] = ws.messages("C0SHOPOPS")
    assert (posted_card.text, posted_card.blocks, bool(posted_card.edited)) == ("Approved by Ben", [], True)


async def test_a_forged_value_and_a_repeated_click_are_delivered_as_they_are(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    await slack.chat_postMessage(channel="C0SHOPOPS", text="Approve?", blocks=card())
    [posted_card] = ws.messages("C0SHOPOPS")
    answer = await ws.click("U0BEN", posted_card, "Deny", value="forged", times=4)
    assert [click["actions"][0]["value"] for click in small_app.got] == ["forged"] * 4
    assert len({click["trigger_id"] for click in small_app.got}) == 1
    assert len(answer.others) == 3


async def test_a_message_to_a_person_goes_to_their_direct_conversation(ws: Workspace, slack: AsyncWebClient) -> None:
    opened = await slack.conversations_open(users=["U0BEN"])
    await slack.chat_postMessage(channel="U0BEN", text="by person")
    await slack.chat_postMessage(channel=opened["channel"]["id"], text="by conversation")
    assert [m.text for m in ws.dms("U0BEN")] == ["by person", "by conversation"]


async def test_an_ephemeral_message_is_replaced_through_its_response_url(
    ws: Workspace, small_app: SmallApp, slack: AsyncWebClient
) -> None:
    await slack.chat_postEphemeral(channel="C0SHOPOPS", user="U0ANA", text="Run?", blocks=card())
    [posted_card] = ws.ephemerals("U0ANA")
    await ws.click("U0ANA", posted_card, "Approve")
    assert "message" not in small_app.got[0]
    url = AsyncWebhookClient(small_app.got[0]["response_url"])
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
    with pytest.raises(AssertionError, match=r"the card in vain(.|\n)*here(.|\n)*chat.postMessage 200 ok"):
        await ws.wait_for(lambda: None, timeout=0.01, what="the card")


async def test_a_silent_app_times_out_and_a_missing_one_fails(ws: Workspace, small_app: SmallApp) -> None:
    small_app.answer = small_app.never
    hasty = Delivery(patience_s=0.05)
    assert (await ws.type("U0ANA", "C0SHOPOPS", "/health", delivery=hasty)).error == "operation_timeout"
    ws.request_url = "http://127.0.0.1:9/slack/events"
    assert (await ws.type("U0ANA", "C0SHOPOPS", "/health")).error == "dispatch_failed"


async def test_what_is_not_there_cannot_be_pressed(ws: Workspace, slack: AsyncWebClient) -> None:
    await slack.chat_postMessage(channel="C0SHOPOPS", text="Approve?", blocks=card())
    with pytest.raises(
        NoSuchElement, match=r"nothing here is called 'Withdraw'; there is approval.approve “Approve”"
    ):
        await ws.click("U0BEN", ws.messages("C0SHOPOPS")[0], "Withdraw")


async def test_the_sdk_meets_slacks_refusals(ws: Workspace, slack: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(channel="C0OTHER", text="hello")
    assert caught.value.response["error"] == "not_in_channel"
