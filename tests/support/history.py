"""What PostgreSQL, Slack, the services and the people say happened, side by side. Plain values, kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class RunRow:
    """A row of `runs` with its approval. `worker`: the process that had it, "host:pid"."""

    id: int
    uuid: str
    state: str
    command: str
    risk: str
    actor: str
    place: str
    lock: str | None
    changed: str | None
    settled: bool
    digest: str | None
    worker: str
    approved: bool
    approval: str | None = None
    need: int = 0

    @property
    def label(self) -> str:
        return f"R-{self.id}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of `events`; number 0: not sealed. Times are seconds of the one clock of this machine."""

    number: int
    id: int
    run: int | None
    kind: str
    actor: str
    at: float
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class VoteRow:
    run: int
    voter: str
    yes: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as it was delivered. acknowledged: answered with 200, and not with "I do not know"."""

    delivery: str
    who: str
    line: str
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a service outside the bot was made to do: once for each request that reached it."""

    key: str
    run: str
    place: str
    begun: float
    ended: float | None


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it stands in Slack. key: what the bot's metadata calls it."""

    channel: str
    ts: str
    thread: str | None
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that was made: kill, end, freeze, cut, stall, moment (cut off at a chosen one), database (of all)."""

    kind: str
    pid: int | None
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Switches:
    """Releases at one place: what its own record says was switched and restarted."""

    place: str
    done: int
    restarts: int


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """place: channel | thread, "" while it is not settled. run: the one that opened it."""

    id: int
    run: int | None
    place: str
    channel: str

    @property
    def label(self) -> str:
        return f"INC-{self.id}"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A row of `timeline_entries`, and the line that its thread has to show."""

    incident: int
    number: int
    source: str
    source_id: str
    line: str


@dataclass(frozen=True, slots=True)
class BackupRow:
    """A backup on record, by its label B-7: made by R-7."""

    label: str
    file: str


@dataclass(frozen=True, slots=True)
class History:
    runs: tuple[RunRow, ...] = ()
    facts: tuple[Fact, ...] = ()
    votes: tuple[VoteRow, ...] = ()
    locks: tuple[int, ...] = ()
    deliveries: Mapping[str, int] = field(default_factory=dict)
    unsealed: int = 0
    chain: str = ""
    untold: tuple[str, ...] = ()
    lines: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    typed: tuple[Typed, ...] = ()
    effects: tuple[Effect, ...] = ()
    switches: tuple[Switches, ...] = ()
    said: tuple[Said, ...] = ()
    incidents: tuple[IncidentRow, ...] = ()
    entries: tuple[EntryRow, ...] = ()
    marked: tuple[str, ...] = ()  # channel:ts of the messages that people marked with 📌
    rooms: tuple[str, ...] = ()  # the channels that the bot has made, as Slack knows them
    backups: tuple[BackupRow, ...] = ()
    files: tuple[str, ...] = ()  # in the backup store
    troubles: tuple[Trouble, ...] = ()
    eligible: frozenset[str] = frozenset()

    def of(self, run: int, *kinds: str) -> list[Fact]:
        """The run's events of these kinds, in the order of their seals."""
        found = [fact for fact in self.facts if fact.run == run and (not kinds or fact.kind in kinds)]
        return sorted(found, key=lambda fact: (fact.number or 1 << 62, fact.id))


_AS_JSON = TypeAdapter(History)


def save(history: History, file: Path) -> None:
    file.write_bytes(_AS_JSON.dump_json(history, indent=1))


def load(file: Path) -> History:
    return _AS_JSON.validate_json(file.read_bytes())
