"""A card as plain text, wrapped at the terminal's width; colours only where somebody looks. Pure."""

import textwrap
from collections.abc import Callable, Iterator
from typing import assert_never

from bot.domain.card import Card, Chart, Part, Pre, StepLine, Table, Tone
from bot.domain.words import plain

Names = Callable[[str], str]

_COLOURS: dict[Tone, str] = {
    Tone.OK: "32",
    Tone.FAIL: "31",
    Tone.WARN: "33",
    Tone.ASK: "33",
    Tone.INFO: "36",
    Tone.WORKING: "36",
    Tone.UNKNOWN: "35",
    Tone.STOPPED: "31",
}
_STEPS = {"pending": "·", "working": "…", "done": "✓", "failed": "✗", "stopped": "■"}
_GAP = "  "


def card_text(card: Card, names: Names, *, width: int = 100, colour: bool = False) -> str:
    """Title, body, footer. What can be pressed in Slack is left out: here commands do that."""
    title = plain(card.title or card.text, names)
    lines = [_tinted(title, card.tone, colour=colour)]
    body = card.body or ((card.text,) if card.title else ())
    lines += [f"{_GAP}{line}".rstrip() for part in body for line in _part(part, names, width - len(_GAP))]
    if card.footer:
        lines += [f"{_GAP}{line}" for line in _wrapped(plain(card.footer, names), width - len(_GAP))]
    return "\n".join(lines)


def line_text(line: str, names: Names, width: int = 100) -> str:
    """One line of a run's thread."""
    return "\n".join(_wrapped(plain(line, names), width))


def _part(part: Part, names: Names, width: int) -> Iterator[str]:
    match part:
        case str():
            for line in plain(part, names).split("\n"):
                yield from _wrapped(line, width)
        case Pre():
            yield from (f"| {line}" for line in part.text.splitlines())
        case StepLine():
            says = f": {plain(part.says, names)}" if part.says else ""
            yield from _wrapped(f"{_STEPS[part.state]} {plain(part.name, names)}{says}", width)
        case Chart():
            rows = [
                (label, *(f"{values[at]:g}" for _, values in part.series)) for at, label in enumerate(part.labels)
            ]
            yield from _table([(part.title, *(name for name, _ in part.series)), *rows], names, width)
        case Table():
            yield from _table([part.head, *part.rows], names, width)
        case _:
            assert_never(part)


def _table(rows: list[tuple[str, ...]], names: Names, width: int) -> Iterator[str]:
    """Columns as wide as they need; the last one takes what is left and is wrapped below itself."""
    cells = [[plain(cell, names).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]) - 1)]
    left = max(width - sum(widths) - len(_GAP) * len(widths), 20)
    for row in cells:
        head = "".join(f"{cell:<{widths[at]}}{_GAP}" for at, cell in enumerate(row[:-1]))
        first, *more = _wrapped(row[-1], left)
        yield f"{head}{first}".rstrip()
        yield from (f"{' ' * len(head)}{line}" for line in more)


def _wrapped(line: str, width: int) -> list[str]:
    rest = _GAP if line.startswith(("•", "·", "✓", "✗")) else ""
    return textwrap.wrap(line, width, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False) or [""]


def _tinted(title: str, tone: Tone, *, colour: bool) -> str:
    return f"\x1b[1;{_COLOURS[tone]}m{title}\x1b[0m" if colour else title
