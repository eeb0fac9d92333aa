"""/rollback: which release it chooses, what its plan says, how it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.capability import Checks, Commit, Deploys, Difference, Finding, ReleaseInfo
from bot.domain.card import Card, Tone
from bot.domain.catalog import Place
from bot.domain.command import PREVIOUS, Environment, Release, Service
from bot.domain.errors import Impossible, ProviderError, StepFailed, Stopped
from bot.domain.json import JsonObject
from bot.domain.plan import Plan, drift
from bot.domain.run import State
from bot.domain.words import plain
from commands.rollback import COMMAND, Rollback, execute, plan
from permissions.model import Risk

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)
PLACE = Place("shop", "production")
OPENS, STEADY, ROUNDING, CHECKOUT = "0" * 40, "4c1d2a7" + "0" * 33, "5" * 40, "9f8e7d6" + "0" * 33
TITLES = {OPENS: "Shop opens", STEADY: "Steady shop", ROUNDING: "VAT rounding", CHECKOUT: "New checkout"}
LINE = (OPENS, STEADY, ROUNDING, CHECKOUT)  # oldest first
GOOD = Finding("Checkout", "ok", "answers 200", "92 ms")
BAD = Finding("Checkout", "fail", "answers 500, wants 200", "500")
WEBHOOKS = Finding(
    "Webhooks",
    "fail",
    "6 undelivered, oldest 14 min",
    "6",
    ask="/replay-webhook shop production --since 2h",
    ask_label="Replay 6 webhooks…",
)


@dataclass
class Line:
    """`Deploys` whose commits lie in one line; remembers its switches."""

    ran: list[str] = field(default_factory=lambda: [OPENS, STEADY, CHECKOUT])
    migrations: tuple[str, ...] = ()
    fails: StepFailed | None = None
    lost: frozenset[str] = frozenset()
    branch: str = "main"

    async def releases(self) -> Sequence[ReleaseInfo]:
        newest = list(dict.fromkeys(reversed(self.ran)))
        return [self._info(commit, n, len(newest)) for n, commit in enumerate(newest)]

    def _info(self, commit: str, n: int, total: int) -> ReleaseInfo:
        at = NOW - timedelta(days=6) * n - timedelta(minutes=16)
        return ReleaseInfo(commit, TITLES[commit], "Mia", n == 0, at, at + timedelta(days=6) if n else None)

    async def find(self, ref: str) -> ReleaseInfo | None:
        known = [one for one in await self.releases() if one.commit.startswith(ref)]
        never = [ReleaseInfo(c, TITLES[c], "Mia", False, None) for c in LINE if c.startswith(ref)]
        return next(iter(known + never), None)

    async def compare(self, current: str, target: str) -> Difference:
        if {current, target} & self.lost:
            raise ProviderError("git", "The repository does not hold it.")
        a, b = LINE.index(current), LINE.index(target)
        back = tuple(Commit(c, TITLES[c], "Mia") for c in reversed(LINE[b + 1 : a + 1]))
        forward = tuple(Commit(c, TITLES[c], "Mia") for c in reversed(LINE[a + 1 : b + 1]))
        return Difference(back, forward, self.migrations)

    async def holder(self, commit: str) -> str:
        return self.branch

    def binds(self) -> JsonObject:
        return {"restart": ["restart"]}

    def steps(self) -> tuple[str, ...]:
        return ("fetch", "build", "switch")

    async def switch(self, target: str, running: Any, *, by: str, expect: str) -> Sequence[tuple[str, timedelta]]:
        if self.fails:
            raise self.fails
        assert self.ran[-1] == expect
        async with running.step("switch"):
            self.ran.append(target)
        return [("fetch", timedelta(seconds=6)), ("build", timedelta(seconds=22)), ("switch", timedelta(seconds=2))]


@dataclass
class Told:
    """Checks that find what the test says, one list a round; the last one stays."""

    rounds: list[list[Finding]]

    def checks(self) -> Sequence[Any]:
        findings = self.rounds[0] if len(self.rounds) == 1 else self.rounds.pop(0)
        return [One(finding) for finding in findings]


@dataclass(frozen=True)
class One:
    finding: Finding
    name: str = "one"
    deadline: timedelta = timedelta(seconds=5)

    async def look(self) -> Finding:
        return self.finding


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.rollback.PAUSE", timedelta())
    monkeypatch.setattr("commands.rollback.VERIFY", timedelta(milliseconds=50))


@dataclass
class Shop:
    line: Line
    checks: Told
    stepping: Callable[..., Any]
    number: int = 41

    def running(self, **facts: Any) -> Any:
        self.number += 1
        return self.stepping(self.number, {Deploys: [self.line], Checks: [self.checks]}, **facts)

    async def plan(self, to: str = PREVIOUS, **facts: Any) -> Plan:
        return await plan(request(to), self.running(**facts))

    async def roll_back(self, to: str = PREVIOUS, **facts: Any) -> Card:
        running = self.running(**facts)
        return await execute(request(to), await plan(request(to), running), running)


def request(to: str = PREVIOUS) -> Rollback:
    return Rollback(Service("shop"), Environment("production"), Release(to))


@pytest.fixture
def shop(stepping: Callable[..., Any]) -> Shop:
    return Shop(Line(), Told([[GOOD]]), stepping)


def words(found: Plan) -> str:
    return plain("\n".join(found.tells))


# --- the plan ------------------------------------------------------------------------------------------------


async def test_the_plan_says_exactly_what_will_happen(shop: Shop) -> None:
    shop.checks.rounds = [[BAD, GOOD]]
    found = await shop.plan()
    assert found.question == "Roll back shop production"
    assert found.summary == "9f8e7d6 → 4c1d2a7. Data is not touched."
    assert words(found).splitlines() == [
        "9f8e7d6 → 4c1d2a7, which ran 6 days",
        "takes back 2 commits by Mia: “New checkout”, “VAT rounding”",
        "no migration between them: data is not touched",
        "never done here yet, so its length is not known; requests fail while the service restarts",
        "way back: /rollback shop production --to 9f8e7d6",
    ]
    assert plain(found.now) == "1 of 2 checks fails (03:07 UTC): Checkout answers 500"
    assert found.raises is None
    assert found.steps == ("fetch", "build", "switch", "verify")


async def test_the_plan_binds_what_will_happen_and_nothing_that_only_tells(shop: Shop) -> None:
    before = await shop.plan()
    shop.checks.rounds = [[BAD]]
    assert (await shop.plan()).digest == before.digest
    assert set(before.binds) == {"place", "from", "to", "back", "forward", "migrations", "deploys"}
    shop.line.ran.append(ROUNDING)
    assert drift(before.binds, (await shop.plan()).binds)


async def test_a_migration_between_makes_it_destructive_and_says_why(shop: Shop) -> None:
    shop.line.migrations = ("migrations/0002_drop.sql",)
    found = await shop.plan()
    assert found.raises is Risk.DESTRUCTIVE
    assert found.raises_because == "1 migration file changed between the two releases: migrations/0002_drop.sql"
    assert "the older code may not fit it" in words(found)
    assert "data may not fit" in found.summary


async def test_how_long_it_took_before_is_told_from_records(shop: Shop, a_run: Any, govern: Any) -> None:
    await shop.roll_back()
    shop.line.ran.append(CHECKOUT)
    end = NOW + timedelta(seconds=41)
    govern.listed = [
        a_run(7, started_at=NOW, finished_at=end),
        a_run(8, state=State.FAILED, started_at=NOW, finished_at=NOW),
    ]
    found = await shop.plan(STEADY[:7])
    assert found.usual == timedelta(seconds=41)
    assert "about 41 s; requests fail for about 2.0 s" in words(found)


async def test_there_is_nothing_to_do_when_the_target_runs(shop: Shop) -> None:
    found = await shop.plan(CHECKOUT[:7])
    assert found.nothing_to_do == "shop production already runs 9f8e7d6."


@pytest.mark.parametrize(
    ("ran", "to", "says"),
    [
        ([], PREVIOUS, "no current release"),
        ([STEADY], PREVIOUS, "no earlier release"),
        ([STEADY], "abcdef1", "has no release abcdef1"),
        ([STEADY], CHECKOUT[:7], "that would be a deploy"),
    ],
)
async def test_what_cannot_be_done_says_why_and_what_to_do(shop: Shop, ran: list[str], to: str, says: str) -> None:
    shop.line.ran = ran
    with pytest.raises(Impossible) as caught:
        await shop.plan(to)
    assert says in plain(caught.value.what)
    assert caught.value.next_step


async def test_a_commit_below_the_current_release_that_never_ran_may_be_gone_back_to(shop: Shop) -> None:
    assert "which never ran here" in words(await shop.plan(ROUNDING[:7]))


async def test_a_release_that_the_repository_lost_is_not_chosen(shop: Shop) -> None:
    shop.line.lost = frozenset({STEADY})
    assert (await shop.plan()).binds["to"] == OPENS
    shop.line.lost = frozenset({STEADY, OPENS})
    with pytest.raises(ProviderError, match="does not hold"):
        await shop.plan()


# --- the release that is bad -----------------------------------------------------------------------------


async def test_a_release_that_was_rolled_back_from_is_skipped_by_the_next_previous(shop: Shop) -> None:
    await shop.roll_back(reason="checkout answers 500")
    assert shop.line.ran[-1] == STEADY
    assert (await shop.plan()).binds["to"] == OPENS
    await shop.roll_back()
    with pytest.raises(Impossible) as caught:
        await shop.plan()
    assert "4c1d2a7 and 9f8e7d6 are marked bad" in caught.value.what


async def test_the_mark_names_who_why_and_in_which_run(shop: Shop, memory_records: Any) -> None:
    await shop.roll_back(reason="checkout answers 500")
    assert memory_records.of("bad-release") == {
        CHECKOUT: {"bad": True, "run": "R-42", "by": "U0ANA", "because": "checkout answers 500"}
    }


async def test_the_way_back_warns_blames_nobody_and_clears_the_mark_once_it_is_well(
    shop: Shop, memory_records: Any
) -> None:
    await shop.roll_back()
    assert "9f8e7d6 is marked bad" in words(await shop.plan(CHECKOUT[:7]))
    assert (await shop.roll_back(CHECKOUT[:7])).tone is Tone.OK
    assert [key for key, value in memory_records.of("bad-release").items() if value["bad"]] == []


# --- how it ends -------------------------------------------------------------------------------------------


async def test_a_verified_rollback_says_what_was_verified_changed_and_left(shop: Shop) -> None:
    shop.checks.rounds = [[BAD, WEBHOOKS], [BAD, WEBHOOKS], [GOOD, WEBHOOKS]]
    card = await shop.roll_back()
    assert (card.tone, card.title) == (Tone.OK, "shop production is back on 4c1d2a7")
    told = plain("\n".join(str(part) for part in card.body))
    assert "Verified 1 of 2 checks passes, the other one is left to do" in told
    assert "Before 2 of 2 checks fail (03:07 UTC): Checkout answers 500; Webhooks 6 undelivered" in told
    assert "30 s: fetch 6 · build 22 · switch 2" in told
    assert "Changed the release, nothing else. Data not touched." in told
    assert "• Webhooks 6 undelivered, oldest 14 min" in told
    assert "• main still holds 9f8e7d6: the next deploy brings it back" in told
    assert [(b.label, b.ask) for b in card.buttons] == [("Replay 6 webhooks…", WEBHOOKS.ask)]


async def test_it_is_not_well_until_every_check_passes(shop: Shop) -> None:
    shop.checks.rounds = [[GOOD], [BAD, GOOD], [replace(BAD, state="unknown"), GOOD], [GOOD, GOOD]]
    assert (await shop.roll_back()).tone is Tone.OK
    assert len(shop.checks.rounds) == 1


@pytest.mark.parametrize("state", ["fail", "unknown"])
async def test_a_failed_verification_says_so_and_offers_both_ways_on(shop: Shop, state: Any) -> None:
    shop.checks.rounds = [[replace(BAD, state=state), WEBHOOKS]]
    card = await shop.roll_back()
    assert (card.tone, card.title) == (Tone.FAIL, "shop production runs 4c1d2a7 and is not well")
    assert "Checkout: answers 500, wants 200." in card.text
    assert "4c1d2a7 is current on shop production; 9f8e7d6 does not run any more" in plain(str(card.body[-1]))
    assert [button.ask for button in card.buttons] == [
        "/rollback shop production",
        "/rollback shop production --to 9f8e7d6",
    ]


async def test_going_further_back_is_offered_only_where_there_is_something(shop: Shop) -> None:
    shop.line.ran = [STEADY, CHECKOUT]
    shop.checks.rounds = [[BAD]]
    assert [button.ask for button in (await shop.roll_back()).buttons] == ["/rollback shop production --to 9f8e7d6"]


async def test_a_failed_restart_says_what_is_true_now_and_the_way_back(shop: Shop, memory_records: Any) -> None:
    shop.line.fails = StepFailed("The restart ended with code 7.", "Look with /health.", output="port 8080 is taken")
    card = await shop.roll_back()
    assert card.tone is Tone.FAIL
    assert "The restart ended with code 7." in card.text
    assert "port 8080 is taken" in str(card.body)
    assert card.buttons[-1].ask == "/rollback shop production --to 9f8e7d6"
    assert memory_records.of("bad-release") == {}


async def test_a_failed_build_is_left_to_the_engine_and_marks_nothing(shop: Shop, memory_records: Any) -> None:
    shop.line.fails = StepFailed("The build ended with code 1.", changed="nothing")
    with pytest.raises(StepFailed, match="The build"):
        await shop.roll_back()
    assert memory_records.of("bad-release") == {}


async def test_cancelled_before_verification_the_switch_stays_on_record(shop: Shop, memory_records: Any) -> None:
    running = shop.running()
    running.stop_before = "verify"
    with pytest.raises(Stopped):
        await execute(request(), await plan(request(), running), running)
    assert list(memory_records.of("bad-release")) == [CHECKOUT]


def test_the_record_says_what_the_engine_needs() -> None:
    verb = COMMAND.verbs[0]
    assert (verb.permission, verb.risk, verb.lock) == ("deploy:rollback", Risk.CHANGE, "deploy")
