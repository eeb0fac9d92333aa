"""Whether words may go outside: no host, name of ours, person, run or commit. Says what to write instead. Pure.

It refuses, it never rewrites by itself. What it cannot know (a customer, a guess at the cause) people must see.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.domain.words import quoted

_HOST = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.[a-z]{2,24}"
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>|(?<![\w.])@[\w.-]+", "it names a person", "our team"),
    (r"<#[CG][A-Z0-9]+(?:\|[^>]*)?>|(?<!\w)#[a-z0-9][a-z0-9_-]{2,}", "it is a channel of ours", ""),
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "it is an address", "your help page"),
    (r"(?:[a-z][a-z0-9+.-]*://)?\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?\S*", "it is a host of ours", ""),
    (r"[a-z][a-z0-9+.-]*://\S+", "it is an address of ours", ""),
    (rf"\b{_HOST}(?::\d+)?(?:/\S*)?", "it is a host of ours", ""),
    (r"\blocalhost\b(?::\d+)?", "it is a host of ours", ""),
    (r"\b(?:R|INC|B)-[1-9]\d{0,17}\b", "it is a number of ours", ""),
    (r"\b(?:evt|req|dpl|srv|whsec|sk|rk)_[A-Za-z0-9_]{6,}", "it is an id of ours", ""),
    (r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b", "it is a commit or an id", "the last change"),
    (r"\$[A-Z_][A-Z0-9_]*\b", "it is a variable of ours", ""),
    (r"(?<![\w:/])/(?:[\w.-]+/)+[\w.-]*", "it is a path of ours", ""),
)


@dataclass(frozen=True, slots=True)
class Inside:
    """What only people inside know by name."""

    names: Mapping[str, str]  # of the catalog → what people outside call it; empty: they have no name for it
    people: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()  # that people outside use themselves


@dataclass(frozen=True, slots=True)
class Flaw:
    """One word that must not go outside. instead: what to write; empty: leave it out."""

    word: str
    because: str
    instead: str = ""

    def __str__(self) -> str:
        do = f"write {quoted(self.instead)}" if self.instead else "leave it out"
        return f"{quoted(self.word, 60)}: {self.because}; {do}."


def flaws(text: str, inside: Inside) -> tuple[Flaw, ...]:
    """Every word that only people inside should read, in the order of the text, each once."""
    taken = list(_hosts(text, inside))
    found: list[tuple[int, Flaw]] = []

    def take(some: Iterable[tuple[int, int, Flaw]]) -> None:
        for start, end, flaw in some:
            if not any(start < other and at < end for at, other in taken):
                taken.append((start, end))
                found.append((start, flaw))

    take(_by_shape(text))
    taken += _public(text, inside)
    take(_by_name(text, inside))
    take(_people(text, inside))
    ordered = [flaw for _, flaw in sorted(found, key=lambda one: one[0])]
    return tuple({flaw.word.casefold(): flaw for flaw in reversed(ordered)}.values())[::-1]


def put_right(text: str, found: Iterable[Flaw]) -> str:
    """The text with each word replaced that has something else to say; empty when one has none."""
    for flaw in found:
        if not flaw.instead:
            return ""
        text = re.sub(_whole(flaw.word), flaw.instead.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return text


def _hosts(text: str, inside: Inside) -> Iterator[tuple[int, int]]:
    """Addresses that people outside use themselves."""
    for host in inside.hosts:
        pattern = rf"(?<![\w.@-])(?:https?://)?{re.escape(host)}(?![\w-]|\.\w)(?:/\S*)?"
        for hit in re.finditer(pattern, text, re.IGNORECASE):
            yield hit.span()


def _public(text: str, inside: Inside) -> Iterator[tuple[int, int]]:
    """Where the text says what people outside say themselves."""
    for name in filter(None, inside.names.values()):
        for hit in re.finditer(_whole(name), text, re.IGNORECASE):
            yield hit.span()


def _by_shape(text: str) -> Iterator[tuple[int, int, Flaw]]:
    for pattern, because, instead in _PATTERNS:
        for hit in re.finditer(pattern, text, re.IGNORECASE if "A-Z" not in pattern else 0):
            word = hit[0].rstrip(".,;:!?)")
            yield hit.start(), hit.start() + len(word), Flaw(word, because, instead)


def _by_name(text: str, inside: Inside) -> Iterator[tuple[int, int, Flaw]]:
    for name, public in inside.names.items():
        if name.casefold() == public.casefold():
            continue
        for hit in re.finditer(_whole(name), text, re.IGNORECASE):
            yield *hit.span(), Flaw(hit[0], "only we call it that", public)


def _people(text: str, inside: Inside) -> Iterator[tuple[int, int, Flaw]]:
    """As they are written: “will be fixed” is not Will."""
    whole = sorted(inside.people, key=len, reverse=True)
    parts = {part for name in whole for part in name.split() if len(part) > 2 and part[:1].isupper()}
    for name in dict.fromkeys([*whole, *sorted(parts)]):
        for hit in re.finditer(_whole(name), text):
            yield *hit.span(), Flaw(hit[0], "it names a person", "our team")


def _whole(word: str) -> str:
    """The word by itself: not a piece of another one."""
    return rf"(?<![\w-]){re.escape(word)}(?![\w-])"
