"""Text with emphasis, times and mentions as one plain `str` that nobody's typing can forge.

Marks are private-use characters: `clean` removes them from everything that people or vendors wrote, so
only these functions can set them. Pure; how a mark looks is decided where text leaves (Slack, terminal).
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

BOLD, CODE, ITALIC, PERSON, WHEN, LINK, CHANNEL, END, SPLIT = (chr(0xE000 + n) for n in range(9))

_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MARK = re.compile(f"([{BOLD}{CODE}{ITALIC}{PERSON}{WHEN}{LINK}{CHANNEL}])([^{END}]*){END}")
_CHANNEL_ID = re.compile(r"\b[CG]0[A-Z0-9]{5,20}\b")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str, limit: int = 3000) -> str:
    """Text from outside, without our marks, control, direction and half characters, at most `limit` long."""
    kept = _CONTROL.sub("", _PRIVATE.sub("", text))
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def without(marks: str, text: str) -> str:
    """Text with our marks, but none of these: a link is its label, a person or a channel its id."""
    found = re.compile(f"[{marks}]([^{END}]*){END}?")
    return found.sub(lambda one: clean(one[1].rpartition(SPLIT)[2]), text)


def bold(text: str) -> str:
    return f"{BOLD}{clean(text)}{END}"


def code(text: str) -> str:
    return f"{CODE}{clean(text)}{END}"


def italic(text: str) -> str:
    return f"{ITALIC}{clean(text)}{END}"


def quoted(text: str, limit: int = 200) -> str:
    """What somebody else wrote: “New checkout”, on one line."""
    return f"“{clean(' '.join(text.split()), limit)}”"


def person(person_id: str) -> str:
    """A person by Slack id; becomes a mention where people read it, a name in the terminal."""
    return f"{PERSON}{clean(person_id)}{END}"


def channel(channel_id: str) -> str:
    return f"{CHANNEL}{clean(channel_id)}{END}"


def linked(sentence: str) -> str:
    """A sentence of the policy with its channels' ids as channels: people know them by name."""
    return _CHANNEL_ID.sub(lambda found: channel(found[0]), sentence)


def when(at: datetime, style: str = "clock") -> str:
    """An instant, shown in each reader's zone; style `clock` (03:07), `exact` (03:10:12) or `date` (with the day)."""
    return f"{WHEN}{at.astimezone(UTC).isoformat(timespec='seconds')}{SPLIT}{style}{END}"


def link(url: str, label: str) -> str:
    return f"{LINK}{clean(url)}{SPLIT}{clean(label)}{END}"


def render(text: str, mark: Callable[[str, str], str], plain: Callable[[str], str]) -> str:
    """Text with each mark shown by `mark(kind, inside)` and all between them by `plain(text)`."""
    out, at = [], 0
    for found in _MARK.finditer(text):
        out += [plain(text[at : found.start()]), mark(found[1], found[2])]
        at = found.end()
    return "".join([*out, plain(text[at:])])


def plain(text: str, name: Callable[[str], str] = str) -> str:
    """Text for a terminal, a log or a test: no marks, times in UTC, people by `name(id)`."""

    def show(kind: str, inside: str) -> str:
        if kind == PERSON:
            return name(inside)
        if kind == WHEN:
            return clock(*inside.split(SPLIT))
        if kind == LINK:
            url, label = inside.split(SPLIT)
            return f"{label} ({url})"
        return f"#{inside}" if kind == CHANNEL else inside

    return render(text, show, str)


def clock(iso: str, style: str) -> str:
    """An instant in UTC as a reader without a zone sees it."""
    form = {"clock": "%H:%M UTC", "exact": "%H:%M:%S UTC", "date": "%Y-%m-%d %H:%M UTC"}[style]
    return datetime.fromisoformat(iso).strftime(form)


def span(length: timedelta) -> str:
    """A duration in its two largest units at most: 84 ms, 1.2 s, 41 s, 16 min, 6 days."""
    seconds = length.total_seconds()
    for limit, text in (
        (0.9995, f"{seconds * 1000:.0f} ms"),
        (9.95, f"{seconds:.1f} s"),
        (99.5, f"{seconds:.0f} s"),
        (5400, f"{seconds / 60:.0f} min"),
        (2 * 86400, f"{seconds / 3600:.0f} h"),
    ):
        if seconds < limit:
            return text
    return f"{seconds / 86400:.0f} days"


def laps(whole: timedelta, parts: Iterable[tuple[str, timedelta]]) -> str:
    """41 s: fetch 6 · build 22 · switch 2 · verify 11; without what took no time, and under 2 s only the whole."""
    seconds = whole.total_seconds()
    long = [(name, part) for name, part in parts if part.total_seconds() >= 0.5]
    if seconds < 2 or not long:
        return span(whole)
    told = (f"{name} {f'{part.total_seconds():.0f}' if seconds < 99.5 else span(part)}" for name, part in long)
    return f"{span(whole)}: {' · '.join(told)}"


def size(count: float) -> str:
    """Bytes for people: 812 B, 4.2 kB, 1.3 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def apart(sentence: str) -> tuple[str, str]:
    """“Eli may not look: no role names Eli.” as its head and its reason, a sentence of its own or empty."""
    head, _, reason = sentence.partition(": ")
    return head.removesuffix("."), reason[:1].upper() + reason[1:]


def some(count: int, noun: str, plural: str = "") -> str:
    """1 webhook, 6 webhooks."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(items: list[str], last: str = "or") -> str:
    """Ana, Ben or Chi."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}" if items else ""
