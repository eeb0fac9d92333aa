"""The catalog's `postgres` section, what it schedules, and what is read from a server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.catalog import Place, SecretName
from bot.domain.schedule import Rule, Schedule

KEEP_PROTECTED, KEEP = timedelta(days=30), timedelta(days=7)
_DAYS = {"weekly": ("* * 0", "Sundays"), "monthly": ("1 * *", "on the 1st of the month")}


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"this machine knows no time zone '{value}'; write one like Europe/London, or UTC") from None
    return value


class BackupSettings(BaseModel):
    """When backups are made by themselves, how long they are kept, and how often one is proven by restoring it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    daily: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    keep: str | None = Field(default=None, pattern=r"^[1-9]\d{0,3}d$")
    restore_test: Literal["weekly", "monthly"] | None = None

    def kept_for(self, protected: bool) -> timedelta:
        """Without `keep` 30 days where it is protected, 7 elsewhere."""
        if self.keep is None:
            return KEEP_PROTECTED if protected else KEEP
        return timedelta(days=int(self.keep.removesuffix("d")))

    @property
    def rule(self) -> Rule:
        hour, minute = self._clock
        return Rule(f"{minute} {hour} * * *", self.zone, f"daily at {hour:02}:{minute:02} {self.zone}")

    @property
    def test_rule(self) -> Rule | None:
        """An hour after a backup, which it then is about."""
        if self.restore_test is None:
            return None
        hour, minute = self._clock
        days, words = _DAYS[self.restore_test]
        later = (hour + 1) % 24
        return Rule(f"{minute} {later} {days}", self.zone, f"{words} at {later:02}:{minute:02} {self.zone}")

    @property
    def _clock(self) -> tuple[int, int]:
        hour, _, minute = self.daily.partition(":")
        return int(hour), int(minute)


class PostgresSettings(BaseModel):
    """url: where dumps are made; read: where checks look (default: url); scratch: a server for restored copies;
    restore: the role that may replace the database (default: url)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretName
    read: SecretName | None = None
    backup: BackupSettings | None = None
    scratch: SecretName | None = None
    restore: SecretName | None = None

    def schedules(self, place: Place) -> Sequence[Schedule]:
        """`bot.domain.schedule.Scheduling`."""
        if self.backup is None:
            return ()
        made = Schedule("backup", place, f"/backup db {place}", self.backup.rule, "postgres.backup.daily")
        tested = self.backup.test_rule
        if tested is None:
            return (made,)
        line = f"/backup verify {place} latest"
        return made, Schedule("restore test", place, line, tested, "postgres.backup.restore_test")


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at a database. started: the server's identity, as good as its start is precise."""

    version: int  # major
    size: int
    used: int
    most: int
    answer_s: float
    encoding: str
    started: str


Counts = dict[str, int]
"""Rows by table: `public.orders` → 1204."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How the check of a backup ended: the file alone, or a copy restored from it."""

    how: Literal["file", "restored"]
    tables: int = 0
    rows: int = 0
    differs: tuple[str, ...] = ()  # tables with another count than when the backup was made
    uncounted: int = 0  # tables of which no count was taken then
