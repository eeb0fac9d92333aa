"""What commands are handed, in memory, for tests that need no database. Fixtures only; add, never rename."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest

import commands
from bot.domain.capability import ChainReport, LockInfo, Step
from bot.domain.card import Card, Tone
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.errors import Stopped
from bot.domain.event import Event, Wanted
from bot.domain.json import JsonObject
from bot.domain.parse import Parsed, parse_line
from bot.domain.plan import Plan
from bot.domain.review import Review
from bot.domain.run import Run, RunId, State
from permissions.model import Risk

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)
NAMES = {"U0ANA": "Ana", "U0BEN": "Ben", "U0CHI": "Chi", "U0ELI": "Eli"}


def _card(text: str) -> Card:
    return Card(Tone.INFO, text, text)


@dataclass
class MemoryGovern:
    """`Govern` that answers from lists and remembers what it was asked."""

    listed: list[Run] = field(default_factory=list)
    written: list[Event] = field(default_factory=list)
    held: list[LockInfo] = field(default_factory=list)
    report: ChainReport = field(default_factory=lambda: ChainReport(True, 0, 0, ""))
    asked: list[tuple[object, ...]] = field(default_factory=list)
    open_reviews: list[Review] = field(default_factory=list)

    def _did(self, *what: object) -> Card:
        self.asked.append(what)
        return _card(" ".join(map(str, what)))

    @property
    def turns(self) -> "MemoryTurns":
        return MemoryTurns(self)

    @property
    def freezes(self) -> "MemoryFreezes":
        return MemoryFreezes(self)

    async def vote(self, run: RunId, voter: str, yes: bool, digits: str, via: str, reason: str = "") -> Card:
        return self._did("vote", run, voter, yes, digits, via, reason)

    async def week(self, since: datetime | None, by: str) -> Card:
        return self._did("week", since, by)

    async def withdraw(self, run: RunId, by: str) -> Card:
        return self._did("withdraw", run, by)

    async def cancel(self, run: RunId, by: str) -> Card:
        return self._did("cancel", run, by)

    async def settle(self, run: RunId, by: str, how: Literal["done", "not-done"], note: str) -> Card:
        return self._did("settle", run, by, how, note)

    async def go_alone(self, run: RunId, by: str, because: str) -> Card:
        return self._did("go_alone", run, by, because)

    async def break_glass(self, run: RunId, by: str, because: str) -> Card:
        return self._did("break_glass", run, by, because)

    async def review(self, run: RunId, by: str, verdict: Literal["fine", "talk"], says: str, via: str) -> Card:
        return self._did("review", run, by, verdict, says)

    async def reviews(self) -> Sequence[Review]:
        return self.open_reviews

    async def runs(self, *, place: Place | None = None, limit: int = 10) -> Sequence[Run]:
        self.asked.append(("runs", place, limit))
        return [run for run in self.listed if place is None or run.place == str(place)][:limit]

    async def waiting(self, by: str) -> Sequence[Run]:
        return [run for run in self.listed if run.state is State.WAITING]

    async def find_run(self, run: RunId) -> Run | None:
        return next((each for each in self.listed if each.id == run), None)

    async def details(self, run: RunId, by: str) -> Card:
        return self._did("details", run, by)

    async def events(self, wanted: Wanted, *, by: str, limit: int) -> Sequence[Event]:
        self.asked.append(("events", wanted, by, limit))
        return [event for event in self.written if event.run == wanted.run] if wanted.run else self.written[::-1]

    async def locks(self) -> Sequence[LockInfo]:
        return self.held

    async def verify_chain(self) -> ChainReport:
        return self.report

    def may(self, person: str, line: str, channel: str) -> Card:
        return self._did("may", person, line, channel)

    def who_is(self, person: str, asked_by: str) -> Card:
        return self._did("who_is", person)

    def menu(self, person: str, channel: str) -> Card:
        return self._did("menu", person, channel)

    def name(self, person: str) -> str:
        return NAMES.get(person, person)


@dataclass
class MemoryTurns:
    govern: MemoryGovern

    async def hand_over(self, run_id: RunId, by: str, to: str, reason: str) -> Card:
        return self.govern._did("hand_over", run_id, by, to, reason)

    async def give_turn(self, first: RunId, other: RunId, by: str) -> Card:
        return self.govern._did("give_turn", first, other, by)


@dataclass
class MemoryFreezes:
    """`Freezes` in which nothing is frozen."""

    govern: MemoryGovern

    async def set(self, run: Run, service: str | None, environment: str | None, until: datetime | None) -> Card:
        return self.govern._did("freeze", service, environment, until)

    async def lift(self, run: Run, which: RunId | None, service: str | None, environment: str | None) -> Card:
        return self.govern._did("lift", which, service, environment)

    async def listed(self) -> Card:
        return self.govern._did("freezes")

    async def over_line(self, line: str, channel: str) -> str:
        return ""


@dataclass
class MemoryLooking:
    """`Look` and `Running` of one run. What a test needs beyond this, it sets or subclasses."""

    run: Run
    govern: MemoryGovern
    catalog: Catalog
    now: datetime = NOW
    records: Any = None
    incidents: Any = None
    reports: Any = None
    offered: dict[type, list[Any]] = field(default_factory=dict)
    backup_first: bool = False

    @property
    def actor(self) -> str:
        return self.run.actor

    @property
    def channel(self) -> str:
        return self.run.channel

    def provider(self, place: Place, capability: type[Any]) -> Any:
        return self.providers(place, capability)[0]

    def providers(self, place: Place, capability: type[Any]) -> Sequence[Any]:
        return self.offered.get(capability, [])

    async def last_runs(self, place: Place, command: str, limit: int = 5) -> Sequence[Run]:
        return [run for run in self.govern.listed if run.place == str(place) and run.command == command][:limit]

    def step(self, name: str, *, deadline: timedelta | None = None) -> AbstractAsyncContextManager[Step]:
        raise AssertionError(f"a governing command has no step, but began {name}")

    def verifying(self, name: str = "verify") -> AbstractAsyncContextManager[Step]:
        return self.step(name)

    def key(self, step: str) -> str:
        return f"{self.run.uuid}:{step}"

    async def attach(self, name: str, path: Path) -> None:
        raise AssertionError(f"a governing command has no file, but sent {name}")


@pytest.fixture
def a_run() -> Callable[..., Run]:
    """`a_run(42, state=State.RUNNING)`: a rollback of shop production, changed as told."""
    base = Run(
        id=RunId(42),
        uuid=UUID("7c01e9a0-0000-4000-8000-000000000042"),
        state=State.SUCCEEDED,
        command="/rollback",
        verb="",
        text="/rollback shop production",
        request={},
        service="shop",
        environment="production",
        lock=None,
        permission="deploy:rollback",
        risk=Risk.CHANGE,
        actor="U0ANA",
        team="T0LANTERN",
        channel="C0SHOPOPS",
        via="slack",
        reason="",
        dry_run=False,
        because="",
        plan=None,
        digest=None,
        outcome=None,
        changed=None,
        worker=None,
        cancel_by=None,
        settled_by=None,
        created_at=NOW,
        expires_at=None,
        start_by=None,
        started_at=None,
        finished_at=None,
    )

    def make(number: int = 42, **changes: Any) -> Run:
        return replace(base, id=RunId(number), **changes)

    return make


@pytest.fixture
def a_catalog() -> Catalog:
    def service(name: str, *environments: str) -> ServiceEntry:
        entries = {each: EnvironmentEntry(Place(name, each), each == "production", None, {}) for each in environments}
        bound = {"production": ("C0SHOPOPS",)} if name == "shop" else {}
        return ServiceEntry(name, None, (), None, bound, Thresholds(), entries)

    return Catalog({"shop": service("shop", "production", "staging"), "servio": service("servio", "production")}, "")


@pytest.fixture
def govern() -> MemoryGovern:
    return MemoryGovern()


@pytest.fixture
def looking(govern: MemoryGovern, a_catalog: Catalog, a_run: Callable[..., Run]) -> MemoryLooking:
    return MemoryLooking(a_run(), govern, a_catalog)


@pytest.fixture
def running_for(govern: MemoryGovern, a_catalog: Catalog, a_run: Callable[..., Run]) -> Callable[..., MemoryLooking]:
    """`running_for(actor="U0BEN", reason="…")`: the handle of a run with these facts."""

    def make(**facts: Any) -> MemoryLooking:
        return MemoryLooking(a_run(99, **facts), govern, a_catalog)

    return make


@pytest.fixture
def ask(a_catalog: Catalog, running_for: Callable[..., MemoryLooking]) -> Callable[..., Awaitable[Card]]:
    """`await ask("/runs show R-42", actor="U0BEN")`: the card that a line which runs at once answers with."""

    async def answer(line: str, **facts: Any) -> Card:
        channel = facts.setdefault("channel", "")
        parsed = parse_line(commands.find(), a_catalog, line, channel=channel, now=NOW)
        assert isinstance(parsed, Parsed)
        assert parsed.verb.plan is None
        running = running_for(reason=parsed.reason, **facts)
        return await parsed.verb.execute(parsed.request, Plan("", "", "", "", {}), running)

    return answer


# --- runs with steps and records -----------------------------------------------------------------------------


class MemoryRecords:
    """`Records` in a dict; `claim` inserts as PostgreSQL does."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Place, str], tuple[JsonObject, datetime]] = {}
        self.asked = 0  # questions for what lies under named keys

    def of(self, kind: str) -> dict[str, JsonObject]:
        return {key: value for (each, _, key), (value, _) in self.rows.items() if each == kind}

    async def get(self, kind: str, place: Place, key: str) -> JsonObject | None:
        self.asked += 1
        found = self.rows.get((kind, place, key))
        return found[0] if found else None

    async def among(self, kind: str, place: Place, keys: Sequence[str]) -> Mapping[str, JsonObject]:
        self.asked += 1
        return {key: self.rows[kind, place, key][0] for key in keys if (kind, place, key) in self.rows}

    async def listed(
        self, kind: str, place: Place | None = None, limit: int = 100
    ) -> Sequence[tuple[str, JsonObject, datetime]]:
        found = [
            (key, *row) for (each, where, key), row in self.rows.items() if each == kind and place in (None, where)
        ]
        return found[::-1][:limit]

    async def claim(self, kind: str, place: Place, key: str, value: JsonObject) -> bool:
        if (kind, place, key) in self.rows:
            return False
        self.rows[kind, place, key] = (value, NOW)
        return True

    async def drop(self, kind: str, place: Place, key: str) -> None:
        self.rows.pop((kind, place, key), None)

    async def put(self, kind: str, place: Place, key: str, value: JsonObject) -> None:
        self.rows.pop((kind, place, key), None)
        self.rows[kind, place, key] = (value, NOW)


