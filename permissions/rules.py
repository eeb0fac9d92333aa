"""The policy as compiled values: places, grants, denials, approval lines, and who is in which role. Pure.

Never parses and never words: `policy_file.py` makes these values, `decide.py` asks them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from permissions.decision import ApprovalRule
from permissions.hours import Hours
from permissions.model import Permission, Person, Risk, Scope, scope_of
from permissions.oncall import OnCall
from permissions.presets import PRESETS
from permissions.problem import Problem

EVERYONE = "everyone"
PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class Places:
    """The `in` of an entry."""

    services: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()
    protected: bool = False

    def fit(self, scope: Scope) -> int:
        """How closely the entry speaks of this place: 3 names it, 2 half of it, 1 `protected`, 0 not at all."""
        if (scope.service, scope.environment) in self.pairs:
            return 3
        if scope.service in self.services or scope.environment in self.environments:
            return 2
        return 1 if self.protected and scope.protected and scope.complete else 0

    def may_fit(self, scope: Scope) -> bool:
        """Whether it could speak of it, once what is unknown about the place were known."""
        if self.fit(scope) or scope.service is None:
            return True
        if scope.environment is not None:
            return False
        return bool(self.environments) or self.protected or scope.service in {pair[0] for pair in self.pairs}


@dataclass(frozen=True, slots=True)
class Rights:
    """The entries of a `may` or `except`."""

    risks: frozenset[Risk] = frozenset()
    permissions: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    def cover(self, permission: Permission, risk: Risk) -> bool:
        return risk in self.risks or permission in self.permissions or scope_of(permission) in self.scopes

    def share(self, other: "Rights") -> bool:
        """Whether some permission is named by both."""
        halves = {*map(scope_of, map(Permission, self.permissions)), *self.scopes}
        theirs = {*map(scope_of, map(Permission, other.permissions)), *other.scopes}
        whole = (self.scopes & theirs) | (other.scopes & halves)
        return bool(whole or self.permissions & other.permissions)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role gets rights somewhere; places None = everywhere."""

    role: str
    may: Rights
    but: Rights
    places: Places | None
    where: str
    hours: tuple[Hours, ...] = ()  # empty = always
    channels: frozenset[str] = frozenset()  # where it may be asked from; empty = anywhere

    def holds(self, channel: str | None, at: datetime | None) -> bool:
        """Whether its hours and channels are met; what is not known is not met."""
        in_time = not self.hours or (at is not None and any(hours.hold(at) for hours in self.hours))
        return in_time and (not self.channels or channel in self.channels)

    def reaches(self, risk: Risk, scope: Scope) -> bool:
        """A look or a record without a service is reached by any place; a change never by a guess."""
        if self.places is None:
            return True
        return self.places.may_fit(scope) if risk.harmless else bool(self.places.fit(scope))

    def covers(self, permission: Permission, risk: Risk) -> bool:
        return self.may.cover(permission, risk) and not self.but.cover(permission, risk)

    def gives(self, permission: Permission, risk: Risk, scope: Scope) -> bool:
        return self.covers(permission, risk) and self.reaches(risk, scope)


@dataclass(frozen=True, slots=True)
class Denial:
    """Takes rights away from people and roles, whatever any grant says."""

    people: frozenset[str]  # Slack ids
    roles: frozenset[str]
    may: Rights
    places: Places | None
    because: str
    where: str

    def reaches(self, risk: Risk, scope: Scope) -> bool:
        """A change whose place is unknown is denied if it could be there; a look is denied there only."""
        if self.places is None:
            return True
        return bool(self.places.fit(scope)) if risk.harmless else self.places.may_fit(scope)

    def takes(self, permission: Permission, risk: Risk, scope: Scope) -> bool:
        return self.may.cover(permission, risk) and self.reaches(risk, scope)

    def hits(self, person: Person, roles: frozenset[str]) -> bool:
        return person.id in self.people or not self.roles.isdisjoint(roles) or EVERYONE in self.roles


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A line of `approvals`: it replaces the preset's for its risk and places."""

    risk: Risk
    places: Places | None
    rule: ApprovalRule
    may: Rights | None = None  # None: whatever has that risk

    def speaks_of(self, permission: Permission | None) -> bool:
        return self.may is None or (permission is not None and self.may.cover(permission, self.risk))


@dataclass(frozen=True, slots=True)
class Glass:
    """Who may go on without votes at once, where; never more than their own rights give them."""

    roles: frozenset[str]
    places: Places | None  # None = everywhere
    where: str

    def held(self, roles: frozenset[str], scope: Scope) -> bool:
        return not self.roles.isdisjoint(roles) and (self.places is None or bool(self.places.fit(scope)))


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole, valid policy. `roles` holds each role's named people by Slack id, nested roles included."""

    file: str
    preset: str
    people: Mapping[str, str]  # name → Slack id
    roles: Mapping[str, frozenset[str]]
    grants: tuple[Grant, ...]
    denials: tuple[Denial, ...]
    approvals: tuple[ApprovalLine, ...]
    oncall: OnCall | None
    digest: str
    warnings: tuple[Problem, ...]
    names: Mapping[str, str]  # Slack id → name
    roles_by_person: Mapping[str, frozenset[str]]
    roles_by_group: Mapping[str, frozenset[str]]  # user group id → roles; empty without trust_groups
    roles_of_everyone: frozenset[str]
    open_roles: frozenset[str]  # roles whose people only Slack knows: everyone, user groups
    lines: Mapping[str, int]  # section → its line
    terminal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # login → the Slack ids it stands for
    glass: Glass | None = None
    shared_channels: frozenset[str] = frozenset()  # with other companies, where we may speak nevertheless

    def where(self, section: str) -> str:
        line = self.lines.get(section, 0)
        return f"{self.file}:{line}" if line else self.file


def roles_of(policy: Policy, person: Person) -> frozenset[str]:
    """Every role the person is in, also through other roles; none for guests, bots and people who left."""
    if person.is_guest or person.is_bot or person.is_deactivated or not person.known:
        return frozenset()
    roles = policy.roles_by_person.get(person.id, frozenset()) | policy.roles_of_everyone
    for group in person.groups:
        roles |= policy.roles_by_group.get(group, frozenset())
    return roles


_NAMED = 10


def rule_for(
    preset: str, approvals: Iterable[ApprovalLine], risk: Risk, scope: Scope, permission: Permission | None = None
) -> ApprovalRule | None:
    """How a request of this risk is confirmed there: the closest line, else the preset's; None = at once.

    A place that is not wholly known is taken at its strictest. permission: None = one that no line names.
    """
    fallback = PRESETS[preset].get((risk, scope.protected or not scope.complete))
    lines = [line for line in approvals if line.risk is risk and line.speaks_of(permission)]
    if scope.complete:
        fits = [(closeness(line, scope), line.rule) for line in lines]
        best = max(fits, key=lambda fit: fit[0], default=(0, None))
        return best[1] if best[0] else fallback
    named = [line for line in lines if line.may is not None]
    if any(line.places is None for line in named):  # whichever place it is, no other line holds there
        lines, fallback = named, None
    possible = [line.rule for line in lines if line.places is None or line.places.may_fit(scope)]
    candidates = [rule for rule in (fallback, *possible) if rule is not None]
    return max(candidates, key=lambda rule: rule.need, default=None)


def closeness(line: ApprovalLine, scope: Scope) -> int:
    """0 = says nothing of the place, 1 = of all places, up to 4 = names this one; more, if it names the deed."""
    fit = 1 if line.places is None else line.places.fit(scope)
    near = fit if line.places is None or not fit else fit + 1
    return near + _NAMED if near and line.may else near
