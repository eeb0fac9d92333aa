"""The workspace's page in Chromium, against the real workspace and a stand-in app: what a person sees and presses."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

Json = dict[str, Any]
OPS = "C0SHOPOPS"
PHONE = {"width": 390, "height": 800}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": mrkdwn(text)}


APPROVE: Json = {
    "type": "button",
    "action_id": "approval.approve",
    "text": plain("Approve rollback"),
    "style": "primary",
    "value": "q7Jd2m",
    "confirm": {
        "title": plain("Roll back shop production?"),
        "text": plain("Data is not touched. It starts at once."),
        "confirm": plain("Roll back now"),
        "deny": plain("Not yet"),
    },
}
DENY: Json = {"type": "button", "action_id": "approval.deny", "text": plain("Deny"), "value": "q7Jd2m"}
CARD: list[Json] = [
    {"type": "header", "text": plain("⚠️ Roll back shop production?")},
    section("`9f8e7d6` → `4c1d2a7`\n• no migration between them"),
    {"type": "actions", "elements": [APPROVE, DENY]},
]
FORM: Json = {
    "type": "modal",
    "title": plain("Open incident"),
    "submit": plain("Open it"),
    "blocks": [
        {
            "type": "input",
            "block_id": "title",
            "label": plain("Title"),
            "element": {"type": "plain_text_input", "action_id": "words"},
        },
        {
            "type": "input",
            "block_id": "severity",
            "label": plain("Severity"),
            "element": {
                "type": "static_select",
                "action_id": "pick",
                "options": [{"text": plain(name), "value": name.lower()} for name in ("SEV1", "SEV2")],
            },
        },
    ],
}


class StandIn:
    """An app that answers as told and keeps what it was sent. It decides nothing."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self.heard: list[Json] = []
        self.on_click: Callable[[Json], Awaitable[None]] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        form = await request.post()
        payload: Json = json.loads(str(form["payload"])) if "payload" in form else dict(form)
        self.heard.append(payload)
        if payload.get("command") == "/form":
            await self.client.views_open(trigger_id=payload["trigger_id"], view=FORM)
            return web.Response()
        if payload.get("type") == "block_actions" and self.on_click:
            await self.on_click(payload)
        if payload.get("type") == "view_submission":
            return web.json_response(_judge(payload["view"]["state"]["values"]))
        if "command" in payload:
            return web.json_response({"response_type": "ephemeral", "text": f"Heard *{payload['command']}*."})
        return web.Response()

    def clicks(self) -> list[str]:
        return [p["actions"][0]["action_id"] for p in self.heard if p.get("type") == "block_actions"]


def _judge(values: Mapping[str, Any]) -> Json:
    if values["title"]["words"]["value"] == "broken":
        return {"response_action": "errors", "errors": {"title": "Say what people see."}}
    return {}


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def app(workspace: Workspace) -> AsyncIterator[StandIn]:
    stand_in = StandIn(AsyncWebClient(token="xoxb-1", base_url=workspace.api_url))
    server = web.Application()
    server.router.add_post("/slack/events", stand_in.handle)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    workspace.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield stand_in
    await runner.cleanup()


Open = Callable[..., Awaitable[Page]]


async def post(app: StandIn, text: str, blocks: list[Json] | None = None, **more: Any) -> str:
    answer = await app.client.chat_postMessage(channel=more.pop("channel", OPS), text=text, blocks=blocks, **more)
    return str(answer["ts"])


async def type_in(page: Page, words: str, box: str = "composer") -> None:
    await page.get_by_test_id(box).fill(words)
    await page.get_by_test_id(box).press("Enter")


async def test_a_message_typed_by_one_person_appears_at_once_to_another(visit: Open) -> None:
    ana, ben = await visit("U0ANA"), await visit("U0BEN")
    await type_in(ana, "two customers cannot pay :eyes:")
    shown = ben.locator(".message", has_text="two customers cannot pay")
    await expect(shown).to_contain_text("👀")
    await expect(shown.locator(".author")).to_have_text("Ana Ortiz")


