"""The request for confirmation and its votes. Pure: `bot.db.approvals` locks the row before it counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from bot.domain.run import RunId


class ApprovalState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


class Wave(IntEnum):
    """Who was asked by a message of their own: who is on call, everyone who may, those who are silent again."""

    FIRST = 0
    EVERYONE = 1
    LAST = 2


Way = Literal["votes", "alone", "glass"]
"""How it was granted: by votes, by the requester alone after silence, or by breaking the glass."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's click, for one digest."""

    voter: str
    yes: bool
    digest: str
    at: datetime
    via: str  # slack | text | terminal


@dataclass(frozen=True, slots=True)
class Approval:
    """need: how many distinct people other than the actor must agree; 0 = the actor's own confirmation."""

    run: RunId
    state: ApprovalState
    need: int
    asked: tuple[str, ...]  # who may answer, by Slack id
    confirm: Literal["button", "typed"]
    digest: str
    asked_at: datetime
    expires_at: datetime
    votes: tuple[Vote, ...] = ()
    first: tuple[str, ...] = ()  # asked before all others; empty = everyone at once
    wave: Wave = Wave.EVERYONE
    stopped: tuple[str, ...] = ()  # asked to be asked no more; their vote still counts
    alone_after: timedelta | None = None  # silence after which the requester may go on alone
    alone_offered_at: datetime | None = None
    glass: bool = False  # the requester may break the glass
    hold: timedelta | None = None  # time with [Stop] before the first step
    way: Way = "votes"
    way_because: str = ""

    @property
    def in_favour(self) -> tuple[str, ...]:
        return tuple(vote.voter for vote in self.votes if vote.yes and vote.digest == self.digest)
