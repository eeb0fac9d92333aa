"""Who is on call when: weeks on the wall clock, also where the clock changes."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from permissions.oncall import OnCall, asked_first

LONDON = ZoneInfo("Europe/London")
ROTA = OnCall(("ana", "ben", "chi"), "Mon 10:00 Europe/London", date(2026, 10, 12))


@pytest.mark.parametrize(
    ("at", "who"),
    [
        (datetime(2026, 10, 12, 9, 59, tzinfo=LONDON), "chi"),
        (datetime(2026, 10, 12, 10, 0, tzinfo=LONDON), "ana"),
        (datetime(2026, 10, 18, 23, 59, tzinfo=LONDON), "ana"),
        (datetime(2026, 10, 19, 10, 0, tzinfo=LONDON), "ben"),
        (datetime(2026, 10, 26, 9, 30, tzinfo=UTC), "ben"),  # winter time came on the 25th: 09:30 there too
        (datetime(2026, 10, 26, 10, 0, tzinfo=UTC), "chi"),
        (datetime(2026, 11, 2, 10, 0, tzinfo=UTC), "ana"),
        (datetime(2026, 10, 5, 10, 0, tzinfo=LONDON), "chi"),  # before it began, the other way round
    ],
)
def test_the_rotation_is_handed_over_weekly_at_its_hour(at: datetime, who: str) -> None:
    assert ROTA.order(at)[0] == who


def test_a_day_in_the_middle_of_a_week_names_that_week() -> None:
    at = datetime(2026, 10, 12, 10, 0, tzinfo=LONDON)
    assert OnCall(ROTA.rotation, ROTA.handover, date(2026, 10, 15)).order(at) == ("ana", "ben", "chi")


def test_without_a_handover_the_first_always_is() -> None:
    assert OnCall(("ben", "ana")).order(datetime(2026, 10, 12, tzinfo=UTC)) == ("ben", "ana")


@pytest.mark.parametrize(
    ("oncall", "eligible", "first"),
    [
        (ROTA, ("ana", "ben", "chi"), ("ana",)),
        (ROTA, ("chi", "ben"), ("ben",)),  # Ana asked herself, or may not answer: the next in the rotation
        (ROTA, ("chi",), ("chi",)),
        (ROTA, ("dev",), ()),
        (ROTA, (), ()),
        (None, ("ana", "ben"), ()),
    ],
)
def test_who_is_asked_first(oncall: OnCall | None, eligible: tuple[str, ...], first: tuple[str, ...]) -> None:
    assert asked_first(oncall, datetime(2026, 10, 13, 3, tzinfo=UTC), eligible) == first