async def test_a_click_is_sent_only_after_its_dialog_is_confirmed(
    visit: Open, app: StandIn, workspace: Workspace
) -> None:
    page = await visit("U0BEN")
    await post(app, "Approve?", CARD)
    approve = page.get_by_test_id("button-approval.approve")
    await approve.click()
    await expect(page.get_by_test_id("confirm")).to_contain_text("Data is not touched")
    await page.get_by_test_id("confirm-cancel").click()
    assert app.clicks() == []
    await approve.click()
    await page.get_by_test_id("confirm-ok").click()
    await expect(approve).not_to_have_attribute("aria-busy", "true")
    assert app.clicks() == ["approval.approve"]


async def test_a_click_that_nobody_answers_is_told(visit: Open, app: StandIn, workspace: Workspace) -> None:
    page = await visit("U0BEN")
    await post(app, "Approve?", CARD)
    workspace.request_url = "http://127.0.0.1:9/nobody-listens"
    await page.get_by_test_id("button-approval.deny").click()
    await expect(page.get_by_test_id("toast")).to_contain_text("That click was not answered")


async def test_the_home_tab_opens_follows_and_its_buttons_name_their_view(visit: Open, app: StandIn) -> None:
    page = await visit("U0BEN")
    await page.get_by_test_id("home-tab").click()
    home = page.locator(".home")
    await expect(home).to_contain_text("Opening your Home")
    await app.client.views_publish(user_id="U0BEN", view={"type": "home", "blocks": CARD})
    approve = home.get_by_test_id("button-approval.approve")
    await approve.click()
    await page.get_by_test_id("confirm-ok").click()
    await expect(approve).not_to_have_attribute("aria-busy", "true")
    assert app.heard[-1]["container"]["type"] == "view"
    assert "response_url" not in app.heard[-1]
    await app.client.views_publish(user_id="U0BEN", view={"type": "home", "blocks": [section("Nothing waits")]})
    await expect(home).to_contain_text("Nothing waits")


async def test_a_card_is_edited_in_place(visit: Open, app: StandIn) -> None:
    page = await visit("U0BEN")
    ts = await post(app, "Approve?", CARD)

    async def approve(payload: Json) -> None:
        await app.client.chat_update(channel=OPS, ts=ts, text="Approved", blocks=[section("Approved by <@U0BEN>")])

    app.on_click = approve
    await page.get_by_test_id("button-approval.deny").click()
    row = page.get_by_test_id(f"message-{ts}")
    await expect(row).to_contain_text("Approved by @Ben Hale")
    await expect(row.get_by_test_id("button-approval.approve")).to_have_count(0)
    await app.client.chat_update(channel=OPS, ts=ts, text="Withdrawn")
    await expect(row.locator(".content")).to_have_text("Withdrawn(edited)")


async def test_an_answer_only_for_me_is_marked_and_can_be_dismissed(visit: Open) -> None:
    ana, ben = await visit("U0ANA"), await visit("U0BEN")
    await type_in(ana, "/health shop")
    answer = ana.locator(".message.ephemeral")
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer.locator("strong")).to_have_text("/health")
    await answer.get_by_text("Dismiss").click()
    await expect(answer).to_have_count(0)
    await ana.reload()
    await expect(ana.locator("#app")).to_have_attribute("aria-busy", "false")
    await expect(ana.locator(".message.ephemeral")).to_have_count(0)
    await expect(ben.locator(".message")).to_have_count(0)


FAILURES = [
    ("/nonsense now", "/nonsense is not a command here"),
    ("/rollback shop", "/rollback failed with the error “"),
]


@pytest.mark.parametrize(("typed", "told"), FAILURES)
async def test_a_failed_command_is_told_to_who_typed_it(
    visit: Open, workspace: Workspace, typed: str, told: str
) -> None:
    page = await visit()
    workspace.request_url = "http://127.0.0.1:9/nobody-listens"
    await type_in(page, typed)
    await expect(page.locator(".message.failed")).to_contain_text(told)


async def test_a_command_in_a_thread_is_refused_without_being_sent(visit: Open, app: StandIn) -> None:
    page = await visit()
    ts = await post(app, "Something")
    await page.get_by_test_id(f"message-{ts}").hover()
    await page.get_by_test_id(f"thread-open-{ts}").click()
    await type_in(page, "/health shop", "thread-composer")
    await expect(page.get_by_test_id("thread-panel").locator(".failed")).to_contain_text("cannot be used in a thread")
    assert app.heard == []


