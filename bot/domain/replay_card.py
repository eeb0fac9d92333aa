"""A replay's plan and its end in words: which events, which way, what became of each. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.card import Button, Card, Tone
from bot.domain.catalog import Place
from bot.domain.replay import Fate, Leave, Result, counted
from bot.domain.words import bold, clean, code, some, when

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Listed:
    """An event as a plan shows it."""

    id: str
    kind: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """Events that a replay leaves out, by reason; seen_in: the table that holds those the service has."""

    by: Mapping[Leave, Sequence[str]]
    seen_in: str

    @property
    def count(self) -> int:
        return sum(map(len, self.by.values()))


def tells(place: Place, events: Sequence[Listed], url: str, endpoint: str, left: Left) -> tuple[str, ...]:
    """What will be sent where, a line each."""
    kinds = ", ".join(
        f"{clean(kind, 60)}{f' ×{count}' if count > 1 else ''}"
        for kind, count in Counter(one.kind for one in events).most_common(5)
    )
    way = (
        f"Stripe signs them and sends them to {clean(url, 300)} (endpoint {code(endpoint)})"
        if endpoint
        else f"signed by us and sent straight to {clean(url, 300)}"
    )
    shown = [f"{when(one.created, 'date')} {clean(one.kind, 60)} {code(one.id)}" for one in events[:SHOWN]]
    more = (
        [f"and {len(events) - SHOWN} more, up to {when(events[-1].created, 'date')}"] if len(events) > SHOWN else []
    )
    blind = [] if left.seen_in else ["the catalog names no `seen` table: the service itself must bear a repeat"]
    order = "those about one payment in their order; cannot be taken back"
    return (f"{some(len(events), 'event')}: {kinds}", way, order, *leaves_out(place, left), *blind, *shown, *more)


def leaves_out(place: Place, left: Left) -> tuple[str, ...]:
    """Why some are not sent, a line a reason."""
    lines = []
    for leave, ids in left.by.items():
        if ids:
            lines.append(_reason(place, leave, ids, left.seen_in))
    return tuple(lines)


def again(place: Place, ids: Sequence[str]) -> str:
    """The command line that sends those once more."""
    return " ".join([f"/replay-webhook {place}", *(f"--again {one}" for one in ids[:SHOWN])])


def ended(place: Place, results: Sequence[Result], retry: str, verified: str) -> Card:
    """Counts and reasons. retry: the command line that tries again what did not arrive."""
    by, total = counted(results), len(results)
    arrived = len(by[Fate.DELIVERED])
    title = f"{arrived} of {some(total, 'webhook')} delivered to {place}"
    reasons = [f"{_HEADS[fate]} {_told(fate, by[fate])}" for fate in _TOLD if by[fate] and fate is not Fate.DELIVERED]
    return Card(
        _tone(by, total),
        title,
        " ".join([f"{title}.", *(f"{line}." for line in reasons)]),
        body=tuple(
            part
            for part in (
                "\n".join(f"{bold(_HEADS[fate])} {_told(fate, by[fate])}" for fate in _TOLD if by[fate]),
                "\n".join(
                    line
                    for line in (
                        f"{bold('Verified')} {verified}" if verified else "",
                        f"{bold('Changed')} {_changed(place, by)}",
                    )
                    if line
                ),
                _safe(by),
            )
            if part
        ),
        buttons=_buttons(place, by, retry),
    )


_HEADS = {
    Fate.DELIVERED: "Delivered",
    Fate.ASKED: "Asked",
    Fate.REFUSED: "Refused",
    Fate.UNKNOWN: "Unknown",
    Fate.SENDING: "Unknown",
    Fate.HELD: "Not sent",
    Fate.TAKEN: "Not sent",
}
_TOLD = (Fate.REFUSED, Fate.UNKNOWN, Fate.SENDING, Fate.ASKED, Fate.HELD, Fate.TAKEN, Fate.DELIVERED)


def _told(fate: Fate, results: Sequence[Result]) -> str:
    """2: answered 500 (evt_1, evt_2)."""
    if not results:
        return ""
    reasons = Counter(one.says for one in results if one.says)
    several = len(reasons) > 1
    told = [f"{clean(says, 120)} ×{count}" if several else clean(says, 120) for says, count in reasons.most_common(4)]
    why = "; ".join(told)
    ids = "" if fate is Fate.DELIVERED else f" ({_ids([one.event for one in results])})"
    return f"{len(results)}: {why}{ids}" if why else f"{len(results)}{ids}"


def _tone(by: Mapping[Fate, Sequence[Result]], total: int) -> Tone:
    if len(by[Fate.DELIVERED]) == total:
        return Tone.OK
    if by[Fate.REFUSED]:
        return Tone.FAIL
    return Tone.UNKNOWN if by[Fate.UNKNOWN] or by[Fate.SENDING] else Tone.WARN


def _changed(place: Place, by: Mapping[Fate, Sequence[Result]]) -> str:
    """What the service got, as far as it is known; what it made of them is its own."""
    got, open_ends = len(by[Fate.DELIVERED]), any(by[fate] for fate in (Fate.UNKNOWN, Fate.SENDING, Fate.ASKED))
    sent = f"{place} got {some(got, 'webhook')}" if got else ""
    if open_ends:
        return f"{sent or 'not known'}; whether the rest arrived is not known" if sent else "not known"
    return f"{sent}, nothing else" if sent else f"nothing: {place} took none of them"


def _safe(by: Mapping[Fate, Sequence[Result]]) -> str:
    if by[Fate.UNKNOWN]:
        return "What is unknown is not sent again by itself: only when you name it."
    return "Asking again sends nothing twice."


def _buttons(place: Place, by: Mapping[Fate, Sequence[Result]], retry: str) -> tuple[Button, ...]:
    made = []
    if by[Fate.REFUSED] or by[Fate.ASKED] or by[Fate.HELD]:
        made.append(Button("Try the rest again…", ask=retry))
    unknown = [one.event for one in by[Fate.UNKNOWN]]
    if unknown:
        made.append(Button(f"Send {some(min(len(unknown), SHOWN), 'unknown one')} again…", ask=again(place, unknown)))
    return tuple(made)


def _reason(place: Place, leave: Leave, ids: Sequence[str], seen_in: str) -> str:
    count = some(len(ids), "event is", "events are")
    match leave:
        case Leave.SEEN:
            return f"{count} left out: the service has {_them(ids)} ({clean(seen_in, 100)})"
        case Leave.DELIVERED:
            return f"{count} left out: an earlier replay delivered {_them(ids)} ({_ids(ids)})"
        case Leave.UNDER_WAY:
            return f"{count} left out: asked at Stripe less than a minute ago ({_ids(ids)})"
        case Leave.UNKNOWN:
            return (
                f"{count} left out: an earlier replay sent {_them(ids)} and does not know whether "
                f"{'it' if len(ids) == 1 else 'they'} arrived ({_ids(ids)}). To send again: {code(again(place, ids))}"
            )


def _them(ids: Sequence[str]) -> str:
    return "it" if len(ids) == 1 else "them"


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
    return ", ".join(ids[:5]) + more
