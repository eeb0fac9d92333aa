"""An incident's report as Markdown: its facts, the picture's place, its timeline and what is left to do. Pure.

Times are UTC with their date; what people wrote is escaped, so that nobody's words become headings or links.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from bot.domain.incident import Followup, Incident, Role
from bot.domain.incident_report import IncidentReport, Names
from bot.domain.timeline import TimelineEntry
from bot.domain.words import some, span

PICTURE = "health.svg"
_COLUMNS = ("UTC", "What happened", "Who")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&])")
_AT_START = re.compile(r"^(\s*)([-=]|\d+[.)])", re.MULTILINE)


def escaped(text: str) -> str:
    """People's words as one line of Markdown that shows them as they are."""
    line = " ".join(text.split())
    return _AT_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))


def report_markdown(report: IncidentReport, names: Names) -> str:
    """The whole document."""
    incident = report.incident
    parts = [
        f"# {incident.label} {escaped(incident.title)}",
        standing(report),
        table(("", ""), facts(report, names)),
        "## Health and events",
        f"![Health and events over time]({PICTURE})",
        "## Timeline",
        timeline_markdown(report.entries, names),
        "## Actions" if report.followups else "",
        followups_table(report.followups, names),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def standing(report: IncidentReport) -> str:
    """One line: how bad, how it stands, what was down."""
    incident = report.incident
    told = [f"**{incident.severity.label}**", incident.state.value, escaped(incident.where) or "no service named"]
    if incident.test:
        told.insert(0, "**Rehearsal**")
    if not report.whole:
        told.append("for people outside")
    return " · ".join([*told, down_words(report)])


def down_words(report: IncidentReport) -> str:
    down = report.downtime
    if down is None:
        return "downtime not known: nothing was watched"
    return f"down {span(down)}" if down else "no check failed"


def facts(report: IncidentReport, names: Names) -> list[tuple[str, str]]:
    """Name and value; what is not known is left out."""
    incident = report.incident
    rows = [
        ("Opened", f"{clock(incident.opened_at)} by {escaped(names(incident.opened_by))}"),
        ("Acknowledged", _after(incident, incident.acknowledged_at, _by(incident.acknowledged_by, names))),
        ("Identified", _after(incident, incident.identified_at)),
        ("Mitigated", _after(incident, incident.mitigated_at)),
        ("Resolved", _after(incident, incident.resolved_at)),
        ("Closed", clock(incident.closed_at) if incident.closed_at else ""),
        *((role.value.capitalize(), escaped(_holder(incident, role, names))) for role in Role),
        ("Timeline", f"{some(len(report.entries), 'entry', 'entries')}, {report.typed or 'none'} typed by hand"),
        ("Written", clock(report.made_at)),
    ]
    return [(name, value) for name, value in rows if value]


def _by(person: str | None, names: Names) -> str:
    return f" by {escaped(names(person))}" if person else ""


def _after(incident: Incident, at: datetime | None, more: str = "") -> str:
    return f"{clock(at)}{more}, after {span(at - incident.opened_at)}" if at else ""


def _holder(incident: Incident, role: Role, names: Names) -> str:
    person = incident.role(role)
    return names(person) if person else ""


def timeline_markdown(entries: Sequence[TimelineEntry], names: Names) -> str:
    """A table a day: time in UTC, what happened with its link, who."""
    if not entries:
        return "Nothing was recorded."
    days = groupby(entries, key=lambda entry: entry.occurred_at.date())
    return "\n\n".join(
        f"### {day:%A %d %B %Y}\n\n{table(_COLUMNS, [_row(one, names) for one in found])}" for day, found in days
    )


def _row(entry: TimelineEntry, names: Names) -> tuple[str, str, str]:
    link = f" [↗]({_url(entry.permalink)})" if entry.permalink else ""
    files = "".join(f" [{escaped(file.name)}]({_url(file.url)})" for file in entry.files)
    before = "*before the opening* " if entry.before else ""
    corrected = " *(corrected)*" if entry.corrected else ""
    what = f"{before}{escaped(entry.text)}{corrected}{link}{files}"
    return f"{entry.occurred_at:%H:%M:%S}", what, escaped(names(entry.author)) if entry.author else ""


def _url(url: str) -> str:
    return re.sub(r"[\s()<>|]", lambda found: f"%{ord(found[0]):02X}", url)


def followups_table(found: Iterable[Followup], names: Names) -> str:
    """Empty where nothing is to be done."""
    rows = [
        (
            "done" if one.done_at else "open",
            escaped(one.text),
            escaped(names(one.owner)) if one.owner else "nobody yet",
            f"{one.due:%Y-%m-%d}" if one.due else "",
        )
        for one in found
    ]
    return table(("", "What", "Owner", "Due"), rows) if rows else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
