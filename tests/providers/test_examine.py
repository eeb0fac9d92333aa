"""All checks at once: a slow, a broken and a refusing one are answers too."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.capability import Check, Finding, ReleaseInfo
from bot.domain.catalog import Place
from bot.domain.errors import ProviderError
from bot.domain.health import Report
from bot.providers.examine import look_at, past_of

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)
PLACE = Place("shop", "production")


@dataclass
class Says:
    name: str
    what: Finding | Exception | None  # None: never answers
    deadline: timedelta = timedelta(milliseconds=50)

    async def look(self) -> Finding:
        if self.what is None:
            await asyncio.Event().wait()
        if isinstance(self.what, Exception):
            raise self.what
        assert self.what is not None
        return self.what


@dataclass
class Offer:
    held: list[Says]

    def checks(self) -> Sequence[Check]:
        return self.held


@pytest.mark.parametrize(
    ("what", "state", "says"),
    [
        (Finding("A", "ok", "fine", "1 ms"), "ok", "fine"),
        (None, "unknown", "no answer within 50 ms"),
        (ProviderError("stripe", "Stripe is away.", "Try later."), "unknown", "Stripe is away. Try later."),
        (KeyError("secret"), "unknown", "this check itself broke (KeyError)"),
    ],
    ids=["answers", "silent", "refuses", "breaks"],
)
async def test_whatever_a_check_does_becomes_a_finding(what: Any, state: str, says: str) -> None:
    with capture_logs():
        report = await look_at(PLACE, [Offer([Says("A", what)])], lambda: NOW)
    assert [(one.check, one.state, one.says) for one in report.findings] == [("A", state, says)]


async def test_checks_run_side_by_side_and_keep_their_order() -> None:
    """Each waits for all others: one after the other they would never end."""
    meet = asyncio.Barrier(3)

    @dataclass
    class Meets:
        name: str
        deadline: timedelta = timedelta(seconds=5)

        async def look(self) -> Finding:
            await meet.wait()
            return Finding(self.name, "ok", "", "")

    @dataclass
    class Two:
        names: str

        def checks(self) -> Sequence[Check]:
            return [Meets(name) for name in self.names]

    report = await look_at(PLACE, [Two("ab"), Two("c")], lambda: NOW)
    assert "".join(one.check for one in report.findings) == "abc"
    assert report.worst == "ok"


async def test_releases_that_cannot_be_read_are_left_out() -> None:
    class Lost:
        async def releases(self) -> Sequence[ReleaseInfo]:
            raise ProviderError("git", "The repository is away.")

    lost: Any = Lost()
    with capture_logs() as logs:
        past = await past_of(PLACE, [lost], None, Report(PLACE, (), NOW, timedelta()))
    assert past.releases == ()
    assert [line["event"] for line in logs] == ["releases.unread"]
