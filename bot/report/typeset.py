"""A PDF from Markdown and its pictures, set by Typst, whose compiler and fonts come with its package.

The document reaches the typesetter as data, never as its source: what people wrote cannot become an instruction.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from itertools import chain

import typst
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.domain.json import Json, JsonObject

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_LOOK = files("bot.report").joinpath("look.typ")
_WRAPS = {
    "paragraph": "p",
    "blockquote": "quote",
    "list_item": "item",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "strong": "b",
    "em": "i",
}


def pdf(markdown: str, pictures: Mapping[str, str], *, running_title: str, made_at: datetime) -> bytes:
    """pictures: the SVG of each image's name in the Markdown. Takes a tenth of a second: call it in a thread."""
    document: JsonObject = {
        "title": running_title,
        "made": f"{made_at:%Y-%m-%d %H:%M} UTC",
        "pictures": dict(pictures),
        "body": [_node(node) for node in SyntaxTreeNode(_MARKDOWN.parse(markdown)).children],
    }
    made: bytes = typst.compile(
        _LOOK.read_bytes(), sys_inputs={"document": json.dumps(document)}, timestamp=int(made_at.timestamp())
    )
    return made


def _node(node: SyntaxTreeNode) -> Json:
    """One node of the document; what is not known shows its words."""
    kind = node.type
    if kind in _WRAPS:
        return {"t": _WRAPS[kind], "c": _inside(node)}
    match kind:
        case "heading":
            return {"t": "h", "level": int(node.tag[1:]), "c": _inside(node)}
        case "text" | "code_inline":
            return {"t": "text" if kind == "text" else "code", "s": node.content}
        case "softbreak" | "hardbreak":
            return {"t": "text", "s": " "} if kind == "softbreak" else {"t": "br"}
        case "fence" | "code_block" | "html_block" | "html_inline":
            return {"t": "pre" if node.block else "text", "s": node.content}
        case "link":
            url = str(node.attrs.get("href", ""))
            safe = url.startswith(("https://", "http://"))
            return {"t": "a", "url": url, "c": _inside(node)} if safe else {"t": "group", "c": _inside(node)}
        case "image":
            return {"t": "img", "name": str(node.attrs.get("src", "")), "says": node.content}
        case "table":
            return _table(node)
        case "hr":
            return {"t": "hr"}
        case _:
            return {"t": "group", "c": _inside(node)}


def _inside(node: SyntaxTreeNode) -> list[Json]:
    """Its children; `inline` is only a wrapper."""
    return list(chain.from_iterable(_inside(one) if one.type == "inline" else [_node(one)] for one in node.children))


def _table(node: SyntaxTreeNode) -> Json:
    rows: list[list[Json]] = [
        [_inside(cell) for cell in row.children] for part in node.children for row in part.children
    ]
    return {"t": "table", "head": rows[0], "rows": [*rows[1:]]}
