"""Who may do what where: the whole table, with the sentence and the line that decided."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from permissions.decide import Allow, Deny, NeedsApproval, decide, sentence, who_can
from permissions.model import (
    AUDIT_READ,
    DEPLOY_ROLLBACK,
    HEALTH_READ,
    RUN_CANCEL,
    WEBHOOK_REPLAY,
    Ask,
    Permission,
    Person,
    Risk,
    Scope,
)
from permissions.policy import Policy, roles_of

PRODUCTION = Scope("shop", "production", True)
STAGING = Scope("shop", "staging", False)
BLOG = Scope("blog", "production", True)
SHOP = Scope("shop", None)
NOWHERE = Scope(None, None)

READ, RECORD, CHANGE, DESTRUCTIVE = Risk
BILLING = Permission("billing:pause")


@pytest.mark.parametrize(
    ("who", "permission", "risk", "scope", "told"),
    [
        # everyone looks
        (
            "eli",
            HEALTH_READ,
            READ,
            PRODUCTION,
            ("Eli may look at the health of shop production: viewers may look (policy.yml:5)."),
        ),
        (
            "kit",
            HEALTH_READ,
            READ,
            BLOG,
            ("Kit may look at the health of blog production: viewers may look (policy.yml:5)."),
        ),
        ("eli", AUDIT_READ, READ, NOWHERE, "Eli may read the audit log: viewers may look (policy.yml:5)."),
        # nobody does what is not granted
        (
            "eli",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            ("Eli may not roll back shop production: viewers may only look (policy.yml:5). Ana, Ben or Chi can."),
        ),
        (
            "kit",
            DEPLOY_ROLLBACK,
            CHANGE,
            STAGING,
            ("Kit may not roll back shop staging: viewers may only look (policy.yml:5). Ana, Ben, Chi or Dev can."),
        ),
        (
            "chi",
            DEPLOY_ROLLBACK,
            DESTRUCTIVE,
            PRODUCTION,
            (
                "Chi may not roll back shop production: this is destructive, and operators may only look,"
                " keep records and"
                " change (policy.yml:6). Ana or Ben can."
            ),
        ),
        # places
        (
            "chi",
            DEPLOY_ROLLBACK,
            CHANGE,
            BLOG,
            ("Chi may not roll back blog production: operators may do so only in shop (policy.yml:6). Fay can."),
        ),
        (
            "fay",
            DEPLOY_ROLLBACK,
            CHANGE,
            STAGING,
            (
                "Fay may not roll back shop staging: writers may do so only in blog production (policy.yml:8)."
                " Ana, Ben, Chi or Dev can."
            ),
        ),
        (
            "ana",
            DEPLOY_ROLLBACK,
            CHANGE,
            NOWHERE,
            (
                "Ana may not roll back: operators may do so only in shop (policy.yml:6). Name the service"
                " and the environment."
            ),
        ),
        # a harmless ask that names no environment is met by a grant for any of them
        (
            "chi",
            RUN_CANCEL,
            RECORD,
            NOWHERE,
            ("Chi may cancel runs: operators may keep records and change in shop (policy.yml:6)."),
        ),
        (
            "chi",
            RUN_CANCEL,
            RECORD,
            SHOP,
            ("Chi may cancel runs on shop: operators may keep records and change in shop (policy.yml:6)."),
        ),
        # exceptions take from their own grant only
        (
            "chi",
            WEBHOOK_REPLAY,
            CHANGE,
            PRODUCTION,
            (
                "Chi may not replay webhooks to shop production: for operators this is an exception"
                " (policy.yml:6)."
                " Ana or Ben can."
            ),
        ),
        (
            "chi",
            BILLING,
            CHANGE,
            STAGING,
            (
                "Chi may not use 'billing:pause' on shop staging: for operators this is an exception"
                " (policy.yml:6)."
                " Ana or Ben can."
            ),
        ),
        (
            "ana",
            BILLING,
            CHANGE,
            STAGING,
            ("Ana may use 'billing:pause' on shop staging after a click on the plan card (preset small-team)."),
        ),
        # a denial beats every grant, at its place
        (
            "dev",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            (
                "Dev may not roll back shop production: denied, trainee until March (policy.yml:10). Ana,"
                " Ben or Chi can."
            ),
        ),
        (
            "dev",
            DEPLOY_ROLLBACK,
            CHANGE,
            STAGING,
            ("Dev may roll back shop staging after a click on the plan card (preset small-team)."),
        ),
        # approvals
        (
            "ana",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            ("Ana may roll back shop production once 1 other operator agrees within 15 min (preset small-team)."),
        ),
        (
            "ana",
            DEPLOY_ROLLBACK,
            DESTRUCTIVE,
            PRODUCTION,
            (
                "Ana may roll back shop production once 1 other admin agrees within 60 min."
                " A fresh backup is made before anything in use is changed (preset small-team)."
            ),
        ),
        (
            "ana",
            DEPLOY_ROLLBACK,
            DESTRUCTIVE,
            STAGING,
            "Ana may roll back shop staging after typing what the plan card asks for (preset small-team).",
        ),
        (
            "fay",
            DEPLOY_ROLLBACK,
            CHANGE,
            BLOG,
            (
                "Fay may roll back blog production once 1 other writer agrees within 30 min."
                " At present nobody could (policy.yml:12)."
            ),
        ),
        # no standing
        (
            "gus",
            HEALTH_READ,
            READ,
            STAGING,
            (
                "Gus may not look at the health of shop staging: guests may not, whatever roles they are"
                " named in"
                " (policy.yml:2). Ana, Ben, Chi, Dev, Eli or Fay can."
            ),
        ),
        (
            "far",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            (
                "Far may not roll back shop production: only people of this workspace may, not those of"
                " another one"
                " (policy.yml:2). Ana, Ben or Chi can."
            ),
        ),
        (
            "old",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            (
                "Old may not roll back shop production: the account is deactivated (policy.yml:2). Ana,"
                " Ben or Chi can."
            ),
        ),
        (
            "bot",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            (
                "Bot may not roll back shop production: bots may not ask for anything (policy.yml:2). Ana,"
                " Ben or Chi can."
            ),
        ),
        (
            "new",
            DEPLOY_ROLLBACK,
            CHANGE,
            PRODUCTION,
            (
                "New may not roll back shop production: what Slack knows about this person has not been"
                " read yet;"
                " try again in a minute (policy.yml:2). Ana, Ben or Chi can."
            ),
        ),
    ],
)
def test_each_decision_says_why_and_what_next(
    policy: Policy, people: Mapping[str, Person], team: str,
    who: str, permission: Permission, risk: Risk, scope: Scope, told: str,
) -> None:  # fmt: skip
    ask = Ask(people[f"U0{who.upper()}"], permission, risk, scope)
    assert sentence(decide(policy, ask, team_id=team, people=people)) == told


def test_an_approval_names_those_who_can_give_it_and_never_the_one_who_asked(
    policy: Policy, people: Mapping[str, Person], team: str
) -> None:
    decision = decide(
        policy, Ask(people["U0BEN"], DEPLOY_ROLLBACK, Risk.CHANGE, PRODUCTION), team_id=team, people=people
    )
    assert isinstance(decision, NeedsApproval)
    assert decision.approvers == ("U0ANA", "U0CHI")  # dev is denied the deed, so also the vote
    assert (decision.rule.need, decision.rule.from_role) == (1, "operator")


def test_where_nobody_else_is_asked_the_actor_confirms(
    policy: Policy, people: Mapping[str, Person], team: str
) -> None:
    decision = decide(
        policy, Ask(people["U0BEN"], DEPLOY_ROLLBACK, Risk.CHANGE, STAGING), team_id=team, people=people
    )
    assert isinstance(decision, NeedsApproval)
    assert (decision.rule.need, decision.rule.confirm, decision.approvers) == (0, "button", ())


@pytest.mark.parametrize("flag", ["is_guest", "is_deactivated", "is_bot"])
def test_no_role_helps_somebody_who_is_not_a_full_member(
    policy: Policy, people: Mapping[str, Person], team: str, flag: str
) -> None:
    guest, deactivated, bot = (flag == name for name in ("is_guest", "is_deactivated", "is_bot"))
    admin = Person("U0ANA", team, "ana", is_guest=guest, is_deactivated=deactivated, is_bot=bot)
    everyone = {**people, admin.id: admin}
    assert roles_of(policy, admin) == frozenset()
    assert isinstance(
        decide(policy, Ask(admin, HEALTH_READ, Risk.READ, STAGING), team_id=team, people=everyone), Deny
    )
    can = who_can(policy, DEPLOY_ROLLBACK, Risk.CHANGE, PRODUCTION, everyone, team_id=team)
    assert can == ("U0BEN", "U0CHI")


@pytest.mark.parametrize(
    ("person_id", "their_team", "our_team"),
    [("U0ANA", "", "T0LANTERN"), ("U0ANA", "", ""), ("U0ANA", "T0LANTERN", ""), ("", "T0LANTERN", "T0LANTERN")],
)
def test_a_missing_id_is_never_a_match(
    policy: Policy, people: Mapping[str, Person], person_id: str, their_team: str, our_team: str
) -> None:
    ask = Ask(Person(person_id, their_team, "ana"), HEALTH_READ, Risk.READ, STAGING)
    decision = decide(policy, ask, team_id=our_team, people=people)
    assert isinstance(decision, Deny)
    assert "Slack did not say who asks" in decision.because.sentence


def test_a_name_is_never_an_identity(policy: Policy, people: Mapping[str, Person], team: str) -> None:
    twin = Person("U0TWIN", team, "ana")
    decision = decide(policy, Ask(twin, DEPLOY_ROLLBACK, Risk.CHANGE, STAGING), team_id=team, people=people)
    assert isinstance(decision, Deny)


def test_a_name_from_slack_cannot_break_the_sentence(policy: Policy, people: Mapping[str, Person], team: str) -> None:
    odd = Person("U0ODD", team, "Zoe\n\u202e*admin*\ue000")
    decision = decide(policy, Ask(odd, DEPLOY_ROLLBACK, Risk.CHANGE, STAGING), team_id=team, people=people)
    assert decision.because.sentence.startswith("Zoe *admin* may not roll back")


def test_a_refusal_where_nobody_can_names_who_keeps_the_policy(
    policy: Policy, people: Mapping[str, Person], team: str
) -> None:
    ask = Ask(people["U0ELI"], DEPLOY_ROLLBACK, Risk.DESTRUCTIVE, Scope("blog", "staging", False))
    decision = decide(policy, ask, team_id=team, people=people)
    assert isinstance(decision, Deny)
    assert decision.next_step == "Nobody else can at present; Ana or Ben can change policy.yml."
    assert decision.helpers == ("U0ANA", "U0BEN")


def test_people_without_any_role_are_told_so(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str
) -> None:
    policy = load(
        "preset: solo\npeople: {ana: U0ANA}\nroles: {admin: [ana]}\ngrants:\n- {role: admin, may: [read]}\n"
    )
    decision = decide(policy, Ask(people["U0KIT"], HEALTH_READ, Risk.READ, STAGING), team_id=team, people=people)
    assert sentence(decision) == (
        "Kit may not look at the health of shop staging: no role names this person (policy.yml:3). Ana can."
    )


GROUPS = """\
preset: solo
trust_groups: true
people: {ana: U0ANA}
roles: {operator: [S0OPS], lead: [operator, ana]}
grants: [{role: lead, may: [change]}]
"""


def test_a_trusted_user_group_brings_its_members_into_the_role_and_those_around_it(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str
) -> None:
    policy = load(GROUPS)
    inside = replace(people["U0KIT"], groups=frozenset({"S0OPS", "S0FUN"}))
    everyone = {**people, inside.id: inside}
    assert roles_of(policy, inside) == {"operator", "lead"}
    assert isinstance(
        decide(policy, Ask(inside, DEPLOY_ROLLBACK, Risk.CHANGE, STAGING), team_id=team, people=everyone),
        NeedsApproval,
    )
    assert who_can(policy, DEPLOY_ROLLBACK, Risk.CHANGE, STAGING, everyone, team_id=team) == ("U0ANA", "U0KIT")
    assert who_can(policy, DEPLOY_ROLLBACK, Risk.CHANGE, STAGING, people, team_id=team) == ("U0ANA",)


DENIED = """\
preset: solo
people: {ana: U0ANA, ben: U0BEN}
roles: {operator: [ana, ben]}
grants: [{role: operator, may: [read, record, change]}]
denials: [{roles: [operator], may: [read, change], in: [shop/production], because: audit week}]
"""


@pytest.mark.parametrize(
    ("risk", "scope", "denied"),
    [
        (Risk.READ, PRODUCTION, True),
        (Risk.READ, STAGING, False),
        (Risk.READ, SHOP, False),
        (Risk.READ, NOWHERE, False),
        (Risk.CHANGE, PRODUCTION, True),
        (Risk.CHANGE, STAGING, False),
        (Risk.CHANGE, SHOP, True),
        (Risk.CHANGE, NOWHERE, True),
        (Risk.RECORD, PRODUCTION, False),
    ],
)
def test_a_denial_somewhere_stops_a_change_that_could_be_there_and_a_look_that_is(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str, risk: Risk, scope: Scope, denied: bool
) -> None:
    decision = decide(load(DENIED), Ask(people["U0ANA"], RUN_CANCEL, risk, scope), team_id=team, people=people)
    assert isinstance(decision, Deny) is denied
    if denied:
        assert "denied to operators, audit week." in decision.because.sentence


PLACES = """\
preset: solo
people: {ana: U0ANA}
roles: {operator: [ana]}
grants: [{role: operator, may: [read, change], in: [PLACE]}]
"""


@pytest.mark.parametrize(
    ("place", "scope", "reads", "changes"),
    [
        ("shop", PRODUCTION, True, True),
        ("shop", BLOG, False, False),
        ("shop", SHOP, True, True),
        ("shop", NOWHERE, True, False),
        ("production", BLOG, True, True),
        ("production", STAGING, False, False),
        ("production", SHOP, True, False),
        ("shop/staging", STAGING, True, True),
        ("shop/staging", PRODUCTION, False, False),
        ("shop/staging", SHOP, True, False),
        ("shop/staging", Scope("blog", None), False, False),
        ("shop/staging", NOWHERE, True, False),
        ("protected", PRODUCTION, True, True),
        ("protected", STAGING, False, False),
        ("protected", SHOP, True, False),
        ("protected", NOWHERE, True, False),
    ],
)
def test_a_grant_reaches_the_places_that_it_names(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str,
    place: str, scope: Scope, reads: bool, changes: bool,
) -> None:  # fmt: skip
    policy = load(PLACES.replace("PLACE", place))
    for risk, wanted in ((Risk.READ, reads), (Risk.CHANGE, changes)):
        decision = decide(policy, Ask(people["U0ANA"], HEALTH_READ, risk, scope), team_id=team, people=people)
        assert isinstance(decision, Allow | NeedsApproval) is wanted, risk


def test_the_closest_approval_line_decides_and_an_unknown_place_gets_the_strictest(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str
) -> None:
    policy = load("""\
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, dev: U0DEV}
roles: {admin: [ana, ben, chi, dev], operator: [admin]}
grants: [{role: admin, may: [change]}]
approvals:
- {risk: change, in: protected, need: 1, from: admin}
- {risk: change, in: shop, need: 2, from: operator}
- {risk: change, in: shop/production, need: 3, from: operator, answer: 90s}
""")
    ask = Ask(people["U0ANA"], DEPLOY_ROLLBACK, Risk.CHANGE, PRODUCTION)
    found = {}
    for scope in (PRODUCTION, STAGING, BLOG, NOWHERE, SHOP, Scope("shop", None, False)):
        decision = decide(policy, replace(ask, scope=scope), team_id=team, people=people)
        assert isinstance(decision, NeedsApproval)
        found[scope] = decision.rule.need
    assert found == {PRODUCTION: 3, STAGING: 2, BLOG: 1, NOWHERE: 3, SHOP: 3, Scope("shop", None, False): 3}


def test_a_place_that_is_not_wholly_known_counts_as_protected(
    policy: Policy, people: Mapping[str, Person], team: str
) -> None:
    ask = Ask(people["U0ANA"], DEPLOY_ROLLBACK, Risk.CHANGE, Scope("shop", None, False))
    everywhere = replace(policy, grants=tuple(replace(grant, places=None) for grant in policy.grants), approvals=())
    decision = decide(everywhere, ask, team_id=team, people=people)
    assert isinstance(decision, NeedsApproval)
    assert decision.rule.need == 1


def test_of_a_trusted_group_only_its_members_are_asked_to_approve(
    load: Callable[[str], Policy], people: Mapping[str, Person], team: str
) -> None:
    policy = load("""\
trust_groups: true
people: {ana: U0ANA, ben: U0BEN}
roles: {operator: [S0OPS], member: everyone}
grants: [{role: member, may: [change]}]
""")
    inside = replace(people["U0KIT"], groups=frozenset({"S0OPS"}))
    ask = Ask(people["U0ANA"], DEPLOY_ROLLBACK, Risk.CHANGE, PRODUCTION)
    decision = decide(policy, ask, team_id=team, people={**people, inside.id: inside})
    assert isinstance(decision, NeedsApproval)
    assert decision.approvers == ("U0KIT",)