@dataclass
class MemorySays:
    words: list[str]

    async def say(self, text: str) -> None:
        self.words.append(text)


@dataclass
class MemoryRunning(MemoryLooking):
    """`Running` whose steps are written down in `said`; cancelled before the step named in `stop_before`."""

    said: dict[str, list[str]] = field(default_factory=dict)
    stop_before: str = ""

    @asynccontextmanager
    async def _stepping(self, name: str) -> AsyncIterator[MemorySays]:
        if name == self.stop_before:
            raise Stopped(f"Cancelled before the step “{name}”.")
        self.said[name] = []
        yield MemorySays(self.said[name])

    def step(self, name: str, *, deadline: timedelta | None = None) -> AbstractAsyncContextManager[Step]:
        return self._stepping(name)


@pytest.fixture
def memory_records() -> MemoryRecords:
    return MemoryRecords()


@pytest.fixture
def stepping(
    govern: MemoryGovern, a_catalog: Catalog, a_run: Callable[..., Run], memory_records: MemoryRecords
) -> Callable[..., MemoryRunning]:
    """`stepping(7, {Deploys: [deploys]})`: the handle of run R-7 with these providers; all share the records."""

    def make(number: int = 42, offered: dict[type, list[Any]] | None = None, **facts: Any) -> MemoryRunning:
        return MemoryRunning(a_run(number, **facts), govern, a_catalog, records=memory_records, offered=offered or {})

    return make
