"""Health and events over time as one SVG: a bar for each check, a line for each turning point. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from bot.domain.incident_report import IncidentReport, Mark, Outage

WIDTH, LEFT, RIGHT = 1000, 250, 30
ROW, TOP, LABEL = 30, 14, 19
MOST_CHECKS, MOST_MARKS = 10, 9
FINE, FAILING, INK, SOFT, GRID = "#cfe8d5", "#c8372d", "#1d2730", "#66727d", "#dde2e6"
_STEPS = [timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)]


class _Scale:
    """From an instant to its place across the picture."""

    def __init__(self, begin: datetime, end: datetime) -> None:
        margin = max((end - begin) * 0.03, timedelta(seconds=30))
        self.begin, self.end = begin - margin, end + margin

    def x(self, at: datetime) -> float:
        share = (min(max(at, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def ticks(self) -> list[datetime]:
        """Round times of the day, at most eight."""
        step = next((one for one in _STEPS if (self.end - self.begin) / one <= 8), _STEPS[-1])
        midnight = self.begin.replace(hour=0, minute=0, second=0, microsecond=0)
        first = midnight + (((self.begin - midnight) // step) + 1) * step
        count = max(0, (self.end - first) // step + 1)
        return [first + step * n for n in range(count)]


def picture(report: IncidentReport) -> str:
    """The SVG, as wide as 1000 units. Times are UTC; people's words are escaped."""
    scale = _Scale(report.begin, report.end)
    checks = list(dict.fromkeys(one.check for one in report.outages))
    shown, more = checks[:MOST_CHECKS], len(checks) - MOST_CHECKS
    bars = _bars(shown, report.outages, scale, report.made_at)
    y = TOP + ROW * max(1, len(shown))
    parts = [*_empty(report), *bars]
    if more > 0:
        parts.append(_text(LEFT - 10, y + 16, f"and {more} more", anchor="end", colour=SOFT))
        y += 22
    parts += _entries(report, scale, y)
    y += ROW
    lines = _marks(report.marks, scale, y)
    axis, height = y + LABEL * min(len(report.marks), MOST_MARKS) + 12, 26
    grid = _axis(scale, axis)
    return _svg(axis + height, [*grid, *lines, *parts])


def _empty(report: IncidentReport) -> list[str]:
    if report.outages:
        return []
    says = "no check failed" if report.watched else "nothing was watched"
    return [_text(LEFT - 10, TOP + 19, says, anchor="end", colour=SOFT)]


def _bars(checks: Sequence[str], found: Iterable[Outage], scale: _Scale, now: datetime) -> list[str]:
    """Up to now: of what is to come nothing is known."""
    parts = []
    for row, check in enumerate(checks):
        y = TOP + ROW * row
        parts.append(_text(LEFT - 10, y + 18, _short(check), anchor="end"))
        parts.append(_rect(scale.x(scale.begin), y + 6, scale.x(now), FINE))
        spans = [one for one in found if one.check == check]
        parts += [_rect(scale.x(one.begin), y + 6, scale.x(one.end), FAILING) for one in spans]
    return parts


def _entries(report: IncidentReport, scale: _Scale, y: int) -> list[str]:
    """A dot for each entry of the timeline."""
    dots = [
        f'<circle cx="{scale.x(entry.occurred_at)}" cy="{y + 14}" r="3.2" fill="{INK}" fill-opacity="0.55"/>'
        for entry in report.entries
    ]
    return [_text(LEFT - 10, y + 18, f"timeline ({len(report.entries)})", anchor="end"), *dots]


def _marks(found: Sequence[Mark], scale: _Scale, y: int) -> list[str]:
    """A line each, its words below in steps, so that two near ones stay readable."""
    lines, words = [], []
    for row, mark in enumerate(found[:MOST_MARKS]):
        x, base = scale.x(mark.at), y + LABEL * (row + 1)
        right = x > WIDTH * 0.72
        lines.append(f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{base - 4}" stroke="{SOFT}" stroke-dasharray="3 3"/>')
        says = f"{mark.at:%H:%M} {mark.says}"
        words.append(_text(x - 5 if right else x + 5, base, says, anchor="end" if right else "start"))
    return [*lines, *words]


def _axis(scale: _Scale, y: int) -> list[str]:
    parts = [f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{SOFT}"/>']
    day = scale.end - scale.begin > timedelta(hours=20)
    for tick in scale.ticks():
        x = scale.x(tick)
        parts.append(f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{y}" stroke="{GRID}"/>')
        parts.append(
            _text(x, y + 18, f"{tick:%d %b %H:%M}" if day else f"{tick:%H:%M}", anchor="middle", colour=SOFT)
        )
    parts.append(_text(LEFT - 10, y + 18, f"{scale.begin:%Y-%m-%d}, UTC", anchor="end", colour=SOFT))
    return parts


def _rect(begin: float, y: float, end: float, colour: str) -> str:
    return f'<rect x="{begin}" y="{y}" width="{max(round(end - begin, 1), 2)}" height="17" rx="2" fill="{colour}"/>'


def _text(x: float, y: float, says: str, *, anchor: str = "start", colour: str = INK) -> str:
    halo = 'stroke="white" stroke-width="4" paint-order="stroke"'
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" {halo}>{escape(says)}</text>'


def _short(check: str) -> str:
    return check if len(check) <= 30 else f"{check[:29]}…"


def _svg(height: float, parts: Iterable[str]) -> str:
    style = 'font-family="Libertinus Serif, Georgia, serif" font-size="15"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {style}>'
    return "".join([head, *parts, "</svg>"])
