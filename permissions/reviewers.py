"""Who may look afterwards at what ran without votes: never who ran it. Pure."""

from permissions.eligible import People, admins, approvers, confirmation, standing, who_can
from permissions.model import Ask
from permissions.rules import Policy


def reviewers(policy: Policy, ask: Ask, people: People, *, team_id: str) -> tuple[str, ...]:
    """Slack ids of those who could approve it now; nobody could: who could ask for it, else the admins."""
    rule = confirmation(policy, ask)
    if found := approvers(policy, ask, rule, people, team_id=team_id) if rule else ():
        return found
    can = who_can(policy, ask.permission, ask.risk, ask.scope, people, team_id=team_id, at=ask.at)
    members = tuple(one for one in admins(policy, people) if standing(people[one], team_id) == "full")
    return _others(ask, can) or _others(ask, members)


def _others(ask: Ask, found: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in found if one != ask.person.id)
