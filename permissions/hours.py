"""Weekly hours of a grant: `Mon-Fri 09:00-18:00 Europe/London`. The instant comes in; zones are the system's.

A window that ends at or before its beginning runs into the next day and belongs to the day it began on.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = "Mon-Fri 09:00-18:00 Europe/London"

_DAY = "|".join(DAYS)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_ZONE = r"UTC|[A-Z][\w+-]*(?:/[\w+-]+)+"
_HOURS = re.compile(rf"((?:{_DAY})[A-Za-z,-]*|daily) ({_CLOCK})-({_CLOCK}|24:00) ({_ZONE})")


@dataclass(frozen=True, slots=True)
class Hours:
    """`until` None: midnight at the end of the day."""

    days: frozenset[int]  # 0 = Monday
    begin: time
    until: time | None
    zone: ZoneInfo
    text: str

    def hold(self, at: datetime) -> bool:
        """Whether this instant lies within; `at` is aware."""
        local = at.astimezone(self.zone)
        clock = local.time().replace(tzinfo=None)
        if self._overnight:
            early = self.until is not None and clock < self.until
            return (clock >= self.begin and local.weekday() in self.days) or (
                early and (local.weekday() - 1) % 7 in self.days
            )
        before_end = self.until is None or clock < self.until
        return local.weekday() in self.days and self.begin <= clock and before_end

    @property
    def _overnight(self) -> bool:
        return self.until is not None and self.until <= self.begin

    def clock(self, at: datetime) -> str:
        """What the time is there: `Sat 10:03`."""
        local = at.astimezone(self.zone)
        return f"{DAYS[local.weekday()]} {local:%H:%M}"


def read_hours(text: str) -> Hours | str:
    """The hours, or what to write instead."""
    found = _HOURS.fullmatch(" ".join(text.split()))
    days = _days(found[1]) if found else None
    if found is None or days is None:
        return f"Write it like {EXAMPLE}."
    try:
        zone = ZoneInfo(found[4])
    except (KeyError, ValueError, OSError):
        return f"This machine knows no time zone '{found[4]}'. Write one like Europe/London, or UTC."
    until = None if found[3] == "24:00" else time.fromisoformat(found[3])
    return Hours(days, time.fromisoformat(found[2]), until, zone, found[0])


def _days(text: str) -> frozenset[int] | None:
    """`Mon-Fri`, `Mon,Wed,Sat-Sun`, `daily`; None when it is none of these."""
    if text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            return None
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(begin, end + 1 + 7 * (end < begin))}
    return frozenset(found)
