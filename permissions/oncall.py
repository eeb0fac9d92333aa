"""Who is on call at an instant, from the policy's rotation and its weekly handover. Pure: the instant comes in.

Weeks are counted on the wall clock of the handover's zone, so that a change to summer time moves nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from permissions.hours import DAYS

EXAMPLE = "Mon 10:00 Europe/London"
FIRST_WEEK = date(1970, 1, 5)
"""A Monday: from the handover of this week the rotation is counted where the policy names no `since`."""


@dataclass(frozen=True, slots=True)
class OnCall:
    rotation: tuple[str, ...]  # Slack ids, in order
    handover: str = ""  # "Mon 10:00 Europe/London"; "" = the first of the rotation always is
    since: date = FIRST_WEEK  # in whose week the first of the rotation took over

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.handover.split()[2]) if self.handover else UTC

    def order(self, at: datetime) -> tuple[str, ...]:
        """Who is on call then, and after them who would be next."""
        if not self.handover or not self.rotation:
            return self.rotation
        turn = (self._handed_over(at) - self._week_of(self.since)).days // 7 % len(self.rotation)
        return self.rotation[turn:] + self.rotation[:turn]

    def _handed_over(self, at: datetime) -> date:
        """The day of the last handover."""
        day = self._week_of(at.astimezone(self.zone).date())
        handover = datetime.combine(day, self._time, self.zone).astimezone(UTC)  # once, where a clock shows it twice
        return day - timedelta(days=7) if at < handover else day

    def _week_of(self, day: date) -> date:
        """The day of the handover on or before this day."""
        return day - timedelta(days=(day.weekday() - DAYS.index(self.handover[:3])) % 7)

    @property
    def _time(self) -> time:
        return time.fromisoformat(self.handover.split()[1])


def asked_first(oncall: OnCall | None, at: datetime, eligible: Collection[str]) -> tuple[str, ...]:
    """Whom to ask before all others: who is on call, or the next in the rotation whose answer would count.

    Empty: nobody in the rotation may answer, or there is none; then everyone is asked at once.
    """
    order = oncall.order(at) if oncall else ()
    return next(((one,) for one in order if one in eligible), ())


def zone_of(oncall: OnCall | None) -> tzinfo:
    """Where mornings are counted."""
    return oncall.zone if oncall else UTC
