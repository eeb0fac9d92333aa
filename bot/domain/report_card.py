"""What is said when an incident is handed on: exports, links, post-mortems. Pure."""

from datetime import datetime
from typing import Literal

from bot.domain.card import Button, Card, Tone
from bot.domain.incident import Incident
from bot.domain.incident_card import said, unchanged
from bot.domain.incident_report import IncidentReport
from bot.domain.postmortem import Postmortem
from bot.domain.words import code, link, some, when

IN_YOUR_CONVERSATION = "in your conversation with me"


def exported_card(incident: Incident, name: str, entries: int) -> Card:
    what = f"{code(name)} is {IN_YOUR_CONVERSATION}: {some(entries, 'entry', 'entries')}, times in UTC."
    return said(incident, what, "That it was exported is in the audit log.")


def link_card(incident: Incident, url: str, ends: datetime) -> Card:
    """For whoever asked alone: the address is the key."""
    near = "" if url.startswith("https://") else f" Without {code('WATCHKEEPER_URL')} only the bot's host reaches it."
    what = f"{link(url, f'The live timeline of {incident.label}')}: read-only, also while Slack is down."
    more = (
        f"It ends {when(ends, 'date')}. Whoever has the address can read it; "
        f"{code(f'/incident link --revoke {incident.label}')} makes every one void.{near}"
    )
    return Card(
        Tone.OK,
        "",
        f"The live timeline of {incident.label}: {url}",
        (f"{what}\n{more}",),
        footer="That you asked for it is in the audit log",
        private=True,
    )


def revoked_card(incident: Incident) -> Card:
    return said(incident, f"Every link to the timeline of {incident.label} is void now.", "New ones work.")


def postmortem_card(incident: Incident, report: IncidentReport, postmortem: Postmortem, wrong: str) -> Card:
    """What is in the draft, what only people can say, and what was wrong with the company's own template."""
    missing = [name for name, text in (("summary", postmortem.summary), ("cause", postmortem.cause)) if not text]
    ask = " and ".join(code(f"/postmortem {name} …") for name in missing)
    count = some(len(report.entries), "entry", "entries")
    lines = [
        f"The draft is {IN_YOUR_CONVERSATION}, as Markdown and PDF: facts, impact, health, {count} of the timeline.",
        f"What only people know is still missing: {ask}." if missing else "",
        _standing(postmortem),
        f"Your template was not used: {wrong}. This is the usual one." if wrong else "",
    ]
    body = "\n".join(line for line in lines if line)
    done = Button("It is done", ask=f"/postmortem done {incident.label}")
    return Card(
        Tone.WARN if wrong else Tone.OK,
        f"Post-mortem of {incident.name}: draft",
        f"Post-mortem of {incident.name}: the draft is {IN_YOUR_CONVERSATION}.",
        (body,),
        () if postmortem.done_at else (done,),
        footer=f"{incident.name} · nothing else was changed",
        private=incident.private,
    )


def _standing(postmortem: Postmortem) -> str:
    if postmortem.done_at:
        return f"It was called done {when(postmortem.done_at, 'date')}."
    return f"It is due {when(postmortem.due_at, 'date')}." if postmortem.due_at else ""


def said_card(incident: Incident, part: Literal["summary", "cause"]) -> Card:
    return said(incident, f"Noted as the {part} of {incident.label}.", f"{code('/postmortem')} drafts it anew.")


def finished_card(incident: Incident, *, fresh: bool) -> Card:
    what = f"The post-mortem of {incident.label} is done"
    return said(incident, f"{what}.") if fresh else unchanged(incident, f"{what} already.")


def overdue_card(incident: Incident, due_at: datetime) -> Card:
    says = f"The post-mortem of {incident.name} was due {when(due_at, 'date')}."
    return Card(
        Tone.ASK,
        f"A post-mortem is due: {incident.name}",
        says,
        (f"{says} Most of it is written already: press, add summary and cause, share it.",),
        (
            Button("Draft post-mortem", ask=f"/postmortem {incident.label}", style="primary"),
            Button("It is done", ask=f"/postmortem done {incident.label}"),
        ),
        "I say so once a day until it is done",
    )
