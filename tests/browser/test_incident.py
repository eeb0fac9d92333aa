"""An outage from its alert to the PDF, played by five people in browsers: three at desks, two on phones.

Screenshots of each stage and the PDF are kept in the folder of the test.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from bot.sandbox.stage import Stage
from tests.browser.seats import DESK, PHONE, SOON, Seat, Sit, sit, stage

__all__ = ["sit", "stage"]

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

PINNED = "The new release reads a price that 12 old lamps do not have"
TYPED = "Two customers called, both could not pay"


async def test_five_people_play_an_outage_from_the_alert_to_the_pdf(stage: Stage, sit: Sit) -> None:
    ana = await sit("U0ANA", DESK, channel="watchkeeper")
    chi = await sit("U0CHI", DESK, channel="shop-ops")
    mia = await sit("U0MIA", DESK, channel="shop-ops")
    ben = await sit("U0BEN", PHONE, view="phone", channel="watchkeeper")
    eli = await sit("U0ELI", PHONE, view="phone", channel="shop-ops")
    await _chi_opens_it_from_the_alert(chi)
    header = await _its_channel_knows_what_is_known(chi)
    await _ana_is_asked_because_she_is_on_call(ana, header)
    await _chi_leads(chi, header)
    await _mia_walks_in_and_pins(mia)
    await _eli_may_look_but_say_nothing_in_its_name(eli)
    await _ana_asks_there_and_ben_approves_on_the_phone(ana, ben)
    await _chi_says_that_it_is_over(chi, header)
    await _nobody_had_to_write_it(chi, header)
    await _chi_hands_it_on(chi)


async def _chi_opens_it_from_the_alert(chi: Seat) -> None:
    alert = await chi.card("seen by the watch")
    await chi.shot("1-alert")
    await alert.get_by_role("button", name="Open incident").click()
    await expect(_room(chi)).to_be_visible(timeout=SOON)


async def _its_channel_knows_what_is_known(chi: Seat) -> Locator:
    await _enter(chi)
    header = await chi.card("INC-1 SEV2")
    for words in ("investigating · shop production", "Checkout", "on call is Ana", "Last changes"):
        await expect(header).to_contain_text(words)
    await expect(chi.page.locator("#channel .topic")).to_contain_text("INC-1 SEV2", timeout=SOON)
    await expect(header).to_contain_text("Pinned", timeout=SOON)
    await chi.shot("2-channel")
    return header


async def _ana_is_asked_because_she_is_on_call(ana: Seat, header: Locator) -> None:
    asked = await ana.card("Nobody is on it yet, and you are on call")
    await ana.shot("3-on-call")
    await asked.get_by_role("button", name="I'm on it").click()
    await expect(asked).to_contain_text("Ana is on it", timeout=SOON)
    await expect(header).to_contain_text("On it Ana", timeout=SOON)


async def _chi_leads(chi: Seat, header: Locator) -> None:
    await chi.type("/incident commander")
    await expect(header).to_contain_text("commander Chi", timeout=SOON)
    await chi.type(f"/timeline {TYPED}")
    await chi.card("Noted at")


async def _mia_walks_in_and_pins(mia: Seat) -> None:
    await _enter(mia)
    await mia.type(PINNED)
    said = await mia.card(PINNED)
    await said.hover()
    await said.get_by_role("button", name="Pin to the channel").click()
    await expect(said).to_contain_text("Pinned")
    await mia.shot("4-pinned")


async def _eli_may_look_but_say_nothing_in_its_name(eli: Seat) -> None:
    await eli.page.get_by_test_id("drawer").click()
    await _enter(eli)
    await eli.card("INC-1 SEV2")
    await eli.type("/incident update all is well")
    refusal = await eli.card("Only visible to you")
    await expect(refusal).to_contain_text("Eli may not")
    await eli.fits()
    await eli.shot("5-eli-refused")


async def _ana_asks_there_and_ben_approves_on_the_phone(ana: Seat, ben: Seat) -> None:
    await _enter(ana)
    await ana.type("/rollback because checkout answers 500")
    link = await ana.card("it is in #shop-ops")
    await expect(link).to_contain_text("Only visible to you")
    await ben.card("Roll back shop production?")
    await ben.page.get_by_test_id("button-approval.approve").click()
    await ben.page.get_by_test_id("confirm-ok").click()
    await expect(await ben.card("shop production is back on")).to_contain_text("Approved by Ben")
    await ben.fits()
    await ben.shot("6-ben-approved")


async def _chi_says_that_it_is_over(chi: Seat, header: Locator) -> None:
    await expect(header).to_contain_text("Failing shop production: Webhooks", timeout=SOON)
    await header.get_by_role("button", name="Resolve").click()
    await chi.page.get_by_test_id("confirm-ok").click()
    over = await chi.card("INC-1 is resolved. Down ")
    await expect(over).to_contain_text(re.compile(r"\d+ entries, \d typed"))
    await expect(header).to_contain_text("resolved", timeout=SOON)
    await expect(header.get_by_role("button", name="Resolve")).to_have_count(0)
    await chi.shot("7-resolved")


async def _nobody_had_to_write_it(chi: Seat, header: Locator) -> None:
    await header.get_by_text(re.compile("View thread|Last reply")).click()
    thread = chi.page.get_by_test_id("thread-panel")
    for words in ("Chi opened it as SEV2", "Ana is on it", TYPED, PINNED, "Ben approved", "is back on", "resolved"):
        await expect(thread).to_contain_text(words, timeout=SOON)
    await chi.shot("8-timeline")


async def _chi_hands_it_on(chi: Seat) -> None:
    over = await chi.card("INC-1 is resolved. Down ")
    await over.get_by_role("button", name="Export PDF").click()
    await chi.type("/incident link")
    link = (await chi.card("The live timeline of INC-1")).get_by_role("link")
    paper = await chi.page.context.new_page()
    await paper.goto(str(await link.get_attribute("href")))
    await expect(paper.locator("body")).to_contain_text("Ben approved")
    await paper.screenshot(path=chi.shots / "9-page.png")
    await chi.page.bring_to_front()
    await chi.page.get_by_test_id("channel-watchkeeper").click()
    file = await chi.card("inc-1-timeline.pdf")
    async with chi.page.expect_download() as downloaded:
        await file.get_by_role("link", name="inc-1-timeline.pdf").click()
    path = chi.shots / "inc-1-timeline.pdf"
    await (await downloaded.value).save_as(path)
    await chi.shot("10-export")
    assert path.read_bytes().startswith(b"%PDF")
    said = _words(path)
    for words in ("Ben approved", TYPED, PINNED, "is back on"):
        assert words in said


def _words(path: Path) -> str:
    """What stands in it; nothing to compare where poppler is not installed."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext of poppler-utils is not installed")
    text = subprocess.run([program, "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(text.split())


def _room(seat: Seat) -> Locator:
    """The incident's channel at the left."""
    return seat.page.get_by_test_id(re.compile("^channel-inc-"))


async def _enter(seat: Seat) -> None:
    """Whoever was not invited joins first: what is typed before that goes where they were."""
    await _room(seat).click()
    await expect(seat.page.locator("#channel .pane-title")).to_contain_text("inc-", timeout=SOON)
