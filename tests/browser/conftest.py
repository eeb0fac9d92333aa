"""A workspace and Chromium to look at it with; what the app behind it does is each file's own business."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from bot.sandbox.workspace import Workspace

OPS = "C0SHOPOPS"
DESKTOP = {"width": 1440, "height": 900}
COMMANDS = [
    {"command": "/health", "description": "Is it up?", "usage_hint": "[service] [environment]"},
    {"command": "/rollback", "description": "Back to an earlier release", "usage_hint": "<service> <environment>"},
    {"command": "/form", "description": "Opens a form"},
]
Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def workspace() -> AsyncIterator[Workspace]:
    made = Workspace(
        signing_secret="s3cret",
        bot_token="xoxb-1",
        request_url="",
        manifest={"commands": COMMANDS},
        strict_limits=False,
    )
    made.add_person("U0ANA", "ana", "Ana Ortiz", title="Operator on call", color="#c2410c")
    made.add_person("U0BEN", "ben", "Ben Hale", title="Admin", color="#1d4ed8")
    made.add_channel(OPS, "shop-ops", members=["U0ANA", "U0BEN", "U0WATCH"], topic="Lantern Shop production")
    made.add_channel("C0SHOPDEV", "shop-dev", members=["U0ANA", "U0BEN", "U0WATCH"])
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, workspace: Workspace) -> AsyncIterator[Open]:
    """Opens the page as somebody; at the end nothing may have gone wrong in any of them."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            troubles.append(message.text)

    async def go(person: str = "U0ANA", size: Mapping[str, int] = DESKTOP, **more: str) -> Page:
        context = await browser.new_context(viewport={"width": size["width"], "height": size["height"]})
        contexts.append(context)
        page = await context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        query = "&".join(f"{key}={value}" for key, value in {"as": person, **more}.items())
        await page.goto(f"{workspace.url}/?{query}")
        await expect(page.locator("#app")).to_have_attribute("aria-busy", "false")
        return page

    yield go
    for context in contexts:
        await context.close()
    assert troubles == []
