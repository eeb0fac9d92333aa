"""What Slack refuses in a message or a view, by name and with readable words. Pure."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from bot.sandbox.workspace.blocks import BLOCKS
from bot.sandbox.workspace.elements import plain
from bot.sandbox.workspace.grammar import (
    Check,
    Problem,
    Problems,
    anything,
    boolean,
    by_type,
    items,
    one_of,
    record,
    string,
)
from bot.sandbox.workspace.things import Json

Surface = Literal["message", "modal", "home"]

TEXT_LIMIT = 40_000
UPDATE_TEXT_LIMIT = 4_000
BLOCKS_TOTAL_LIMIT = 13_200
MARKDOWN_TOTAL_LIMIT = 12_000
VIEW_BYTES_LIMIT = 250_000
METADATA_LIMIT = 8_000
TABLES = ("table", "data_table")

_FORBIDDEN: dict[Surface, frozenset[str]] = {
    "message": frozenset(("alert", "file")),
    "modal": frozenset(
        {"card", "carousel", "container", "context_actions", "data_table", "data_visualization"}
        | {"markdown", "plan", "table", "task_card"}
    ),
    "home": frozenset(("alert", "context_actions", "data_table", "file", "markdown", "plan", "table", "task_card")),
}
_MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}


class Refused(Exception):
    """Slack's refusal: its error name, its `response_metadata.messages`, other fields of the answer."""

    def __init__(self, error: str, messages: tuple[str, ...] = (), **extra: object) -> None:
        super().__init__(": ".join([error, *messages]))
        self.error = error
        self.messages = messages
        self.extra = extra

    def answer(self) -> Json:
        body: Json = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["response_metadata"] = {"messages": list(self.messages)}
        if self.error == "invalid_blocks":
            body["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
        return body


def message_blocks(blocks: object) -> None:
    """Raises `Refused` for what chat.postMessage would refuse."""
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format", ("[ERROR] blocks must be an array",))
    _refuse("invalid_blocks", block_problems(blocks, "message"))
    if len(compact(blocks)) > BLOCKS_TOTAL_LIMIT:
        raise Refused("msg_blocks_too_long", (f"[ERROR] all blocks together exceed {BLOCKS_TOTAL_LIMIT} characters",))


def view(body: object, surface: Surface) -> None:
    """Raises `Refused` for what views.open or views.publish would refuse."""
    if len(compact(body).encode()) > VIEW_BYTES_LIMIT:
        raise Refused("view_too_large")
    _refuse("invalid_arguments", view_problems(body, surface))


def metadata(value: object) -> None:
    if not isinstance(value, dict) or not {"event_type", "event_payload"} <= value.keys():
        raise Refused("invalid_metadata_format", ("[ERROR] metadata needs event_type and event_payload",))
    problems = record({"event_type": string(255, 1), "event_payload": _flat}, {"entities": anything})(
        value, "/metadata"
    )
    _refuse("invalid_metadata_schema", problems)
    if len(compact(value)) > METADATA_LIMIT:
        raise Refused("metadata_too_large")


def _flat(value: object, at: str) -> Problems:
    if not isinstance(value, dict):
        yield at, "must be an object"


def block_problems(blocks: object, surface: Surface) -> Iterator[Problem]:
    yield from items(by_type(BLOCKS), _MOST_BLOCKS[surface], 1 if surface == "message" else 0)(blocks, "/blocks")
    for at, block in _walk(blocks, "/blocks"):
        if block.get("type") in _FORBIDDEN[surface]:
            yield at, f"block type {block['type']} is not supported in a {surface}"
    yield from _together(blocks)


def view_problems(body: object, surface: Surface) -> Iterator[Problem]:
    yield from _VIEWS[surface](body, "/view")
    if not isinstance(body, dict):
        return
    yield from block_problems(body.get("blocks"), surface)
    holds_input = any(block.get("type") == "input" for _, block in _walk(body.get("blocks"), ""))
    if surface == "modal" and holds_input and "submit" not in body:
        yield "/view", "missing required field: submit, because the view has an input block"


_ANY_VIEW: dict[str, Check] = {
    "callback_id": string(255),
    "private_metadata": string(3000),
    "external_id": string(255),
}
_VIEWS: dict[Surface, Check] = {
    "modal": record(
        {"type": one_of("modal"), "title": plain(24), "blocks": anything},
        {**_ANY_VIEW, "submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
    ),
    "home": record({"type": one_of("home"), "blocks": anything}, _ANY_VIEW),
}


def _together(blocks: object) -> Problems:
    """Rules between blocks: unique ids, one table, two charts, one plan, markdown in all."""
    found = list(_walk(blocks, "/blocks"))
    kinds = Counter(str(block.get("type")) for _, block in found)
    if sum(kinds[kind] for kind in TABLES) > 1:
        yield "/blocks", "only one table is allowed in a message"
    if kinds["data_visualization"] > 2:
        yield "/blocks", "no more than 2 data_visualization blocks allowed"
    if kinds["plan"] > 1:
        yield "/blocks", "only one plan is allowed in a message"
    markdown = sum(len(b["text"]) for _, b in found if b.get("type") == "markdown" and isinstance(b.get("text"), str))
    if markdown > MARKDOWN_TOTAL_LIMIT:
        yield "/blocks", f"markdown blocks exceed {MARKDOWN_TOTAL_LIMIT} characters together"
    yield from _same_ids("block_id", found)
    for at, block in found:
        yield from _same_ids("action_id", list(_elements(block, at)))


def _same_ids(key: str, found: list[tuple[str, Json]]) -> Problems:
    seen: set[str] = set()
    for at, part in found:
        name = part.get(key)
        if isinstance(name, str) and name in seen:
            yield f"{at}/{key}", f"`{key}` {name} already exists"
        elif isinstance(name, str):
            seen.add(name)


def _walk(blocks: object, at: str) -> Iterator[tuple[str, Json]]:
    """Every block, those inside containers and carousels too."""
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict):
            yield f"{at}/{index}", block
            inner = "elements" if block.get("type") == "carousel" else "child_blocks"
            yield from _walk(block.get(inner), f"{at}/{index}/{inner}")


def _elements(block: Json, at: str) -> Iterator[tuple[str, Json]]:
    for key in ("elements", "actions") if block.get("type") != "carousel" else ():
        parts = block.get(key)
        for index, part in enumerate(parts if isinstance(parts, list) else []):
            if isinstance(part, dict):
                yield f"{at}/{key}/{index}", part


def _refuse(error: str, problems: Iterator[Problem]) -> None:
    messages = tuple(f"[ERROR] {words} [json-pointer:{at}]" for at, words in problems)
    if messages:
        raise Refused(error, messages)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
