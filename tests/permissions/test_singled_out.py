"""A line of approvals that names permissions holds for these alone, and before every line that names none."""

from collections.abc import Callable

import pytest

from permissions.eligible import confirmation
from permissions.model import DEPLOY_ROLLBACK, STATUS_POST, Ask, Permission, Person, Risk, Scope
from permissions.policy import Policy, PolicyError
from permissions.survey import Thing, survey
from tests.permissions.conftest import SERVICES

BASE = """\
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, dev: U0DEV}
roles: {admin: [ana, ben], operator: [admin, chi, dev], writer: [ana, ben, chi], empty: []}
grants:
  - {role: operator, may: [change]}
  - {role: admin, may: [destructive]}
approvals:
  - {risk: change, in: shop/production, need: 2, from: operator}
"""
POSTS = "  - {risk: change, may: status:post, need: 1, from: writer}\n"
Load = Callable[[str], Policy]
SHOP, BLOG = Scope("shop", "production"), Scope("blog", "production")


def asked(policy: Policy, permission: Permission, scope: Scope) -> tuple[int, str]:
    rule = confirmation(policy, Ask(Person("U0DEV", "T0", "dev"), permission, Risk.CHANGE, scope))
    assert rule is not None
    return rule.need, rule.from_role


@pytest.mark.parametrize(
    ("lines", "permission", "scope", "wants"),
    [
        ("", STATUS_POST, SHOP, (2, "operator")),
        (POSTS, STATUS_POST, SHOP, (1, "writer")),
        (POSTS, DEPLOY_ROLLBACK, SHOP, (2, "operator")),
        (POSTS, STATUS_POST, BLOG, (1, "writer")),
        (POSTS, STATUS_POST, Scope("shop", None), (1, "writer")),
        (POSTS.replace("status:post", "[status]"), STATUS_POST, SHOP, (1, "writer")),
        (f"{POSTS}  - {{risk: change, may: [status:post], in: blog, need: 2, from: writer}}\n", STATUS_POST, BLOG,
         (2, "writer")),
        (f"{POSTS}  - {{risk: change, may: [status:post], in: blog, need: 2, from: writer}}\n", STATUS_POST, SHOP,
         (1, "writer")),
    ],
)  # fmt: skip
def test_what_a_line_names_it_decides(
    load: Load, lines: str, permission: Permission, scope: Scope, wants: tuple[int, str]
) -> None:
    assert asked(load(BASE + lines), permission, scope) == wants


def test_the_words_of_the_policy_say_it(load: Load) -> None:
    things = [Thing(STATUS_POST, Risk.CHANGE), Thing(DEPLOY_ROLLBACK, Risk.CHANGE)]
    cells = survey(load(BASE + POSTS), SERVICES, things)
    needs = {cell.thing.permission: cell.rule.need for cell in cells if cell.scope == SHOP and cell.rule}
    assert (needs[STATUS_POST], needs[DEPLOY_ROLLBACK]) == (1, 2)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  - {risk: change, may: [change], need: 1, from: writer}\n", "the line has its risk already"),
        ("  - {risk: change, may: status:pots, need: 1, from: writer}\n", "Did you mean 'status:post'?"),
        ("  - {risk: change, may: status:post, need: 4, from: writer}\n", "could approve it"),
        ("  - {risk: change, may: status:post, need: 1, from: empty}\n", "which is empty"),
        (POSTS + POSTS.replace("need: 1", "need: 2"), "both speak of change"),
        (POSTS + POSTS.replace("status:post", "status").replace("need: 1", "need: 2"), "both speak of change"),
    ],
)
def test_a_line_that_cannot_hold_is_refused(load: Load, line: str, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(BASE + line)
    assert told in "\n".join(map(str, caught.value.problems))
