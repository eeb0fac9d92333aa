"""A post-mortem writes down what is known, says what is not, and takes nobody's template for a programme."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.incident import Severity
from bot.domain.postmortem import Postmortem, due_at, went_well
from bot.report.postmortem import WrongTemplate, draft
from tests.domain.test_incident_report import INCIDENT, REPORT, at, entry, name


def test_the_draft_says_what_is_known_and_who_has_to_write_the_rest() -> None:
    made = draft(REPORT, Postmortem(), name)
    assert made.startswith("# Post-mortem of INC-7: checkout answers 500\n")
    assert "At least one check failed for 17 min in all:\n\n- shop production checkout: 17 min" in made
    assert "Orders and webhooks affected: not known." in made
    assert "`/postmortem INC-7 cause …`" in made
    assert "- Ben was on it after 60 s." in made
    assert "| open | test it | Ben | 2026-12-01 |" in made
    assert "### Saturday 21 November 2026" in made


def test_what_people_said_has_its_place() -> None:
    made = draft(REPORT, Postmortem(summary="Checkout *failed*.", cause="A null price"), name)
    assert "## Summary\n\nCheckout \\*failed\\*." in made
    assert "## Cause\n\nA null price" in made


def test_webhooks_tell_of_the_impact_and_quiet_notes_of_what_went_well() -> None:
    told = replace(REPORT, entries=(entry(1, 2, "payment failed ×37", source="webhook"),))
    assert "- payment failed ×37" in draft(told, Postmortem(), name)
    assert "1 entry, written by the bot" in went_well(told, name)
    assert "written by the bot" not in went_well(REPORT, name)


@pytest.mark.parametrize(
    ("severity", "resolved", "due"),
    [
        (Severity.SEV1, "2026-11-20", "2026-11-23"),  # a Friday: three days, whatever they are
        (Severity.SEV2, "2026-11-20", "2026-11-27"),
        (Severity.SEV2, "2026-11-21", "2026-11-27"),  # a Saturday
        (Severity.SEV3, "2026-11-23", "2026-11-30"),  # a Monday
    ],
)
def test_it_is_due_in_days_that_people_work(severity: Severity, resolved: str, due: str) -> None:
    ended = datetime.fromisoformat(resolved).replace(hour=14, tzinfo=UTC)
    resolved_then = replace(REPORT, incident=replace(INCIDENT, severity=severity, resolved_at=ended))
    assert due_at(resolved_then) == datetime.fromisoformat(due).replace(hour=14, tzinfo=UTC)
    assert due_at(replace(resolved_then, outages=())) is None
    assert due_at(replace(REPORT, incident=replace(INCIDENT, resolved_at=None))) is None


def test_your_own_template_is_filled_in() -> None:
    own = "# {{ label }}{% if cause %}: {{ cause }}{% endif %}\n"
    assert draft(REPORT, Postmortem(cause="disk full"), name, template=own) == "# INC-7: disk full\n"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("a\nb {{ label", "line 2"),
        ("{{ laber }}", "'laber' is undefined; it may use actions, cause"),
        ("{{ label.__class__.__mro__ }}", "only places what is known"),
        ("{{ ''.__class__ }}", "only places what is known"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{{ label * 90000000 }}", "longer than"),
        ("{{ 1 / 0 }}", "division"),
    ],
)
def test_a_wrong_template_is_named_with_its_line_and_remedy(template: str, says: str) -> None:
    with pytest.raises(WrongTemplate) as wrong:
        draft(REPORT, Postmortem(), name, template=template)
    assert says in str(wrong.value)


def test_long_incidents_are_told_whole() -> None:
    many = replace(REPORT, entries=tuple(entry(n, n / 10, f"line {n}") for n in range(500)), made_at=at(60))
    assert draft(many, Postmortem(due_at=at(60) + timedelta(days=5)), name).count("| line ") == 500
