"""What a policy gives and nobody took: roles and grants without a use. Pure: what was done comes in."""

from collections.abc import Iterable
from dataclasses import dataclass

from permissions.model import Permission, Person, Risk, Scope
from permissions.rules import Grant, Policy, roles_of


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody did something of this kind there, or voted on it."""

    person: Person
    permission: Permission
    risk: Risk
    scope: Scope


def unused(policy: Policy, uses: Iterable[Use]) -> tuple[tuple[str, ...], tuple[Grant, ...]]:
    """(roles of which no grant was used, other grants that were not), in the policy's order.

    A use counts for every grant that would have allowed it: which one did is nobody's choice.
    """
    used = _used(policy, list(uses))
    roles = dict.fromkeys(grant.role for grant in policy.grants)
    idle = tuple(role for role in roles if all(grant.role != role for grant in used))
    rest = (grant for grant in policy.grants if grant not in used and grant.role not in idle)
    return idle, tuple(rest)


def _used(policy: Policy, uses: list[Use]) -> list[Grant]:
    roles = {use.person.id: roles_of(policy, use.person) for use in uses}
    return [
        grant
        for grant in policy.grants
        if any(
            grant.role in roles[use.person.id] and grant.gives(use.permission, use.risk, use.scope) for use in uses
        )
    ]
