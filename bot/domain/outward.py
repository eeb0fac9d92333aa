"""What people outside are told: an update as a page gets it, and where words may be sent. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from bot.domain.address import web_address
from bot.domain.incident import Incident, Severity

PublicState = Literal["investigating", "identified", "monitoring", "resolved"]
STATES: tuple[PublicState, ...] = get_args(PublicState)


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """marker: the same for all updates of one incident. key: of this update alone; told again it counts once."""

    marker: str
    key: str
    title: str
    state: PublicState
    text: str
    severity: Severity
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An update that was posted."""

    at: datetime
    state: PublicState
    text: str
    by: str
    next_at: datetime | None


def outward_address(value: str) -> str:
    """ValueError unless it is https, or http on this machine: what is sent there is ours."""
    if web_address(value).fragment:
        raise ValueError("write only https://, the host and the path")
    return value.rstrip("/")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would like to tell; None: as the incident stands, and as the clock would promise."""

    text: str
    state: PublicState | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """The exact words, looked through. turn: 1 for the first update of the incident."""

    incident: Incident
    title: str
    state: PublicState
    text: str
    next_at: datetime | None
    turn: int

    def update(self, key: str) -> PublicUpdate:
        marker = self.incident.uuid.hex
        return PublicUpdate(marker, key, self.title, self.state, self.text, self.incident.severity, self.next_at)
