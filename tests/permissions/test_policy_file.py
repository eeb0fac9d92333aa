"""What a policy file says, what of it is only doubtful, and quorums that nobody could reach."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from permissions.model import ALL, Risk
from permissions.policy import Policy, PolicyError, load_policy
from tests.permissions.test_policy_mistakes import GOOD, changed, problems_of


def test_a_good_file_has_no_warnings(load: Callable[[str], Policy]) -> None:
    policy = load(GOOD)
    assert policy.warnings == ()
    assert policy.people == {"ana": "U0ANA", "ben": "U0BEN", "chi": "U0CHI"}
    assert policy.roles == {
        "admin": {"U0ANA", "U0BEN"},
        "operator": {"U0ANA", "U0BEN", "U0CHI"},
        "viewer": frozenset(),
    }
    assert (policy.preset, policy.approvals, policy.denials) == ("small-team", (), ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            changed("admin: [ana, ben]", "admin: [ana]"),
            [
                (
                    "1: destructive in shop production (preset small-team): when anybody asks, too few others"
                    " from 'admin' are"
                    " left to answer. Give one more person the role, or ask a wider one."
                )
            ],
        ),
        (
            changed("[admin, chi]", "[chi]"),
            [
                (
                    "1: change in shop production (preset small-team): when anybody asks, too few others from"
                    " 'operator' are"
                    " left to answer. Give one more person the role, or ask a wider one."
                )
            ],
        ),
        (
            changed("viewer: everyone", "viewer: everyone, auditor: []") + "  - {role: auditor, may: [read]}\n",
            ["8: nobody holds this: the role 'auditor' is empty. Put people in it, or drop it."],
        ),
        (
            GOOD + "denials: [{roles: [operator], may: [change], in: [shop/staging], because: busy}]\n",
            [
                (
                    "8: this denial also hits Ana and Ben, who are in 'operator' through another role."
                    " If that is not meant, name people instead of the role."
                )
            ],
        ),
        (
            GOOD + "denials: [{roles: [viewer], may: [read], in: [blog], because: busy}]\n",
            [
                (
                    "8: this denial also hits Ana and Ben, who are in 'viewer' through another role."
                    " If that is not meant, name people instead of the role."
                )
            ],
        ),
        (
            changed("admin", "lead").replace("preset: small-team", "preset: solo")
            + "denials: [{roles: [operator], may: [change], in: [shop/staging], because: busy}]\n",
            [
                (
                    "8: this denial also hits Ana and Ben, who are in 'operator' through another role."
                    " If that is not meant, name people instead of the role."
                )
            ],
        ),
        (
            changed("preset: small-team", "preset: solo")
            + "approvals: [{risk: destructive, in: shop, need: 1, from: operator, including: admin}]\n"
            + "denials: [{people: [ben], may: [destructive], because: busy}]\n",
            [
                (
                    "8: destructive in shop production: when anybody asks, too few others from 'operator' (one"
                    " of them from"
                    " 'admin') are left to answer. Give one more person the role, or ask a wider one."
                )
            ],
        ),
        (
            "people: {ana: U0ANA}\nroles: {writer: [ana]}\ngrants: [{role: writer, may: ['deploy:rollback']}]\n",
            [
                f"1: change in {place} production (preset small-team) asks the role 'operator', which is not in this"
                " file. Add it under roles, or write an approvals line for change."
                for place in ("shop", "blog")
            ],
        ),
        (GOOD + "denials: [{roles: [admin], may: [destructive], in: [shop/staging], because: busy}]\n", []),
        (
            GOOD + "approvals: [{risk: change, in: shop/production, need: 0}]\n",
            [
                (
                    "8: one person alone may start change in shop production, which is protected."
                    " Write need: 1 if somebody else should look."
                )
            ],
        ),
        (
            GOOD + "approvals: [{risk: change, in: shop, need: 3}]\n",
            [
                (
                    "8: change in shop production: when anybody asks, too few others from 'operator' are left"
                    " to answer."
                    " Give one more person the role, or ask a wider one."
                )
            ],
        ),
        (
            GOOD + "approvals: [{risk: change, in: shop, need: 2, from: admin}]\n",
            [
                (
                    "8: change in shop production: when Ana or Ben asks, too few others from 'admin' are left"
                    " to answer."
                    " Give one more person the role, or ask a wider one."
                )
            ],
        ),
        (
            changed("role: admin, may: [destructive]", "role: admin, may: ['deploy:rollback', destructive]")
            + "  - {role: viewer, may: ['webhook:replay'], in: [blog]}\n"
            + "approvals: [{risk: change, in: blog, need: 1, from: admin}]\n",
            [],
        ),
    ],
)
def test_what_is_doubtful_is_a_warning(load: Callable[[str], Policy], text: str, told: list[str]) -> None:
    assert [str(warning) for warning in load(text).warnings] == [f"policy.yml:{line}" for line in told]


def test_two_lines_for_the_same_place_are_refused_where_the_order_would_decide(load: Callable[[str], Policy]) -> None:
    text = GOOD + "approvals:\n- {risk: change, in: shop, need: 1}\n- {risk: change, in: production, need: 2}\n"
    assert problems_of(load, text) == [
        (
            "policy.yml:10: this line and line 9 both speak of change in shop production. Keep one, or write in:"
            " shop/production."
        )
    ]


def test_a_quorum_that_a_denial_makes_impossible_is_refused(load: Callable[[str], Policy]) -> None:
    text = GOOD + "denials: [{people: [ana, ben], may: [destructive], because: busy}]\n"
    assert problems_of(load, text) == [
        (
            "policy.yml:1: destructive in shop production (preset small-team) needs 1 person from"
            " 'admin', but nobody could"
            " approve it. Give more people the role and the right, ask another role, or need fewer."
        )
    ]


def test_a_quorum_without_the_special_voter_is_refused(load: Callable[[str], Policy]) -> None:
    text = changed("role: admin, may: [destructive]", "role: operator, may: [destructive]").replace(
        "viewer: everyone", "viewer: everyone, lead: [dev]"
    )
    text = text.replace("chi: U0CHI", "chi: U0CHI, dev: U0DEV")
    text += "approvals: [{risk: destructive, in: shop, need: 1, from: operator, including: lead}]\n"
    assert problems_of(load, text) == [
        (
            "policy.yml:8: destructive in shop production needs 1 person from 'operator' (one of them"
            " from 'lead'), but only"
            " Ana, Ben and Chi could approve it. Give more people the role and the right, ask another"
            " role, or need fewer."
        )
    ]


def test_a_place_where_nobody_may_change_anything_needs_no_quorum(load: Callable[[str], Policy]) -> None:
    assert load(GOOD + "approvals: [{risk: change, in: blog, need: 9}]\n").warnings == ()


def test_strict_refuses_a_team_without_the_admin_that_it_asks_for(load: Callable[[str], Policy]) -> None:
    text = changed("small-team", "strict").replace(
        "admin: [ana, ben], operator: [admin, chi]", "operator: [ana, ben, chi]"
    )
    text = text.replace("role: admin", "role: operator")
    assert problems_of(load, text) == [
        (
            "policy.yml:1: destructive in shop production (preset strict) asks the role 'admin', which"
            " is not in this file."
            " Add it under roles, or write an approvals line for destructive."
        )
    ]


def test_solo_needs_nobody_else(load: Callable[[str], Policy]) -> None:
    policy = load(
        "preset: solo\npeople: {ana: U0ANA}\nroles: {admin: [ana]}\ngrants: [{role: admin, may: [change]}]\n"
    )
    assert policy.warnings == ()


def test_a_line_takes_from_the_preset_what_it_leaves_out_but_never_the_way_alone(
    load: Callable[[str], Policy],
) -> None:
    policy = load(
        GOOD
        + "approvals:\n"
        + "- {risk: change, in: production, need: 2}\n"
        + "- {risk: destructive, in: shop/production, answer: 2h}\n"
    )
    change, destructive = (line.rule for line in policy.approvals)
    assert (change.need, change.from_role, change.answer) == (2, "operator", timedelta(minutes=15))
    assert (change.alone_after, change.backup_first, change.confirm) == (None, False, "none")
    assert (destructive.need, destructive.from_role, destructive.answer) == (1, "admin", timedelta(hours=2))
    assert (destructive.backup_first, destructive.where) == (True, "policy.yml:10")
    assert [line.risk for line in policy.approvals] == [Risk.CHANGE, Risk.DESTRUCTIVE]


def test_names_of_commands_to_come_are_accepted_and_may_be_excepted(load: Callable[[str], Policy]) -> None:
    text = changed("may: [change]", "may: [change, incident, 'script:migrate'], except: [billing, 'env:set']")
    assert load(text).warnings == ()


def test_the_digest_is_of_what_the_file_says_not_of_how_it_is_written(load: Callable[[str], Policy]) -> None:
    same = GOOD.replace("{ana: U0ANA, ben: U0BEN", "{ben: U0BEN,   ana: U0ANA") + "# a comment\n"
    assert load(same).digest == load(GOOD).digest
    assert load(changed("may: [read]", "may: [read, record]")).digest != load(GOOD).digest


def test_the_file_is_named_as_it_was_given() -> None:
    with pytest.raises(PolicyError, match=r"^team\.yml:1: 'lose' is not a preset"):
        load_policy(changed("small-team", "lose"), file="team.yml", services={}, permissions=ALL)


def test_on_call_people_are_kept_in_order(load: Callable[[str], Policy]) -> None:
    oncall = load(GOOD + "oncall: {rotation: [chi, ana], handover: Mon 10:00 Europe/London}\n").oncall
    assert oncall is not None
    assert oncall.rotation == ("U0CHI", "U0ANA")
    assert oncall.handover == "Mon 10:00 Europe/London"
