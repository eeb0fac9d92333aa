"""Incidents: declare one in a line, lead it, hand over, follow up. Its own channel says which one is meant."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from bot.domain.capability import Look, Running, StatusPage
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import (
    Arg,
    Command,
    Day,
    Environment,
    IncidentRef,
    Moment,
    OfIncident,
    PersonRef,
    Service,
    Until,
    Verb,
    Words,
    at_once,
)
from bot.domain.errors import Impossible, ProviderError
from bot.domain.incident import Affected, IncidentState, NewIncident, Role, Severity
from bot.domain.outward import Ready, Wish
from bot.domain.outward_card import posted_card, summary, tells
from bot.domain.plan import Plan
from permissions.model import INCIDENT_OPEN, INCIDENT_READ, INCIDENT_UPDATE, STATUS_POST, Risk

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Open:
    title: Annotated[Words, Arg(help="what is wrong, in a few words", placeholder="what is wrong …")]
    severity: Annotated[
        Literal["sev1", "sev2", "sev3", "sev4"] | None,
        Arg(option="--severity", help="sev1 is the worst; without it SEV2 where a production check fails, else SEV3"),
    ] = None
    service: Annotated[
        Service | None, Arg(option="--service", help="else the one that you name, or the channel's")
    ] = None
    environment: Annotated[Environment | None, Arg(option="--environment")] = None
    private: Annotated[bool, Arg(option="--private", help="only who is brought in, and admins, know of it")] = False
    test: Annotated[bool, Arg(option="--test", help="a rehearsal: marked everywhere, counts nowhere")] = False
    type: Annotated[
        Literal["outage", "security"],
        Arg(option="--type", help="security: private, in a channel without a name, with its checklist"),
    ] = "outage"

    def __post_init__(self) -> None:
        if len(self.title.split()) < 2 or self.title.lower().startswith("inc-"):
            raise ValueError("Say what is wrong in two words or more.")
        if len(self.title) > LONGEST_TITLE:
            raise ValueError(f"That is longer than {LONGEST_TITLE} characters: say the rest in the channel.")


@dataclass(frozen=True, slots=True)
class Say:
    text: Annotated[Words, Arg(help="what is known now")]
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Step:
    incident: IncidentRef | None = None
    note: Annotated[Words | None, Arg(help="what you saw")] = None


@dataclass(frozen=True, slots=True)
class Severe:
    severity: Annotated[Literal["sev1", "sev2", "sev3", "sev4"], Arg(help="sev1 is the worst")]
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Take:
    person: Annotated[PersonRef | None, Arg(help="else you")] = None
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Give:
    role: Literal["commander", "scribe", "operations", "communications"]
    person: Annotated[PersonRef | None, Arg(help="else nobody has it any more")] = None
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    person: Annotated[PersonRef, Arg(help="who may know of it from now on")]
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    step: Annotated[int, Arg(help="1 to 5, as the header lists them")]
    how: Annotated[Literal["done", "undone"] | None, Arg(help="else the person named, or you, has it")] = None
    person: PersonRef | None = None
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Suspect:
    at: Annotated[
        Moment, Arg(help="when it is thought to have begun: 02:00 on your clock, 02:00Z, 2026-11-19T02:00Z")
    ]
    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    duplicate: Annotated[IncidentRef, Arg(help="the one that ends")]
    into: Annotated[IncidentRef | None, Arg(option="--into", help="else the one of this channel")] = None


@dataclass(frozen=True, slots=True)
class Todo:
    action: Annotated[Literal["add", "done", "list"], Arg(help="add “…”, done 3, list")]
    text: Annotated[Words | None, Arg(help="what is left to do; after done its number")] = None
    incident: IncidentRef | None = None
    owner: Annotated[PersonRef | None, Arg(option="--owner", help="reminded once a day when it is due")] = None
    due: Annotated[Day | None, Arg(option="--due")] = None


@dataclass(frozen=True, slots=True)
class Post:
    text: Annotated[Words, Arg(help="what people outside should read", placeholder="what people outside read …")]
    incident: IncidentRef | None = None
    state: Annotated[
        Literal["investigating", "identified", "monitoring", "resolved"] | None,
        Arg(option="--state", help="else as the incident stands"),
    ] = None
    next: Annotated[Until | None, Arg(option="--next", help="when they hear again: 30m or 16:00")] = None
    service: Annotated[Service | None, Arg(option="--service", help="else the incident's")] = None
    environment: Annotated[Environment | None, Arg(option="--environment")] = None


@dataclass(frozen=True, slots=True)
class Listed:
    all: Annotated[bool, Arg(help="also what is over")] = False


@dataclass(frozen=True, slots=True)
class Export:
    incident: IncidentRef | None = None
    form: Annotated[Literal["pdf", "md", "json", "csv"], Arg(option="--as")] = "pdf"
    public: Annotated[bool, Arg(option="--public", help="only what people outside may be told")] = False


@dataclass(frozen=True, slots=True)
class Link:
    incident: IncidentRef | None = None
    until: Annotated[Until | None, Arg(option="--until", help="when it ends; else in a day")] = None
    revoke: Annotated[bool, Arg(option="--revoke", help="every link given out so far is void")] = False


@dataclass(frozen=True, slots=True)
class Stats:
    months: Annotated[int, Arg(option="--months", help="how many, this one included")] = 6

    def __post_init__(self) -> None:
        if not 1 <= self.months <= 24:
            raise ValueError("Choose between 1 and 24 months.")


async def export(request: Export, _plan: Plan, running: Running) -> Card:
    return await running.reports.export(request.incident, request.form, public=request.public)


async def link(request: Link, _plan: Plan, running: Running) -> Card:
    if request.revoke:
        return await running.reports.revoke_links(request.incident)
    return await running.reports.link(request.incident, request.until)


async def stats(request: Stats, _plan: Plan, running: Running) -> Card:
    return await running.reports.stats(request.months)


async def open_(request: Open, _plan: Plan, running: Running) -> Card:
    affected = (Affected(request.service, request.environment or ""),) if request.service else ()
    secret = request.type == "security"
    severity = Severity(request.severity) if request.severity else Severity.SEV2 if secret else Severity.SEV3
    new = NewIncident(request.title, severity, affected, request.private or secret, request.test, request.type)
    return await running.incidents.open(new, guessed=request.severity is None and not secret)


async def update(request: Say, _plan: Plan, running: Running) -> Card:
    return await running.incidents.update(request.incident, request.text)


def step(to: IncidentState) -> Callable[[Step, Plan, Running], Awaitable[Card]]:
    async def move(request: Step, _plan: Plan, running: Running) -> Card:
        return await running.incidents.move(request.incident, to, request.note or "")

    return move


async def severity(request: Severe, _plan: Plan, running: Running) -> Card:
    return await running.incidents.severity(request.incident, Severity(request.severity))


def take(role: Role) -> Callable[[Take, Plan, Running], Awaitable[Card]]:
    async def taken(request: Take, _plan: Plan, running: Running) -> Card:
        return await running.incidents.role(request.incident, role, request.person or running.actor)

    return taken


async def give(request: Give, _plan: Plan, running: Running) -> Card:
    return await running.incidents.role(request.incident, Role(request.role), request.person or "")


async def invite(request: Invite, _plan: Plan, running: Running) -> Card:
    return await running.incidents.security.invite(request.incident, request.person)


async def tick(request: Tick, _plan: Plan, running: Running) -> Card:
    if request.how is None:
        who = request.person or running.actor
        return await running.incidents.security.take(request.incident, request.step, who)
    return await running.incidents.security.tick(request.incident, request.step, done=request.how == "done")


async def suspected(request: Suspect, _plan: Plan, running: Running) -> Card:
    return await running.incidents.security.suspect(request.incident, request.at)


async def merge(request: Merge, _plan: Plan, running: Running) -> Card:
    return await running.incidents.merge(request.duplicate, request.into)


async def followup(request: Todo, _plan: Plan, running: Running) -> Card:
    match request.action:
        case "list":
            return await running.incidents.followups(request.incident)
        case "done":
            number = (request.text or "").lstrip("#")
            if not number.isdigit():
                raise Impossible("Say which one: its number stands in the list.", "/incident followup list shows it.")
            return await running.incidents.finish_followup(int(number))
        case "add":
            if not request.text:
                raise Impossible("Say what is left to do.", "For example: /incident followup add “alert on pool use”")
            due = date.fromisoformat(request.due) if request.due else None
            return await running.incidents.add_followup(request.incident, request.text, request.owner or "", due)


# --- people outside ---------------------------------------------------------------------------------------------


async def plan_post(request: Post, look: Look) -> Plan:
    """The exact words, to be seen before anybody outside does."""
    ready, pages = await _ready(request, look), _pages(request, look)
    where = [page.name for page in pages]
    return Plan(
        f"Tell people outside about {ready.incident.label}",
        summary(ready, where),
        "Approve these words",
        "Post now",
        {
            "incident": ready.incident.id,
            "title": ready.title,
            "state": ready.state,
            "text": ready.text,
            "next": ready.next_at.isoformat() if ready.next_at else "",
            "update": ready.turn,
            "pages": [dict(page.binds()) for page in pages],
        },
        tells(ready),
        steps=tuple(f"post on {name}" for name in where),
    )


async def post(request: Post, plan: Plan, running: Running) -> Card:
    """On every page; one that fails does not silence the others, and what is out is written down."""
    ready = await _ready(request, running)
    if ready.text != plan.binds["text"]:
        raise Impossible("It stands otherwise by now, so these are not the words that were looked at.", "Post again.")
    done, failed = list[tuple[str, str]](), list[ProviderError]()
    pages = _pages(request, running)
    for page in pages:
        try:
            async with running.step(f"post on {page.name}"):
                done.append((page.name, await page.tell(ready.update(running.key("post")))))
        except ProviderError as error:
            failed.append(error)
    if failed and not done:
        raise failed[0]
    await running.incidents.outward.posted(ready, running.run)
    return posted_card(ready, done, [str(error) for error in failed])


async def _ready(request: Post, look: Look) -> Ready:
    incident = await (look.incidents.find(request.incident) if request.incident else look.incidents.here())
    wish = Wish(request.text, request.state, request.next)
    return await look.incidents.outward.ready(incident, wish)


def _pages(request: Post, look: Look) -> Sequence[StatusPage]:
    """Those of the incident's place; none is right where the catalog has `updates` and people publish themselves."""
    if not (request.service and request.environment):
        raise Impossible("This incident concerns no service of the catalog.", "Say which with --service.")
    place = Place(request.service, request.environment)
    found = look.providers(place, StatusPage)
    if not found and look.catalog.services[place.service].updates is None:
        return (look.provider(place, StatusPage),)
    return found


