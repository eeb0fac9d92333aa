"""Break glass in the policy: who holds it where, what it never replaces, and that all who read the policy say so."""

from collections.abc import Mapping

import pytest

from permissions.decide import Deny, NeedsApproval, decide
from permissions.difference import differences
from permissions.explain import explain
from permissions.model import ALL, DEPLOY_ROLLBACK, Ask, Person, Risk, Scope
from permissions.policy import Policy, PolicyError, load_policy
from permissions.reviewers import reviewers
from permissions.simulation import Past, simulate
from permissions.survey import Thing

TEAM = "T0"
SERVICES = {"shop": {"production": True, "staging": False}, "blog": {"production": True}}
PLAIN = """
preset: strict
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI}
roles: {admin: [ana, ben], operator: [admin, chi], night: []}
grants:
  - {role: operator, may: [read, record, change]}
  - {role: admin, may: [record, change]}
denials: [{people: [ben], may: [change], in: [blog], because: not his}]
"""
GLASS = "break_glass: {roles: [admin], in: [shop, blog]}\n"
PEOPLE: Mapping[str, Person] = {f"U0{n.upper()}": Person(f"U0{n.upper()}", TEAM, n) for n in ("ana", "ben", "chi")}


def load(more: str = GLASS) -> Policy:
    return load_policy(PLAIN + more, services=SERVICES, permissions=ALL)


def ask(who: str, service: str = "shop", environment: str = "production") -> Ask:
    protected = SERVICES[service][environment]
    return Ask(PEOPLE[f"U0{who.upper()}"], DEPLOY_ROLLBACK, Risk.CHANGE, Scope(service, environment, protected))


@pytest.mark.parametrize(
    ("who", "service", "environment", "more", "held"),
    [
        ("ana", "shop", "production", GLASS, True),
        ("chi", "shop", "production", GLASS, False),
        ("ana", "shop", "production", "", False),
        ("ana", "shop", "production", "break_glass: {roles: [admin]}", True),
        ("ana", "shop", "production", "break_glass: {roles: [admin], in: [blog]}", False),
        ("ana", "shop", "production", "break_glass: {roles: [admin], in: [protected]}", True),
        ("ana", "shop", "staging", GLASS, False),  # nobody else is asked there: there are no votes to replace
    ],
)
def test_who_holds_it_where(who: str, service: str, environment: str, more: str, held: bool) -> None:
    decision = decide(load(more), ask(who, service, environment), team_id=TEAM, people=PEOPLE)
    assert isinstance(decision, NeedsApproval)
    assert decision.glass is held


def test_it_never_replaces_a_denial_or_a_grant() -> None:
    assert isinstance(decide(load(), ask("ben", "blog"), team_id=TEAM, people=PEOPLE), Deny)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("break_glass: {roles: [admins]}", "'admins' is not a role"),
        ("break_glass: {in: [shop]}", "'break_glass' names no role"),
        ("break_glass: {roles: [admin], in: [shpo]}", "'shpo' is not a service"),
        ("break_glass: {role: [admin]}", "role"),
    ],
)
def test_a_mistake_is_named(more: str, problem: str) -> None:
    with pytest.raises(PolicyError) as error:
        load(more)
    assert problem in str(error.value)


def test_a_way_out_that_nobody_can_take_is_warned_of() -> None:
    assert "nobody can break the glass" in str(load("break_glass: {roles: [night]}").warnings[-1])


def test_it_is_told_in_words() -> None:
    things = [Thing(DEPLOY_ROLLBACK, Risk.CHANGE)]
    short = explain(load(), SERVICES, things)[0].lines
    assert "Break glass: admins (Ana and Ben) may go on without votes in blog or shop" in short[-1]
    assert short[-1].endswith("[policy.yml:9]")
    assert differences(load(), load(""), SERVICES, things)[0] == "Nobody can break the glass any more."
    assert differences(load(""), load(), SERVICES, things)[0].startswith("Break glass: admins")


def test_a_simulation_tells_who_could() -> None:
    found = simulate(load(""), load(), [Past("R-1 Ana", ask("ana"))], PEOPLE, team_id=TEAM)
    assert [str(one) for one in found] == [
        (
            "R-1 Ana: needed approval by 1 other operator (never alone), would need approval by 1 other operator "
            "(never alone, or by broken glass) (preset strict)"
        )
    ]


@pytest.mark.parametrize(
    ("who", "service", "found"),
    [
        ("ana", "shop", ("U0BEN", "U0CHI")),
        ("ana", "blog", ("U0CHI",)),
        ("chi", "shop", ("U0ANA", "U0BEN")),
    ],
)
def test_somebody_else_reviews_it(who: str, service: str, found: tuple[str, ...]) -> None:
    assert reviewers(load(), ask(who, service), PEOPLE, team_id=TEAM) == found


def test_where_nobody_could_approve_the_admins_review_it() -> None:
    alone = {"U0CHI": PEOPLE["U0CHI"], "U0BEN": PEOPLE["U0BEN"]}
    assert reviewers(load(), ask("chi", "blog"), alone, team_id=TEAM) == ("U0BEN",)
