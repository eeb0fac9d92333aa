"""A shop in two environments, a blog, and the people around them."""

from collections.abc import Callable, Mapping

import pytest

from permissions.model import ALL, Person
from permissions.policy import Policy, load_policy

TEAM = "T0LANTERN"
SERVICES = {
    "shop": {"production": True, "staging": False},
    "blog": {"production": True},
}

POLICY = """\
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, dev: U0DEV, eli: U0ELI, fay: U0FAY}
roles: {admin: [ana, ben], operator: [admin, chi, dev], viewer: everyone, writer: [fay]}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], except: [billing, webhook:replay], in: [shop]}
  - {role: admin, may: [record, change, destructive], in: [shop]}
  - {role: writer, may: [deploy:rollback], in: [blog/production]}
denials:
  - {people: [dev], may: [deploy], in: [shop/production], because: trainee until March.}
approvals:
  - {risk: change, in: blog, need: 1, from: operator, answer: 30m}
"""


@pytest.fixture
def team() -> str:
    return TEAM


@pytest.fixture
def text() -> str:
    return POLICY


@pytest.fixture
def load() -> Callable[[str], Policy]:
    """A policy of the shop from its text."""
    return lambda text: load_policy(text, services=SERVICES, permissions=ALL)


@pytest.fixture
def policy(load: Callable[[str], Policy]) -> Policy:
    return load(POLICY.replace("from: operator, answer: 30m", "from: writer, answer: 30m"))


@pytest.fixture
def people() -> Mapping[str, Person]:
    """All that Slack knows, by id: the named ones and some whom no role should ever reach."""
    members = [Person(f"U0{name.upper()}", TEAM, name) for name in ("ana", "ben", "chi", "dev", "eli", "fay", "kit")]
    strangers = [
        Person("U0GUS", TEAM, "gus", is_guest=True),
        Person("U0OLD", TEAM, "old", is_deactivated=True),
        Person("U0BOT", TEAM, "bot", is_bot=True),
        Person("U0NEW", TEAM, "new", known=False),
        Person("U0FAR", "T0OTHER", "far"),
    ]
    return {person.id: person for person in [*members, *strangers]}
