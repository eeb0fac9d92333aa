"""What people see in the workspace, as plain text for a terminal. Pure: it reads blocks and never asks the bot."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping

from bot.sandbox.workspace.pressing import elements, label
from bot.sandbox.workspace.things import Json, Message

WIDTH = 108
_STATUS = {"pending": "○", "in_progress": "◐", "complete": "✓", "error": "✗"}
_TOKEN = re.compile(r"<([^<>]+)>")

Names = Callable[[str], str]
"""A person's or channel's id → how the page shows it."""


def card(message: Message, names: Names) -> list[str]:
    """The message as lines: its blocks, or its text where there are none."""
    files = [f"📎 {file.name} ({file.size} bytes)" for file in message.files]
    if not message.blocks:
        return [*_wrapped(words(message.text, names)), *files]
    lines = [line for block in message.blocks for line in _block(block, names)]
    while lines and not lines[-1]:
        lines.pop()
    return [*lines, *files]


def framed(lines: list[str], head: str) -> str:
    """A card as it stands in a channel, with a line above that says where and for whom."""
    return "\n".join([f"   ┌ {head}", *(f"   │ {line}".rstrip() for line in lines), "   └"])


def buttons(message: Message) -> list[str]:
    """The words on everything that can be pressed."""
    return [label(element) for _, element in elements(message.blocks)]


def words(text: str, names: Names) -> str:
    """Slack's mrkdwn without its tokens: what the page shows, `code` left as it is."""
    shown = _TOKEN.sub(lambda token: _reference(token[1], names), text)
    shown = re.sub(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])", r"\1", shown)
    shown = re.sub(r"(?<![\w_])_([^_\n]+)_(?![\w_])", r"\1", shown)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _reference(inside: str, names: Names) -> str:
    if inside.startswith(("@", "#")):
        return inside[0] + names(inside[1:].partition("|")[0])
    target, _, shown = inside.partition("|")
    if shown:
        return shown
    return f"@{target[1:]}" if target.startswith("!") else target


def _block(block: Json, names: Names) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield str(block["text"]["text"])
            yield ""
        case "section":
            yield from _section(block, names)
            yield ""
        case "context":
            yield from _wrapped(" ".join(words(_text(e), names) for e in block["elements"]), first="· ")
        case "actions":
            yield "  ".join(f"[{label(e)}]" for e in block["elements"])
            yield ""
        case "divider":
            yield "─" * 40
        case "plan":
            yield str(block["title"])
            yield from (line for task in block["tasks"] for line in _task(task, names))
            yield ""
        case "task_card":
            yield from _task(block, names)
        case "rich_text":
            yield from _rich(block, names)
            yield ""
        case "table" | "data_table":
            yield from _table(block["rows"], names)
            yield ""
        case other:
            yield from _wrapped(words(_text(block), names) or f"({other})")


def _section(block: Json, names: Names) -> Iterator[str]:
    for text in [block.get("text"), *block.get("fields", [])]:
        if text:
            for line in words(text["text"], names).split("\n"):
                yield from _wrapped(line)
    if isinstance(block.get("accessory"), dict):
        yield f"[{label(block['accessory'])}]"


def _task(task: Json, names: Names) -> Iterator[str]:
    details = " ".join(_rich(task["details"], names)) if "details" in task else ""
    yield from _wrapped(
        f"{task['title']}{' · ' if details else ''}{details}", first=f"  {_STATUS.get(task['status'], '?')} "
    )


def _rich(block: Json, names: Names) -> list[str]:
    return [line for element in block["elements"] for line in _rich_part(element, names)]


def _rich_part(part: Json, names: Names) -> list[str]:
    match part["type"]:
        case "rich_text_preformatted":
            return [f"    {line}" for line in _inline(part, names).split("\n")]
        case "rich_text_list":
            return [f"• {line}" for item in part["elements"] for line in _rich_part(item, names)]
        case "rich_text_quote":
            return [f"> {line}" for line in _inline(part, names).split("\n")]
        case _:
            return _wrapped(_inline(part, names))


def _inline(part: Json, names: Names) -> str:
    return "".join(_element(element, names) for element in part.get("elements", []))


def _element(element: Json, names: Names) -> str:
    match element["type"]:
        case "user":
            return f"@{names(element['user_id'])}"
        case "channel":
            return f"#{names(element['channel_id'])}"
        case "link":
            return str(element.get("text") or element["url"])
        case "date":
            return str(element.get("fallback") or element["timestamp"])
        case "emoji":
            return f":{element['name']}:"
        case _:
            text = str(element.get("text", ""))
            return f"`{text}`" if element.get("style", {}).get("code") else text


def _table(rows: list[list[Json]], names: Names) -> Iterator[str]:
    cells = [[_cell(cell, names) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    for number, row in enumerate(cells):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("─" * width for width in widths)


def _cell(cell: Json, names: Names) -> str:
    return " ".join(_rich(cell, names)) if cell["type"] == "rich_text" else str(cell.get("text", ""))


def _text(thing: Mapping[str, object]) -> str:
    text = thing.get("text", "")
    return str(text["text"]) if isinstance(text, dict) else str(text)


def _wrapped(text: str, first: str = "") -> list[str]:
    if not first:
        first = "  " if text.startswith("• ") else ""
        return textwrap.wrap(text, WIDTH, subsequent_indent=first, break_long_words=False) or [""]
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first)) or [first]
