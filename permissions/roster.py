"""Flattens nested roles: who is in which role, also through others; finds roles that contain themselves. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from permissions.policy_file import Members
from permissions.rules import EVERYONE
from permissions.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Roster:
    """Each role with all that stands in it, nested roles included."""

    flat: Mapping[str, Members]

    def people(self, role: str) -> frozenset[str]:
        """Names of people; of `everyone` only Slack knows the people."""
        return self.flat[role].people if role in self.flat else frozenset()

    def is_open(self, role: str) -> bool:
        """Whether only Slack knows who is in it."""
        return role == EVERYONE or (role in self.flat and bool(self.flat[role].everyone or self.flat[role].groups))

    def is_empty(self, role: str) -> bool:
        return not self.people(role) and not self.is_open(role)

    def with_person(self, name: str) -> frozenset[str]:
        return frozenset(role for role, members in self.flat.items() if name in members.people)

    def with_group(self, group: str) -> frozenset[str]:
        return frozenset(role for role, members in self.flat.items() if group in members.groups)

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(group for members in self.flat.values() for group in members.groups)

    @property
    def with_everyone(self) -> frozenset[str]:
        return frozenset(role for role, members in self.flat.items() if members.everyone)


def flatten(members: Mapping[str, Members]) -> Roster:
    return Roster({role: _whole(role, members) for role in members})


def _whole(role: str, members: Mapping[str, Members]) -> Members:
    inside = [members[name] for name in _within(role, members)]
    return Members(
        frozenset().union(*(part.people for part in inside)),
        (),
        frozenset().union(*(part.groups for part in inside)),
        any(part.everyone for part in inside),
    )


def _within(role: str, members: Mapping[str, Members]) -> frozenset[str]:
    """The role and every role inside it; ends also where roles contain each other."""
    seen: set[str] = set()
    waiting = [role]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += members[name].roles
    return frozenset(seen)


def tell_circles(sheet: Sheet, members: Mapping[str, Members]) -> None:
    """Roles that contain each other, each circle once."""
    told: set[frozenset[str]] = set()
    for role in members:
        circle = _circle(role, members)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            way = " contains ".join(f"'{name}'" for name in [*circle, role])
            sheet.wrong(("roles", role), f"roles contain each other: {way}.", "Take one of them out of the other.")


def _circle(role: str, members: Mapping[str, Members]) -> tuple[str, ...]:
    """The shortest way from a role back to itself; empty when there is none."""
    ways: list[tuple[str, ...]] = [(role,)]
    seen: set[str] = set()
    for way in ways:
        for inner in members[way[-1]].roles:
            if inner == role:
                return way
            if inner not in seen:
                seen.add(inner)
                ways.append((*way, inner))
    return ()


def nested(role: str, members: Mapping[str, Members]) -> Iterator[str]:
    """The roles inside a role, without itself."""
    yield from sorted(_within(role, members) - {role}) if role in members else ()
