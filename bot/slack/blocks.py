"""A card as Slack's text and blocks, always within Slack's limits: what does not fit is cut and said to be cut.

Limits: docs.slack.dev "Reference: Block Kit" and the measured total of about 13,200 characters a message.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import assert_never

from bot.domain.card import Button, Card, Chart, Confirm, Part, Pre, StepLine, Table, Tone
from bot.domain.json import Json, JsonObject, canonical
from bot.slack import charts
from bot.slack.mrkdwn import elements, marked, mrkdwn, plain_text, web

EMOJI: dict[Tone, str] = {
    Tone.OK: "✅",
    Tone.FAIL: "🔴",
    Tone.WARN: "🟠",
    Tone.ASK: "⚠️",
    Tone.INFO: "ℹ️",
    Tone.WORKING: "⏳",
    Tone.UNKNOWN: "❓",
    Tone.STOPPED: "🚫",
}
MOST_BLOCKS = 50
MOST_CHARACTERS = 12_000  # of the blocks as JSON
MOST_TEXT = 3_900  # chat.update refuses more than 4,000
MOST_BUTTONS = 25
IN_A_ROW = 5
SECTION = 3_000
HEADER = 150
VALUE = 255  # ours are opaque ids
PRE_LINES = 20
_FOR_BUTTONS = 5_000
_FOR_FOOTER = 1_500
_STATUS = {"pending": "pending", "working": "in_progress", "done": "complete", "failed": "error", "stopped": "error"}


def render(card: Card, offers: Mapping[str, str] | None = None) -> tuple[str, list[JsonObject]]:
    """(text, blocks) of one message. offers: command line → opaque id; a button whose line has none is left out."""
    spoken = (mrkdwn(one).strip() for one in (card.text, card.title, _first(card)))
    text = cut(next(filter(None, spoken), EMOJI[card.tone]), MOST_TEXT)
    head = [_header(card)] if plain_text(card.title) else []
    actions = _actions(card.buttons, offers or {})
    footer = [_context(card.footer)] if mrkdwn(card.footer).strip() else []
    room = _Room(MOST_BLOCKS - 1 - len(head) - len(actions) - len(footer), MOST_CHARACTERS - 300)
    room.characters -= sum(_length(block) for block in [*head, *actions, *footer])
    for block in _body(card.body, room):
        room.add(block)
    rest = [_context(_where_the_rest_is(card))] if room.cut or room.partly else []
    blocks = [*head, *room.blocks, *rest, *actions, *footer]
    return text, blocks or [_section(cut(text, SECTION))]


@dataclass(slots=True)
class _Room:
    """What still fits into the message."""

    count: int
    characters: int
    blocks: list[JsonObject] = field(default_factory=list)
    cut: bool = False
    partly: bool = False  # something is shown in part

    def add(self, block: JsonObject) -> None:
        """Once something did not fit nothing after it is shown either: order is part of what a card says."""
        length = _length(block)
        if self.cut or len(self.blocks) >= self.count or length > self.characters:
            self.cut = True
            return
        self.blocks.append(block)
        self.characters -= length


def _body(parts: tuple[Part, ...], room: _Room) -> Iterator[JsonObject]:
    """Blocks of the parts; Slack allows one table and two charts, and we show one plan a message."""
    steps = [part for part in parts if isinstance(part, StepLine)]
    drawings = 0
    shown: set[type] = set()
    for kind, group in groupby(parts, key=type):
        if kind is StepLine:
            if StepLine not in shown:
                yield from _plan(steps, room)
        else:
            for part in group:
                if isinstance(part, Chart):
                    block = charts.chart_block(part) if drawings < charts.MOST else None
                    drawings += block is not None
                    yield from [block] if block else _in_words(part)
                else:
                    yield from _part(part, room, first_table=Table not in shown)
                shown.add(type(part))
        shown.add(kind)


def _in_words(chart: Chart) -> Iterator[JsonObject]:
    if said := charts.lines(chart):
        yield _preformatted(said)


def _part(part: str | Table | Pre | StepLine, room: _Room, *, first_table: bool) -> Iterator[JsonObject]:
    match part:
        case str():
            yield from _sections(part)
        case Table():
            rows = _fitting(part, room)
            if rows and rows[0]:
                yield _table(rows) if first_table else _preformatted("\n".join(_flat(row) for row in rows))
        case Pre():
            lines = plain_text(part.text).split("\n")
            room_for = "\n".join(lines[-PRE_LINES:])[-SECTION + 100 :]
            if room_for.strip():
                yield _preformatted(room_for)
            if len(lines) > PRE_LINES:
                yield _context(f"the last {PRE_LINES} of {len(lines)} lines")
        case StepLine():
            yield from _plan([part], room)
        case _:
            assert_never(part)


# --- text ----------------------------------------------------------------------------------------------------


def _header(card: Card) -> JsonObject:
    title = f"{EMOJI[card.tone]} {' '.join(plain_text(card.title).split())}"
    return {"type": "header", "text": plain_object(title, HEADER)}


def _sections(text: str) -> Iterator[JsonObject]:
    """As few sections as hold the text, split between lines."""
    lines: list[str] = []
    for line in _lines(mrkdwn(text).strip()):
        if lines and sum(len(one) + 1 for one in lines) + len(line) > SECTION:
            yield from _nonempty("\n".join(lines))
            lines = []
        lines.append(line)
    yield from _nonempty("\n".join(lines))


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        rest = line
        while len(rest) > SECTION:
            head = rest[: _safe(rest, SECTION)]
            yield head
            rest = rest[len(head) :]
        yield rest


def _nonempty(text: str) -> Iterator[JsonObject]:
    if text.strip():
        yield _section(text.strip())


def _section(text: str) -> JsonObject:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> JsonObject:
    shown = cut(mrkdwn(text), _FOR_FOOTER)
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": shown, "verbatim": True}]}


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of mrkdwn, never within a token."""
    return text if len(text) <= limit else f"{text[: _safe(text, limit - 2)]}…"


