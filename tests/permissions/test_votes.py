"""Whose click counts: never the requester's, never one twice, only of those who could do it themselves."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from permissions.decide import Allow, Deny, counting_votes, decide, may_vote, sentence
from permissions.model import DEPLOY_ROLLBACK, HEALTH_READ, Ask, Person, Risk, Scope
from permissions.policy import Policy

PRODUCTION = Scope("shop", "production", True)


@pytest.fixture
def ask(people: Mapping[str, Person]) -> Ask:
    return Ask(people["U0ANA"], DEPLOY_ROLLBACK, Risk.CHANGE, PRODUCTION)


CAN = "These can approve: Ben, Chi."


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("ana", f"You asked for this (preset small-team). {CAN}"),
        ("ben", "Ben may approve this, as one of operator (preset small-team)."),
        ("chi", "Chi may approve this, as one of operator (preset small-team)."),
        (
            "dev",
            (
                "Your vote does not count here. Dev may not roll back shop production: denied, trainee until March"
                f" (policy.yml:10). {CAN}"
            ),
        ),
        (
            "eli",
            (
                "Your vote does not count here. Eli may not roll back shop production: viewers may only look"
                f" (policy.yml:5). {CAN}"
            ),
        ),
        (
            "gus",
            (
                "Your vote does not count here. Gus may not roll back shop production: guests may not, whatever roles"
                f" they are named in (policy.yml:2). {CAN}"
            ),
        ),
        (
            "far",
            (
                "Your vote does not count here. Far may not roll back shop production: only people of this workspace"
                f" may, not those of another one (policy.yml:2). {CAN}"
            ),
        ),
        (
            "old",
            (
                "Your vote does not count here. Old may not roll back shop production: the account is deactivated"
                f" (policy.yml:2). {CAN}"
            ),
        ),
        (
            "new",
            (
                "Your vote does not count here. New may not roll back shop production: what Slack knows about this"
                f" person has not been read yet; try again in a minute (policy.yml:2). {CAN}"
            ),
        ),
    ],
)
def test_each_voter_is_told_whether_the_click_counts_and_who_else_can(
    policy: Policy, people: Mapping[str, Person], team: str, ask: Ask, who: str, told: str
) -> None:
    vote = may_vote(policy, ask, people[f"U0{who.upper()}"], team_id=team, people=people)
    assert sentence(vote) == told


def test_one_who_could_do_it_but_is_not_asked_cannot_answer(
    policy: Policy, people: Mapping[str, Person], team: str, ask: Ask
) -> None:
    destructive = replace(ask, risk=Risk.DESTRUCTIVE, person=people["U0BEN"])
    assert isinstance(may_vote(policy, destructive, people["U0ANA"], team_id=team), Allow)
    blog = Ask(people["U0FAY"], DEPLOY_ROLLBACK, Risk.CHANGE, Scope("blog", "production", True))
    assert isinstance(may_vote(policy, blog, people["U0ANA"], team_id=team), Deny)


ROLE = """\
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI}
roles: {admin: [ana, ben], deployer: [chi]}
grants: [{role: admin, may: [change]}, {role: deployer, may: [change]}]
approvals: [{risk: change, need: 1, from: admin}]
"""


def test_the_right_alone_is_not_enough_to_vote(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str, ask: Ask
) -> None:
    vote = may_vote(load(ROLE), ask, people["U0CHI"], team_id=team, people=people)
    assert sentence(vote) == (
        "Your vote does not count here: this asks admins (policy.yml:4). These can approve: Ben."
    )


def test_without_the_list_of_people_a_refusal_names_the_role(policy: Policy, team: str, ask: Ask) -> None:
    assert sentence(may_vote(policy, ask, ask.person, team_id=team)) == (
        "You asked for this (preset small-team). Somebody else from operator can approve."
    )


def test_where_nobody_is_left_to_approve_the_requester_is_told(
    policy: Policy, people: Mapping[str, Person], team: str, ask: Ask
) -> None:
    gone = {i: replace(p, is_deactivated=i in ("U0BEN", "U0CHI", "U0DEV")) for i, p in people.items()}
    vote = may_vote(policy, ask, ask.person, team_id=team, people=gone)
    assert isinstance(vote, Deny)
    assert vote.next_step == "At present nobody else from operator can approve; the request can be withdrawn."


@pytest.mark.parametrize(
    ("risk", "scope", "told"),
    [
        (
            Risk.CHANGE,
            Scope("shop", "staging", False),
            "Only Ana, who asked, confirms this (preset small-team). There is nothing to approve.",
        ),
        (
            Risk.READ,
            PRODUCTION,
            "This happens at once and asks nobody (preset small-team). There is nothing to approve.",
        ),
    ],
)
def test_nobody_votes_where_nobody_is_asked(
    policy: Policy, people: Mapping[str, Person], team: str, risk: Risk, scope: Scope, told: str
) -> None:
    ask = Ask(people["U0ANA"], HEALTH_READ, risk, scope)
    for voter in people.values():
        assert sentence(may_vote(policy, ask, voter, team_id=team, people=people)) == told
    assert counting_votes(policy, ask, people.values(), team_id=team) == ()


@pytest.mark.parametrize(
    ("voters", "counted"),
    [
        ([], ()),
        (["ben"], ("U0BEN",)),
        (["ben", "ben", "ben"], ("U0BEN",)),
        (["ana", "ben"], ("U0BEN",)),
        (["chi", "ben"], ("U0CHI", "U0BEN")),
        (["dev", "eli", "fay", "kit", "gus", "old", "bot", "new", "far", "ana"], ()),
    ],
)
def test_only_distinct_people_who_could_vote_now_are_counted(
    policy: Policy, people: Mapping[str, Person], team: str, ask: Ask, voters: list[str], counted: tuple[str, ...]
) -> None:
    clicked = [people[f"U0{name.upper()}"] for name in voters]
    assert counting_votes(policy, ask, clicked, team_id=team) == counted


def test_a_vote_stops_counting_when_its_voter_may_no_longer_vote(
    policy: Policy, people: Mapping[str, Person], team: str, ask: Ask
) -> None:
    left = replace(people["U0BEN"], is_deactivated=True)
    assert counting_votes(policy, ask, [left, people["U0CHI"]], team_id=team) == ("U0CHI",)


STRICT = """\
preset: strict
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, dev: U0DEV, eli: U0ELI}
roles: {admin: [ana, ben], operator: [admin, chi, dev, eli]}
grants: [{role: operator, may: [destructive]}]
"""


@pytest.mark.parametrize(
    ("voters", "enough"),
    [
        (["chi", "dev"], False),
        (["chi", "dev", "eli"], False),
        (["chi"], False),
        (["ben"], False),
        (["chi", "ben"], True),
        (["ben", "chi"], True),
        (["chi", "dev", "ben"], True),
        (["ana", "chi", "dev"], False),  # ana asked
    ],
)
def test_where_an_admin_must_be_among_the_votes_two_others_are_not_enough(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str, voters: list[str], enough: bool
) -> None:
    policy = load(STRICT)
    ask = Ask(people["U0ANA"], DEPLOY_ROLLBACK, Risk.DESTRUCTIVE, PRODUCTION)
    counted = counting_votes(policy, ask, [people[f"U0{name.upper()}"] for name in voters], team_id=team)
    assert (len(counted) >= 2) is enough
    assert sentence(decide(policy, ask, team_id=team, people=people)) == (
        "Ana may roll back shop production once 2 other operators, one of them from admin, agree within 60 min."
        " A fresh backup is made before anything in use is changed (preset strict)."
    )
