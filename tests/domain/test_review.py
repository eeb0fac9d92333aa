"""When somebody is asked to look at what ran without votes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.approval import Way
from bot.domain.review import next_time, reason

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("way", "at", "then"),
    [
        ("alone", datetime(2026, 11, 25, 3, 0, tzinfo=LONDON), datetime(2026, 11, 25, 9, tzinfo=LONDON)),
        ("alone", datetime(2026, 11, 25, 9, 0, tzinfo=LONDON), datetime(2026, 11, 26, 9, tzinfo=LONDON)),
        ("alone", datetime(2026, 11, 27, 18, 0, tzinfo=LONDON), datetime(2026, 11, 30, 9, tzinfo=LONDON)),
        ("alone", datetime(2026, 10, 24, 3, 0, tzinfo=LONDON), datetime(2026, 10, 26, 9, tzinfo=UTC)),  # winter time
        ("alone", datetime(2026, 3, 28, 3, 0, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)),  # summer time
        ("glass", datetime(2026, 11, 28, 3, 0, tzinfo=UTC), datetime(2026, 11, 29, 3, tzinfo=UTC)),
    ],
)
def test_the_next_working_morning_or_a_day_after_broken_glass(way: Way, at: datetime, then: datetime) -> None:
    assert next_time(way, at, LONDON) == then


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("checkout is down", "checkout is down"),
        ("  checkout\n is   down ", "checkout is down"),
        ("down", None),
        ("          d", None),
        ("x" * 300, "x" * 300),
        ("x" * 301, None),
    ],
)
def test_a_reason_is_one_sentence(typed: str, kept: str | None) -> None:
    assert reason(typed) == kept