def _safe(text: str, limit: int) -> int:
    """Where `text` may be cut at or before `limit`: not inside <…>, an entity or code. At least 1."""
    at, head = limit, text[:limit]
    if head.rfind("<") > head.rfind(">"):
        at = head.rfind("<")
    elif head.rfind("&") >= 0 and head.find(";", head.rfind("&")) < 0 and limit - head.rfind("&") < 6:
        at = head.rfind("&")
    if text[:at].count("`") % 2 and text[:at].rfind("`") > 0:
        at = text[:at].rfind("`")
    return at if at > 0 else limit


def _where_the_rest_is(card: Card) -> str:
    if card.file:
        return "… the rest is in the file"
    if any(button.action == "run.details" for button in card.buttons):
        return "… the rest is in Details"
    return "… the rest does not fit here; /runs and /audit have it"


def _first(card: Card) -> str:
    return next((part for part in card.body if isinstance(part, str)), "")


# --- steps, tables, output -----------------------------------------------------------------------------------


def _plan(steps: list[StepLine], room: _Room) -> Iterator[JsonObject]:
    """As many steps as fit; Slack refuses a plan without any."""
    done = sum(step.state == "done" for step in steps)
    tasks: list[Json] = []
    left = room.characters - 400
    for number, step in enumerate(steps[:60], start=1):
        task = _task(number, step)
        left -= _length(task)
        if left < 0:
            break
        tasks.append(task)
    room.partly = room.partly or len(tasks) < len(steps)
    if tasks:
        yield {"type": "plan", "title": f"{done} of {len(steps)} steps done", "tasks": tasks}


def _task(number: int, step: StepLine) -> JsonObject:
    says = step.says.strip()
    short = " ".join(plain_text(says).split())
    name = plain_text(step.name) or f"step {number}"
    within = 0 < len(short) <= 60 and not marked(says)
    title = f"{name} · {short}" if within else name
    task: JsonObject = {
        "type": "task_card",
        "task_id": f"step-{number}",
        "title": title[:150],
        "status": _STATUS[step.state],
    }
    if short and not within:
        task["details"] = _rich_section(says[:1500])
    return task


def _rich_section(text: str) -> JsonObject:
    section: JsonObject = {"type": "rich_text_section", "elements": list[Json](elements(text))}
    return {"type": "rich_text", "elements": [section]}


