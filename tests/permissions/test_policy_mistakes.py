"""What is wrong with a policy file: each mistake with its line and remedy, all of them at once."""

from collections.abc import Callable

import pytest

from permissions.policy import Policy, PolicyError

GOOD = """\
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI}
roles: {admin: [ana, ben], operator: [admin, chi], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [change], in: [shop]}
  - {role: admin, may: [destructive], in: [shop]}
"""


def problems_of(load: Callable[[str], Policy], text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "people: {",
            "people: {ana: U0ANA, ",
            "2: 'ana' is written twice; the first is on line 2. Keep one of them.",
        ),
        (
            "preset: small-team",
            "preset: off",
            "1: 'off' is read as false. Write true or false; if the word is meant, \"off\" in quotes.",
        ),
        ("chi: U0CHI", "chi: 0123456", "2: '0123456' is read as 42798. Write \"0123456\" in quotes."),
        ("chi: U0CHI", "no: U0CHI, chi: U0XXX", "2: 'no' as a name is read as false. Write \"no\" in quotes."),
        ("preset: small-team", "presett: strict", "1: 'presett' is not known. Did you mean 'preset'?"),
        ("small-team", "smal-team", "1: 'smal-team' is not a preset. Did you mean 'small-team'?"),
        ("role: operator", "role: oprator", "6: 'oprator' is not a role. Did you mean 'operator'?"),
        ("role: operator", "role: chi", "6: 'chi' is not a role. Make a role with this person in it."),
        (
            "role: operator",
            "rol: operator",
            (
                "6: 'rol' is not known in 'grants'. Did you mean 'role'?\npolicy.yml:6: this grant names no"
                " role. Write it like {role: operator, may: [record, change], in: [shop]}."
            ),
        ),
        ("[admin, chi]", "[admin, chii]", "3: 'chii' is neither a person nor a role. Did you mean 'chi'?"),
        (
            "[admin, chi]",
            "[admin, U0CHI]",
            "3: 'U0CHI' is a Slack id. Give it a name under people, like {ana: U0CHI}.",
        ),
        (
            "in: [shop]}\n  - {role: admin",
            "in: [shp]}\n  - {role: admin",
            "6: 'shp' is not a service or an environment of the catalog. Did you mean 'shop'?",
        ),
        (
            "[change], in: [shop]",
            "[change], in: [prod]",
            "6: 'prod' is not a service or an environment of the catalog. Did you mean 'production'?",
        ),
        (
            "[change], in: [shop]",
            "[change], in: [blog/staging]",
            "6: 'blog/staging' is not a place of the catalog. Did you mean 'shop/staging'?",
        ),
        ("may: [change]", "may: [chnage]", "6: 'chnage' is neither a risk nor a permission. Did you mean 'change'?"),
        (
            "may: [change]",
            "may: ['deploy:rolback']",
            "6: 'deploy:rolback' is neither a risk nor a permission. Did you mean 'deploy:rollback'?",
        ),
        (
            "may: [change]",
            "may: ['billing:*']",
            "6: 'billing:*' is neither a risk nor a permission. Write 'billing' for all of it.",
        ),
        ("may: [change]", "may: ['*']", "6: '*' is neither a risk nor a permission. Name the risks: [read, record]."),
        (
            "may: [change]",
            "may: [change], except: [bilingg]",
            "6: 'bilingg' is neither a risk nor a permission. Did you mean 'billing'?",
        ),
        (
            "may: [change]",
            "may: []",
            "6: 'may' names nothing. Write risks or permissions, like [read, deploy:rollback].",
        ),
        (
            "may: [change], in: [shop]",
            "in: [shop]",
            "6: 'may' names nothing. Write risks or permissions, like [read, deploy:rollback].",
        ),
        (
            "may: [change], in: [shop]",
            "may: [change], in: []",
            "6: 'in' names no place. Leave it out to mean everywhere.",
        ),
        ("may: [change]", "may: [change, change]", "6: 'change' is named twice in 'may'. Keep one of them."),
        (
            "may: [change]",
            "may: {change: true}",
            "6: 'may' is a mapping, not a list of names. Write it like [ana, ben].",
        ),
        ("may: [change]", "may: [change, 7]", "6: 'may' holds a number where a name must be."),
        (
            "{role: viewer, may: [read]}",
            "viewer",
            "5: an entry of 'grants' is text. Write it like {role: operator, may: [record, change], in: [shop]}.",
        ),
        (
            "role: viewer, ",
            "",
            "5: this grant names no role. Write it like {role: operator, may: [record, change], in: [shop]}.",
        ),
        ("preset: small-team", "preset: [solo]", "1: 'preset' is a list, not text."),
        ("preset: small-team", "trust_groups: sometimes", "1: 'trust_groups' is text. Write true or false."),
        (
            "chi: U0CHI",
            "chi: chi.mori",
            (
                "2: 'chi.mori' is not a Slack member id (for chi). In Slack, open the profile, then ⋮ and Copy"
                " member ID: it looks like U0ANA12BC."
            ),
        ),
        (
            "chi: U0CHI",
            "chi:",
            (
                "2: '' is not a Slack member id (for chi). In Slack, open the profile, then ⋮ and Copy member"
                " ID: it looks like U0ANA12BC."
            ),
        ),
        ("chi: U0CHI", "chi: U0ANA", "2: chi and ana have the same Slack id U0ANA. Keep one name a person."),
        (
            "chi: U0CHI",
            "chi: U0CHI, everyone: U0ALL",
            "2: 'everyone' stands for all members and cannot name a person. Choose another name.",
        ),
        (
            "chi: U0CHI",
            "chi: U0CHI, viewer: U0VIE",
            "3: 'viewer' is a person and a role. Give one of them another name.",
        ),
        (
            "viewer: everyone",
            "viewer: everyone, 'night shift': [ana]",
            "3: 'night shift' cannot name a role. Use letters, digits, '.', '-' and '_', at most 40.",
        ),
        (
            "[ana, ben]",
            "[operator, ana, ben]",
            (
                "3: roles contain each other: 'admin' contains 'operator' contains 'admin'. Take one of them"
                " out of the other."
            ),
        ),
        (
            "[ana, ben]",
            "[admin, ana, ben]",
            "3: roles contain each other: 'admin' contains 'admin'. Take one of them out of the other.",
        ),
        (
            "[admin, chi]",
            "[admin, S0OPS]",
            (
                "3: 'S0OPS' is a user group, which in some workspaces any member may edit. Name its people, or"
                " set trust_groups: true."
            ),
        ),
        ("operator: [admin, chi], ", "", "6: 'operator' is not a role. Known here: admin, viewer."),
        (
            "[admin, chi]",
            "[]",
            (
                "1: change in shop production (preset small-team) asks the role 'operator', which is empty. Put"
                " people in it."
            ),
        ),
    ],
)
def test_each_mistake_is_told_with_its_line_and_remedy(
    load: Callable[[str], Policy], old: str, new: str, told: str
) -> None:
    assert problems_of(load, changed(old, new)) == [f"policy.yml:{line}" for line in told.split("\npolicy.yml:")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "denials: [{may: [change], because: x}]",
            (
                "this denial names neither people nor roles. Write it like {people: [dev], may: [change], in:"
                " [shop/production], because: trainee until March}."
            ),
        ),
        (
            "denials: [{people: [chi], may: [change]}]",
            "this denial does not say why. Add because: …; whom it stops will read it.",
        ),
        ("denials: [{people: [chi], may: [change], because: ''}]", "'because' is empty, not text."),
        (
            "denials: [{people: [chi], because: x}]",
            "'may' names nothing. Write risks or permissions, like [read, deploy:rollback].",
        ),
        ("denials: [{people: [cho], may: [change], because: x}]", "'cho' is not a person. Did you mean 'chi'?"),
        (
            "denials: [{roles: [chi], may: [change], because: x}]",
            "'chi' is not a role. Known here: admin, everyone, operator, viewer.",
        ),
        (
            "denials: {people: [chi]}",
            (
                "'denials' is a mapping, not a list. Write entries like - {people: [dev], may: [change], in:"
                " [shop/production], because: trainee until March}."
            ),
        ),
        ("approvals: [{in: shop}]", "'' is not a risk that asks for approval. Known here: change, destructive."),
        ("approvals: [{risk: chang}]", "'chang' is not a risk that asks for approval. Did you mean 'change'?"),
        (
            "approvals: [{risk: record, need: 1}]",
            "'record' happens at once and asks nobody. Use change or destructive.",
        ),
        (
            "approvals: [{risk: change, answer: 15 min}]",
            "'15 min' is not a duration. Write a number and s, m, h or d, like 15m.",
        ),
        (
            "approvals: [{risk: change, answer: 15}]",
            "'15' is not a duration. Write a number and s, m, h or d, like 15m.",
        ),
        (
            "approvals: [{risk: change, answer: 0m}]",
            "'0m' is not a duration. Write a number and s, m, h or d, like 15m.",
        ),
        ("approvals: [{risk: change, answer: 14:02}]", "'14:02' is read as 842. Write \"14:02\" in quotes."),
        (
            "approvals: [{risk: change, answer: 8d}]",
            "a request may wait for an answer for at most 7 days. Write 7d or less.",
        ),
        (
            "approvals: [{risk: change, answer: 3m, alone_after: 3m}]",
            "the request would expire before one may go on alone. Make alone_after shorter than answer.",
        ),
        ("approvals: [{risk: change, need: two}]", "'need' must be a whole number from 0 to 20, not 'two'."),
        ("approvals: [{risk: change, need: -1}]", "'need' must be a whole number from 0 to 20, not '-1'."),
        ("approvals: [{risk: change, need: true}]", "'need' must be a whole number from 0 to 20, not true or false."),
        ("approvals: [{risk: change, from: operators}]", "'operators' is not a role. Did you mean 'operator'?"),
        ("approvals: [{risk: change, backup_first: 1}]", "'backup_first' is a number. Write true or false."),
        ("approvals: [{risk: change, confirm: typd}]", "'typd' is not a way to confirm. Did you mean 'typed'?"),
        (
            "approvals: [{risk: change, need: 0, confirm: none}]",
            "nobody is asked and nothing is confirmed: it would start by itself. Use button or typed, or need: 1.",
        ),
        (
            "approvals: [{risk: change, in: shop, need: 4}]",
            (
                "change in shop production needs 4 people from 'operator', but only Ana, Ben and Chi could"
                " approve it. Give more people the role and the right, ask another role, or need fewer."
            ),
        ),
        (
            "shared_channels: ['#partner']",
            (
                "'#partner' is not the id of a channel."
                " Write the channel's id, like C0SHOPOPS: in Slack, open the channel's details."
            ),
        ),
        (
            "shared_channels: []",
            "'shared_channels' is empty. Write it like shared_channels: [C0SHOPOPS], or leave it out.",
        ),
        ("oncall: {rotation: [ana, bne]}", "'bne' is not a person. Did you mean 'ben'?"),
        (
            "oncall: {rotation: [ana], handover: Monday 10}",
            "'Monday 10' is not a weekly time with its zone. Write it like Mon 10:00 Europe/London.",
        ),
    ],
)
def test_each_mistake_in_what_may_be_added_is_told_with_its_remedy(
    load: Callable[[str], Policy], line: str, told: str
) -> None:
    assert problems_of(load, f"{GOOD}{line}\n") == [f"policy.yml:8: {told}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "",
            [
                "policy.yml: 'people' is missing: nobody may do anything. Add people: {ana: U0ANA}.",
                "policy.yml: 'roles' is missing: nobody may do anything. Add roles: {admin: [ana]}.",
                (
                    "policy.yml: 'grants' is missing: nobody may do anything."
                    " Add grants: [{role: operator, may: [record, change], in: [shop]}]."
                ),
            ],
        ),
        ("- a list", ["policy.yml:1: the file is a list, not a mapping. Write it like roles: {admin: [ana]}."]),
        (
            "people: {ana: U0ANA\ngrants: []\n",
            [
                (
                    "policy.yml:2: this is not YAML: expected ',' or '}', but got ':' (it began on line 1)."
                    " Look for a missing quote, bracket, colon or indent here or just above."
                )
            ],
        ),
    ],
)
def test_a_file_that_is_no_policy_is_refused(load: Callable[[str], Policy], text: str, told: list[str]) -> None:
    assert problems_of(load, text)[: len(told)] == told


def test_all_mistakes_of_a_file_are_told_at_once_from_top_to_bottom(load: Callable[[str], Policy]) -> None:
    text = """\
preset: loose
people: {ana: U0ANA, ben: ben}
roles: {admin: [anna], operator: [admin]}
trust: yes
grants:
  - {role: oprator, may: [chnage], in: [shpo]}
denials:
  - {people: [eve], may: [billing]}
approvals:
  - {risk: change, answer: 14:02}
"""
    lines = [problem.split(" ")[0] for problem in problems_of(load, text)]
    assert lines == [f"policy.yml:{line}:" for line in (1, 2, 3, 4, 6, 6, 6, 8, 8, 10)]
