"""What the policy gives in the end: every kind of person against everything that can be asked, at every place.

Pure. It asks the same questions as `decide`, so what is told from it is what would happen. Hours and channels
count as met, and are kept as words beside whom they bind.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from permissions.decision import ApprovalRule
from permissions.eligible import confirmation, denial_of
from permissions.model import Ask, Permission, Person, Risk, Scope
from permissions.policy_file import Services
from permissions.rules import EVERYONE, Grant, Policy, roles_of
from permissions.wording import conditions

TEAM = "T0"  # one workspace: the file knows no other
_OTHER = "other:"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be asked for. placed: it is about an environment of a service."""

    permission: Permission
    risk: Risk
    placed: bool = True

    @property
    def is_any(self) -> bool:
        """Stands for whatever else has this risk, also of commands that are still to come."""
        return self.permission.startswith(_OTHER)


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing at one place. holders: who may → under which conditions ("" = always)."""

    thing: Thing
    scope: Scope
    holders: Mapping[str, str]
    rule: ApprovalRule | None
    approvers: frozenset[str]
    where: Mapping[str, tuple[str, ...]] = field(compare=False)  # the lines that give it to each


def any_thing(risk: Risk) -> Thing:
    return Thing(Permission(f"{_OTHER}{risk.value}"), risk)


def kinds_of_people(policy: Policy) -> dict[str, Person]:
    """Everybody whom the file names by Slack id, one member of each trusted group, and somebody else."""
    named = {slack_id: Person(slack_id, TEAM, name) for slack_id, name in policy.names.items()}
    groups = {group: Person(f"U-{group}", TEAM, group, groups=frozenset({group})) for group in policy.roles_by_group}
    return {**named, **groups, EVERYONE: Person("U-anybody", TEAM, "anybody else")}


def survey(policy: Policy, services: Services, things: Iterable[Thing]) -> tuple[Cell, ...]:
    """For each thing at each place; what is about no one place once, with an empty scope."""
    asked = [*dict.fromkeys(things), *(any_thing(risk) for risk in Risk)]
    people = kinds_of_people(policy)
    return tuple(_cell(policy, thing, scope, people) for scope, thing in _asked(services, asked))


def _asked(services: Services, things: list[Thing]) -> Iterator[tuple[Scope, Thing]]:
    for service, environments in services.items():
        for environment, protected in environments.items():
            for thing in things:
                if thing.placed:
                    yield Scope(service, environment, protected), thing
    for thing in things:
        if not thing.placed:
            yield Scope(None, None), thing


def _cell(policy: Policy, thing: Thing, scope: Scope, people: Mapping[str, Person]) -> Cell:
    given = {who: _given(policy, Ask(person, thing.permission, thing.risk, scope)) for who, person in people.items()}
    holders = {who: _bound(grants) for who, grants in given.items() if grants}
    where = {who: tuple(dict.fromkeys(grant.where for grant in grants)) for who, grants in given.items()}
    rule = confirmation(policy, Ask(people[EVERYONE], thing.permission, thing.risk, scope))
    voters = {who for who in holders if rule and rule.need and rule.from_role in roles_of(policy, people[who])}
    return Cell(thing, scope, holders, rule, frozenset(voters), where)


def _given(policy: Policy, ask: Ask) -> list[Grant]:
    """The grants by which somebody may; none when a denial stops it."""
    roles = roles_of(policy, ask.person)
    if denial_of(policy, ask, roles):
        return []
    return [g for g in policy.grants if g.role in roles and g.gives(ask.permission, ask.risk, ask.scope)]


def _bound(grants: list[Grant]) -> str:
    if any(not grant.hours and not grant.channels for grant in grants):
        return ""
    return " or ".join(dict.fromkeys(conditions(grant) for grant in grants))
