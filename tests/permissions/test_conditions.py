"""Grants that hold only at certain hours or in certain channels; user groups that a policy trusts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from permissions.decide import Allow, Deny, decide, may_vote
from permissions.hours import Hours, read_hours
from permissions.model import DEPLOY_ROLLBACK, Ask, Person, Risk, Scope
from permissions.policy import Policy, PolicyError

OFFICE = "Mon-Fri 09:00-18:00 Europe/London"
TEXT = """\
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, dev: U0DEV}
roles: {admin: [ben], operator: [admin, ana, chi], trainee: [dev], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], in: [shop]}
  - {role: trainee, may: [change], in: [shop], HERE}
"""
REFUSED = "Dev may not roll back shop production: trainees may do so only"
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 10, 3, tzinfo=UTC)
PRODUCTION = Scope("shop", "production", True, "C0SHOPOPS")


def hours(text: str) -> Hours:
    found = read_hours(text)
    assert isinstance(found, Hours), found
    return found


@pytest.mark.parametrize(
    ("text", "at", "holds"),
    [
        (OFFICE, "2026-11-20T09:00+00:00", True),
        (OFFICE, "2026-11-20T08:59+00:00", False),
        (OFFICE, "2026-11-20T17:59+00:00", True),
        (OFFICE, "2026-11-20T18:00+00:00", False),
        (OFFICE, "2026-11-21T12:00+00:00", False),
        (OFFICE, "2026-07-03T08:30+00:00", True),  # summer: 09:30 in London
        (OFFICE, "2026-07-03T17:30+00:00", False),
        ("daily 00:00-24:00 UTC", "2026-11-21T23:59+00:00", True),
        ("Sat 10:00-24:00 UTC", "2026-11-21T23:59+00:00", True),
        ("Sat 10:00-24:00 UTC", "2026-11-22T00:00+00:00", False),
        ("Fri 22:00-06:00 UTC", "2026-11-20T23:00+00:00", True),
        ("Fri 22:00-06:00 UTC", "2026-11-21T05:59+00:00", True),  # the night that Friday began
        ("Fri 22:00-06:00 UTC", "2026-11-21T06:00+00:00", False),
        ("Fri 22:00-06:00 UTC", "2026-11-20T05:00+00:00", False),  # Thursday's night
        ("Fri-Mon 09:00-10:00 UTC", "2026-11-22T09:30+00:00", True),
        ("Fri-Mon 09:00-10:00 UTC", "2026-11-24T09:30+00:00", False),
        ("Mon,Wed,Sat-Sun 09:00-10:00 UTC", "2026-11-25T09:30+00:00", True),
        ("Mon,Wed,Sat-Sun 09:00-10:00 UTC", "2026-11-26T09:30+00:00", False),
        ("Mon 09:00-10:00 America/New_York", "2026-11-23T14:30+00:00", True),
    ],
)
def test_hours_hold_by_the_clock_of_their_own_zone(text: str, at: str, holds: bool) -> None:
    assert hours(text).hold(datetime.fromisoformat(at)) is holds


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("hours: office", f"'office' is not a time of the week. Write it like {OFFICE}."),
        ("hours: Mon-Fri 09:00-18:00", f"'Mon-Fri 09:00-18:00' is not a time of the week. Write it like {OFFICE}."),
        ("hours: Mon-Fry 09:00-18:00 UTC", "'Mon-Fry 09:00-18:00 UTC' is not a time of the week."),
        ("hours: Mon-Fri 9:00-25:00 UTC", "'Mon-Fri 9:00-25:00 UTC' is not a time of the week."),
        ("hours: Mon 09:00-10:00 Europe/Lundon", "This machine knows no time zone 'Europe/Lundon'."),
        ("hours: []", "'hours' is empty."),
        ("hours:", "'hours' is empty."),
        ("channels: []", "'channels' is empty."),
        ("channels: [shop-ops]", "'shop-ops' is not the id of a channel."),
        ("channels: ['#shop-ops']", "'#shop-ops' is not the id of a channel."),
        ("hour: x", "'hour' is not known in 'grants'. Did you mean 'hours'?"),
    ],
)
def test_an_unreadable_condition_is_refused_and_never_ignored(
    load: Callable[[str], Policy], entry: str, told: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        load(TEXT.replace("HERE", entry))
    assert told in str(caught.value)
    assert "policy.yml:7" in str(caught.value)


def decided(policy: Policy, who: str, at: datetime | None, channel: str | None, people: Mapping[str, Person]) -> str:
    scope = replace(PRODUCTION, channel=channel)
    ask = Ask(people[who], DEPLOY_ROLLBACK, Risk.CHANGE, scope, at)
    decision = decide(policy, ask, team_id="T0LANTERN", people=people)
    told = decision.because.sentence
    return f"no: {told} {decision.next_step}" if isinstance(decision, Deny) else f"yes: {told}"


@pytest.mark.parametrize(
    ("condition", "at", "channel", "told"),
    [
        (f'hours: "{OFFICE}"', FRIDAY, "C0SHOPOPS", "yes: Dev may roll back shop production once 1 other operator"),
        (
            f'hours: "{OFFICE}"',
            SATURDAY,
            "C0SHOPOPS",
            f"no: {REFUSED} Mon-Fri 09:00-18:00 Europe/London (now Sat 10:03 there). Ana, Ben or Chi can.",
        ),
        (
            f'hours: "{OFFICE}"',
            None,
            "C0SHOPOPS",
            f"no: {REFUSED}",
        ),
        (f'hours: ["{OFFICE}", "Sat 10:00-14:00 UTC"]', SATURDAY, "C0SHOPOPS", "yes: "),
        ("channels: [C0SHOPOPS]", SATURDAY, "C0SHOPOPS", "yes: "),
        (
            "channels: [C0SHOPOPS]",
            SATURDAY,
            "C0GENERAL",
            f"no: {REFUSED} in the channel C0SHOPOPS.",
        ),
        ("channels: [C0SHOPOPS]", SATURDAY, None, "no: "),
        ("channels: [C0SHOPOPS, C0SHOPDEV]", SATURDAY, "C0SHOPDEV", "yes: "),
        (f'hours: "{OFFICE}", channels: [C0SHOPOPS]', FRIDAY, "C0GENERAL", "no: "),
        (f'hours: "{OFFICE}", channels: [C0SHOPOPS]', FRIDAY, "C0SHOPOPS", "yes: "),
    ],
)
def test_a_conditional_grant_holds_only_while_its_conditions_do(
    load: Callable[[str], Policy],
    people: Mapping[str, Person],
    condition: str,
    at: datetime | None,
    channel: str | None,
    told: str,
) -> None:
    policy = load(TEXT.replace("HERE", condition))
    assert decided(policy, "U0DEV", at, channel, people).startswith(told)
    assert decided(policy, "U0ANA", at, channel, people).startswith("yes: ")


def test_whose_hours_are_over_can_neither_ask_nor_vote_nor_is_named(
    load: Callable[[str], Policy], people: Mapping[str, Person]
) -> None:
    text = TEXT.replace(
        "operator: [admin, ana, chi], trainee: [dev]", "operator: [admin, ana, chi, trainee], trainee: [dev]"
    )
    text = text.replace("role: operator, may: [record, change]", f'role: operator, may: [change], hours: "{OFFICE}"')
    policy = load(
        text.replace("  - {role: trainee, may: [change], in: [shop], HERE}", "  - {role: admin, may: [change]}")
    )
    ask = Ask(people["U0BEN"], DEPLOY_ROLLBACK, Risk.CHANGE, PRODUCTION, FRIDAY)
    assert isinstance(may_vote(policy, ask, people["U0ANA"], team_id="T0LANTERN"), Allow)
    late = may_vote(policy, replace(ask, at=SATURDAY), people["U0ANA"], team_id="T0LANTERN", people=people)
    assert isinstance(late, Deny)
    assert "only Mon-Fri 09:00-18:00 Europe/London" in late.because.sentence
    assert "At present nobody else from operator can approve" in late.next_step
    nobody = decide(policy, replace(ask, at=SATURDAY), team_id="T0LANTERN", people=people)
    assert "At present nobody could." in nobody.because.sentence


def test_a_trusted_group_gives_its_role_to_its_members_alone(
    load: Callable[[str], Policy], people: Mapping[str, Person]
) -> None:
    text = TEXT.replace("trainee: [dev]", "trainee: [S0ONCALL]").replace(", HERE", "") + "trust_groups: true\n"
    policy = load(text)
    inside = replace(people["U0KIT"], groups=frozenset({"S0ONCALL"}))
    everyone = {**people, "U0KIT": inside}
    assert decided(policy, "U0KIT", FRIDAY, "C0SHOPOPS", everyone).startswith("yes: ")
    assert decided(policy, "U0ELI", FRIDAY, "C0SHOPOPS", everyone).startswith("no: ")
    guest = replace(inside, is_guest=True)
    assert decided(policy, "U0KIT", FRIDAY, "C0SHOPOPS", {**people, "U0KIT": guest}).startswith("no: ")
