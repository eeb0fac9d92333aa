"""A timeline for programs: CSV for a spreadsheet, JSON for everything else. Pure."""

import csv
import io
import json
from datetime import datetime, timedelta

from bot.domain.incident_report import IncidentReport, Names
from bot.domain.json import Json, JsonObject
from bot.domain.timeline import TimelineEntry

HEAD = ("number", "occurred_at", "text", "author", "source", "public", "typed", "link", "files")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def timeline_csv(report: IncidentReport, names: Names) -> str:
    """One row an entry. What a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for entry in report.entries:
        row = _entry(entry, names)
        files = " ".join(file.url for file in entry.files)
        writer.writerow([_inert(str(value)) for value in (*(row[name] for name in HEAD[:-1]), files)])
    return out.getvalue()


def _inert(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def report_json(report: IncidentReport, names: Names) -> str:
    """One object; times are ISO 8601 in UTC, durations whole seconds, null where it is not known."""
    incident, down = report.incident, report.downtime
    data: JsonObject = {
        "incident": incident.label,
        "title": incident.title,
        "type": incident.type,
        "severity": incident.severity.label,
        "state": incident.state.value,
        "rehearsal": incident.test,
        "services": [str(one) for one in incident.affected],
        "opened_at": _iso(incident.opened_at),
        "opened_by": names(incident.opened_by),
        "acknowledged_at": _iso(incident.acknowledged_at),
        "identified_at": _iso(incident.identified_at),
        "mitigated_at": _iso(incident.mitigated_at),
        "resolved_at": _iso(incident.resolved_at),
        "closed_at": _iso(incident.closed_at),
        "seconds_to_acknowledge": _seconds(incident.opened_at, incident.acknowledged_at),
        "seconds_to_mitigate": _seconds(incident.opened_at, incident.mitigated_at),
        "seconds_to_resolve": _seconds(incident.opened_at, incident.resolved_at),
        "downtime_seconds": _whole(down) if down is not None else None,
        "roles": {role: names(person) for role, person in incident.roles},
        "outages": [
            {"check": one.check, "begin": _iso(one.begin), "end": _iso(one.end) if one.over else None}
            for one in report.outages
        ],
        "timeline": [_entry(entry, names) for entry in report.entries],
        "actions": [
            {
                "text": one.text,
                "owner": names(one.owner) if one.owner else None,
                "due": one.due.isoformat() if one.due else None,
                "done_at": _iso(one.done_at),
            }
            for one in report.followups
        ],
        "written_at": _iso(report.made_at),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _entry(entry: TimelineEntry, names: Names) -> dict[str, Json]:
    return {
        "number": entry.number,
        "occurred_at": _iso(entry.occurred_at),
        "text": entry.text,
        "author": names(entry.author) if entry.author else "",
        "source": entry.source,
        "public": entry.public,
        "typed": entry.typed,
        "link": entry.permalink,
        "files": [{"name": file.name, "url": file.url} for file in entry.files],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _seconds(begin: datetime, end: datetime | None) -> int | None:
    return _whole(end - begin) if end else None


def _whole(length: timedelta) -> int:
    return round(length.total_seconds())
