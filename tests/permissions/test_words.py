"""The policy in words: what it comes to, what is thin in it, what differs, what would have been decided otherwise."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from permissions.decide import Allow, Deny, NeedsApproval, decide, may_vote
from permissions.difference import differences
from permissions.explain import explain
from permissions.gaps import gaps
from permissions.model import (
    AUDIT_READ,
    BACKUP_CREATE,
    DEPLOY_ROLLBACK,
    HEALTH_READ,
    WEBHOOK_REPLAY,
    Ask,
    Person,
    Risk,
    Scope,
)
from permissions.policy import Policy
from permissions.rules import EVERYONE
from permissions.simulation import Past, simulate
from permissions.survey import TEAM, Thing, any_thing, kinds_of_people, survey

ONE_OTHER = "with one other operator's approval (15 min; alone after 3 min without an answer)"

Load = Callable[[str], Policy]

SERVICES = {"shop": {"production": True, "staging": False}, "blog": {"production": True}}
THINGS = [
    Thing(HEALTH_READ, Risk.READ),
    Thing(BACKUP_CREATE, Risk.RECORD),
    Thing(DEPLOY_ROLLBACK, Risk.CHANGE),
    Thing(WEBHOOK_REPLAY, Risk.CHANGE),
    Thing(AUDIT_READ, Risk.READ, placed=False),
]
PLAIN = """\
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, dev: U0DEV}
roles: {admin: [ana, ben], operator: [admin, chi, dev], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], in: [shop]}
  - {role: admin, may: [record, change, destructive], in: [shop]}
