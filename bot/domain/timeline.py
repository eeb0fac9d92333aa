"""The timeline: which sealed events become entries of an incident, and what each entry says. Pure.

An entry counts once: `source` and `source_id` name what it came from. Whoever has something to add records a
`timeline.added` event (`NewEntry.body`); the projector (`bot.timeline`) turns sealed events into rows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from bot.domain import outside
from bot.domain.event import Event, Kind
from bot.domain.incident import Incident, IncidentId
from bot.domain.json import Json, JsonObject
from bot.domain.run import Lock, Run
from bot.domain.words import clean, plain, quoted, span
from permissions.model import Risk

Names = Callable[[str], str]
Hidden = Literal["", "person", "source"]
"""Why an entry is not shown: a person removed it, or its source is gone (un-pinned, deleted)."""

EVENT = "event"
LONGEST = 1000
LOOK_BACK = timedelta(minutes=60)
"""How far before the opening health changes and deploys of the affected services are told."""

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_ABOUT_ITSELF = frozenset(
    {"/incident", "/timeline", "/approve", "/deny", "/runs", "/can", "/audit", "/ops", "/oncall", "/postmortem"}
)


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A file that belongs to an entry: where it is, never what is in it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is to be added. occurred_at: when it was true, which may be long before it is told."""

    incident: IncidentId
    source: str  # event | typed | pin | reaction | message | webhook | file | join | …
    source_id: str  # unique per incident and source: told again, it counts once
    occurred_at: datetime
    text: str
    author: str = ""  # a Slack id, or a name
    permalink: str = ""
    files: tuple[LinkedFile, ...] = ()
    public: bool = False  # may be told to people outside
    typed: bool = False  # somebody stopped to write it down
    before: bool = False  # it happened before the incident was opened

    def body(self) -> JsonObject:
        """The `timeline.added` event's body."""
        return {
            "incident": self.incident,
            "source": self.source,
            "source_id": self.source_id,
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat(),
            "text": clean(self.text, LONGEST),
            "author": self.author,
            "permalink": self.permalink,
            "files": [{"name": file.name, "url": file.url} for file in self.files],
            "public": self.public,
            "typed": self.typed,
        }


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A row. number: what people type to correct it, 1, 2, 3 … within its incident."""

    id: int
    incident: IncidentId
    number: int
    source: str
    source_id: str
    occurred_at: datetime
    recorded_at: datetime
    author: str
    text: str
    public: bool
    typed: bool
    before: bool
    permalink: str
    files: tuple[LinkedFile, ...]
    hidden: Hidden
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """One change of an entry, as it was and as it is. `after` names only what changed."""

    number: int
    at: datetime
    by: str
    before: JsonObject
    after: JsonObject


def from_body(body: Mapping[str, Json], actor: str) -> NewEntry:
    """The entry of a `timeline.added` event; KeyError or ValueError when the body is not one."""
    files = cast("list[Mapping[str, str]]", body.get("files") or [])
    return NewEntry(
        IncidentId(int(cast("int", body["incident"]))),
        str(body["source"]),
        str(body["source_id"]),
        datetime.fromisoformat(str(body["occurred_at"])),
        str(body["text"]),
        str(body.get("author") or actor),
        str(body.get("permalink") or ""),
        tuple(LinkedFile(str(file["name"]), str(file["url"])) for file in files),
        bool(body.get("public")),
        bool(body.get("typed")),
    )


def named(text: str, names: Names) -> str:
    """`<@U0ANA> is on it` → `@Ana is on it`: people by name, so that nobody reads ids or is pinged."""
    return _MENTION.sub(lambda found: f"@{names(found[1])}", text)


def concerns(event: Event, run: Run | None, incident: Incident) -> bool:
    """Whether what happened belongs into the incident: asked in its channel, or about its services."""
    if run is not None:
        asked_there = incident.channel is not None and incident.place == "channel" and run.channel == incident.channel
        return asked_there or (run.risk is not Risk.READ and incident.concerns(run.service, run.environment))
    return incident.concerns(event.service, event.environment)


def live(event: Event, incident: Incident) -> bool:
    """Whether the event came while the incident went on: after its opening, before it was resolved."""
    begun = incident.from_number is not None and event.number > incident.from_number
    return begun and (incident.resolved_at is None or event.at <= incident.resolved_at)


def earlier(event: Event, run: Run | None) -> bool:
    """What is worth telling of the hour before the opening: health, and what was deployed."""
    ended = event.kind is Kind.RUN_ENDED and run is not None and run.lock is Lock.DEPLOY
    return event.kind is Kind.HEALTH_CHANGED or event.kind in outside.KINDS or ended


def entry_of(
    event: Event, run: Run | None, incident: Incident, names: Names, *, before: bool = False
) -> NewEntry | None:
    """The entry that an event of a run, of health, of a schedule or of the incident itself becomes; None for most."""
    if event.erased:
        return None
    if event.kind in outside.KINDS:
        return _from_outside(event, incident, before=before)
    if run is not None and (run.command in _ABOUT_ITSELF or _not_worth_it(event, run)):
        return None
    text = plain(_told(event, run, names), names)
    if not text:
        return None
    return NewEntry(
        incident.id,
        EVENT,
        str(event.id),
        event.at,
        clean(named(text, names), LONGEST),
        event.actor,
        before=before,
    )


def _from_outside(event: Event, incident: Incident, *, before: bool) -> NewEntry | None:
    told = outside.told(event)
    if told is None:
        return None
    early = before or told.at < incident.opened_at
    source, source_id = told.source, told.source_id or str(event.id)
    return NewEntry(incident.id, source, source_id, told.at, told.text, told.author, told.link, before=early)


def _not_worth_it(event: Event, run: Run) -> bool:
    """Of a look only its answer is told."""
    return run.risk is Risk.READ and event.kind is not Kind.RUN_ENDED


def _told(event: Event, run: Run | None, names: Names) -> str:
    who = names(event.actor)
    if run is not None:
        return _OF_RUN[event.kind](event.body, run, who) if event.kind in _OF_RUN else ""
    return _OF_PLACE[event.kind](event.body, who, names) if event.kind in _OF_PLACE else ""


# --- what each event says ---------------------------------------------------------------------------------------


def _request(body: JsonObject, run: Run, who: str) -> str:
    return f"{who} asked for {run.text}{_because(run.reason)} ({run.label})"


def _refused(body: JsonObject, run: Run, _: str) -> str:
    return f"{run.label} {run.text} was refused: {body.get('because') or body.get('says') or run.because}"


def _not_started(body: JsonObject, run: Run, _: str) -> str:
    return f"{run.label} {run.text} did not start: {body.get('says', '')}"


def _vote(body: JsonObject, run: Run, who: str) -> str:
    if not body.get("yes"):
        return f"{who} denied {run.label}{_because(str(body.get('reason') or ''))}"
    return f"{who} approved {run.label} ({body.get('have', '?')} of {body.get('need', '?')})"


def _said(body: JsonObject) -> str:
    return str(body.get("because") or "")


def _step(body: JsonObject, run: Run, _: str) -> str:
    took, says = body.get("took_s"), " ".join(plain(str(body.get("says") or "")).split())
    lap = f" in {span(timedelta(seconds=took))}" if isinstance(took, int | float) else ""
    return f"{run.label} {body.get('step', '')}: {body.get('state', 'done')}{lap}{f', {says}' if says else ''}"


def _ended(body: JsonObject, run: Run, _: str) -> str:
    state = str(body.get("state", "ended")).replace("_", " ")
    return f"{run.label} {run.text} {state}: {' '.join(plain(str(body.get('says') or '')).split())}"


def _settled(body: JsonObject, run: Run, who: str) -> str:
    return f"{who} settled {run.label} as {str(body.get('how', '')).replace('-', ' ')}"


_OF_RUN: Mapping[Kind, Callable[[JsonObject, Run, str], str]] = {
    Kind.REQUEST_RECEIVED: _request,
    Kind.REQUEST_REFUSED: _refused,
    Kind.PLAN_MADE: lambda body, run, _: f"{run.label} plan: {body.get('summary', '')}",
    Kind.VOTE_CAST: _vote,
    Kind.APPROVAL_ALONE: lambda body, run, who: f"{who} went on alone with {run.label}{_because(_said(body))}",
    Kind.APPROVAL_BROKEN_GLASS: lambda body, run, who: (
        f"{who} broke the glass for {run.label}{_because(_said(body))}"
    ),
    Kind.APPROVAL_EXPIRED: _not_started,
    Kind.APPROVAL_VOIDED: _not_started,
    Kind.REQUEST_WITHDRAWN: _not_started,
    Kind.RUN_STARTED: lambda _, run, __: f"{run.label} {run.text} started",
    Kind.STEP_ENDED: _step,
    Kind.RUN_ENDED: _ended,
    Kind.RUN_SETTLED: _settled,
}


def _health(body: JsonObject, _: str, __: Names) -> str:
    card = body.get("card")
    return str(card.get("text") or "") if isinstance(card, dict) else ""


def _opened(body: JsonObject, who: str, _: Names) -> str:
    return f"{who} opened it as {str(body.get('severity', '')).upper()}: {body.get('title', '')}"


def _state(body: JsonObject, who: str, _: Names) -> str:
    note = _because(str(body.get("note") or ""))
    return f"{who} says it is {body.get('to', '')} (was {body.get('from', '')}){note}"


def _severity(body: JsonObject, who: str, _: Names) -> str:
    return f"{who} made it {str(body.get('to', '')).upper()} (was {str(body.get('from', '')).upper()})"


def _role(body: JsonObject, who: str, names: Names) -> str:
    role, person, former = body.get("role", ""), str(body.get("person") or ""), body.get("former")
    after = f" after {names(str(former))}" if former else ""
    return f"{names(person)} is {role}{after}" if person else f"{who} left the role of {role} empty"


def _asked(body: JsonObject, _: str, names: Names) -> str:
    return f"{names(str(body.get('person', '')))} was asked to come, as on call"


def _step_taken(body: JsonObject, who: str, names: Names) -> str:
    step = str(body.get("step", ""))
    match body.get("what"):
        case "owner":
            return f"{names(str(body.get('person', '')))} has the step “{step}”"
        case "done":
            return f"{who} did the step “{step}”"
        case _:
            return f"{who} says that the step “{step}” is to be done again"


def _at(stamp: object) -> str:
    return f"{datetime.fromisoformat(str(stamp)).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


_OF_PLACE: Mapping[Kind, Callable[[JsonObject, str, Names], str]] = {
    Kind.HEALTH_CHANGED: _health,
    Kind.SCHEDULE_MISSED: lambda body, _, __: f"{body.get('line', 'What is scheduled')} did not run by itself",
    Kind.INCIDENT_OPENED: _opened,
    Kind.INCIDENT_STATE_CHANGED: _state,
    Kind.INCIDENT_SEVERITY_CHANGED: _severity,
    Kind.INCIDENT_ROLE_CHANGED: _role,
    Kind.INCIDENT_ACKNOWLEDGED: lambda _, who, __: f"{who} is on it",
    Kind.INCIDENT_ASKED: _asked,
    Kind.INCIDENT_UPDATED: lambda body, who, _: f"{who}: {body.get('text', '')}",
    Kind.INCIDENT_MERGED: lambda body, who, _: f"{who} merged INC-{body.get('merged', '?')} into it",
    Kind.INCIDENT_INVITED: lambda body, who, names: f"{who} invited {names(str(body.get('person', '')))}",
    Kind.INCIDENT_STEP_TAKEN: _step_taken,
    Kind.INCIDENT_SUSPECTED: lambda body, who, _: f"{who} thinks that it began at {_at(body.get('at'))}",
    Kind.FOLLOWUP_ADDED: lambda body, who, _: f"{who} noted a follow-up: {body.get('text', '')}",
    Kind.FOLLOWUP_DONE: lambda body, who, _: f"{who} finished a follow-up: {body.get('text', '')}",
}


def _because(reason: str) -> str:
    return f": {quoted(reason, 300)}" if reason else ""


def line_of(entry: TimelineEntry | NewEntry) -> str:
    """What the entry says in one line, without its time."""
    names = ", ".join(file.name for file in entry.files)
    return " ".join(part for part in (" ".join(entry.text.split()), f"[{names}]" if names else "") if part)
