"""Who has standing, who holds a right, who could vote: the questions that decisions are made of. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, TypeAlias

from permissions.decision import ApprovalRule
from permissions.model import Ask, Permission, Person, Risk, Scope
from permissions.rules import EVERYONE, Denial, Grant, Policy, roles_of, rule_for

People: TypeAlias = Mapping[str, Person]
Standing = Literal["full", "nameless", "foreign", "unknown", "deactivated", "bot", "guest"]


def standing(person: Person, team_id: str) -> Standing:
    """Only full members of our own workspace may do anything; a missing id is never taken for a match."""
    if not person.id or not person.team_id or not team_id:
        return "nameless"
    if person.team_id != team_id:
        return "foreign"
    if not person.known:
        return "unknown"
    if person.is_deactivated:
        return "deactivated"
    if person.is_bot:
        return "bot"
    return "guest" if person.is_guest else "full"


def admins(policy: Policy, people: People) -> tuple[str, ...]:
    """Slack ids of whoever is in the role 'admin', those whom the policy names first."""
    found = {one for one, person in people.items() if "admin" in roles_of(policy, person)}
    return tuple(one for one in dict.fromkeys((*policy.names, *sorted(found))) if one in found)


def denial_of(policy: Policy, ask: Ask, roles: frozenset[str]) -> Denial | None:
    for denial in policy.denials:
        if denial.hits(ask.person, roles) and denial.takes(ask.permission, ask.risk, ask.scope):
            return denial
    return None


def grant_of(policy: Policy, ask: Ask, roles: frozenset[str]) -> Grant | None:
    for grant in policy.grants:
        given = grant.role in roles and grant.gives(ask.permission, ask.risk, ask.scope)
        if given and grant.holds(ask.scope.channel, ask.at):
            return grant
    return None


def able(policy: Policy, ask: Ask, team_id: str) -> bool:
    """Whether the person of this ask holds the right, confirmed by others or not."""
    if standing(ask.person, team_id) != "full":
        return False
    roles = roles_of(policy, ask.person)
    return grant_of(policy, ask, roles) is not None and denial_of(policy, ask, roles) is None


def who_can(
    policy: Policy,
    permission: Permission,
    risk: Risk,
    scope: Scope,
    people: People,
    *,
    team_id: str,
    at: datetime | None = None,
) -> tuple[str, ...]:
    """Slack ids of those who may ask for it, in the order of the policy's people."""
    roles = {grant.role for grant in policy.grants if grant.gives(permission, risk, scope)}
    return tuple(
        person.id
        for person in _in_roles(policy, roles, people)
        if able(policy, Ask(person, permission, risk, scope, at), team_id)
    )


def confirmation(policy: Policy, ask: Ask) -> ApprovalRule | None:
    """How a request that is granted must be confirmed; None = it happens at once."""
    return rule_for(policy.preset, policy.approvals, ask.risk, ask.scope, ask.permission)


def may_break_glass(policy: Policy, ask: Ask, rule: ApprovalRule) -> bool:
    """Whether who asks, and holds the right itself, may go on without the votes that the rule wants."""
    if not rule.need or policy.glass is None:
        return False
    return policy.glass.held(roles_of(policy, ask.person), ask.scope)


def approvers(policy: Policy, ask: Ask, rule: ApprovalRule, people: People, *, team_id: str) -> tuple[str, ...]:
    """Slack ids of those whose vote would count now: the role, the right itself, and never who asked."""
    if not rule.need:
        return ()
    return tuple(
        person.id
        for person in _in_roles(policy, {rule.from_role}, people)
        if person.id != ask.person.id
        and rule.from_role in roles_of(policy, person)
        and able(policy, replace(ask, person=person), team_id)
    )


def _in_roles(policy: Policy, roles: Iterable[str], people: People) -> Iterator[Person]:
    """Candidates only; whoever takes them checks again. All members are looked at only for open roles."""
    wanted = set(roles)
    named = [slack_id for slack_id in policy.names if not wanted.isdisjoint(policy.roles_by_person[slack_id])]
    if EVERYONE in wanted or not wanted.isdisjoint(policy.open_roles):
        named = [*policy.names, *(slack_id for slack_id in people if slack_id not in policy.names)]
    return (people[slack_id] for slack_id in named if slack_id in people)
