"""What deciding gives back: a decision with its reason, and the approval rule it follows. Pure values."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

Confirm = Literal["none", "button", "typed"]


@dataclass(frozen=True, slots=True)
class Because:
    """Why, as a sentence for people, and the line that decided: `policy.yml:12` or `preset small-team`."""

    sentence: str
    where: str


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """How a request of some risk is confirmed at some place.

    need 0: nobody else is asked; the actor confirms the plan card in the way of `confirm`.
    `alone_after`: silence after which the actor may go on alone, which somebody else reviews.
    """

    need: int
    from_role: str  # "" when nobody else is asked
    answer: timedelta  # how long the card waits
    alone_after: timedelta | None
    backup_first: bool
    confirm: Confirm
    where: str
    including: str | None = None  # at least one of the votes must come from this role
    hold: timedelta | None = None  # time with [Stop] before the first step


@dataclass(frozen=True, slots=True)
class Allow:
    because: Because


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """Allowed once confirmed: by `rule.need` of the approvers, or by the actor's own click when that is 0."""

    because: Because
    rule: ApprovalRule
    approvers: tuple[str, ...]  # Slack ids of those who could vote now
    glass: bool = False  # whoever asks may go on without the votes, by breaking the glass


@dataclass(frozen=True, slots=True)
class Deny:
    because: Because
    next_step: str
    helpers: tuple[str, ...] = ()  # Slack ids of those who could do it, or help


Decision: TypeAlias = Allow | NeedsApproval | Deny


def sentence(decision: Decision) -> str:
    """The decision in plain words, with the line that decided and the way on."""
    because = decision.because
    told = f"{because.sentence.removesuffix('.')} ({because.where})."
    return f"{told} {decision.next_step}".strip() if isinstance(decision, Deny) else told
