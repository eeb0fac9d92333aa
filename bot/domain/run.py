"""A run's states and the only ways between them. Pure: `bot.db.runs` makes each step a conditional UPDATE."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from bot.domain.json import JsonObject
from permissions.model import Risk

RunId = NewType("RunId", int)


class State(StrEnum):
    RECEIVED = "received"
    PLANNING = "planning"
    WAITING = "waiting"
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOIDED = "voided"


BEFORE_RUNNING = frozenset({State.RECEIVED, State.PLANNING, State.WAITING, State.QUEUED, State.STARTING})
ACTIVE = frozenset({State.RUNNING, State.VERIFYING})
NEVER_RAN = frozenset({State.REFUSED, State.DENIED, State.WITHDRAWN, State.EXPIRED, State.VOIDED})
FINAL = frozenset({*NEVER_RAN, State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.CANCELLED, State.INTERRUPTED})

_ENDS_BEFORE = frozenset({*NEVER_RAN, State.CANCELLED, State.FAILED})
_ENDS_AFTER = frozenset({State.SUCCEEDED, State.FAILED, State.TIMED_OUT, State.CANCELLED, State.INTERRUPTED})

MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.PLANNING, State.WAITING, State.QUEUED, *_ENDS_BEFORE}),
    State.PLANNING: frozenset({State.RECEIVED, State.WAITING, State.QUEUED, State.SUCCEEDED, *_ENDS_BEFORE}),
    State.WAITING: frozenset({State.QUEUED, *_ENDS_BEFORE}),
    State.QUEUED: frozenset({State.STARTING, *_ENDS_BEFORE}),
    State.STARTING: frozenset({State.QUEUED, State.RUNNING, *_ENDS_BEFORE}),
    State.RUNNING: frozenset({State.VERIFYING, *_ENDS_AFTER}),
    State.VERIFYING: _ENDS_AFTER,
    **{state: frozenset() for state in FINAL},
}


def may_move(before: State, after: State) -> bool:
    """`bot.db.runs.move` asks it too."""
    return after in MOVES[before]


class Lock(StrEnum):
    """Kinds of change that exclude each other on one service and environment."""

    DEPLOY = "deploy"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Run:
    """One request from its receipt to its end: R-42 names request, approval and run."""

    id: RunId
    uuid: UUID
    state: State
    command: str
    verb: str
    text: str  # the request as a command line, canonical
    request: JsonObject
    service: str | None
    environment: str | None
    lock: Lock | None
    permission: str
    risk: Risk
    actor: str
    team: str
    channel: str
    via: str  # slack | terminal | schedule
    reason: str
    dry_run: bool
    because: str  # the decision's reason, with the rule's place
    plan: JsonObject | None
    digest: str | None
    outcome: JsonObject | None
    changed: str | None
    worker: int | None
    cancel_by: str | None
    settled_by: str | None
    created_at: datetime
    expires_at: datetime | None  # of the approval
    start_by: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    approved_at: datetime | None = None
    thread: str = ""  # ts of the thread that it was asked in
    hold_until: datetime | None = None  # until then whoever asked may still stop it

    @property
    def label(self) -> str:
        return f"R-{self.id}"

    @property
    def seat(self) -> str:
        """Where a person sat who did this: `slack`, or `terminal:ana`, the login."""
        return self.channel if self.via == "terminal" else self.via

    @property
    def target(self) -> str:
        """What a button of this run carries: opaque, checked again at the click."""
        return f"{self.id}-{self.uuid.hex[:8]}"

    @property
    def place(self) -> str:
        return " ".join(part for part in (self.service, self.environment) if part)

    @property
    def held(self) -> bool:
        """Confirmed, and not begun because it may still be stopped (until `hold_until`)."""
        return self.hold_until is not None and self.state is State.QUEUED

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.started_at and self.finished_at else None
