"""What the catalog wants done by itself, when it is due, and why it may be. Pure: the instant comes in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.domain.catalog import Catalog, Place
from permissions.decision import Allow, Because, Deny
from permissions.model import Risk

KIND = "schedule"  # records: what became of a schedule last, by its name
ON_TIME = timedelta(minutes=2)
MADE_UP_FOR = timedelta(days=1)  # how old a missed one may be to be run after all
_LOOK_BACK = timedelta(days=400)

State = Literal["begun", "fired", "late", "missed", "ended"]


@dataclass(frozen=True, slots=True)
class Rule:
    """When: five fields of cron, in a zone. says: “daily at 03:30 UTC”."""

    cron: str
    zone: str
    says: str

    def after(self, at: datetime) -> Iterator[datetime]:
        """The instants that come after this one, UTC, without end."""
        for found in CronSim(self.cron, at.astimezone(ZoneInfo(self.zone))):
            yield found.astimezone(UTC)

    def next(self, at: datetime) -> datetime:
        return next(self.after(at))

    def between(self, begin: datetime, end: datetime) -> list[datetime]:
        """Those after `begin` up to `end`; of a very long time only the newest."""
        found = []
        for at in self.after(max(begin, end - _LOOK_BACK)):
            if at > end:
                break
            found.append(at)
        return found

    def __str__(self) -> str:
        return f"{self.cron} {self.zone}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One command line that the bot asks for by itself. line: canonical, as the parser writes it."""

    name: str  # backup
    place: Place
    line: str
    rule: Rule
    where: str  # what of the catalog says so: postgres.backup

    @property
    def key(self) -> str:
        return f"{self.name} {self.place}"


@runtime_checkable
class Scheduling(Protocol):
    """A section of the catalog that wants something done by itself."""

    def schedules(self, place: Place) -> Sequence[Schedule]: ...


def schedules(catalog: Catalog) -> list[Schedule]:
    return [
        schedule
        for place in catalog.places()
        for section in catalog.at(place).sections.values()
        if isinstance(section, Scheduling)
        for schedule in section.schedules(place)
    ]


def decide(catalog: Catalog, line: str, risk: Risk) -> Allow | Deny:
    """The bot itself holds no role: the reviewed catalog is what lets it, for exactly this line and nothing risky."""
    found = next((one for one in schedules(catalog) if one.line == line), None)
    if found is None:
        return _deny(f"{line} may not run by itself: the catalog does not schedule it any more.")
    if not risk.harmless:
        return _deny(f"{line} may not run by itself: a schedule only keeps records, and this would change something.")
    return Allow(
        Because(f"The catalog schedules it for {found.place}, {found.rule.says}.", f"catalog, {found.where}")
    )


def _deny(sentence: str) -> Deny:
    return Deny(Because(sentence, "catalog"), "Somebody who may can ask for it by hand.")


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to do for a schedule now. missed: instants that will never run."""

    fire: datetime | None
    late: bool
    missed: tuple[datetime, ...]


def due(rule: Rule, last: datetime, now: datetime) -> Due:
    """One run at most, for the newest instant; one that is over a day old is not made up for."""
    passed = rule.between(last, now)
    if not passed:
        return Due(None, late=False, missed=())
    newest, age = passed[-1], now - passed[-1]
    if age > MADE_UP_FOR:
        return Due(None, late=False, missed=tuple(passed))
    return Due(newest, late=age > ON_TIME, missed=tuple(passed[:-1]))
