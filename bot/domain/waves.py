"""Who is asked when: on-call first, everyone at a third, a last call at three quarters. Pure: the instant comes in.

Nothing here decides who may answer: whoever is eligible may, from the channel's card, at any time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import Approval, Wave

_PARTS = {Wave.FIRST: 0.0, Wave.EVERYONE: 1 / 3, Wave.LAST: 3 / 4}


@dataclass(frozen=True, slots=True)
class Call:
    """The next step: who is asked for the first time, and who, asked before, gets a last call."""

    wave: Wave
    people: tuple[str, ...]
    again: tuple[str, ...]


def time_of(approval: Approval, wave: Wave) -> datetime:
    return approval.asked_at + (approval.expires_at - approval.asked_at) * _PARTS[wave]


def called(approval: Approval) -> tuple[str, ...]:
    """Who has been asked by a message of their own."""
    return approval.first if approval.wave is Wave.FIRST else approval.asked


def next_call(approval: Approval, now: datetime, unreachable: Collection[str] = ()) -> Call | None:
    """What is due; None while its time has not come. A message that could not be delivered is no answer to wait for.

    After a time away two steps may be due: then they are one, so that nobody gets two messages at once.
    """
    wave = _due(approval, now, unreachable)
    if wave is None or not approval.asked:
        return None
    before = called(approval)
    new = tuple(one for one in approval.asked if one not in before)
    silent = (one for one in before if one not in {vote.voter for vote in approval.votes})
    again = tuple(one for one in silent if one not in approval.stopped) if wave is Wave.LAST else ()
    return Call(wave, new, again)


def _due(approval: Approval, now: datetime, unreachable: Collection[str]) -> Wave | None:
    later = [wave for wave in Wave if wave > approval.wave]
    come = [wave for wave in later if time_of(approval, wave) <= now]
    if come:
        return come[-1]
    reached = set(called(approval)) - set(unreachable)
    return later[0] if later and called(approval) and not reached else None
