"""A chart as Slack's data_visualization block, within its limits; its numbers as lines where it cannot be drawn.

Limits: docs.slack.dev "Data visualization block": two a message, a title of 50 characters, names of 20, at most
20 categories that every series has a value for, unique names, slices above zero.
"""

import math
from collections.abc import Iterator

from bot.domain.card import Chart
from bot.domain.json import Json, JsonObject
from bot.slack.mrkdwn import plain_text

MOST = 2
TITLE, NAME, LABELS, SERIES, SLICES = 50, 20, 20, 6, 12


def chart_block(chart: Chart) -> JsonObject | None:
    """None when there is nothing to draw."""
    drawn = _pie(chart) if chart.kind == "pie" else _axes(chart)
    title = _short(chart.title, TITLE)
    return {"type": "data_visualization", "title": title, "chart": drawn} if drawn and title else None


def lines(chart: Chart) -> str:
    """The same in words, one line a label."""
    names = [name for name, _ in chart.series]
    rows = [
        f"{_short(label, NAME)}  " + ", ".join(f"{name} {values[at]:g}" for name, values in _whole(chart))
        for at, label in enumerate(chart.labels)
    ]
    return "\n".join([plain_text(chart.title), *rows]) if names and rows else ""


def _axes(chart: Chart) -> JsonObject | None:
    labels = _unique(chart.labels[-LABELS:])
    series = _whole(chart)[:SERIES]
    if not labels or not series:
        return None
    names = _unique(tuple(name for name, _ in series))
    drawn: list[Json] = [
        {"name": name, "data": list(_points(labels, values[-LABELS:]))}
        for name, (_, values) in zip(names, series, strict=True)
    ]
    axes: JsonObject = {"categories": list[Json](labels)}
    if unit := _short(chart.unit, TITLE):
        axes["y_label"] = unit
    return {"type": chart.kind, "series": drawn, "axis_config": axes}


def _pie(chart: Chart) -> JsonObject | None:
    _, values = next(iter(_whole(chart)), ("", ()))
    slices = [(label, value) for label, value in zip(chart.labels, values, strict=False) if value > 0]
    slices.sort(key=lambda slice_: -slice_[1])
    if len(slices) > SLICES:
        rest = sum(value for _, value in slices[SLICES - 1 :])
        slices = [*slices[: SLICES - 1], ("others", rest)]
    labels = _unique(tuple(label for label, _ in slices))
    shown = list[Json](_points(labels, tuple(value for _, value in slices)))
    return {"type": "pie", "segments": shown} if shown else None


def _whole(chart: Chart) -> list[tuple[str, tuple[float, ...]]]:
    """The series that have a finite value for each label."""
    return [
        (name, values)
        for name, values in chart.series
        if len(values) == len(chart.labels) and all(math.isfinite(value) for value in values)
    ]


def _points(labels: tuple[str, ...], values: tuple[float, ...]) -> Iterator[Json]:
    for label, value in zip(labels, values, strict=True):
        yield {"label": label, "value": value}


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """Short and all different; an empty one is its number."""
    found: list[str] = []
    for at, name in enumerate(names, start=1):
        short = _short(name, NAME) or str(at)
        found.append(short if short not in found else _short(name, NAME - 5) + f" ({at})")
    return tuple(found)


def _short(text: str, limit: int) -> str:
    shown = " ".join(plain_text(text).split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
