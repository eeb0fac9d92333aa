"""/health: worst first, what changed before, only what is on record, and the buttons one wants next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import commands
from bot.domain.capability import Check, Checks, Deploys, Finding, ReleaseInfo
from bot.domain.card import Tone
from bot.domain.catalog import Catalog, Place
from bot.domain.errors import ProviderError
from bot.domain.health import Past, Report, health_card, summary_card
from bot.domain.parse import Parsed, parse_line
from bot.domain.plan import Plan
from bot.domain.words import plain
from bot.providers.examine import past_of

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)
PLACE = Place("shop", "production")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FINE = (
    Finding("Home", "ok", "answers in 84 ms", "84 ms"),
    Finding("Database", "ok", "answers in 3 ms", "3 ms"),
    Finding("Pool", "ok", "4/20 connections used", "4/20"),
    Finding("TLS", "ok", "certificate is valid for 61 d", "61 d"),
    Finding("Stripe key", "ok", "works", ""),
    Finding("bad signature", "ok", "refused with 400", "refused"),
    Finding("Disk", "ok", "41 % full", "41 %"),
)
CHECKOUT = Finding("Checkout", "fail", "answers 500, wants 200 (5 of 5 tries)", "fails")
WEBHOOKS = Finding(
    "Webhooks",
    "fail",
    "6 undelivered, oldest 14 min",
    "6 undelivered",
    ask="/replay-webhook shop production --since 2h",
    ask_label="Replay 6 webhooks…",
)
SLOW = Finding("Home", "warn", "is slow: p95 1.2 s, wants 500 ms", "600 ms")
SILENT = Finding("Home", "unknown", "no answer within 15 s", "no answer")
NEW = ReleaseInfo("9f8e7d6" + "0" * 33, "New checkout", "Mia", True, NOW - 16 * MINUTE)
OLD = ReleaseInfo("4c1d2a7" + "0" * 33, "Steady shop", "Mia", False, NEW.at - 6 * DAY if NEW.at else None, NEW.at)
RAN = Past((NEW, OLD))
WATCHED = replace(RAN, failing_since=NOW - 14 * MINUTE, watched_since=NOW - 30 * DAY, fine_since=NOW - 20 * DAY)


def report(*findings: Finding) -> Report:
    return Report(PLACE, findings, NOW, timedelta(seconds=1.2))


def told(findings: Sequence[Finding], past: Past = RAN, **how: str) -> list[str]:
    card = health_card(report(*findings), past, **how)
    parts = [part for part in card.body if isinstance(part, str)]
    return [plain(line) for part in (card.title, *parts, card.footer) for line in part.splitlines()]


def asks(findings: Sequence[Finding], past: Past = RAN) -> list[str]:
    return [f"{button.label} {button.ask}" for button in health_card(report(*findings), past).buttons]


def test_two_of_nine_fail() -> None:
    assert told((*FINE, CHECKOUT, WEBHOOKS), WATCHED, by="asked by Ana") == [
        "shop production: 2 of 9 checks fail",
        "Checkout answers 500, wants 200 (5 of 5 tries)",
        "Webhooks 6 undelivered, oldest 14 min",
        "✅ 7 fine home 84 ms · database 3 ms · pool 4/20 · TLS 61 d · Stripe key · bad signature refused · disk 41 %",  # noqa: E501
        "Last change 02:51 UTC, 2 min before the first failure: release 9f8e7d6 “New checkout” by Mia",
        "Before it 4c1d2a7 ran 6 days without a failure",
        "Nothing was changed · 9 checks in 1.2 s · 03:07 UTC · asked by Ana",
    ]


def test_what_a_notification_tells() -> None:
    card = health_card(report(*FINE, CHECKOUT, WEBHOOKS), WATCHED)
    assert card.text == (
        "shop production: 2 of 9 checks fail. Checkout answers 500, wants 200 (5 of 5 tries); "
        "Webhooks 6 undelivered, oldest 14 min. Last change: release 9f8e7d6, 16 min ago."
    )


def test_all_is_well_says_so_and_offers_nothing() -> None:
    card = health_card(report(*FINE), RAN)
    assert (card.tone, card.title, card.buttons) == (Tone.OK, "shop production: 7 of 7 checks pass", ())
    assert not any("Last change" in str(part) for part in card.body)


@pytest.mark.parametrize(
    ("findings", "tone", "title"),
    [
        ((CHECKOUT,), Tone.FAIL, "1 of 1 check fails"),
        ((*FINE, SILENT), Tone.UNKNOWN, "1 of 8 checks gave no answer"),
        ((*FINE, SLOW), Tone.WARN, "1 of 8 checks needs a look"),
        ((SLOW, SILENT, CHECKOUT), Tone.FAIL, "1 of 3 checks fails"),
        ((), Tone.INFO, "the catalog names no checks"),
    ],
)
def test_the_worst_gives_the_tone(findings: tuple[Finding, ...], tone: Tone, title: str) -> None:
    card = health_card(report(*findings))
    assert (card.tone, card.title) == (tone, f"shop production: {title}")


def test_the_worst_stands_first() -> None:
    assert told((SLOW, SILENT, CHECKOUT), Past())[1:4] == [
        "Checkout answers 500, wants 200 (5 of 5 tries)",
        "❔ Home no answer within 15 s",
        "⚠️ Home is slow: p95 1.2 s, wants 500 ms",
    ]


@pytest.mark.parametrize(
    ("past", "change", "before"),
    [
        (RAN, "02:51 UTC, 16 min ago", "ran 6 days"),
        (WATCHED, "02:51 UTC, 2 min before the first failure", "ran 6 days without a failure"),
        (replace(WATCHED, fine_since=NOW - 3 * DAY), "02:51 UTC, 2 min before the first failure", "ran 6 days"),
        (
            replace(WATCHED, failing_since=NOW - 26 * MINUTE),
            "02:51 UTC, 10 min after the first failure",
            "ran 6 days",
        ),
        (replace(WATCHED, watched_since=NOW - 14 * MINUTE), "02:51 UTC, 16 min ago", "ran 6 days"),
        (replace(RAN, watched_since=NOW - 30 * DAY), "02:51 UTC, 16 min ago", "ran 6 days"),
    ],
    ids=["no watch", "watched", "failed meanwhile", "failed before", "watch came later", "not failing for the watch"],
)
def test_a_card_claims_only_what_is_on_record(past: Past, change: str, before: str) -> None:
    lines = told((CHECKOUT,), past)
    assert f"Last change {change}: release 9f8e7d6 “New checkout” by Mia" in lines
    if past.failing_since != NOW - 26 * MINUTE:
        assert f"Before it 4c1d2a7 {before}" in lines


@pytest.mark.parametrize(
    ("findings", "past", "offered"),
    [
        ((CHECKOUT,), RAN, True),
        ((CHECKOUT, WEBHOOKS), WATCHED, True),
        ((WEBHOOKS,), RAN, False),
        ((SLOW,), RAN, False),
        ((CHECKOUT,), Past((NEW,)), False),
        ((CHECKOUT,), Past(), False),
        ((CHECKOUT,), replace(RAN, bad=frozenset({OLD.commit})), False),
        ((CHECKOUT,), replace(WATCHED, failing_since=NOW - 26 * MINUTE), False),
        ((CHECKOUT,), Past((replace(NEW, at=NOW - 40 * DAY), OLD)), False),
    ],
    ids=[
        "a recent release", "with webhooks", "webhooks alone", "only slow", "no earlier release", "no releases",
        "the earlier one is bad", "it failed before the release", "the release is old",
    ],
)  # fmt: skip
def test_a_rollback_is_offered_where_a_release_may_be_the_cause(
    findings: tuple[Finding, ...], past: Past, offered: bool
) -> None:
    assert ("Roll back… /rollback shop production" in asks(findings, past)) is offered


def test_a_release_that_came_by_a_rollback_is_not_called_new() -> None:
    lines = told((CHECKOUT,), replace(RAN, bad=frozenset({OLD.commit})))
    assert "Last change 02:51 UTC, 16 min ago: rolled back to 9f8e7d6" in lines
    assert "Before it 4c1d2a7 ran 6 days, and is marked bad" in lines


def test_the_buttons_one_wants_next_in_order() -> None:
    assert asks((*FINE, CHECKOUT, WEBHOOKS)) == [
        "Roll back… /rollback shop production",
        "Replay 6 webhooks… /replay-webhook shop production --since 2h",
        "Open incident /incident open --service shop --environment production Checkout answers 500",
        "Logs /logs shop production",
        "Look again /health shop production",
    ]


def test_the_watch_tells_since_when_and_for_how_long() -> None:
    assert "First seen 02:53 UTC" in told((CHECKOUT,), WATCHED, change="failing")
    late = replace(WATCHED, watched_since=WATCHED.failing_since)
    assert "First seen 02:53 UTC, when the watch began: it may have failed before" in told(
        (CHECKOUT,), late, change="failing"
    )
    lines = told(FINE, WATCHED, change="recovered")
    assert lines[0] == "shop production: 7 of 7 checks pass again"
    assert "It failed for 14 min, from 02:53 UTC to 03:07 UTC" in lines
    assert "It failed for at least 14 min, from 02:53 UTC to 03:07 UTC" in told(FINE, late, change="recovered")


def test_many_places_are_one_line_each_worst_first() -> None:
    staging = replace(report(SLOW), place=Place("shop", "staging"))
    servio = replace(report(*FINE), place=Place("servio", "production"))
    card = summary_card([servio, staging, report(CHECKOUT, *FINE)], timedelta(seconds=2), NOW, by="asked by Ana")
    assert (card.tone, card.title) == (Tone.FAIL, "1 of 3 environments fails")
    assert [plain(line) for line in str(card.body[0]).splitlines()] == [
        "🔴 shop production 1 of 8 checks fails: Checkout answers 500, wants 200 (5 of 5 tries)",
        "⚠️ shop staging 1 of 1 check needs a look: Home is slow: p95 1.2 s, wants 500 ms",
        "✅ servio production 7 of 7 checks pass",
    ]
    assert [button.ask for button in card.buttons] == ["/health shop production", "/health shop staging"]
    assert plain(card.footer) == "Nothing was changed · 16 checks in 2.0 s · 03:07 UTC · asked by Ana"


# --- the command ---------------------------------------------------------------------------------------------


@dataclass
class Found:
    """One check that finds this."""

    finding: Finding
    deadline: timedelta = timedelta(seconds=1)

    @property
    def name(self) -> str:
        return self.finding.check

    def checks(self) -> Sequence[Check]:
        return (self,)

    async def look(self) -> Finding:
        return self.finding


class Ran:
    async def releases(self) -> Sequence[ReleaseInfo]:
        return (NEW, OLD)


class Lost:
    async def releases(self) -> Sequence[ReleaseInfo]:
        raise ProviderError("git", "The repository cannot be read.")


@pytest.fixture
def health(a_catalog: Catalog, stepping: Callable[..., Any]) -> Any:
    async def health(line: str, *offered: object, deploys: object = None) -> Any:
        parsed = parse_line(commands.find(), a_catalog, line, channel="", now=NOW)
        assert isinstance(parsed, Parsed)
        offers = {Checks: list(offered), Deploys: [deploys] if deploys else []}
        return await parsed.verb.execute(parsed.request, Plan("", "", "", "", {}), stepping(7, offers))

    return health


async def test_one_environment_is_shown_whole(health: Any) -> None:
    card = await health("/health shop production", Found(CHECKOUT), Found(FINE[0]), deploys=Ran())
    assert card.title == "shop production: 1 of 2 checks fails"
    assert card.buttons[0].ask == "/rollback shop production"
    assert plain(card.footer).endswith("asked by Ana")


async def test_without_releases_the_card_is_still_an_answer(health: Any) -> None:
    card = await health("/health shop production", Found(CHECKOUT), deploys=Lost())
    assert card.title == "shop production: 1 of 1 check fails"


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("/health", ["shop production", "shop staging", "servio production"]),
        ("/health shop", ["shop production", "shop staging"]),
        ("/health production", ["shop production", "servio production"]),
    ],
)
async def test_less_said_is_more_looked_at(health: Any, line: str, places: list[str]) -> None:
    card = await health(line, Found(FINE[0]))
    assert [plain(one).split(" 1 of")[0].removeprefix("✅ ") for one in card.body[0].splitlines()] == places
    assert card.title == f"{len(places)} environments: all checks pass"


@pytest.mark.parametrize(
    ("state", "failing_since"),
    [
        (
            {"state": "failing", "since": "2026-11-20T02:53:00+00:00", "failures": ["2026-11-20T03:06:00+00:00"]},
            "02:53",
        ),
        ({"state": "ok", "since": "2026-11-01T00:00:00+00:00", "failures": ["2026-11-20T03:06:00+00:00"]}, "03:06"),
        ({"state": "ok", "failures": []}, None),
        ({}, None),
    ],
)
async def test_the_first_failure_is_what_the_watch_wrote(
    memory_records: Any, state: dict[str, Any], failing_since: str | None
) -> None:
    await memory_records.put("health", PLACE, "state", state)
    await memory_records.put("bad-release", PLACE, OLD.commit, {"bad": True})
    await memory_records.put("bad-release", PLACE, NEW.commit, {"bad": False})
    ran: Any = Ran()
    past = await past_of(PLACE, [ran], memory_records, report(CHECKOUT))
    assert (past.failing_since and f"{past.failing_since:%H:%M}") == failing_since
    assert past.bad == {OLD.commit}
