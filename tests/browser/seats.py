"""People in front of the sandbox's page, with everything behind it real: shop, payments, the bot's own process."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from bot.sandbox import folder as home
from bot.sandbox.stage import Stage

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SOON = 60_000  # ms: a watch turn, a restart of the shop


@dataclass(frozen=True, slots=True)
class Seat:
    """One person at one screen."""

    page: Page
    shots: Path

    def cards(self, words: str) -> Locator:
        return self.page.locator("#channel .message", has_text=words)

    async def card(self, words: str) -> Locator:
        """The newest card with these words, held by its timestamp: its words may change from here on."""
        found = self.cards(words).last
        await expect(found).to_be_visible(timeout=SOON)
        return self.page.get_by_test_id(f"message-{await found.get_attribute('data-ts')}")

    async def type(self, line: str) -> None:
        box = self.page.get_by_test_id("composer")
        await box.fill(line)
        await box.press("Enter")

    async def shot(self, name: str) -> None:
        await self.page.screenshot(path=self.shots / f"{name}.png")

    async def fits(self) -> None:
        """Nothing stands wider than the screen."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0


@pytest_asyncio.fixture(loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    """Not in pytest's folder: as root the embedded PostgreSQL is another user, who may not enter that."""
    with tempfile.TemporaryDirectory(prefix="wk-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "demo"
        with home.held(folder, fresh=True):
            made = Stage(folder, port=0)
            await made.start()
            yield made
            await made.close()


Sit = Callable[..., Awaitable[Seat]]


@pytest_asyncio.fixture(loop_scope="module")
async def sit(browser: Browser, stage: Stage, tmp_path: Path) -> AsyncIterator[Sit]:
    contexts: list[BrowserContext] = []

    async def go(person: str, size: Mapping[str, int], **more: str) -> Seat:
        context = await browser.new_context(viewport={"width": size["width"], "height": size["height"]})
        contexts.append(context)
        page = await context.new_page()
        query = "&".join(f"{key}={value}" for key, value in {"as": person, **more}.items())
        await page.goto(f"{stage.workspace.url}/?{query}")
        await expect(page.locator("#app")).to_have_attribute("aria-busy", "false")
        return Seat(page, tmp_path)

    yield go
    for context in contexts:
        await context.close()
