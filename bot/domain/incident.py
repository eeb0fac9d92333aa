"""Incidents: declared trouble, its severity, its states and the only ways between them. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType
from uuid import UUID

IncidentId = NewType("IncidentId", int)

Type = Literal["outage", "security"]
Where = Literal["channel", "thread"]

OF_INCIDENTS = ("/incident", "/postmortem", "/timeline")
"""Commands whose lines may be for those in an incident alone."""


class Severity(StrEnum):
    """SEV1 is the worst. Unclear: take the higher."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"

    @property
    def label(self) -> str:
        return self.value.upper()


class IncidentState(StrEnum):
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"


ONGOING = frozenset({IncidentState.INVESTIGATING, IncidentState.IDENTIFIED, IncidentState.MONITORING})

MOVES: dict[IncidentState, frozenset[IncidentState]] = {
    IncidentState.INVESTIGATING: frozenset(
        {IncidentState.IDENTIFIED, IncidentState.MONITORING, IncidentState.RESOLVED}
    ),
    IncidentState.IDENTIFIED: frozenset(
        {IncidentState.INVESTIGATING, IncidentState.MONITORING, IncidentState.RESOLVED}
    ),
    IncidentState.MONITORING: frozenset(
        {IncidentState.INVESTIGATING, IncidentState.IDENTIFIED, IncidentState.RESOLVED}
    ),
    IncidentState.RESOLVED: frozenset({IncidentState.CLOSED, IncidentState.INVESTIGATING}),
    IncidentState.CLOSED: frozenset({IncidentState.INVESTIGATING}),
}
"""From each state where it may go; from resolved or closed back to investigating is a reopening."""


def may_move(before: IncidentState, after: IncidentState) -> bool:
    return after in MOVES[before]


def coming_from(after: IncidentState) -> frozenset[IncidentState]:
    """The states from which this one may be reached."""
    return frozenset(state for state, ways in MOVES.items() if after in ways)


class Role(StrEnum):
    """Who does what. Only a commander is expected; the others when somebody takes them."""

    COMMANDER = "commander"
    SCRIBE = "scribe"
    OPERATIONS = "operations"
    COMMUNICATIONS = "communications"


@dataclass(frozen=True, slots=True)
class Affected:
    """A service, in one environment or (environment "") in all of them."""

    service: str
    environment: str = ""

    def covers(self, service: str | None, environment: str | None) -> bool:
        return service == self.service and (not self.environment or environment in (None, self.environment))

    def __str__(self) -> str:
        return f"{self.service} {self.environment}".strip()


@dataclass(frozen=True, slots=True)
class Incident:
    """INC-7 as it stands now. `from_number`: the sealed event from which on its timeline is written."""

    id: IncidentId
    uuid: UUID
    title: str
    type: Type
    severity: Severity
    state: IncidentState
    private: bool
    test: bool  # a rehearsal: marked everywhere, counts nowhere
    opened_by: str
    team: str
    asked_in: str
    merged_into: IncidentId | None
    summary: str
    place: Where | None  # None while it is not known yet where people talk
    channel: str | None
    channel_name: str | None
    root_ts: str | None
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    identified_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    update_due_at: datetime | None
    from_number: int | None
    affected: tuple[Affected, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()  # (role, Slack id)
    people: frozenset[str] = frozenset()  # who was brought in
    room: int = 1  # which channel it has by now: one that was put away is followed by another
    former_channel: str | None = None

    @property
    def label(self) -> str:
        return f"INC-{self.id}"

    @property
    def target(self) -> str:
        """What a button of this incident carries: opaque, checked again at the click."""
        return f"I{self.id}-{self.uuid.hex[:8]}"

    @property
    def name(self) -> str:
        """How it is called in a title: marked when it is a rehearsal."""
        return f"{self.label} (rehearsal)" if self.test else self.label

    @property
    def ongoing(self) -> bool:
        return self.state in ONGOING

    @property
    def where(self) -> str:
        """What it concerns, in words; empty when nobody said."""
        return ", ".join(str(one) for one in self.affected)

    @property
    def lasted(self) -> timedelta | None:
        return self.resolved_at - self.opened_at if self.resolved_at else None

    def role(self, role: Role) -> str | None:
        return dict(self.roles).get(role.value)

    def concerns(self, service: str | None, environment: str | None) -> bool:
        return any(one.covers(service, environment) for one in self.affected)

    def known_to(self, person: str) -> bool:
        """Whether the person may know of it, admins aside."""
        return not self.private or person in self.people


@dataclass(frozen=True, slots=True)
class NewIncident:
    """What somebody declares in one line."""

    title: str
    severity: Severity
    affected: tuple[Affected, ...]
    private: bool = False
    test: bool = False
    type: Type = "outage"


@dataclass(frozen=True, slots=True)
class Followup:
    """What is left to do; reminded of once a day from its due date until it is done."""

    id: int
    incident: IncidentId
    text: str
    owner: str
    due: date | None
    added_by: str
    added_at: datetime
    done_at: datetime | None
    done_by: str | None
