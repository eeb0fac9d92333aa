"""That the bot was away, as people read it: what it missed, what goes on by itself, what needs somebody. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.card import Button, Card, Tone
from bot.domain.words import bold, clean, code, span, when

LONG = timedelta(seconds=60)
"""A restart is shorter."""
_SHOWN = 10

Why = Literal["bot", "database"]


@dataclass(frozen=True, slots=True)
class Gap:
    begun: datetime
    ended: datetime
    why: Why

    @property
    def length(self) -> timedelta:
        return self.ended - self.begun


@dataclass(frozen=True, slots=True)
class Concerned:
    """A run that the gap concerned: “R-42”, “/rollback shop production”."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Missed:
    """What became of the time. schedules: sentences."""

    interrupted: Sequence[Concerned] = ()
    expired: Sequence[Concerned] = ()
    resumed: Sequence[Concerned] = ()
    waiting: Sequence[Concerned] = ()
    schedules: Sequence[str] = ()

    @property
    def nothing(self) -> bool:
        return not (self.interrupted or self.expired or self.resumed or self.waiting or self.schedules)


def away_card(gap: Gap, missed: Missed) -> Card:
    who = "I was away" if gap.why == "bot" else "The database could not be reached"
    title = f"{who} for {span(gap.length)}"
    what = "Nothing missed." if missed.nothing else " ".join(_summary(missed))
    needs = bool(missed.interrupted or missed.expired)
    times = f"{who} {when(gap.begun)}–{when(gap.ended)} ({span(gap.length)})."
    body = [times + (" Nothing missed." if missed.nothing else ""), *_lists(missed), _COMMANDS]
    buttons = tuple(Button(f"Settle {one.label}", ask=f"/runs {one.label}") for one in missed.interrupted[:3])
    return Card(
        Tone.WARN if needs else Tone.INFO,
        title,
        f"{title}. {what}",
        tuple(body),
        buttons,
        footer="the audit log has every step that was recorded",
    )


_COMMANDS = (
    "Commands and clicks of that time were answered by Slack with an error and did not reach me: send them again."
)


def _summary(missed: Missed) -> list[str]:
    counted = (
        (missed.interrupted, "interrupted"),
        (missed.expired, "expired"),
        (missed.resumed, "resumed"),
        (missed.waiting, "still waiting"),
    )
    told = [f"{', '.join(one.label for one in runs[:3])} {word}." for runs, word in counted if runs]
    return [*told, *missed.schedules[:2]]


def _lists(missed: Missed) -> list[str]:
    found = []
    if missed.interrupted:
        settle = code(f"/runs settle {missed.interrupted[0].label} done|not-done because …")
        found.append(f"{bold('Needs you')}\n{_runs(missed.interrupted)}\nLook what was done, then say so: {settle}")
    if missed.expired:
        found.append(f"{bold('Expired meanwhile')}: ask again\n{_runs(missed.expired)}")
    if missed.resumed:
        found.append(f"{bold('Resumed')}\n{_runs(missed.resumed)}")
    if missed.waiting:
        found.append(f"{bold('Still waits for approval')}\n{_runs(missed.waiting)}")
    if missed.schedules:
        found.append("\n".join([bold("Schedules"), *(f"• {clean(line, 300)}" for line in missed.schedules[:_SHOWN])]))
    return found


def _runs(found: Sequence[Concerned]) -> str:
    lines = [f"• {one.label} {code(one.text)}" for one in found[:_SHOWN]]
    more = len(found) - _SHOWN
    return "\n".join([*lines, *([f"• and {more} more: {code('/runs')}"] if more > 0 else [])])
