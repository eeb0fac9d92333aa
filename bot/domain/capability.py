"""What commands are handed: read-only `Look`, the handle `Running`, and what providers can do. Protocols only.

Of incidents: `bot.domain.incident_capability`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from bot.domain.card import Card
from bot.domain.catalog import Catalog, Place
from bot.domain.event import Event, Wanted
from bot.domain.incident_capability import Incidents, Reports
from bot.domain.json import JsonObject
from bot.domain.outward import PublicUpdate
from bot.domain.review import Review
from bot.domain.run import Lock, Run, RunId

Capability = TypeVar("Capability")


# --- what providers can do -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. says: for the list of failures (“answers 500, wants 200 (5 of 5 tries)”);
    brief: for the line of what is fine (“84 ms”)."""

    check: str
    state: Literal["ok", "warn", "fail", "unknown"]
    says: str
    brief: str
    took: timedelta = timedelta()
    ask: str = ""  # a command line that a person would want next
    ask_label: str = ""  # "Replay 6 webhooks…"


class Check(Protocol):
    """One thing to look at; changes nothing. Must end within its deadline or is reported as unknown."""

    @property
    def name(self) -> str: ...
    @property
    def deadline(self) -> timedelta: ...
    async def look(self) -> Finding: ...


class Checks(Protocol):
    """A provider's contribution to /health and the watch for one place."""

    def checks(self) -> Sequence[Check]: ...


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """What a deploy put there."""

    commit: str  # full id
    title: str
    author: str
    current: bool
    at: datetime | None  # when it became current last; None = never
    until: datetime | None = None  # when it stopped being current

    @property
    def short(self) -> str:
        return self.commit[:7]


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    title: str
    author: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between the current release and the target. forward: commits that the switch would add."""

    back: tuple[Commit, ...]
    forward: tuple[Commit, ...]
    migrations: tuple[str, ...]  # changed files under the catalog's `migrations` paths


class Deploys(Protocol):
    """Releases of a service at one place."""

    async def releases(self) -> Sequence[ReleaseInfo]:
        """Newest first by the time they last became current."""
        ...

    async def find(self, ref: str) -> ReleaseInfo | None:
        """A release or commit by 7–40 hex digits; None when unknown, ProviderError when ambiguous."""
        ...

    async def compare(self, current: str, target: str) -> Difference: ...

    def binds(self) -> JsonObject:
        """Argument lists and folders that a switch will use: part of the plan's digest."""
        ...

    def steps(self) -> tuple[str, ...]: ...

    async def switch(
        self, target: str, running: "Running", *, by: str, expect: str
    ) -> Sequence[tuple[str, timedelta]]:
        """Make `target` current; `expect` is what must be current now. Raises StepFailed.

        Gives how long each step took, in order.
        """
        ...

    async def holder(self, commit: str) -> str:
        """The branch that deploys come from, when it still holds the commit; else empty."""
        ...


PageState = Literal["ok", "minor", "major", "maintenance", "unknown"]


@dataclass(frozen=True, slots=True)
class VendorStatus:
    """What a vendor's own status page says; unknown when it cannot be read."""

    name: str
    state: PageState
    says: str
    link: str = ""


class StatusPages(Protocol):
    """The vendors that a place depends on."""

    async def statuses(self) -> Sequence[VendorStatus]: ...


class StatusPage(Protocol):
    """Where people outside read how a place is."""

    @property
    def name(self) -> str:
        """As a card says it: “the status page”."""
        ...

    def binds(self) -> JsonObject:
        """Where the words will go: part of the plan's digest."""
        ...

    async def tell(self, update: PublicUpdate) -> str:
        """Publish it, once for its key; where it can be read, or empty. ProviderError: `unknown` if it may be out."""
        ...


