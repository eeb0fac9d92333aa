"""The request for confirmation and its votes. Pure: `bot.db.approvals` locks the row before it counts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.run import RunId


class ApprovalState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


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

    @property
    def in_favour(self) -> tuple[str, ...]:
        return tuple(vote.voter for vote in self.votes if vote.yes and vote.digest == self.digest)
