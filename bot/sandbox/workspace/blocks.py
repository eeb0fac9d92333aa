"""The grammar of each block: what may stand in it and how long. Pure; rules between blocks are in `check.py`."""

from bot.sandbox.workspace.chart import CHART
from bot.sandbox.workspace.elements import (
    BUTTON,
    CONTEXT_ACTIONS,
    IMAGE,
    SLACK_FILE,
    in_actions,
    in_section,
    inputs,
    mrkdwn,
    plain,
    words,
)
from bot.sandbox.workspace.grammar import (
    Check,
    also,
    boolean,
    by_type,
    items,
    needs_one,
    one_of,
    record,
    string,
    tagged,
    url,
    whole,
)
from bot.sandbox.workspace.rich_text import CELL, RICH_TEXT

_ID: dict[str, Check] = {"block_id": string(255, 1)}
_SOURCE = tagged("url", {"url": url, "text": string()})


def _block(name: str, required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return tagged(name, required, {**_ID, **(optional or {})})


SECTION = also(
    _block(
        "section",
        {},
        {
            "text": words(3000),
            "fields": items(words(2000), 10, 1),
            "accessory": by_type({**in_section(), "image": IMAGE}),
            "expand": boolean,
        },
    ),
    needs_one("text", "fields"),
)
HEADER = _block("header", {"text": plain(150)})
DIVIDER = _block("divider", {})
ACTIONS = _block("actions", {"elements": items(by_type(in_actions(RICH_TEXT)), 25, 1)})
CONTEXT = _block(
    "context",
    {"elements": items(by_type({"plain_text": plain(), "mrkdwn": mrkdwn(), "image": IMAGE}), 10, 1)},
)
CONTEXT_ACTIONS_BLOCK = _block("context_actions", {"elements": items(by_type(CONTEXT_ACTIONS), 5, 1)})
INPUT = _block(
    "input",
    {"label": plain(2000), "element": by_type(inputs(RICH_TEXT))},
    {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
)
IMAGE_BLOCK = also(
    _block("image", {"alt_text": string(2000)}, {"image_url": url, "slack_file": SLACK_FILE, "title": plain(2000)}),
    needs_one("image_url", "slack_file"),
)
MARKDOWN = _block("markdown", {"text": string(12_000, 1)})
ALERT = _block("alert", {"text": words()}, {"level": one_of("default", "info", "warning", "error", "success")})
FILE = _block("file", {"external_id": string(), "source": string()})
VIDEO = _block(
    "video",
    {"alt_text": string(), "thumbnail_url": url, "title": plain(200), "video_url": url},
    {
        "author_name": string(50),
        "description": plain(200),
        "provider_icon_url": url,
        "provider_name": string(),
        "title_url": url,
    },
)
_COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
TABLE = _block("table", {"rows": items(items(CELL, 20), 100, 1)}, {"column_settings": items(_COLUMN, 20)})
DATA_TABLE = _block(
    "data_table",
    {"caption": string(), "rows": items(items(CELL))},
    {"page_size": whole(1, 100), "row_header_column_index": whole(0, 1000)},
)
TASK_CARD = _block(
    "task_card",
    {"task_id": string(), "title": string(), "status": one_of("pending", "in_progress", "complete", "error")},
    {"details": RICH_TEXT, "output": RICH_TEXT, "sources": items(_SOURCE)},
)
PLAN = _block("plan", {"title": string()}, {"tasks": items(TASK_CARD)})
CARD = _block(
    "card",
    {},
    {
        "title": mrkdwn(150),
        "subtitle": mrkdwn(150),
        "body": mrkdwn(200),
        "hero_image": IMAGE,
        "icon": IMAGE,
        "actions": items(BUTTON),
    },
)
CAROUSEL = _block("carousel", {"elements": items(CARD, 10, 1)})
DATA_VISUALIZATION = _block("data_visualization", {"title": string(50, 1), "chart": CHART})
INSIDE_CONTAINER: dict[str, Check] = {
    "actions": ACTIONS,
    "context": CONTEXT,
    "divider": DIVIDER,
    "file": FILE,
    "header": HEADER,
    "image": IMAGE_BLOCK,
    "input": INPUT,
    "rich_text": RICH_TEXT,
    "section": SECTION,
    "table": TABLE,
    "video": VIDEO,
}
CONTAINER = _block(
    "container",
    {"child_blocks": items(by_type(INSIDE_CONTAINER), 10, 1)},
    {
        "title": plain(150),
        "subtitle": words(150),
        "rich_text_title": RICH_TEXT,
        "icon": IMAGE,
        "width": one_of("narrow", "standard", "wide", "full"),
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
)
BLOCKS: dict[str, Check] = {
    **INSIDE_CONTAINER,
    "alert": ALERT,
    "card": CARD,
    "carousel": CAROUSEL,
    "container": CONTAINER,
    "context_actions": CONTEXT_ACTIONS_BLOCK,
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "markdown": MARKDOWN,
    "plan": PLAN,
    "task_card": TASK_CARD,
}
