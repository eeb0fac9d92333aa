"""The timeline of an incident: read it, add what the bot cannot see, put right what is wrong; history stays."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, IncidentRef, Moment, OfIncident, Words, at_once
from bot.domain.errors import Impossible
from bot.domain.plan import Plan
from permissions.model import TIMELINE_READ, TIMELINE_WRITE


@dataclass(frozen=True, slots=True)
class Note:
    text: Annotated[Words, Arg(help="what happened", placeholder="what happened …")]
    incident: IncidentRef | None = None
    at: Annotated[
        Moment | None, Arg(option="--at", help="when it was: 14:02 is the last one on your clock, 14:02Z in UTC")
    ] = None
    public: Annotated[bool, Arg(option="--public", help="people outside may be told")] = False


@dataclass(frozen=True, slots=True)
class Edit:
    number: Annotated[int, Arg(help="the entry's number, as /timeline show says")]
    text: Annotated[Words | None, Arg(help="what it should say")] = None
    incident: IncidentRef | None = None
    at: Annotated[
        Moment | None, Arg(option="--at", help="when it really was: 14:02 on your clock, 14:02Z in UTC")
    ] = None
    public: Annotated[bool, Arg(option="--public")] = False
    private: Annotated[bool, Arg(option="--private")] = False


@dataclass(frozen=True, slots=True)
class Remove:
    number: Annotated[int, Arg(help="the entry's number, as /timeline show says")]
    incident: IncidentRef | None = None


async def note(request: Note, _plan: Plan, running: Running) -> Card:
    return await running.incidents.note(request.incident, request.text, request.at, public=request.public)


async def edit(request: Edit, _plan: Plan, running: Running) -> Card:
    if not (request.text or request.at or request.public or request.private):
        raise Impossible("Say what should be different.", "For example: /timeline edit 12 it began at two --at 14:02")
    public = True if request.public else False if request.private else None
    return await running.incidents.correct(request.incident, request.number, request.text or "", request.at, public)


async def remove(request: Remove, _plan: Plan, running: Running) -> Card:
    return await running.incidents.remove(request.incident, request.number)


async def show(request: OfIncident, _plan: Plan, running: Running) -> Card:
    return await running.incidents.timeline(request.incident)


COMMAND = Command(
    "/timeline",
    "Write into an incident's timeline, put it right, read it",
    (
        at_once(
            "", Note, note, TIMELINE_WRITE, "Adds what the bot cannot see", "/timeline customers call --at 14:02"
        ),
        at_once(
            "edit",
            Edit,
            edit,
            TIMELINE_WRITE,
            "Puts one right; what it said is kept",
            "/timeline edit 12 it began at two",
        ),
        at_once("remove", Remove, remove, TIMELINE_WRITE, "Shows it no longer; it is kept", "/timeline remove 12"),
        at_once(
            "show",
            OfIncident,
            show,
            TIMELINE_READ,
            "All of it, with the numbers of its entries",
            "/timeline show INC-7",
        ),
    ),
    bare="show",
)
