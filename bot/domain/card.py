"""What a person will read, free of Slack: a card says what happened, why, and what to do next.

Every string is `bot.domain.words` text. Cards are stored as JSON in an outcome, so they survive restarts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, cast

from bot.domain.json import Json, JsonObject


class Tone(StrEnum):
    """How a card feels at a glance; `bot.slack.blocks` gives each its emoji."""

    OK = "ok"
    FAIL = "fail"
    WARN = "warn"
    ASK = "ask"
    INFO = "info"
    WORKING = "working"
    UNKNOWN = "unknown"
    STOPPED = "stopped"


Style = Literal["plain", "primary", "danger"]


@dataclass(frozen=True, slots=True)
class Confirm:
    """The dialog that opens before a click counts. title ≤ 100, text ≤ 300, buttons ≤ 30 characters."""

    title: str
    text: str
    yes: str
    no: str = "Not yet"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: either it asks for a request (`ask`, a command line) or it acts (`action` on `target`).

    `ask` buttons are dropped where that command is not installed. `target` is an opaque id: the run's
    number and its UUID's first eight characters, checked again at the click.
    """

    label: str
    ask: str = ""
    action: str = ""
    target: str = ""
    style: Style = "plain"
    confirm: Confirm | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """At most 100 rows by 20 columns; Slack allows one table a message."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Pre:
    """Output as it was, in a fixed-width box (at most 20 lines inline)."""

    text: str


StepState = Literal["pending", "working", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One visible step of a run: name, state and what it says now."""

    name: str
    state: StepState
    says: str = ""


ChartKind = Literal["line", "bar", "area", "pie"]


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers as a drawing: one value of each series for each label. A pie shows its first series alone.

    Two fit into a message; of what Slack cannot draw (20 labels, 6 series, 12 slices) the last labels and the
    first series are shown.
    """

    title: str
    kind: ChartKind
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]  # (name, values)
    unit: str = ""  # what the values are: “minutes”


Part = str | Table | Pre | StepLine | Chart


@dataclass(frozen=True, slots=True)
class Card:
    """`title` and `text` are plain facts (`text` is what a notification or a screen reader tells)."""

    tone: Tone
    title: str
    text: str
    body: tuple[Part, ...] = ()
    buttons: tuple[Button, ...] = ()
    footer: str = ""
    private: bool = False
    file: str = ""
    unchanged: bool = False  # what was to be recorded stood so already, or could not be; not stored

    def with_footer(self, footer: str) -> "Card":
        return replace(self, footer=footer)


def to_json(card: Card) -> JsonObject:
    return {
        "tone": card.tone.value,
        "title": card.title,
        "text": card.text,
        "body": [_part_json(part) for part in card.body],
        "buttons": [_button_json(button) for button in card.buttons],
        "footer": card.footer,
        "private": card.private,
        "file": card.file,
    }


def from_json(data: Mapping[str, Json]) -> Card:
    return Card(
        Tone(str(data["tone"])),
        str(data["title"]),
        str(data["text"]),
        tuple(_part(part) for part in cast("list[Json]", data["body"])),
        tuple(_button(button) for button in cast("list[JsonObject]", data["buttons"])),
        str(data["footer"]),
        bool(data["private"]),
        str(data.get("file", "")),
    )


def _part_json(part: Part) -> Json:
    match part:
        case str():
            return part
        case Table():
            return {"head": list(part.head), "rows": [list(row) for row in part.rows]}
        case Pre():
            return {"pre": part.text}
        case StepLine():
            return {"step": part.name, "state": part.state, "says": part.says}
        case Chart():
            series: list[Json] = [[name, list(values)] for name, values in part.series]
            kept: JsonObject = {"chart": part.kind, "title": part.title, "unit": part.unit}
            return {**kept, "labels": list(part.labels), "series": series}


def _part(data: Json) -> Part:
    if not isinstance(data, dict):
        return str(data)
    if "pre" in data:
        return Pre(str(data["pre"]))
    if "step" in data:
        return StepLine(str(data["step"]), cast("StepState", data["state"]), str(data["says"]))
    if "chart" in data:
        return _chart(data)
    rows = cast("list[list[str]]", data["rows"])
    return Table(tuple(cast("list[str]", data["head"])), tuple(tuple(row) for row in rows))


def _chart(data: JsonObject) -> Chart:
    return Chart(
        str(data["title"]),
        cast("ChartKind", data["chart"]),
        tuple(cast("list[str]", data["labels"])),
        tuple((name, tuple(values)) for name, values in cast("list[tuple[str, list[float]]]", data["series"])),
        str(data["unit"]),
    )


def _button_json(button: Button) -> Json:
    confirm = button.confirm
    return {
        "label": button.label,
        "ask": button.ask,
        "action": button.action,
        "target": button.target,
        "style": button.style,
        "url": button.url,
        "confirm": [confirm.title, confirm.text, confirm.yes, confirm.no] if confirm else None,
    }


def _button(data: JsonObject) -> Button:
    confirm = cast("list[str] | None", data["confirm"])
    return Button(
        str(data["label"]),
        str(data["ask"]),
        str(data["action"]),
        str(data["target"]),
        cast("Style", data["style"]),
        Confirm(*confirm) if confirm else None,
        str(data["url"]),
    )
