"""The main job in a browser: two people roll the sandbox's shop back, one at a desk and one on a phone.

Everything is real: the shop, its payment provider, the bot's own process, the page. Screenshots of each stage are
kept in the folder of the test.
"""

import re

import pytest
from aiohttp import ClientSession
from playwright.async_api import Locator, expect

from bot.sandbox.stage import Stage
from tests.browser.seats import DESK, PHONE, SOON, Seat, Sit, sit, stage

__all__ = ["sit", "stage"]

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

BUTTONS = "button-approval."


async def test_two_people_roll_production_back_one_of_them_on_a_phone(stage: Stage, sit: Sit) -> None:
    ana = await sit("U0ANA", DESK, channel="shop-ops")
    ben = await sit("U0BEN", PHONE, view="phone", channel="watchkeeper")
    await _the_alert_says_what_is_wrong(ana)
    plan = await _ana_asks(ana)
    await _her_own_approval_is_refused(ana, plan)
    await _ben_reads_the_same_plan_on_one_screen(ben)
    await _ben_approves(ben)
    await _both_see_how_it_ended(ana, ben, plan)
    await _the_thread_tells_each_step(ana, plan)
    assert await _checkout(stage) == 200


async def _the_alert_says_what_is_wrong(ana: Seat) -> None:
    alert = await ana.card("seen by the watch")
    await expect(alert).to_contain_text("shop production: 2 of 9 checks fail")
    await expect(alert).to_contain_text("Checkout answers 500, wants 200")
    await expect(alert.get_by_role("button", name="Roll back…")).to_be_visible()
    await ana.shot("1-alert")


async def _ana_asks(ana: Seat) -> Locator:
    await ana.type("/rollback because checkout answers 500")
    plan = await ana.card("Roll back shop production?")
    for words in (
        "takes back 2 commits by Mia Novak: “New checkout”, “VAT rounding”",
        "data is not touched",
        "way back: /rollback shop production --to",
        "Why “checkout answers 500”",
        "Checkout answers 500; Webhooks 6 undelivered",
        "needs 1 of Ben, Chi, Mia",
    ):
        await expect(plan).to_contain_text(words)
    await ana.shot("2-plan")
    return plan


async def _her_own_approval_is_refused(ana: Seat, plan: Locator) -> None:
    await plan.get_by_test_id(f"{BUTTONS}approve").click()
    dialog = ana.page.get_by_test_id("confirm")
    await expect(dialog).to_contain_text("Data is not touched. It starts at once.")
    assert (await dialog.inner_text()).count("It starts at once.") == 1
    await ana.page.get_by_test_id("confirm-ok").click()
    refusal = await ana.card("You asked for this")
    await expect(refusal).to_contain_text("Only visible to you")
    await expect(refusal).to_contain_text("These can approve: Ben, Chi, Mia.")
    await expect(refusal).to_contain_text("Nothing was changed")
    assert (await refusal.inner_text()).count("You asked for this") == 1
    await expect(plan.get_by_test_id(f"{BUTTONS}approve")).to_be_visible()
    await ana.shot("3-own-approval-refused")


async def _ben_reads_the_same_plan_on_one_screen(ben: Seat) -> None:
    """All that he decides by and the button are there without scrolling, the button for a thumb."""
    copy = await ben.card("Roll back shop production?")
    await expect(copy.get_by_text("Roll back shop production?")).to_be_in_viewport()
    button = copy.get_by_test_id(f"{BUTTONS}approve")
    await expect(button).to_be_in_viewport()
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    await ben.fits()
    await ben.shot("4-plan-on-the-phone")


async def _ben_approves(ben: Seat) -> None:
    await ben.page.get_by_test_id(f"{BUTTONS}approve").click()
    await ben.shot("5-dialog-on-the-phone")
    await ben.page.get_by_test_id("confirm-ok").click()


async def _both_see_how_it_ended(ana: Seat, ben: Seat, plan: Locator) -> None:
    await expect(plan).to_contain_text("shop production is back on", timeout=SOON)
    for words in (
        "Verified 8 of 9 checks pass",
        "Changed the release, nothing else. Data not touched.",
        "Webhooks 6 undelivered",
        re.compile("asked Ana .* approved Ben .* ran "),
    ):
        await expect(plan).to_contain_text(words)
    await expect(plan.get_by_role("button", name="Replay 6 webhooks…")).to_be_visible()
    copy = await ben.card("shop production is back on")
    await expect(copy).to_contain_text("Approved by Ben")
    await expect(copy).to_contain_text("The result is in #shop-ops")
    for seat in (ana, ben):
        await expect(seat.page.get_by_test_id(f"{BUTTONS}approve")).to_have_count(0)
        await seat.fits()
    await ana.shot("6-end")
    await ben.shot("7-end-on-the-phone")


async def _the_thread_tells_each_step(ana: Seat, plan: Locator) -> None:
    await plan.get_by_text("View thread").click()
    panel = ana.page.get_by_test_id("thread-panel")
    for words in ("Ben approved (1 of 1)", "fetch", "build", "switch", "verify", "@Ana Ortiz R-"):
        await expect(panel).to_contain_text(words)
    await ana.shot("8-thread")


async def _checkout(stage: Stage) -> int:
    url = f"{stage.world.environments['production'].url}/checkout?sku=harbour"
    async with ClientSession() as session, session.get(url) as reply:
        return reply.status


async def test_who_may_only_look_is_told_whom_to_ask_on_a_phone_too(stage: Stage, sit: Sit) -> None:
    eli = await sit("U0ELI", PHONE, view="phone", channel="shop-ops")
    await eli.type("/rollback")
    refusal = await eli.card("Eli may not roll back shop production")
    for words in (
        "Only visible to you",
        "Viewers may only look.",
        "Ana, Ben, Chi or Mia can.",
        "Nothing was changed",
    ):
        await expect(refusal).to_contain_text(words)
    await eli.fits()
    await eli.shot("refused-on-the-phone")
    assert await _checkout(stage) == 500
