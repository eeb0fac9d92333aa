"""The forms in which a report is handed on."""

from dataclasses import dataclass
from typing import Literal, assert_never

from bot.domain.incident_markdown import PICTURE, report_markdown
from bot.domain.incident_picture import picture
from bot.domain.incident_report import IncidentReport, Names
from bot.domain.incident_table import report_json, timeline_csv
from bot.report.typeset import pdf

Form = Literal["pdf", "md", "json", "csv"]


@dataclass(frozen=True, slots=True)
class Export:
    """A file: its name (inc-7-timeline.pdf) and what is in it."""

    name: str
    content: bytes


def export(report: IncidentReport, form: Form, names: Names) -> Export:
    """Takes a tenth of a second for a PDF: call it in a thread."""
    return Export(f"{report.incident.label.lower()}-timeline.{form}", _content(report, form, names))


def _content(report: IncidentReport, form: Form, names: Names) -> bytes:
    match form:
        case "md":
            return report_markdown(report, names).encode()
        case "json":
            return report_json(report, names).encode()
        case "csv":
            return timeline_csv(report, names).encode()
        case "pdf":
            title = f"{report.incident.label} {report.incident.title}"
            pictures = {PICTURE: picture(report)}
            return pdf(report_markdown(report, names), pictures, running_title=title, made_at=report.made_at)
        case _:
            assert_never(form)