"""
DEEDS, BOTH = "change (replay webhooks, roll back)", "shop production and shop staging"
NIGHT = 'hours: "daily 18:00-09:00 Europe/London"'


def told(policy: Policy, heading: str) -> list[str]:
    """The lines of one section, without the lines of the file."""
    sections = {section.heading: section.lines for section in explain(policy, SERVICES, THINGS)}
    return [line.partition(" [")[0] for line in sections.get(heading, ())]


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


# Explained


def test_a_place_is_told_from_looks_to_what_is_destructive(load: Load) -> None:
    policy = load(PLAIN)
    assert told(policy, "shop production (protected)") == [
        "Every member may look.",
        "Operators (Ana, Ben, Chi and Dev) may keep records (back up) at once.",
        (f"Operators (Ana, Ben, Chi and Dev) may {DEEDS} {ONE_OTHER}."),
        (
            "Admins (Ana and Ben) may do what is destructive with one other "
            "admin's approval (60 min) and a fresh backup before anything in use is changed."
        ),
    ]
    assert told(policy, "blog production (protected)") == [
        "Every member may look.",
        "Nobody may keep records (back up), change (replay webhooks, roll back) or do what is destructive.",
    ]
    assert told(policy, "About no one service") == ["Every member may read the audit log."]


def test_places_where_the_same_holds_are_told_once(load: Load) -> None:
    policy = load(changed(PLAIN, (", in: [shop]", "")))
    headings = [section.heading for section in explain(policy, SERVICES, THINGS)]
    assert "shop production and blog production (protected)" in headings


def test_each_sentence_names_its_lines(load: Load) -> None:
    lines = next(s.lines for s in explain(load(PLAIN), SERVICES, THINGS) if s.heading.startswith("shop production"))
    assert [line.partition(" [")[2] for line in lines] == [
        "policy.yml:5]",
        "policy.yml:6, 7]",
        "policy.yml:6, 7; preset small-team]",
        "policy.yml:7; preset small-team]",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            [("operator: [admin, chi, dev]", "operator: [admin, chi]")],
            f"Operators (Ana, Ben and Chi) may {DEEDS} with one other operator's approval",
        ),
        (
            [("in: [shop]}\n  - {role: admin", f"in: [shop], {NIGHT}}}\n  - {{role: admin")],
            f"Chi and Dev may {DEEDS}, only daily 18:00-09:00 Europe/London, with one other",
        ),
        (
            [("[record, change], in: [shop]", "[record, change], except: [webhook], in: [shop]")],
            f"Admins (Ana and Ben) may replay webhooks {ONE_OTHER}.",
        ),
        (
            [("[record, change], in: [shop]", "[record, change], except: [webhook], in: [shop]")],
            f"Operators (Ana, Ben, Chi and Dev) may change (roll back) {ONE_OTHER}.",
        ),
        ([("small-team", "solo")], "may change (replay webhooks, roll back) after a click on their own plan card."),
        (
            [("small-team", "solo")],
            "may do what is destructive after typing what the plan card asks for, 60 s to stop it and a fresh",
        ),
        (
            [("small-team", "strict"), ("[ana, ben]", "[ana, ben, chi]")],
            (
                "may do what is destructive with the approval of 2 other operators, "
                "one of them from admin (60 min) and a"
            ),
        ),
        (
            [("grants:", "trust_groups: true\ngrants:"), ("chi, dev]", "chi, S0NIGHT]")],
            "Operators (Ana, Ben, Chi and the members of S0NIGHT) may change",
        ),
    ],
)
def test_explain_says(load: Load, changes: list[tuple[str, str]], sentence: str) -> None:
    assert any(sentence in line for line in told(load(changed(PLAIN, *changes)), "shop production (protected)"))


def test_who_is_who_and_what_is_denied_is_told_by_name(load: Load, text: str) -> None:
    policy = load(text.replace("from: operator, answer", "from: writer, answer"))
    assert told(policy, "Who is who") == [
        "Writers: Fay.",
        "Admins: Ana and Ben.",
        "Operators: Ana, Ben, Chi and Dev.",
        "Viewers: every member of the workspace.",
        "In no role of their own: Eli.",
    ]
    assert told(policy, "Denied, whatever is granted") == [
        "Dev may not use 'deploy' in shop production: trainee until March."
    ]
    shop = told(policy, "shop production (protected)")
    assert f"Operators but not Dev (Ana, Ben and Chi) may roll back {ONE_OTHER}." in shop


def test_an_explanation_never_says_another_thing_than_the_decision(load: Load, text: str) -> None:
    """Each cell of the survey is what `decide` and `may_vote` say."""
    policy = load(text.replace("from: operator, answer", "from: writer, answer"))
    people = kinds_of_people(policy)
    for cell in survey(policy, SERVICES, THINGS):
        for who, person in people.items():
            ask = Ask(person, cell.thing.permission, cell.thing.risk, cell.scope)
            decision = decide(policy, ask, team_id=TEAM, people=people)
            assert isinstance(decision, Deny) is (who not in cell.holders), (cell, who)
            if isinstance(decision, NeedsApproval):
                assert decision.rule == cell.rule
                assert set(decision.approvers) == {people[one].id for one in cell.approvers} - {person.id}
                voters = [one for one, other in people.items() if votes(policy, ask, other)]
                assert set(voters) == cell.approvers - {who}


def votes(policy: Policy, ask: Ask, voter: Person) -> bool:
    return isinstance(may_vote(policy, ask, voter, team_id=TEAM), Allow)


# Thin


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([], ["Nobody may back up, replay webhooks or roll back in blog production."]),
        ([(", in: [shop]", "")], []),
        (
            [(", in: [shop]", ""), ("admin: [ana, ben]", "admin: [ana]"), ("small-team", "solo")],
            [
                (
                    "Only Ana may do what is destructive in shop production, shop staging "
                    "and blog production: nobody can stand in."
                )
            ],
        ),
        (
            [
                (", in: [shop]", ""),
                ("grants:", "approvals: [{risk: change, in: shop, need: 1, from: lead}]\ngrants:"),
                ("viewer: everyone", "viewer: everyone, lead: [ben]"),
            ],
            [(f"Only Ben can approve a request to {DEEDS} in {BOTH}: while Ben is away, it waits in vain.")],
        ),
        ([(", in: [shop]", ""), ("[ana, ben]", "[ana, S0NIGHT]"), ("grants:", "trust_groups: true\ngrants:")], []),
    ],
)
def test_what_is_thin_is_told(load: Load, changes: list[tuple[str, str]], found: list[str]) -> None:
    policy = load(changed(PLAIN, *changes))
    assert gaps(policy, survey(policy, SERVICES, THINGS)) == found


# Different


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("preset: small-team", "preset: small-team # a remark", []),
        (
            "admin, chi, dev]",
            "admin, chi]",
            [
                "No longer in operator: Dev.",
                f"Dev may no longer keep records (back up) or {DEEDS} in {BOTH}.",
            ],
        ),
        ("dev: U0DEV}", "dev: U0DEV, gil: U0GIL}", ["Gil (U0GIL) is named now."]),
        (
            "record, change], in: [shop]}\n",
            "record, change], except: [webhook], in: [shop]}\n",
            [
                "Chi and Dev may no longer replay webhooks in shop production and shop staging.",
            ],
        ),
        (
            "record, change], in: [shop]}\n",
            "record, change], in: [shop, blog]}\n",
            [
                "Operators (Ana, Ben, Chi and Dev) may now keep records (back up) in blog production, at once.",
                (f"Operators (Ana, Ben, Chi and Dev) may now {DEEDS} in blog production, {ONE_OTHER}."),
            ],
        ),
        (
            "grants:",
            "approvals: [{risk: change, in: shop/production, need: 2, from: operator, answer: 30m}]\ngrants:",
            [
                (
                    "Change (replay webhooks, roll back) in shop production: now with the "
                    "approval of 2 other operators (30 min), "
                    f"until now {ONE_OTHER}."
                )
            ],
        ),
        (
            "grants:",
            "denials: [{people: [dev], may: [deploy], because: trainee}]\ngrants:",
            [
                "Dev may no longer roll back in shop production and shop staging.",
                "New denial: trainee (policy.yml:4).",
            ],
        ),
        (
            "in: [shop]}\n  - {role: admin",
            f"in: [shop], {NIGHT}}}\n  - {{role: admin",
            [
                (
                    f"Chi and Dev may keep records (back up) and {DEEDS} in shop production and "
                    "shop staging only daily 18:00-09:00 Europe/London now."
                ),
            ],
        ),
        (
            "grants:",
            "oncall: {rotation: [chi, ana]}\ngrants:",
            ["On call: Chi then Ana."],
        ),
        (
            "ben: U0BEN",
            "ben: U0BENJAMIN",
            [
                "Ben is U0BENJAMIN now; it was U0BEN.",
                "Now in admin: Ben.",
                "No longer in admin: Ben.",
            ],
        ),
    ],
)
def test_a_change_is_told_as_what_it_comes_to(load: Load, old: str, new: str, found: list[str]) -> None:
    told = differences(load(PLAIN), load(changed(PLAIN, (old, new))), SERVICES, THINGS)
    assert told[: len(found)] == found
    assert len(told) == len(found) or "U0BENJAMIN" in new


def test_a_policy_differs_in_nothing_from_itself(load: Load, text: str) -> None:
    assert (
        differences(
            load(text.replace("from: operator, answer", "from: writer, answer")),
            load(text.replace("from: operator, answer", "from: writer, answer")),
            SERVICES,
            THINGS,
        )
        == []
    )


# Otherwise

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "who", "risk", "found"),
    [
        ([], "ana", Risk.CHANGE, []),
        (
            [("admin: [ana, ben], operator: [admin, chi, dev]", "admin: [ben], operator: [admin, chi, dev]")],
            "ana",
            Risk.CHANGE,
            ["R-1 ana: needed approval by 1 other operator, would be refused (policy.yml:5)"],
        ),
        (
            [("small-team", "solo")],
            "ana",
            Risk.CHANGE,
            ["R-1 ana: needed approval by 1 other operator, would need a click of their own (preset solo)"],
        ),
        (
            [("small-team", "solo")],
            "ana",
            Risk.DESTRUCTIVE,
            [
                (
                    "R-1 ana: needed approval by 1 other admin and a fresh backup, would "
                    "need a typed confirmation of their own and a fresh backup (preset solo)"
                )
            ],
        ),
        (
            [("may: [read]", "may: [read, change]")],
            "kit",
            Risk.CHANGE,
            ["R-1 kit: was refused, would need approval by 1 other operator (preset small-team)"],
        ),
        (
            [("[admin, chi, dev]", "[admin, chi]")],
            "ana",
            Risk.CHANGE,
            ["R-1 ana: Ben, Chi or Dev could approve, now Ben or Chi could (preset small-team)"],
        ),
        (
            [("in: [shop]}\n  - {role: admin", f"in: [shop], {NIGHT}}}\n  - {{role: admin")],
            "chi",
            Risk.CHANGE,
            ["R-1 chi: needed approval by 1 other operator, would be refused (policy.yml:6)"],
        ),
        (
            [("may: [read]", "may: [record]")],
            "kit",
            Risk.READ,
            ["R-1 kit: was allowed at once, would be refused (policy.yml:5)"],
        ),
    ],
)
def test_a_past_request_is_decided_by_both(
    load: Load, people: Mapping[str, Person], changes: list[tuple[str, str]], who: str, risk: Risk, found: list[str]
) -> None:
    ask = Ask(people[f"U0{who.upper()}"], DEPLOY_ROLLBACK, risk, Scope("shop", "production", True), AT)
    past = [Past(f"R-1 {who}", ask)]
    after = load(changed(PLAIN, *changes))
    assert [str(one) for one in simulate(load(PLAIN), after, past, people, team_id="T0LANTERN")] == found


def test_shared_channels_are_told_in_words(load: Load) -> None:
    plain, listing = load(PLAIN), load(f"{PLAIN}shared_channels: [C0PARTNER]\n")
    assert "C0PARTNER even if another company reads" in explain(listing, SERVICES, THINGS)[0].lines[-1]
    assert differences(plain, listing, SERVICES, THINGS) == [
        "The bot speaks in C0PARTNER now, even if another company reads there."
    ]
    assert differences(listing, plain, SERVICES, THINGS) == [
        "The bot does not speak in C0PARTNER any more while another company reads there."
    ]


def test_the_survey_asks_for_every_kind_of_person_and_risk(load: Load) -> None:
    policy = load(changed(PLAIN, ("grants:", "trust_groups: true\ngrants:"), ("chi, dev]", "chi, S0NIGHT]")))
    assert {*kinds_of_people(policy)} == {"U0ANA", "U0BEN", "U0CHI", "U0DEV", "S0NIGHT", EVERYONE}
    asked = {(str(cell.scope), cell.thing) for cell in survey(policy, SERVICES, THINGS)}
    assert {("blog production", any_thing(risk)) for risk in Risk} <= asked
    assert ("", Thing(AUDIT_READ, Risk.READ, placed=False)) in asked
