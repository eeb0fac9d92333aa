"""A week of the bot as values: what was asked, answered and left over. Pure: the queries are `bot/db/weekly.py`'s."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import median
from typing import Literal

from bot.domain.approval import Way
from bot.domain.away import Gap
from bot.domain.run import RunId, State

SCHEDULE = "weekly report"
UNUSED_FOR = timedelta(days=90)

Outcome = Literal["succeeded", "failed", "stopped", "unknown", "open"]
OUTCOMES: tuple[Outcome, ...] = ("succeeded", "failed", "stopped", "unknown", "open")
"""stopped: it never began (refused, denied, expired …) or was cancelled between two steps."""

_OUTCOMES: dict[State, Outcome] = {
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.TIMED_OUT: "failed",
    State.INTERRUPTED: "unknown",
    State.CANCELLED: "stopped",
    State.REFUSED: "stopped",
    State.DENIED: "stopped",
    State.WITHDRAWN: "stopped",
    State.EXPIRED: "stopped",
    State.VOIDED: "stopped",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that was asked for. waited: until others had approved it; None where nobody else was asked."""

    run: RunId
    command: str
    verb: str
    line: str
    service: str | None
    environment: str | None
    state: State
    created_at: datetime
    waited: timedelta | None = None
    because: str = ""
    unsettled: bool = False
    scheduled: bool = False

    @property
    def label(self) -> str:
        return f"R-{self.run}"

    @property
    def outcome(self) -> Outcome:
        return "unknown" if self.unsettled else _OUTCOMES.get(self.state, "open")

    @property
    def place(self) -> str:
        return " ".join(part for part in (self.service, self.environment) if part)


@dataclass(frozen=True, slots=True)
class Unvoted:
    """What ran without votes, and whether somebody else has looked at it. actor, reviewer: names."""

    run: RunId
    line: str
    service: str | None
    environment: str | None
    way: Way
    actor: str
    at: datetime
    reviewer: str = ""
    verdict: str = ""  # fine, talk; empty = nobody has looked yet

    @property
    def label(self) -> str:
        return f"R-{self.run}"


@dataclass(frozen=True, slots=True)
class Frozen:
    where: str
    by: str
    reason: str
    until: datetime
    standing: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """An incident of the week, or with something left to do. downtime: what the watch saw, None = nothing watched."""

    label: str
    title: str
    where: str
    severity: str
    opened: bool  # in this week
    ongoing: bool
    downtime: timedelta | None = None
    postmortem_due: bool = False


@dataclass(frozen=True, slots=True)
class Stale:
    """What of the policy seems left over. roles, grants: not used since then; None = the record is too young."""

    gone: tuple[str, ...] = ()  # people who left Slack
    roles: tuple[str, ...] = ()
    grants: tuple[tuple[str, str], ...] = ()  # (in words, where it is written)
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """`asked` holds no looks and no refusals of looks; those that were refused are all in `refused`."""

    begin: datetime
    end: datetime
    zone: tzinfo = UTC
    asked: Sequence[Asked] = ()
    looks: int = 0
    refused: Sequence[Asked] = ()
    unvoted: Sequence[Unvoted] = ()
    missed: Sequence[str] = ()  # lines of schedules that did not run
    freezes: Sequence[Frozen] = ()
    troubles: Sequence[Trouble] = ()
    overdue: int = 0  # follow-ups whose day is over
    away: Sequence[Gap] = ()
    alarms: int = 0
    failing: Sequence[str] = ()  # places that fail now
    places: int = 0  # how many are watched
    stale: Stale = field(default_factory=Stale)
    whole: bool = True  # False: only places that its reader may look at

    def days(self) -> list[date]:
        """Each calendar day that it touches, in its zone."""
        first, last = (at.astimezone(self.zone) for at in (self.begin, self.end - timedelta(microseconds=1)))
        return [first.date() + timedelta(days=day) for day in range((last.date() - first.date()).days + 1)]

    def day_of(self, one: Asked) -> date:
        return one.created_at.astimezone(self.zone).date()

    @property
    def waits(self) -> list[timedelta]:
        return sorted(one.waited for one in self.asked if one.waited is not None)

    @property
    def ended(self) -> Counter[State]:
        return Counter(one.state for one in self.asked)


def typical(waits: Sequence[timedelta]) -> timedelta:
    """The median; not of nothing."""
    return timedelta(seconds=median(one.total_seconds() for one in waits))


def slowest_but_a_tenth(waits: Sequence[timedelta]) -> timedelta:
    """The 90th percentile: nine of ten took no longer."""
    return sorted(waits)[math.ceil(0.9 * len(waits)) - 1]


def by_service(asked: Iterable[Asked]) -> dict[str, Counter[Outcome]]:
    found: dict[str, Counter[Outcome]] = {}
    for one in asked:
        found.setdefault(one.service or "no one service", Counter())[one.outcome] += 1
    return dict(sorted(found.items(), key=lambda item: (-item[1].total(), item[0])))


PROOFS = frozenset({("/backup", "db"), ("/backup", "verify"), ("/backup", "restore")})


def unproven(asked: Sequence[Asked]) -> list[Asked]:
    """Backups, verifications and restore tests that did not succeed."""
    return [one for one in asked if (one.command, one.verb) in PROOFS and one.outcome in ("failed", "unknown")]


def mended(failed: Asked, asked: Sequence[Asked]) -> bool:
    """Whether the same succeeded there later in the week."""
    return any(
        (one.command, one.verb, one.service, one.environment)
        == (failed.command, failed.verb, failed.service, failed.environment)
        and one.outcome == "succeeded"
        and one.run > failed.run
        for one in asked
    )
