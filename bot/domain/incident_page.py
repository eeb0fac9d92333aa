"""The live timeline as one page of HTML, for when Slack is down: no scripts, nothing from elsewhere. Pure."""

import base64
import hashlib
from datetime import datetime, timedelta
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from bot.domain.incident import Role
from bot.domain.incident_markdown import clock, down_words
from bot.domain.incident_picture import picture
from bot.domain.incident_report import IncidentReport, Names
from bot.domain.timeline import TimelineEntry
from bot.domain.words import span

REFRESH_S = 20
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2730;--soft:#5b6873;--line:#dde2e6;--paper:#fff;--link:#1a5fa8}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaed;--soft:#9aa6b0;--line:#36414b;--paper:#161c22;--link:#7ab5f0}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:58rem;padding:1.2rem 1rem 3rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
.soft,dt,time,footer{color:var(--soft)}.state{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:.9rem 0}dd{margin:0}
figure{margin:0;background:#fff;border-radius:6px;padding:.4rem;overflow-x:auto}
svg{width:100%;min-width:38rem;height:auto;display:block}
ol{list-style:none;margin:0;padding:0}li{border-top:1px solid var(--line);padding:.4rem 0;display:grid;
grid-template-columns:4.6rem 1fr;gap:.6rem}time{font-variant-numeric:tabular-nums}a{color:var(--link)}
footer{margin-top:2rem;font-size:.85rem}
@media print{body{max-width:none;padding:0}li{break-inside:avoid}}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def incident_page(report: IncidentReport, names: Names, expires_at: datetime) -> str:
    """The newest entry first: whoever follows wants to know how it stands."""
    incident = report.incident
    title = escape(f"{incident.label} {incident.title}")
    rehearsal = "Rehearsal · " if incident.test else ""
    standing = (
        f"{rehearsal}{incident.severity.label} · {incident.state.value} · {incident.where or 'no service named'}"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}"><style>{_STYLE}</style></head><body>'
        f'<h1>{title}</h1><p class="state">{escape(standing)} · {escape(down_words(report))}</p>'
        f"{_facts(report, names)}<figure>{picture(report)}</figure>"
        f"{_timeline(report, names)}"
        f"<footer>As of {clock(report.made_at)}; this page renews itself every {REFRESH_S} s. All times are UTC. "
        f"The link ends at {clock(expires_at)}. Nobody can change anything here.</footer></body></html>"
    )


def _facts(report: IncidentReport, names: Names) -> str:
    incident = report.incident
    due = incident.update_due_at if incident.ongoing else None
    rows = [
        ("Opened", f"{clock(incident.opened_at)} by {names(incident.opened_by)}"),
        ("Resolved", clock(incident.resolved_at) if incident.resolved_at else ""),
        *((role.value.capitalize(), names(person)) for role in Role if (person := incident.role(role))),
        ("Next update", _due(due, report.made_at) if due else ""),
    ]
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    return f"<dl>{told}</dl>"


def _due(due: datetime, now: datetime) -> str:
    late = now - due
    return f"overdue {span(late)}" if late > timedelta() else f"due {clock(due)}"


def _timeline(report: IncidentReport, names: Names) -> str:
    if not report.entries:
        return '<h2>Timeline</h2><p class="soft">Nothing was recorded yet.</p>'
    newest = reversed(report.entries)
    days = groupby(newest, key=lambda entry: entry.occurred_at.date())
    return "".join(_day(f"{day:%A %d %B %Y}", [_entry(entry, names) for entry in found]) for day, found in days)


def _day(name: str, entries: list[str]) -> str:
    return f"<h2>{name}</h2><ol>{''.join(entries)}</ol>"


def _entry(entry: TimelineEntry, names: Names) -> str:
    at = entry.occurred_at
    links = [(entry.permalink, "in Slack"), *((file.url, file.name) for file in entry.files)]
    shown = "".join(f" {_link(url, label)}" for url, label in links if url.startswith("https://"))
    who = f' <span class="soft">{escape(names(entry.author))}</span>' if entry.author else ""
    when = f'<time datetime="{at.isoformat(timespec="seconds")}">{at:%H:%M:%S}</time>'
    return f"<li>{when}<div>{escape(entry.text)}{who}{shown}</div></li>"


def _link(url: str, label: str) -> str:
    return f'<a rel="noreferrer" href={quoteattr(url)}>{escape(label)}</a>'