class Keys(Protocol):
    """A database of the service that can say which keys it already holds."""

    async def held(self, column: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of `keys` that `table.column` holds; ProviderError says why it cannot be told."""
        ...


# --- what a command may look at and do ---------------------------------------------------------------------


class Records(Protocol):
    """What commands remember between runs: one row per (kind, place, key), with a JSON value."""

    async def get(self, kind: str, place: Place, key: str) -> JsonObject | None: ...
    async def among(self, kind: str, place: Place, keys: Sequence[str]) -> Mapping[str, JsonObject]:
        """Those of these keys that are there, with their values: one question for all."""
        ...

    async def listed(
        self, kind: str, place: Place | None = None, limit: int = 100
    ) -> Sequence[tuple[str, JsonObject, datetime]]:
        """(key, value, written at), newest first."""
        ...

    async def claim(self, kind: str, place: Place, key: str, value: JsonObject) -> bool:
        """Insert; False when the key is already there (it is left as it is)."""
        ...

    async def swap(self, kind: str, place: Place, key: str, expected: JsonObject, value: JsonObject) -> bool:
        """Replace only while it still is `expected`; False when it is not."""
        ...

    async def put(self, kind: str, place: Place, key: str, value: JsonObject) -> None:
        """Insert or replace."""
        ...

    async def drop(self, kind: str, place: Place, key: str) -> None:
        """Forget it; nothing happens when it is not there."""
        ...


class Look(Protocol):
    """Read-only view for plans and reads."""

    @property
    def now(self) -> datetime: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def actor(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def records(self) -> Records: ...
    @property
    def govern(self) -> "Govern": ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def backup_first(self) -> bool:
        """The policy wants a fresh backup as the first step of this."""
        ...

    def provider(self, place: Place, capability: type[Capability]) -> Capability:
        """The provider that offers it there; Impossible with the catalog's remedy when none does."""
        ...

    def providers(self, place: Place, capability: type[Capability]) -> Sequence[Capability]: ...

    async def last_runs(self, place: Place, command: str, limit: int = 5) -> Sequence[Run]:
        """Finished runs of that command there, newest first."""
        ...


class Step(Protocol):
    """A visible part of a run while it executes."""

    async def say(self, text: str) -> None:
        """Replace what the step says now (coalesced; the last word always arrives)."""
        ...


class Running(Look, Protocol):
    """The handle of a run while it executes."""

    @property
    def run(self) -> Run: ...

    def step(self, name: str, *, deadline: timedelta | None = None) -> AbstractAsyncContextManager[Step]:
        """Confirms that the run is still ours and not cancelled (else Stopped), records start and end."""
        ...

    def verifying(self, name: str = "verify") -> AbstractAsyncContextManager[Step]:
        """As `step`, and the run's state becomes verifying."""
        ...

    def key(self, step: str) -> str:
        """Idempotency key of a step: the same after a restart, never the same for another run."""
        ...

    async def attach(self, name: str, path: Path) -> None:
        """Give the requester a long output as a file in their DM."""
        ...


class BackupStore(Protocol):
    """Where backups lie: a folder of this host, or a bucket."""

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> "Stored":
        """Under `name` once all of it came and is known to lie there; ProviderError when the name is taken."""
        ...

    def local(self, name: str) -> AbstractAsyncContextManager["Copy | None"]:
        """What lies there now as a file of this host, while the context lasts; None when it is gone."""
        ...

    async def names(self) -> frozenset[str]:
        """Of the whole backups."""
        ...

    def where(self, name: str) -> str:
        """As people would look for it."""
        ...

    async def remove(self, name: str) -> None:
        """Gone for good; nothing happens when it is gone already. ProviderError when it cannot be."""
        ...

    async def free_bytes(self) -> int | None:
        """None where nobody can say."""
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup as a file to read. sha256: of all that was read."""

    path: Path
    sha256: str


# --- what the governing commands may ask ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockInfo:
    service: str
    environment: str
    kind: Lock
    run: Run
    since: datetime
    waiting: tuple[Run, ...]
    settles: str = ""  # who answers for it while its outcome is unknown


class Freezes(Protocol):
    """Who may not start what for a while; decided again for whoever asks."""

    async def set(self, run: Run, service: str | None, environment: str | None, until: datetime | None) -> Card:
        """By the request `run`, for its reason. until: None = the usual end."""
        ...

    async def lift(self, run: Run, which: RunId | None, service: str | None, environment: str | None) -> Card:
        """The one of that request, or those of exactly that place."""
        ...

    async def listed(self) -> Card: ...
    async def over_line(self, line: str, channel: str) -> str:
        """What stops that command line now, as a sentence; empty when nothing does."""
        ...


class Turns(Protocol):
    """Who settles what nobody knows, and whose turn comes first."""

    async def hand_over(self, run_id: RunId, by: str, to: str, reason: str) -> Card: ...
    async def give_turn(self, first: RunId, other: RunId, by: str) -> Card: ...


class Govern(Protocol):
    """Votes, runs, rights and the audit log, for the governing commands. Implemented by the engine.

    Everything here decides again for `look.actor`; what comes back is a card to show.
    """

    @property
    def freezes(self) -> Freezes: ...
    @property
    def turns(self) -> Turns: ...
    async def vote(self, run: RunId, voter: str, yes: bool, digits: str, via: str, reason: str = "") -> Card: ...
    async def withdraw(self, run: RunId, by: str) -> Card: ...
    async def cancel(self, run: RunId, by: str) -> Card: ...
    async def settle(self, run: RunId, by: str, how: Literal["done", "not-done"], note: str) -> Card: ...
    async def go_alone(self, run: RunId, by: str, because: str) -> Card:
        """Without votes, after silence, where the policy allows it."""
        ...

    async def break_glass(self, run: RunId, by: str, because: str) -> Card:
        """Without votes at once, for roles that hold it."""
        ...

    async def review(self, run: RunId, by: str, verdict: Literal["fine", "talk"], says: str, via: str) -> Card:
        """Somebody else looked at what ran without votes."""
        ...

    async def reviews(self) -> Sequence[Review]:
        """Those that nobody has done yet, the oldest first."""
        ...

    async def runs(self, *, place: Place | None = None, limit: int = 10) -> Sequence[Run]: ...
    async def waiting(self, by: str) -> Sequence[Run]:
        """Requests that this person could answer now, the soonest to expire first."""
        ...

    async def find_run(self, run: RunId) -> Run | None: ...
    async def details(self, run: RunId, by: str) -> Card:
        """One run whole: state, plan, votes, steps, events."""
        ...

    async def events(self, wanted: Wanted, *, by: str, limit: int) -> Sequence[Event]:
        """Where this person may read the log: the newest first; of one run in the order of its life."""
        ...

    async def week(self, since: datetime | None, by: str) -> Card:
        """What there was since then (None: a week), where this person may read the log."""
        ...

    async def locks(self) -> Sequence[LockInfo]: ...
    async def verify_chain(self) -> "ChainReport": ...
    def may(self, person: str, line: str, channel: str) -> Card:
        """May this person do that command line, why, and who can help."""
        ...

    def who_is(self, person: str, asked_by: str) -> Card:
        """Who that is to the policy: name, roles."""
        ...

    def menu(self, person: str, channel: str) -> Card:
        """What this person may do in this channel, with examples."""
        ...

    def name(self, person: str) -> str: ...


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `audit verify` found."""

    whole: bool
    events: int
    erased: int
    head: str
    first_bad: int | None = None
    says: str = ""