def _fitting(table: Table, room: _Room) -> list[list[str]]:
    """Head and rows, at most 100 by 20 and within what is left; all rows as wide as the head."""
    width = min(20, max([len(table.head), *(len(row) for row in table.rows)], default=0))
    whole = [table.head, *table.rows] if table.head else list(table.rows)
    rows, left = [], room.characters - 200
    for row in whole[:100]:
        cells = [*row, *[""] * width][:width]
        left -= sum(_length(_cell(cell)) + 1 for cell in cells) + 2
        if left < 0:
            break
        rows.append(cells)
    room.partly = room.partly or len(rows) < len(whole)
    return rows


def _table(rows: list[list[str]]) -> JsonObject:
    cells: list[Json] = [[_cell(cell) for cell in row] for row in rows]
    return {"type": "table", "rows": cells}


def _cell(text: str) -> JsonObject:
    if marked(text):
        return _rich_section(text[:600])
    return {"type": "raw_text", "text": " ".join(text.split())[:400] or "–"}


def _flat(row: list[str]) -> str:
    return "  ".join(" ".join(plain_text(cell).split()) for cell in row)


def _preformatted(text: str) -> JsonObject:
    box: JsonObject = {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": text[:SECTION] or "–"}],
    }
    return {"type": "rich_text", "elements": [box]}


# --- buttons -------------------------------------------------------------------------------------------------


def _actions(buttons: tuple[Button, ...], offers: Mapping[str, str]) -> list[JsonObject]:
    """Rows of buttons; their action_ids are unique in the message: `<action>`, `<action>:2`, `ask:1`."""
    made: list[Json] = []
    left, primaries = _FOR_BUTTONS, 0
    ids: set[str] = set()
    for button in buttons:
        element = _button(button, offers, ids, primary=primaries == 0)
        if element is None or len(made) == MOST_BUTTONS or _length(element) > left:
            continue
        left -= _length(element)
        primaries += element.get("style") == "primary"
        ids.add(str(element["action_id"]))
        made.append(element)
    return [{"type": "actions", "elements": made[at : at + IN_A_ROW]} for at in range(0, len(made), IN_A_ROW)]


def _button(button: Button, offers: Mapping[str, str], taken: set[str], *, primary: bool) -> JsonObject | None:
    """None when it could do nothing: no label, no offer, an address that is none."""
    value = offers.get(button.ask, "") if button.ask else button.target
    name = "ask" if button.ask else button.action or "open"
    if not plain_text(button.label) or len(value) > VALUE or (button.ask and not value):
        return None
    if not button.ask and not button.action and not web(button.url):
        return None
    element: JsonObject = {
        "type": "button",
        "action_id": _unique(name, taken, numbered=bool(button.ask)),
        "text": plain_object(plain_text(button.label), 75),
    }
    if value:
        element["value"] = value
    if web(button.url):
        element["url"] = button.url
    if button.style == "danger" or (button.style == "primary" and primary):
        element["style"] = button.style
    if button.confirm and (dialog := _dialog(button.confirm, danger=button.style == "danger")):
        element["confirm"] = dialog
    return element


def _unique(name: str, taken: set[str], *, numbered: bool) -> str:
    name = name[:200]
    if not numbered and name not in taken:
        return name
    number = 1 if numbered else 2
    while f"{name}:{number}" in taken:
        number += 1
    return f"{name}:{number}"


def _dialog(confirm: Confirm, *, danger: bool) -> JsonObject:
    title, text = plain_text(confirm.title) or "Are you sure?", plain_text(confirm.text)
    dialog: JsonObject = {
        "title": plain_object(title, 100),
        "text": plain_object(text or title, 300),
        "confirm": plain_object(plain_text(confirm.yes) or "Yes", 30),
        "deny": plain_object(plain_text(confirm.no) or "Not yet", 30),
    }
    return {**dialog, "style": "danger"} if danger else dialog


def plain_object(text: str, limit: int) -> JsonObject:
    return {"type": "plain_text", "text": text if len(text) <= limit else f"{text[: limit - 1]}…"}


def _length(block: JsonObject) -> int:
    return len(canonical(block)) + 1
