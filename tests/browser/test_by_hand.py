"""On the page a person reacts with 📌, pins, edits, deletes, and uses the app's entry in a message's menu."""

import pytest
from playwright.async_api import expect

from bot.sandbox.workspace import Workspace
from tests.browser.conftest import OPS, Open

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]


async def test_what_people_do_with_a_message_is_there_and_undone(visit: Open, workspace: Workspace) -> None:
    message = workspace.state.post(OPS, "U0ANA", "database is ful")
    page = await visit()
    row = page.get_by_test_id(f"message-{message.ts}")
    await row.hover()
    await page.get_by_test_id(f"pushpin-{message.ts}").click()
    await expect(row.locator(".reaction")).to_have_text("📌1")
    await page.get_by_test_id(f"pin-{message.ts}").click()
    await expect(row.locator(".pinned")).to_be_visible()
    await page.get_by_test_id(f"pushpin-{message.ts}").click()
    await expect(row.locator(".reaction")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept("database is full"))
    await page.get_by_test_id(f"more-{message.ts}").click()
    await page.get_by_test_id("edit-message").click()
    await expect(row).to_contain_text("database is full")
    await page.get_by_test_id(f"more-{message.ts}").click()
    await page.get_by_test_id("delete-message").click()
    await expect(row).to_have_count(0)
