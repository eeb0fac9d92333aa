"""What ran without votes is looked at by somebody else afterwards, asked again until it is done. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal

from bot.domain.approval import Way
from bot.domain.run import RunId

Verdict = Literal["fine", "talk", "moot"]
"""It was right; it needs a talk; it never ran, so that there is nothing to look at."""

MORNING = time(9)
WITHIN = timedelta(hours=24)
SHORTEST, LONGEST = 10, 300
"""Of the one sentence that says why, in characters."""


@dataclass(frozen=True, slots=True)
class Review:
    """actor: who went on without votes, and why. times: how often somebody was asked to look."""

    run: RunId
    way: Way
    actor: str
    because: str
    created_at: datetime
    next_at: datetime
    times: int
    verdict: Verdict | None = None
    reviewer: str | None = None
    says: str = ""
    reviewed_at: datetime | None = None


def next_time(way: Way, at: datetime, zone: tzinfo) -> datetime:
    """When somebody is asked to look, at first and then daily until it is done: after broken glass a day later,
    because it was told widely at once; else in the morning."""
    return at + WITHIN if way == "glass" else next_morning(at, zone)


def next_morning(at: datetime, zone: tzinfo) -> datetime:
    """09:00 of the next working day there; today's when that is still to come."""
    local = at.astimezone(zone)
    morning = local.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0)
    while morning <= local or morning.weekday() > 4:
        morning += timedelta(days=1)  # on the wall clock: it is 09:00 there also after a change of the clock
    return morning.astimezone(at.tzinfo)


def reason(text: str) -> str | None:
    """The sentence on one line; None when it is too short or too long to be one."""
    line = " ".join(text.split())
    return line if SHORTEST <= len(line) <= LONGEST else None
