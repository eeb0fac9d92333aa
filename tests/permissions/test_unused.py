"""Which roles and grants nobody used."""

from typing import NamedTuple

import pytest

from permissions.model import ALL, Permission, Person, Risk, Scope
from permissions.policy import load_policy
from permissions.unused import Use, unused

POLICY = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI}
roles: {admin: [ben], operator: [admin, ana], auditor: [chi], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], in: [shop/staging]}
  - {role: operator, may: [record, change], in: [shop/production]}
  - {role: admin, may: [destructive], in: [shop]}
  - {role: auditor, may: [audit]}
"""
SERVICES = {"shop": {"production": True, "staging": False}}


class Did(NamedTuple):
    who: str
    what: str
    risk: Risk
    where: str = "production"


LOOK = Did("chi", "health:read", Risk.READ)
CHANGE = Did("ana", "deploy:rollback", Risk.CHANGE)


@pytest.mark.parametrize(
    ("uses", "roles", "grants"),
    [
        ([], ["viewer", "operator", "admin", "auditor"], []),
        ([LOOK], ["operator", "admin", "auditor"], []),
        ([LOOK, CHANGE], ["admin", "auditor"], ["staging"]),
        ([LOOK, CHANGE, CHANGE._replace(where="staging")], ["admin", "auditor"], []),
        ([LOOK, CHANGE._replace(who="ben")], ["admin", "auditor"], ["staging"]),
        ([LOOK, CHANGE, Did("ben", "backup:restore", Risk.DESTRUCTIVE)], ["auditor"], ["staging"]),
        ([LOOK, CHANGE, Did("chi", "audit:read", Risk.READ)], ["admin"], ["staging"]),
        ([LOOK, CHANGE._replace(who="chi")], ["operator", "admin", "auditor"], []),
    ],
)
def test_a_use_counts_for_every_grant_that_would_have_allowed_it(
    uses: list[Did], roles: list[str], grants: list[str]
) -> None:
    policy = load_policy(POLICY, services=SERVICES, permissions=ALL)
    done = [
        Use(Person(f"U0{did.who.upper()}", "T0", did.who), Permission(did.what), did.risk, Scope("shop", did.where))
        for did in uses
    ]
    idle, rest = unused(policy, done)
    assert list(idle) == roles
    assert [next(iter(grant.places.pairs))[1] for grant in rest if grant.places] == grants
