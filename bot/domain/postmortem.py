"""When a post-mortem is due and what its draft can say by itself: facts only, never a guess. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.incident import Severity
from bot.domain.incident_markdown import (
    PICTURE,
    escaped,
    facts,
    followups_table,
    standing,
    table,
    timeline_markdown,
)
from bot.domain.incident_report import IncidentReport, Names, Outage
from bot.domain.words import some, span

_DAYS_AFTER_SEV1, _WORKING_DAYS = 3, 5
_QUICK = timedelta(minutes=5)
_OF_IMPACT = frozenset({"webhook"})


@dataclass(frozen=True, slots=True)
class Postmortem:
    """What people said for it. due_at: None where downtime did not call for one."""

    summary: str = ""
    cause: str = ""
    due_at: datetime | None = None
    done_at: datetime | None = None


def due_at(report: IncidentReport) -> datetime | None:
    """SEV1: 3 days after it was resolved; the others: 5 working days. None where downtime calls for none."""
    incident = report.incident
    if incident.resolved_at is None or not report.postmortem_due:
        return None
    if incident.severity is Severity.SEV1:
        return incident.resolved_at + timedelta(days=_DAYS_AFTER_SEV1)
    at, left = incident.resolved_at.astimezone(UTC), _WORKING_DAYS
    while left:
        at += timedelta(days=1)
        left -= at.weekday() < 5
    return at


def fields(report: IncidentReport, postmortem: Postmortem, names: Names) -> dict[str, str]:
    """Every name that a template may use, with its Markdown; empty where nothing is known."""
    incident = report.incident
    return {
        "label": incident.label,
        "title": escaped(incident.title),
        "standing": standing(report),
        "severity": incident.severity.label,
        "state": incident.state.value,
        "services": escaped(incident.where),
        "summary": escaped(postmortem.summary or incident.summary),
        "cause": escaped(postmortem.cause),
        "facts": table(("", ""), facts(report, names)),
        "impact": impact(report),
        "went_well": went_well(report, names),
        "actions": followups_table(report.followups, names),
        "timeline": timeline_markdown(report.entries, names),
        "picture": PICTURE,
    }


def impact(report: IncidentReport) -> str:
    """What failed for how long, and what webhooks told; that it is not known is said."""
    if not report.watched:
        down = "Downtime is not known: no check watches what was affected."
    elif not report.outages:
        down = "No check failed."
    else:
        down = f"At least one check failed for {span(report.downtime or timedelta())} in all:"
    checks = [f"- {escaped(one.check)}: {span(one.end - one.begin)}{_until(one)}" for one in report.outages]
    told = [f"- {escaped(entry.text)}" for entry in report.entries if entry.source in _OF_IMPACT]
    others = ["What others told:", "", *told] if told else ["Orders and webhooks affected: not known."]
    return "\n".join([down, "", *checks, *([""] if checks else []), *others])


def _until(outage: Outage) -> str:
    return f", from {outage.begin:%H:%M} to {outage.end:%H:%M} UTC" if outage.over else ", and it still fails"


def went_well(report: IncidentReport, names: Names) -> str:
    """Only what the record shows."""
    incident = report.incident
    told = []
    if incident.acknowledged_at and incident.acknowledged_at - incident.opened_at <= _QUICK:
        who = names(incident.acknowledged_by) if incident.acknowledged_by else "Somebody"
        told.append(f"{who} was on it after {span(incident.acknowledged_at - incident.opened_at)}.")
    told += [f"{mark.says}, at {mark.at:%H:%M} UTC." for mark in report.marks if mark.says.endswith(" succeeded")]
    if report.entries and not report.typed:
        count = some(len(report.entries), "entry", "entries")
        told.append(f"Nobody had to take notes: {count}, written by the bot.")
    return "\n".join(f"- {escaped(line)}" for line in told)