async def test_a_thread_opens_beside_and_grows_live(visit: Open, app: StandIn) -> None:
    page = await visit()
    ts = await post(app, "Rolling back")
    await post(app, "fetch 6 s", thread_ts=ts)
    link = page.get_by_test_id(f"thread-open-{ts}")
    await expect(link).to_contain_text("1 reply")
    await link.click()
    panel = page.get_by_test_id("thread-panel")
    await expect(panel).to_contain_text("fetch 6 s")
    await post(app, "build 22 s", thread_ts=ts)
    await expect(panel).to_contain_text("build 22 s")
    await expect(link).to_contain_text("2 replies")
    await type_in(page, "thank you", "thread-composer")
    await expect(panel.locator(".message", has_text="thank you")).to_be_visible()
    await expect(page.locator("#channel .message")).to_have_count(1)


async def test_what_is_unread_is_counted_until_its_channel_is_opened(visit: Open, app: StandIn) -> None:
    page = await visit()
    await post(app, "in the other channel", channel="C0SHOPDEV")
    line = page.get_by_test_id("channel-shop-dev")
    await expect(line.locator(".badge")).to_have_text("1")
    await line.click()
    await expect(page.locator(".message")).to_contain_text("in the other channel")
    await expect(line.locator(".badge")).to_have_count(0)


async def test_a_direct_message_is_announced_and_opens_from_its_notice(visit: Open, app: StandIn) -> None:
    page = await visit("U0BEN")
    await post(app, "Ben, approve?", CARD, channel="U0BEN")
    notice = page.get_by_test_id("toast")
    await expect(notice).to_contain_text("Ben, approve?")
    await expect(page.get_by_test_id("channel-watchkeeper").locator(".badge")).to_have_text("1")
    await notice.locator(".toast-main").click()
    await expect(page.get_by_test_id("button-approval.approve")).to_be_visible()


async def test_a_slash_suggests_commands_and_the_up_arrow_brings_the_last_back(visit: Open, app: StandIn) -> None:
    page = await visit()
    box = page.get_by_test_id("composer")
    await box.press_sequentially("/ro")
    await expect(page.get_by_role("option")).to_have_count(1)
    await box.press("Enter")
    await expect(box).to_have_value("/rollback ")
    await expect(page.locator("#channel .composer-hint")).to_have_text("/rollback <service> <environment>")
    assert app.heard == []
    await box.press_sequentially("shop production")
    await box.press("Enter")
    await expect(page.locator(".message.ephemeral")).to_be_visible()
    assert [(p["command"], p["text"]) for p in app.heard] == [("/rollback", "shop production")]
    await box.press("ArrowUp")
    await expect(box).to_have_value("/rollback shop production")


async def test_whoever_types_while_reading_further_up_is_brought_to_the_end(visit: Open, app: StandIn) -> None:
    page = await visit()
    for number in range(40):
        await post(app, f"line {number}")
    await expect(page.get_by_text("line 39", exact=True)).to_be_in_viewport()
    await page.locator("#channel .scroller").evaluate("node => node.scrollTo(0, 0)")
    await expect(page.get_by_text("line 39", exact=True)).not_to_be_in_viewport()
    await type_in(page, "/health shop")
    await expect(page.locator(".message.ephemeral")).to_be_in_viewport()


async def test_a_form_shows_its_errors_in_place_and_sends_what_was_filled_in(visit: Open, app: StandIn) -> None:
    page = await visit()
    await type_in(page, "/form")
    modal = page.get_by_test_id("modal")
    await page.get_by_test_id("modal-submit").click()
    await expect(modal.locator(".field-error").first).to_contain_text("required")
    await page.get_by_test_id("input-words").fill("broken")
    await page.get_by_test_id("input-pick").select_option("sev2")
    await page.get_by_test_id("modal-submit").click()
    await expect(modal.locator(".field-error").first).to_have_text("Say what people see.")
    await page.get_by_test_id("input-words").fill("Checkout down")
    await page.get_by_test_id("modal-submit").click()
    await expect(modal).to_have_count(0)
    values = app.heard[-1]["view"]["state"]["values"]
    assert values["title"]["words"]["value"] == "Checkout down"
    assert values["severity"]["pick"]["selected_option"]["value"] == "sev2"


