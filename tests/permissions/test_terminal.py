"""Which login is whom, what is wrong in that section, and whose votes count where logins are shared."""

import pytest

from permissions.model import ALL
from permissions.policy import Policy, PolicyError, load_policy
from permissions.terminal import Asked, Unseated, changed, counted, seat, told

BASE = """
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI}
roles: {admin: [ana, ben, chi], operator: admin}
grants: [{role: admin, may: [read, record, change, destructive]}]
"""
SERVICES = {"shop": {"production": True}}


def policy(section: str) -> Policy:
    return load_policy(BASE + section, services=SERVICES, permissions=ALL)


SHARED = "terminal: {ana: ana, ben: [ben], root: [ana, ben]}"


@pytest.mark.parametrize(
    ("login", "name", "found"),
    [
        ("ana", None, "U0ANA"),
        ("ana", "ANA", "U0ANA"),
        ("root", "ben", "U0BEN"),
        ("root", None, "Ana or Ben"),
        ("ana", "ben", "may act as Ana, not as ben"),
        ("ana", "zoe", "zoe is not a person of the policy"),
        ("eve", "ana", "stands for nobody"),
        ("chi", None, "stands for nobody"),
    ],
)
def test_a_login_acts_only_as_its_own_people(login: str, name: str | None, found: str) -> None:
    sits = seat(policy(SHARED), login, name)
    said = sits.because.sentence if isinstance(sits, Unseated) else sits
    assert found in said
    if isinstance(sits, Unseated):
        assert sits.because.where == "policy.yml:5"
        assert sits.usage is (login == "root")


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("terminal: {ana: anna}", "policy.yml:5: 'anna' is not a person."),
        ("terminal: {root: []}", "'root' stands for nobody."),
        ("terminal: {'a b': ana}", "'a b' is not the name of a login."),
        ("terminal: [ana]", "'terminal' is a list, not a mapping."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(section: str, says: str) -> None:
    with pytest.raises(PolicyError) as error:
        policy(section)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("asked", "votes", "counts"),
    [
        (Asked("U0CHI", "slack"), [("U0ANA", "slack"), ("U0BEN", "terminal:ben")], ("U0ANA", "U0BEN")),
        (Asked("U0CHI", "slack"), [("U0ANA", "terminal:root"), ("U0BEN", "slack")], ("U0BEN",)),
        (Asked("U0CHI", "slack"), [("U0ANA", "terminal:root"), ("U0BEN", "terminal:root")], ()),
        (Asked("U0ANA", "slack"), [("U0BEN", "terminal:root")], ()),
        (Asked("U0ANA", "terminal:root"), [("U0BEN", "slack"), ("U0CHI", "slack")], ("U0CHI",)),
        (Asked("U0ANA", "terminal:ana"), [("U0BEN", "terminal:ben")], ("U0BEN",)),
    ],
)
def test_a_shared_login_is_one_pair_of_eyes(
    asked: Asked, votes: list[tuple[str, str]], counts: tuple[str, ...]
) -> None:
    assert counted(policy(SHARED), asked, votes) == counts


def test_it_is_explained_and_a_change_is_told() -> None:
    assert list(told(policy(SHARED)))[2].startswith(
        "At the terminal the login root is Ana or Ben; as one pair of eyes"
    )
    assert list(changed(policy("terminal: {ana: ana}"), policy("terminal: {ana: ben}"))) == [
        "At the terminal the login ana stands for Ben; it was Ana."
    ]
