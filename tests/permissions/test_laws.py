"""Laws of deciding, on thousands of small worlds, against an oracle that reads the file the long way round."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from permissions.decide import Allow, Deny, NeedsApproval, counting_votes, decide, may_vote, who_can
from permissions.model import ALL, Ask, Permission, Person, Risk, Scope
from permissions.policy import Policy, load_policy, roles_of
from tests.support.examples import TIMES

TEAM = "T1"
SERVICES = {"shop": {"production": True, "staging": False}, "blog": {"production": True}}
NAMES = ("ana", "ben", "chi", "dev")
ROLES = ("admin", "operator", "viewer")
RIGHTS = (*Risk, "deploy:rollback", "deploy", "webhook")
PLACES = ("shop", "blog", "production", "staging", "shop/production", "protected")
PERMISSIONS = (Permission("deploy:rollback"), Permission("webhook:replay"), Permission("health:read"))
SCOPES = (
    Scope("shop", "production", True),
    Scope("shop", "staging", False),
    Scope("blog", "production", True),
    Scope("shop", None),
    Scope(None, None),
)

File = dict[str, Any]

some_rights = st.lists(st.sampled_from(RIGHTS), min_size=1, max_size=3, unique=True)
some_places = st.one_of(st.none(), st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True))
some_people = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)


def members(*inner: str) -> st.SearchStrategy[list[str]]:
    """Roles nest downwards only, so that no circle arises."""
    return st.lists(st.sampled_from([*NAMES, *inner, "everyone"]), max_size=3, unique=True)


def placed(entry: File, places: list[str] | None) -> File:
    return entry if places is None else {**entry, "in": places}


grants = st.builds(
    lambda role, may, but, places: placed({"role": role, "may": may, **({"except": but} if but else {})}, places),
    st.sampled_from(ROLES),
    some_rights,
    st.lists(st.sampled_from(RIGHTS), max_size=1),
    some_places,
)
denials = st.builds(
    lambda people, roles, may, places: placed(
        {"people": people, "roles": roles, "may": may, "because": "of a law"}, places
    ),
    some_people,
    st.lists(st.sampled_from([*ROLES, "everyone"]), min_size=1, max_size=1),
    some_rights,
    some_places,
)
files = st.builds(
    lambda admin, operator, viewer, granted, denied: {
        "preset": "solo",  # asks nobody, so that no quorum can be impossible
        "people": {name: f"U0{name.upper()}" for name in NAMES},
        "roles": {"viewer": viewer, "operator": operator, "admin": admin},
        "grants": granted,
        "denials": denied,
    },
    members("operator", "viewer"),
    members("viewer"),
    members(),
    st.lists(grants, min_size=1, max_size=3),
    st.lists(denials, max_size=2),
)
persons = st.builds(
    lambda name, **facts: Person(f"U0{name.upper()}", name=name, **facts),
    st.sampled_from([*NAMES, "kit"]),
    team_id=st.sampled_from([TEAM, TEAM, TEAM, TEAM, "T2"]),
    is_guest=st.sampled_from([False, False, False, True]),
    is_deactivated=st.sampled_from([False, False, False, True]),
    is_bot=st.sampled_from([False, False, False, True]),
    known=st.sampled_from([True, True, True, False]),
)
asks = st.builds(Ask, persons, st.sampled_from(PERMISSIONS), st.sampled_from(Risk), st.sampled_from(SCOPES))

quick = settings(max_examples=60 * TIMES)


def policy_of(file: File) -> Policy:
    return load_policy(json.dumps(file), services=SERVICES, permissions=ALL)


def people_of(*persons: Person) -> Mapping[str, Person]:
    members = {f"U0{name.upper()}": Person(f"U0{name.upper()}", TEAM, name) for name in [*NAMES, "kit"]}
    return {**members, **{person.id: person for person in persons}}


def allowed(policy: Policy, ask: Ask) -> bool:
    return not isinstance(decide(policy, ask, team_id=TEAM, people=people_of(ask.person)), Deny)


# The oracle


def full(person: Person) -> bool:
    return person.team_id == TEAM and person.known and not (person.is_guest or person.is_bot or person.is_deactivated)


def is_in(file: File, role: str, person: Person) -> bool:
    return role == "everyone" or any(
        member == "everyone"
        or file["people"].get(member) == person.id
        or (member in ROLES and is_in(file, member, person))
        for member in file["roles"][role]
    )


def covers(words: list[str], ask: Ask) -> bool:
    return bool({ask.risk.value, str(ask.permission), ask.permission.split(":")[0]} & set(words))


def concrete() -> Iterator[Scope]:
    for service, environments in SERVICES.items():
        for environment, protected in environments.items():
            yield Scope(service, environment, protected)


def is_there(word: str, at: Scope) -> bool:
    pair = f"{at.service}/{at.environment}"
    return word in (at.service, at.environment, pair) or (word == "protected" and at.protected)


def could_be(scope: Scope) -> list[Scope]:
    """Every real place that an ask could mean."""
    return [
        at for at in concrete() if scope.service in (None, at.service) and scope.environment in (None, at.environment)
    ]


def touches(entry: File, scope: Scope, how: Callable[[list[bool]], bool]) -> bool:
    if "in" not in entry:
        return True
    return how([any(is_there(word, at) for word in entry["in"]) for at in could_be(scope)])


def oracle(file: File, ask: Ask) -> bool:
    """Granted somewhere it could be (a look) or everywhere it could be (a change), and not denied the other way."""
    grant_reach, denial_reach = (any, all) if ask.risk in (Risk.READ, Risk.RECORD) else (all, any)
    granted = any(
        is_in(file, grant["role"], ask.person)
        and covers(grant["may"], ask)
        and not covers(grant.get("except", []), ask)
        and touches(grant, ask.scope, grant_reach)
        for grant in file["grants"]
    )
    denied = any(
        (ask.person.name in denial["people"] or any(is_in(file, role, ask.person) for role in denial["roles"]))
        and covers(denial["may"], ask)
        and touches(denial, ask.scope, denial_reach)
        for denial in file["denials"]
    )
    return full(ask.person) and granted and not denied


@quick
@given(files, st.lists(asks, min_size=4, max_size=8))
def test_what_is_allowed_is_what_the_oracle_allows(file: File, several: list[Ask]) -> None:
    policy = policy_of(file)
    for ask in several:
        if ask.scope.complete:
            assert allowed(policy, ask) == oracle(file, ask), ask
        elif allowed(policy, ask):
            assert ask.risk.harmless or oracle(file, ask), ask


@quick
@given(files, st.lists(asks, min_size=4, max_size=8))
def test_without_a_grant_that_covers_it_nothing_is_allowed(file: File, several: list[Ask]) -> None:
    policy = policy_of(file)
    for ask in several:
        granted = any(
            is_in(file, grant["role"], ask.person) and covers(grant["may"], ask) for grant in file["grants"]
        )
        assert granted or not allowed(policy, ask)


@quick
@given(files, denials, st.lists(asks, min_size=4, max_size=8))
def test_adding_a_denial_never_adds_a_right_or_a_vote(file: File, denial: File, several: list[Ask]) -> None:
    before, after = policy_of(file), policy_of({**file, "denials": [*file["denials"], denial]})
    for ask in several:
        assert allowed(before, ask) or not allowed(after, ask)
        args = (ask.permission, ask.risk, ask.scope, people_of(ask.person))
        assert set(who_can(after, *args, team_id=TEAM)) <= set(who_can(before, *args, team_id=TEAM))


@quick
@given(files, asks)
def test_a_denial_of_everything_for_everyone_leaves_nothing(file: File, ask: Ask) -> None:
    nothing = {"roles": ["everyone"], "may": list(Risk), "because": "of a freeze"}
    policy = policy_of({**file, "denials": [*file["denials"], nothing]})
    assert not allowed(policy, ask)
    assert who_can(policy, ask.permission, ask.risk, ask.scope, people_of(), team_id=TEAM) == ()


@quick
@given(files, asks)
def test_who_can_is_everybody_whom_deciding_allows(file: File, ask: Ask) -> None:
    policy, people = policy_of(file), people_of(ask.person)
    can = who_can(policy, ask.permission, ask.risk, ask.scope, people, team_id=TEAM)
    assert len(set(can)) == len(can)
    assert set(can) == {person.id for person in people.values() if allowed(policy, replace(ask, person=person))}


@quick
@given(files, persons)
def test_roles_are_those_that_contain_the_person_and_none_for_who_is_no_member(file: File, person: Person) -> None:
    found = roles_of(policy_of(file), person)
    insider = person.known and not (person.is_guest or person.is_bot or person.is_deactivated)
    assert found == ({role for role in ROLES if is_in(file, role, person)} if insider else set())


asked = st.builds(
    lambda file, need, role, including: {
        **file,
        "approvals": [
            {"risk": "change", "need": need, "from": role, **({"including": including} if including else {})}
        ],
        "roles": {
            **file["roles"],
            **{name: [*file["roles"][name], "everyone"] for name in {role, including} - {None}},
        },
    },
    files.map(
        lambda file: {**file, "roles": {k: [m for m in v if m != "everyone"] for k, v in file["roles"].items()}}
    ),
    st.integers(1, 3),
    st.sampled_from(ROLES),
    st.sampled_from([None, "admin"]),
)


@quick
@given(asked, asks, st.lists(persons, max_size=6), st.integers(0, 9))
def test_only_distinct_others_who_could_do_it_themselves_are_counted(
    file: File, ask: Ask, voters: list[Person], seed: int
) -> None:
    ask = replace(ask, risk=Risk.CHANGE, scope=SCOPES[0])
    policy = policy_of(file)
    clicks = voters * 2
    random.Random(seed).shuffle(clicks)  # noqa: S311
    counted = counting_votes(policy, ask, clicks, team_id=TEAM)
    assert len(set(counted)) == len(counted)
    assert ask.person.id not in counted
    for voter in voters:
        vote = may_vote(policy, ask, voter, team_id=TEAM, people=people_of(*voters))
        if isinstance(vote, Allow):
            assert oracle(file, replace(ask, person=voter))
            assert policy.approvals[0].rule.from_role in roles_of(policy, voter)
    _check_the_special_vote(policy, counted, {voter.id: voter for voter in clicks})


def _check_the_special_vote(policy: Policy, counted: tuple[str, ...], voters: Mapping[str, Person]) -> None:
    rule = policy.approvals[0].rule
    if rule.including and len(counted) >= rule.need:
        assert any(rule.including in roles_of(policy, voters[slack_id]) for slack_id in counted)


@quick
@given(asked, asks)
def test_those_named_as_approvers_are_those_whose_vote_counts(file: File, ask: Ask) -> None:
    ask = replace(ask, risk=Risk.CHANGE, scope=SCOPES[0])
    policy, people = policy_of(file), people_of(ask.person)
    decision = decide(policy, ask, team_id=TEAM, people=people)
    if isinstance(decision, NeedsApproval):
        can = {p.id for p in people.values() if isinstance(may_vote(policy, ask, p, team_id=TEAM), Allow)}
        assert set(decision.approvers) == can