async def test_a_second_person_approves_on_a_phone_beside(visit: Open, app: StandIn) -> None:
    page = await visit("U0ANA")
    await page.get_by_test_id("second-person").click()
    phone = page.frame_locator("[data-testid=second-frame]")
    await expect(phone.locator(".intro h2")).to_have_text("Watchkeeper")
    await post(app, "Ben, approve?", CARD, channel="U0BEN")
    await phone.get_by_test_id("button-approval.approve").click()
    await phone.get_by_test_id("confirm-ok").click()
    await expect(phone.get_by_test_id("button-approval.approve")).not_to_have_attribute("aria-busy", "true")
    assert [(p["user"]["id"], p["actions"][0]["value"]) for p in app.heard] == [("U0BEN", "q7Jd2m")]


async def test_the_phone_is_usable_at_390_pixels(visit: Open, app: StandIn) -> None:
    page = await visit("U0BEN", PHONE, view="phone", channel="shop-ops")
    await post(app, "Approve?", CARD)
    button = await page.get_by_test_id("button-approval.approve").bounding_box()
    assert button is not None
    assert button["height"] >= 44
    assert button["width"] > 300
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_test_id("drawer").click()
    await page.get_by_test_id("channel-watchkeeper").click()
    await expect(page.locator(".pane-title").first).to_have_text("Watchkeeper")
    await expect(page.get_by_test_id("channel-watchkeeper")).not_to_be_in_viewport()


async def test_a_person_becomes_another_and_sees_their_own_messages(visit: Open, app: StandIn) -> None:
    page = await visit("U0ANA")
    await post(app, "for Ben alone", channel="U0BEN")
    await page.get_by_test_id("person-switch").click()
    await page.get_by_test_id("become-ben").click()
    await expect(page.get_by_test_id("person-switch")).to_contain_text("Ben")
    await page.get_by_test_id("channel-watchkeeper").click()
    await expect(page.locator(".message")).to_contain_text("for Ben alone")


WORLD = {
    "title": "Lantern Shop",
    "facts": [
        {
            "label": "Shop production",
            "state": "failing",
            "detail": "checkout answers 500",
            "url": "http://127.0.0.1:9/",
        }
    ],
    "actions": [{"id": "kill-bot", "label": "Kill the bot", "confirm": "SIGKILL to the bot's process."}],
    "tour": ["Type `/health shop production`", "Open the shop"],
}


async def test_the_world_is_told_live_and_its_actions_ask_first(visit: Open, workspace: Workspace) -> None:
    done: list[tuple[str, str]] = []

    async def act(action: str, person: str) -> None:
        done.append((action, person))

    workspace.on_world_action = act
    page = await visit()
    workspace.set_world(WORLD)
    panel = page.get_by_test_id("world-panel")
    await expect(panel).to_contain_text("checkout answers 500")
    await page.get_by_test_id("world-action-kill-bot").click()
    assert done == []
    await page.get_by_test_id("confirm-ok").click()
    await expect(page.get_by_test_id("world-action-kill-bot")).not_to_have_attribute("aria-busy", "true")
    assert done == [("kill-bot", "U0ANA")]


async def test_a_step_of_the_tour_puts_its_command_into_the_box_and_is_ticked_when_sent(
    visit: Open, workspace: Workspace
) -> None:
    workspace.set_world(WORLD)
    page = await visit()
    await page.locator(".tour-command").click()
    box = page.get_by_test_id("composer")
    await expect(box).to_have_value("/health shop production")
    await box.press("Enter")
    await expect(page.get_by_test_id("tour-1")).to_be_checked()
    await expect(page.get_by_test_id("world-panel")).to_contain_text("tour 1/2")


async def test_what_was_said_while_the_line_was_down_is_read_after_it_returns(visit: Open, app: StandIn) -> None:
    page = await visit()
    await page.context.set_offline(True)
    await post(app, "said in the dark")
    await page.context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await expect(page.locator(".message")).to_contain_text("said in the dark")


async def test_a_file_shows_its_beginning_and_can_be_loaded(visit: Open, app: StandIn) -> None:
    page = await visit()
    lines = "\n".join(f"line {number}" for number in range(40))
    await app.client.files_upload_v2(channel=OPS, content=lines, filename="R-42.log", title="Output of the build")
    shown = page.locator(".file")
    await expect(shown).to_contain_text("Output of the build")
    await expect(shown.locator("pre")).to_contain_text("line 3")
    address = await shown.locator("a").get_attribute("href")
    answer = await page.request.get(f"{page.url.split('/?')[0]}{address}")
    assert await answer.text() == lines
