"""What happened without us, as lines of a timeline."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.event import Event, Kind
from bot.domain.outside import told

AT = datetime(2026, 11, 20, 14, 9, tzinfo=UTC)
SINCE = "2026-11-20T14:02:10+00:00"
FAILED = {"name": "stripe", "from": "Stripe", "kind": "payment failed", "says": "Stripe: a payment failed"}
DOWN = {"name": "outside", "from": "Pingdom", "kind": "down x", "says": "Pingdom: x is down", "monitor": "x"}


def event(kind: Kind, body: dict[str, Any]) -> Event:
    return Event(7, 1007, kind, None, "watchkeeper", "shop", "production", AT, body)


@pytest.mark.parametrize(
    ("kind", "body", "text", "at", "author"),
    [
        (Kind.WEBHOOK_RECEIVED, {**FAILED, "since": SINCE, "count": 1, "at": "2026-11-20T14:02:08+00:00"},
         "Stripe: a payment failed", "14:02:08", "Stripe"),
        (Kind.WEBHOOK_RECEIVED, {**FAILED, "since": SINCE, "count": 37, "at": "2026-11-20T14:08:00+00:00"},
         "Stripe: a payment failed ×37 since 14:02 UTC", "14:02:10", "Stripe"),
        (Kind.WEBHOOK_RECEIVED, {**DOWN, "since": SINCE, "count": 1, "card": {}},
         "Pingdom: x is down", "14:09:00", "Pingdom"),
        (Kind.DEPLOY_SEEN, {"commit": "4c1d2a7000", "title": "New checkout", "author": "Eli", "was": "9f8e7d6ffff"},
         "Release 4c1d2a7 “New checkout” by Eli became current (was 9f8e7d6); not through Watchkeeper",
         "14:09:00", "watchkeeper"),
        (Kind.VENDOR_CHANGED, {"name": "stripe", "state": "major", "was": "ok", "says": "Elevated errors"},
         "stripe says major on its status page: Elevated errors", "14:09:00", "stripe"),
        (Kind.VENDOR_CHANGED, {"name": "stripe", "state": "ok", "was": "major"},
         "stripe says that all is well again (was major)", "14:09:00", "stripe"),
    ],
)  # fmt: skip
def test_each_becomes_one_line(kind: Kind, body: dict[str, Any], text: str, at: str, author: str) -> None:
    found = told(event(kind, body))
    assert found is not None
    assert (found.text, f"{found.at:%H:%M:%S}", found.author) == (text, at, author)


def test_a_monitor_that_says_the_same_again_is_no_line() -> None:
    assert told(event(Kind.WEBHOOK_RECEIVED, {**DOWN, "since": SINCE, "count": 2})) is None


def test_a_burst_is_one_source() -> None:
    first, last = (told(event(Kind.WEBHOOK_RECEIVED, {**FAILED, "since": SINCE, "count": n})) for n in (1, 500))
    assert first is not None
    assert last is not None
    assert first.source_id == last.source_id