async def show(request: OfIncident, _plan: Plan, running: Running) -> Card:
    return await running.incidents.show(request.incident)


async def listed(request: Listed, _plan: Plan, running: Running) -> Card:
    return await running.incidents.overview(everything=request.all)


_OPENS = "Opens one at once, with its channel; nothing is asked"
_STATES = {
    "investigating": (IncidentState.INVESTIGATING, "The cause is not known (again)", "investigating it is back"),
    "identified": (IncidentState.IDENTIFIED, "The cause is known", "identified the new release breaks checkout"),
    "monitoring": (
        IncidentState.MONITORING,
        "A fix is in place; we watch",
        "monitoring rolled back, error rate falls",
    ),
    "resolve": (IncidentState.RESOLVED, "It is over for those who use the service", "resolve checkout answers again"),
    "resolved": (IncidentState.RESOLVED, "The same as resolve", "resolved"),
    "close": (IncidentState.CLOSED, "Nothing more is to be said about it", "close INC-7"),
    "closed": (IncidentState.CLOSED, "The same as close", "closed INC-7"),
    "reopen": (IncidentState.INVESTIGATING, "It was not over", "reopen INC-7 checkout fails again"),
}

COMMAND = Command(
    "/incident",
    "Declare trouble in one line, lead it, follow up",
    (
        at_once("", Open, open_, INCIDENT_OPEN, _OPENS, "/incident checkout answers 500"),
        at_once("open", Open, open_, INCIDENT_OPEN, "The same, by its name",
                "/incident open checkout answers 500 --severity sev1"),
        at_once("update", Say, update, INCIDENT_UPDATE, "What is known now; the header shows it",
                "/incident update payments are accepted again"),
        *(
            at_once(word, Step, step(to), INCIDENT_UPDATE, help_, f"/incident {example}")
            for word, (to, help_, example) in _STATES.items()
        ),
        at_once("severity", Severe, severity, INCIDENT_UPDATE, "Unclear: take the higher", "/incident severity sev1"),
        at_once("commander", Take, take(Role.COMMANDER), INCIDENT_UPDATE, "Who leads; a hand-over is the same",
                "/incident commander <@U0ANA>"),
        at_once("scribe", Take, take(Role.SCRIBE), INCIDENT_UPDATE, "Who writes what the bot cannot see",
                "/incident scribe <@U0BEN>"),
        at_once("role", Give, give, INCIDENT_UPDATE, "Any role, or nobody for it any more",
                "/incident role communications <@U0CHI>"),
        at_once("invite", Invite, invite, INCIDENT_UPDATE, "Lets one more person in",
                "/incident invite <@U0CHI>"),
        at_once("step", Tick, tick, INCIDENT_UPDATE, "A security incident's checklist: who has a step, what is done",
                "/incident step 3 done"),
        at_once("suspected", Suspect, suspected, INCIDENT_UPDATE, "When it may have begun: which backup is clean",
                "/incident suspected 02:00"),
        at_once("merge", Merge, merge, INCIDENT_UPDATE, "A duplicate ends in another one",
                "/incident merge INC-8 --into INC-7"),
        at_once("followup", Todo, followup, INCIDENT_UPDATE, "What is left to do afterwards",
                "/incident followup add alert on pool use --owner <@U0CHI> --due 2026-12-01"),
        Verb("post", Post, plan_post, post, STATUS_POST, Risk.CHANGE,
             "Tells people outside, after you saw the exact words",
             '/incident post Checkout is slow; we are looking into it --next 20m', of_incident=True),
        at_once("show", OfIncident, show, INCIDENT_READ, "One whole: state, roles, places, what is left to do",
                "/incident show INC-7"),
        at_once("export", Export, export, INCIDENT_READ,
                "A file with facts, health and timeline, in your conversation",
                "/incident export INC-7 --as pdf"),
        at_once("link", Link, link, INCIDENT_UPDATE, "A read-only page of the live timeline, for when Slack is down",
                "/incident link INC-7 --until 18:00"),
        at_once("stats", Stats, stats, INCIDENT_READ, "How many, how long, by month, severity and service",
                "/incident stats --months 12"),
        at_once("list", Listed, listed, INCIDENT_READ, "What is open now", "/incident list"),
    ),
    bare="list",
)  # fmt: skip
