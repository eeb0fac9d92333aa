"""The watch's memory: each change is told once, and only after its threshold."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.json import JsonObject
from bot.domain.watching import step

START = datetime(2026, 11, 20, 2, 50, tzinfo=UTC)
TWICE_IN_FIVE = (2, timedelta(minutes=5))


def watched(*rounds: set[str], every: timedelta = timedelta(minutes=1)) -> list[tuple[str, str] | None]:
    state: JsonObject = {}
    told: list[tuple[str, str] | None] = []
    for number, failing in enumerate(rounds):
        state, news = step(state, failing, START + number * every, TWICE_IN_FIVE)
        told.append((news.state, news.says) if news else None)
    return told


C, W = "Checkout", "Webhooks"
HISTORIES = [
    ("once is no alarm", [{C}, set()], [None, None]),
    ("twice is, once", [{C}, {C}, {C}], [None, ("failing", ""), None]),
    ("and its end is told", [{C}, {C}, set(), set()], [None, ("failing", ""), ("recovered", ""), None]),
    ("two single failures are no alarm", [{C}, {W}, set()], [None, None, None]),
    (
        "a second failure is told while the first is open",
        [{C}, {C}, {C, W}, {C, W}, {C, W}],
        [None, ("failing", ""), None, ("worse", "Webhooks now fails too."), None],
    ),
    (
        "what gets better is told while the rest fails",
        [{C, W}, {C, W}, {W}, {W}],
        [None, ("failing", ""), ("better", "Checkout is fine again; Webhooks still fails."), None],
    ),
    (
        "and fails again",
        [{C, W}, {C, W}, {W}, {C, W}, {C, W}],
        [
            None,
            ("failing", ""),
            ("better", "Checkout is fine again; Webhooks still fails."),
            None,
            ("worse", "Checkout now fails too."),
        ],
    ),
]


@pytest.mark.parametrize(("rounds", "told"), [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES])
def test_what_is_told(rounds: list[set[str]], told: list[tuple[str, str] | None]) -> None:
    assert watched(*rounds) == told


def test_failures_far_apart_are_no_alarm() -> None:
    assert watched({C}, {C}, {C}, every=timedelta(minutes=6)) == [None, None, None]


def test_an_alert_says_since_its_first_failure_and_remembers_how_long_it_was_fine() -> None:
    state, _ = step({}, set(), START, TWICE_IN_FIVE)
    state, _ = step(state, set(), START + timedelta(hours=1), TWICE_IN_FIVE)
    state, _ = step(state, {C}, START + timedelta(hours=2), TWICE_IN_FIVE)
    state, _ = step(state, {C}, START + timedelta(hours=2, minutes=1), TWICE_IN_FIVE)
    assert state["since"] == (START + timedelta(hours=2)).isoformat()
    assert state["fine_since"] == START.isoformat()
