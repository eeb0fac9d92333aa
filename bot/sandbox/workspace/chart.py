"""The grammar of a chart (docs.slack.dev: "Data visualization block"). Pure."""

import math

from bot.sandbox.workspace.grammar import Check, Problems, also, by_type, items, number, record, string, tagged

_NAME = string(20, 1)


def _finite(value: object, at: str) -> Problems:
    yield from number(value, at)
    if isinstance(value, float) and not math.isfinite(value):
        yield at, "must be a finite number"


def _above_zero(value: object, at: str) -> Problems:
    yield from _finite(value, at)
    if isinstance(value, int | float) and value <= 0:
        yield at, "must be greater than 0"


def _fits_its_axis(value: object, at: str) -> Problems:
    """Names are unique, and every series has one value for every category, in their order."""
    if not isinstance(value, dict):
        return
    series = [one for one in value.get("series", []) if isinstance(one, dict)]
    names = [one.get("name") for one in series]
    if len(names) != len(set(map(str, names))):
        yield f"{at}/series", "series names must be unique"
    axis = value.get("axis_config")
    categories = axis.get("categories") if isinstance(axis, dict) else None
    for index, one in enumerate(series):
        labels = [point.get("label") for point in one.get("data", []) if isinstance(point, dict)]
        if labels != categories:
            yield f"{at}/series/{index}/data", "labels must match axis_config.categories"


_POINT = record({"label": _NAME, "value": _finite})
_SERIES = record({"name": _NAME, "data": items(_POINT, 20, 1)})
_AXIS = record({"categories": items(_NAME, 20, 1)}, {"x_label": string(50), "y_label": string(50)})


def _drawn(kind: str) -> Check:
    return also(tagged(kind, {"series": items(_SERIES, 6, 1), "axis_config": _AXIS}), _fits_its_axis)


_SEGMENT = record({"label": _NAME, "value": _above_zero})
CHART = by_type(
    {
        "line": _drawn("line"),
        "bar": _drawn("bar"),
        "area": _drawn("area"),
        "pie": tagged("pie", {"segments": items(_SEGMENT, 12, 1)}),
    }
)
