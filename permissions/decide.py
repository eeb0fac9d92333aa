"""Decides whether a person may do something somewhere, and who may vote. Pure: default deny, a denial beats all.

Reading or recording without a service is decided as allowed if any place is granted: a command that then shows
several places decides again for each of them. A change without a place is never granted by a grant for some places.
"""

from collections.abc import Iterable
from dataclasses import replace

from permissions.decision import (
    Allow,
    ApprovalRule,
    Because,
    Decision,
    Deny,
    NeedsApproval,
    sentence,
)
from permissions.eligible import (
    People,
    approvers,
    confirmation,
    denial_of,
    grant_of,
    may_break_glass,
    standing,
    who_can,
)
from permissions.model import Ask, Person
from permissions.refusal import denied, name_of, names, not_granted, refuse, shown, without_standing
from permissions.rules import Grant, Policy, roles_of
from permissions.wording import doing, grant_words, members, others, span

__all__ = [
    "Allow",
    "ApprovalRule",
    "Because",
    "Decision",
    "Deny",
    "NeedsApproval",
    "counting_votes",
    "decide",
    "may_vote",
    "sentence",
    "who_can",
]


def decide(policy: Policy, ask: Ask, *, team_id: str, people: People) -> Decision:
    """What the policy says to this ask; `people` are all known members by Slack id, to name who else can."""
    stopped = _stopped(policy, ask, team_id)
    if isinstance(stopped, Because):
        return refuse(policy, ask, stopped, people, team_id=team_id)
    rule = confirmation(policy, ask)
    if rule is None:
        return Allow(_allowed(policy, ask, stopped))
    asked = approvers(policy, ask, rule, people, team_id=team_id)
    glass = may_break_glass(policy, ask, rule)
    return NeedsApproval(_to_confirm(policy, ask, rule, asked, people), rule, asked, glass)


def _stopped(policy: Policy, ask: Ask, team_id: str) -> Because | Grant:
    """Why the person may not, or the grant by which they may."""
    found = standing(ask.person, team_id)
    if found != "full":
        return without_standing(policy, ask, found)
    roles = roles_of(policy, ask.person)
    denial = denial_of(policy, ask, roles)
    if denial:
        return denied(policy, ask, denial)
    return grant_of(policy, ask, roles) or not_granted(policy, ask, roles)


def _allowed(policy: Policy, ask: Ask, grant: Grant) -> Because:
    who, what = name_of(policy, ask.person), doing(ask.permission, ask.scope)
    return Because(f"{who} may {what}: {grant_words(grant)}.", grant.where)


def _to_confirm(policy: Policy, ask: Ask, rule: ApprovalRule, asked: tuple[str, ...], people: People) -> Because:
    may = f"{name_of(policy, ask.person)} may {doing(ask.permission, ask.scope)}"
    backup = " A fresh backup is made before anything in use is changed." if rule.backup_first else ""
    if not rule.need:
        how = "typing what the plan card asks for" if rule.confirm == "typed" else "a click on the plan card"
        return Because(f"{may} after {how}.{backup}", rule.where)
    agree = "agrees" if rule.need == 1 else "agree"
    who = others(rule.need, rule.from_role)
    including = f", one of them from {rule.including}," if rule.including else ""
    told = f"{may} once {who}{including} {agree} within {span(rule.answer)}.{backup}"
    return Because(f"{told}{_too_few(policy, rule, asked, people)}", rule.where)


def _too_few(policy: Policy, rule: ApprovalRule, asked: tuple[str, ...], people: People) -> str:
    if len(asked) >= rule.need:
        return ""
    return f" At present only {names(policy, asked, people, 'and')} could." if asked else " At present nobody could."


def may_vote(policy: Policy, ask: Ask, voter: Person, *, team_id: str, people: People | None = None) -> Allow | Deny:
    """Whether this person's vote on the ask counts now. With `people`, a refusal names those who can approve."""
    rule = confirmation(policy, ask)
    if rule is None or not rule.need:
        return Deny(_nobody_asked(policy, ask, rule), "There is nothing to approve.")
    own = replace(ask, person=voter)
    because = _no_vote(policy, ask, own, rule, team_id)
    if because is None:
        return Allow(Because(f"{name_of(policy, voter)} may approve this, as one of {rule.from_role}.", rule.where))
    asked = approvers(policy, ask, rule, people or {}, team_id=team_id)
    helpers = tuple(slack_id for slack_id in asked if slack_id != voter.id)
    return Deny(because, _can_approve(policy, rule, helpers, people), helpers)


def _no_vote(policy: Policy, ask: Ask, own: Ask, rule: ApprovalRule, team_id: str) -> Because | None:
    """Why the vote does not count; `own` is the same ask as if the voter had made it."""
    if own.person.id == ask.person.id:
        return Because("You asked for this.", rule.where)
    stopped = _stopped(policy, own, team_id)
    if isinstance(stopped, Because):
        return Because(f"Your vote does not count here. {stopped.sentence}", stopped.where)
    if rule.from_role not in roles_of(policy, own.person):
        return Because(f"Your vote does not count here: this asks {members(rule.from_role)}.", rule.where)
    return None


def _nobody_asked(policy: Policy, ask: Ask, rule: ApprovalRule | None) -> Because:
    if rule is None:
        return Because("This happens at once and asks nobody.", f"preset {policy.preset}")
    return Because(f"Only {name_of(policy, ask.person)}, who asked, confirms this.", rule.where)


def _can_approve(policy: Policy, rule: ApprovalRule, helpers: tuple[str, ...], people: People | None) -> str:
    if people is None:
        return f"Somebody else from {rule.from_role} can approve."
    if not helpers:
        return f"At present nobody else from {rule.from_role} can approve; the request can be withdrawn."
    return f"These can approve: {', '.join(shown(policy, helpers, people))}."


def counting_votes(policy: Policy, ask: Ask, voters: Iterable[Person], *, team_id: str) -> tuple[str, ...]:
    """Distinct ids of the voters that count now, in their order.

    Where one vote must come from a certain role, its place is kept free: so `len(...) >= rule.need` is the quorum.
    """
    distinct = {voter.id: voter for voter in voters}
    counted = [v for v in distinct.values() if isinstance(may_vote(policy, ask, v, team_id=team_id), Allow)]
    rule = confirmation(policy, ask)
    if rule and rule.including and not any(rule.including in roles_of(policy, voter) for voter in counted):
        counted = counted[: rule.need - 1]
    return tuple(voter.id for voter in counted)
