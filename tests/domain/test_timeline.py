"""What a timeline tells of an event, and which events belong to which incident."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from bot.domain.event import Event, Kind
from bot.domain.incident import (
    MOVES,
    Affected,
    Incident,
    IncidentId,
    IncidentState,
    Severity,
    coming_from,
    may_move,
)
from bot.domain.run import Lock, Run, RunId, State
from bot.domain.timeline import concerns, earlier, entry_of, from_body, live, named
from bot.domain.words import when
from permissions.model import Risk

AT = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
NAMES = {"U0ANA": "Ana", "U0BEN": "Ben"}


def names(person: str) -> str:
    return NAMES.get(person, person)


INCIDENT = Incident(
    IncidentId(7), UUID(int=7), "checkout answers 500", "outage", Severity.SEV2, IncidentState.INVESTIGATING, False,
    False, "U0ANA", "T0", "C0GENERAL", None, "", "channel", "C0INC", "inc-2026-11-20-checkout-answers-500", None, AT,
    None, None, None, None, None, None, None, 100, (Affected("shop", "production"),),
)  # fmt: skip
ROLLBACK = Run(
    RunId(42), UUID(int=42), State.SUCCEEDED, "/rollback", "", "/rollback shop production --to 4c1d2a7", {}, "shop",
    "production", Lock.DEPLOY, "deploy:rollback", Risk.CHANGE, "U0ANA", "T0", "C0OPS", "slack",
    "checkout answers 500", False, "", None, None, None, None, None, None, None, AT, None, None, None, None,
)  # fmt: skip
LOOK = replace(ROLLBACK, command="/health", text="/health shop production", risk=Risk.READ, lock=None, reason="")


def event(what: Kind, number: int = 101, at: datetime = AT, actor: str = "U0ANA", **body: Any) -> Event:
    return Event(number, number + 1000, what, None, actor, "shop", "production", at, body)


TOLD = [
    (
        Kind.REQUEST_RECEIVED,
        {},
        "Ana asked for /rollback shop production --to 4c1d2a7: “checkout answers 500” (R-42)",
    ),
    (Kind.PLAN_MADE, {"summary": "9f8e7d6 → 4c1d2a7"}, "R-42 plan: 9f8e7d6 → 4c1d2a7"),
    (Kind.VOTE_CAST, {"yes": True, "have": 1, "need": 1}, "Ana approved R-42 (1 of 1)"),
    (Kind.VOTE_CAST, {"yes": False, "reason": "too late"}, "Ana denied R-42: “too late”"),
    (Kind.APPROVAL_ALONE, {"because": "nobody answers"}, "Ana went on alone with R-42: “nobody answers”"),
    (Kind.APPROVAL_BROKEN_GLASS, {"because": "it burns"}, "Ana broke the glass for R-42: “it burns”"),
    (Kind.STEP_ENDED, {"step": "fetch", "state": "done", "took_s": 6.2}, "R-42 fetch: done in 6.2 s"),
    (
        Kind.RUN_ENDED,
        {"state": "succeeded", "says": f"nothing to replay since {when(AT, 'date')}."},
        "R-42 /rollback shop production --to 4c1d2a7 succeeded: nothing to replay since 2026-11-20 03:07 UTC.",
    ),
    (
        Kind.RUN_ENDED,
        {"state": "timed_out", "says": "It did\nnot end."},
        "R-42 /rollback shop production --to 4c1d2a7 timed out: It did not end.",
    ),
    (Kind.LOCK_TAKEN, {"kind": "deploy"}, None),
    (Kind.DECISION_MADE, {}, None),
]


@pytest.mark.parametrize(("kind", "body", "text"), TOLD, ids=[f"{row[0].value} {row[1]}" for row in TOLD])
def test_each_event_of_a_run_is_told_in_a_line_or_not_at_all(
    kind: Kind, body: dict[str, Any], text: str | None
) -> None:
    entry = entry_of(event(kind, **body), ROLLBACK, INCIDENT, names)
    assert (entry.text if entry else None) == text


OF_ITSELF = [
    (Kind.INCIDENT_OPENED, {"severity": "sev2", "title": "checkout fails"}, "Ana opened it as SEV2: checkout fails"),
    (
        Kind.INCIDENT_STATE_CHANGED,
        {"from": "investigating", "to": "identified", "note": "a bad release"},
        "Ana says it is identified (was investigating): “a bad release”",
    ),
    (Kind.INCIDENT_SEVERITY_CHANGED, {"from": "sev3", "to": "sev1"}, "Ana made it SEV1 (was SEV3)"),
    (Kind.INCIDENT_ROLE_CHANGED, {"role": "commander", "person": "U0BEN"}, "Ben is commander"),
    (
        Kind.INCIDENT_ROLE_CHANGED,
        {"role": "commander", "person": "U0BEN", "former": "U0ANA"},
        "Ben is commander after Ana",
    ),
    (Kind.INCIDENT_MERGED, {"merged": 8}, "Ana merged INC-8 into it"),
    (Kind.HEALTH_CHANGED, {"card": {"text": "shop production: 1 of 2 checks fails."}},
     "shop production: 1 of 2 checks fails."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "text"), OF_ITSELF, ids=[str(row[2]) for row in OF_ITSELF])
def test_what_happens_to_the_incident_is_told_with_names(kind: Kind, body: dict[str, Any], text: str) -> None:
    entry = entry_of(event(kind, **body), None, INCIDENT, names)
    assert entry is not None
    assert entry.text == text


def test_of_a_look_only_its_answer_is_told_and_of_governing_nothing() -> None:
    ended = event(Kind.RUN_ENDED, state="succeeded", says="All pass.")
    assert entry_of(event(Kind.REQUEST_RECEIVED), LOOK, INCIDENT, names) is None
    assert entry_of(ended, LOOK, INCIDENT, names) is not None
    assert entry_of(ended, replace(LOOK, command="/runs"), INCIDENT, names) is None


BELONGS = [
    ("a change at its place", ROLLBACK, True),
    ("a change elsewhere", replace(ROLLBACK, environment="staging"), False),
    ("a change elsewhere, asked in its channel", replace(ROLLBACK, environment="staging", channel="C0INC"), True),
    ("a look at its place", LOOK, False),
    ("a look asked in its channel", replace(LOOK, channel="C0INC"), True),
]


@pytest.mark.parametrize(("run", "belongs"), [row[1:] for row in BELONGS], ids=[row[0] for row in BELONGS])
def test_what_is_asked_in_its_channel_or_changes_its_services_belongs_to_it(run: Run, belongs: bool) -> None:
    assert concerns(event(Kind.RUN_ENDED), run, INCIDENT) is belongs


def test_health_belongs_to_the_services_it_concerns() -> None:
    assert concerns(event(Kind.HEALTH_CHANGED), None, INCIDENT)
    assert not concerns(event(Kind.HEALTH_CHANGED), None, replace(INCIDENT, affected=(Affected("blog"),)))


def test_it_grows_from_its_opening_until_it_is_resolved() -> None:
    later = AT + timedelta(minutes=5)
    assert live(event(Kind.RUN_ENDED, 101), INCIDENT)
    assert not live(event(Kind.RUN_ENDED, 99), INCIDENT)
    assert not live(event(Kind.RUN_ENDED, 101), replace(INCIDENT, from_number=None))
    assert not live(event(Kind.RUN_ENDED, 101, later), replace(INCIDENT, resolved_at=AT))


def test_of_the_hour_before_health_and_deploys_are_told() -> None:
    assert earlier(event(Kind.HEALTH_CHANGED), None)
    assert earlier(event(Kind.RUN_ENDED), ROLLBACK)
    assert not earlier(event(Kind.RUN_ENDED), replace(ROLLBACK, lock=Lock.DATA))


def test_people_are_called_by_name_and_nobody_is_pinged() -> None:
    assert named("<@U0ANA> and <@U0BEN|ben> look", names) == "@Ana and @Ben look"


def test_an_entry_survives_its_event() -> None:
    entry = entry_of(event(Kind.RUN_STARTED), ROLLBACK, INCIDENT, names)
    assert entry is not None
    assert from_body(entry.body(), "U0ANA") == entry


@pytest.mark.parametrize("state", list(IncidentState))
def test_states_are_reached_only_as_the_table_says(state: IncidentState) -> None:
    assert coming_from(state) == {before for before, after in MOVES.items() if state in after}
    assert not may_move(state, state)
