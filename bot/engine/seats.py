"""Whose votes count, also from where: a login that several people share is one pair of eyes."""

from bot.domain.approval import Approval
from bot.domain.run import Run
from bot.domain.words import listed
from bot.engine.installation import Installation
from permissions.decide import Because, Deny, counting_votes
from permissions.terminal import SECTION, Asked, counted, doubts


def counting(at: Installation, run: Run, approval: Approval | None) -> tuple[str, ...]:
    """Those in favour whose votes count by the policy of now."""
    votes = [(vote.voter, vote.via) for vote in (approval.votes if approval else ()) if vote.yes]
    voters = [at.person(voter, run.team) for voter in counted(at.policy, Asked(run.actor, run.seat), votes)]
    return counting_votes(at.policy, at.ask(run), voters, team_id=at.team)


def doubt(at: Installation, run: Run, approval: Approval, voter: str, via: str) -> Deny | None:
    """Why this vote would not count: whoever gives it could be who asked, or another voter."""
    found = doubts(at.policy, Asked(run.actor, run.seat), voter, via, approval.in_favour)
    if not found:
        return None
    names = listed([at.people.name(one) for one in found], "and")
    sentence = f"Your vote cannot count here: you share a login of the terminal with {names}."
    next_step = "One login is one pair of eyes: approve from a login of your own, or let somebody else."
    return Deny(Because(sentence, at.policy.where(SECTION)), next_step)


def shared(at: Installation, run: Run, who: str, via: str) -> bool:
    """Whether this person, where they sit now or where it was asked, could be who asked."""
    return bool(doubts(at.policy, Asked(run.actor, run.seat), who, via, ()))
