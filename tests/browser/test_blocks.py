"""Every block and every mark as Chromium shows it, from tables; and nothing that is written may become markup."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.workspace import Workspace

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

Json = dict[str, Any]
Open = Callable[..., Awaitable[Page]]
OPS = "C0SHOPOPS"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": mrkdwn(text)}


def say(workspace: Workspace, *blocks: Json, text: str = "x") -> str:
    """Straight into the workspace: some blocks it would refuse in a message, the page shows whatever it is given."""
    named = [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]
    return workspace.state.post(OPS, "U0WATCH", text, blocks=named).ts


HOSTILE = [
    "<script>window.owned = 1</script>",
    '<img src=x onerror="window.owned = 1">',
    "&lt;script&gt;window.owned = 1&lt;/script&gt;",
    "<javascript:window.owned=1|press me>",
    "*<b onmouseover=window.owned=1>bold</b>* `<i>` ```<svg onload=window.owned=1>```",
]


async def test_no_words_become_markup(visit: Open, workspace: Workspace) -> None:
    page = await visit()
    for words in HOSTILE:
        header, markdown = {"type": "header", "text": plain(words)}, {"type": "markdown", "text": words}
        ts = say(workspace, section(words), header, markdown, text=words)
        content = page.get_by_test_id(f"message-{ts}").locator(".content")
        await expect(content).to_contain_text("window.owned")
        assert await content.locator("script, img, svg, b, i, a").count() == 0
    assert await page.evaluate("window.owned") is None


MARKS = [
    ("*bold* and _slanted_ and ~gone~", "strong", "bold"),
    ("_slanted_ snake_case_name", "em", "slanted"),
    ("~gone~", "s", "gone"),
    ("`*not bold*`", "code", "*not bold*"),
    ("```a *b*\n  c```", "pre", "a *b*\n  c"),
    ("<@U0BEN> look", ".mention", "@Ben Hale"),
    (f"<#{OPS}>", ".mention", "#shop-ops"),
    ("<https://example.com/a_b_c|the page>", "a[href='https://example.com/a_b_c']", "the page"),
    ("see https://example.com/x_y_z.", "a[href='https://example.com/x_y_z']", "https://example.com/x_y_z"),
    ("&gt; quoted", "blockquote", "quoted"),
    ("<!date^1^{nonsense}|soon>", "time", "soon"),
    ("a &amp; b &lt;c&gt;", ".line", "a & b <c>"),
]


async def test_every_mark_of_mrkdwn_is_shown(visit: Open, workspace: Workspace) -> None:
    page = await visit()
    for text, selector, words in MARKS:
        ts = say(workspace, section(text))
        await expect(page.get_by_test_id(f"message-{ts}").locator(f".content {selector}").first).to_have_text(words)


def rich(text: str) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def number(value: int) -> Json:
    return {"type": "raw_number", "value": value, "text": str(value)}


def task(name: str, status: str, **more: Json) -> Json:
    return {"type": "task_card", "task_id": name, "title": name, "status": status, **more}


def chart(kind: str) -> Json:
    points = [{"label": label, "value": value} for label, value in (("02:50", 1), ("02:55", 38))]
    series: Json = {"series": [{"name": "500", "data": points}], "axis_config": {"categories": ["02:50", "02:55"]}}
    return {"type": "data_visualization", "title": kind, "chart": {"type": kind, **series}}


TILE: Json = {"type": "card", "title": mrkdwn("*INC-7*"), "body": mrkdwn("Checkout answers 500")}
GROUP: Json = {"type": "container", "title": plain("7 fine"), "child_blocks": [section("home 84 ms")]}
PLAN: Json = {"type": "plan", "title": "Rolling back", "tasks": [task("Fetch", "complete")]}
ALERT: Json = {"type": "alert", "level": "warning", "text": plain("Customers are affected")}
SHOWN: list[tuple[Json, str, str]] = [
    ({"type": "divider"}, "hr", ""),
    ({"type": "context", "elements": [mrkdwn("R-42 by *Ana*")]}, ".context", "R-42 by Ana"),
    ({"type": "section", "fields": [mrkdwn("*Severity*\nSEV2")]}, ".field .line >> nth=1", "SEV2"),
    (rich("R-42"), ".rich-section", "R-42"),
    ({"type": "markdown", "text": "## Cause\n- [x] roll back"}, ".md-h2", "Cause"),
    ({"type": "table", "rows": [[raw("Check")], [raw("Home")]]}, "tbody td", "Home"),
    (PLAN, ".plan-count", "1 of 1"),
    (task("Build", "in_progress", details=rich("compile")), ".task.in_progress .task-body", "compile"),
    (GROUP, ".container-body", "home 84 ms"),
    (TILE, ".card-title", "INC-7"),
    ({"type": "carousel", "elements": [TILE, TILE]}, ".card-body >> nth=1", "Checkout answers 500"),
    (chart("line"), "figcaption", "line"),
    (chart("area"), "figcaption", "area"),
    (chart("bar"), ".bar title >> nth=1", "500, 02:55: 38"),
    (ALERT, ".alert.warning", "Customers are affected"),
    ({"type": "hologram"}, ".unsupported", "unsupported block: hologram"),
]


async def test_each_kind_of_block_is_shown(visit: Open, workspace: Workspace) -> None:
    page = await visit()
    for block, selector, words in SHOWN:
        row = page.get_by_test_id(f"message-{say(workspace, block)}")
        shown = row.locator(f".block-{block['type']} {selector}")
        await expect(shown).to_have_text(words)


async def test_a_data_table_sorts_and_turns_its_pages(visit: Open, workspace: Workspace) -> None:
    rows = [[raw("Backup"), raw("MB")], *([raw(f"B-{size}"), number(size)] for size in (30, 4, 100))]
    page = await visit()
    say(workspace, {"type": "data_table", "caption": "Backups", "page_size": 2, "rows": rows})
    cells = page.locator(".data-table tbody td:nth-child(2)")
    await expect(cells).to_have_text(["30", "4"])
    await page.get_by_role("button", name="MB").click()
    await expect(cells).to_have_text(["4", "30"])
    await page.get_by_role("button", name="Next page").click()
    await expect(cells).to_have_text(["100"])
