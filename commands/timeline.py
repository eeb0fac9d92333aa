"""The timeline of an incident: read it, add what the bot cannot see, put right what is wrong; history stays."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, IncidentRef, Moment, Verb, Words
from bot.domain.errors import Impossible
from bot.domain.plan import Plan
from permissions.model import TIMELINE_READ, TIMELINE_WRITE, Permission, Risk


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


@dataclass(frozen=True, slots=True)
class Show:
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


async def show(request: Show, _plan: Plan, running: Running) -> Card:
    return await running.incidents.timeline(request.incident)


def _verb(
    word: str,
    request: type[Any],
    execute: Callable[[Any, Plan, Running], Awaitable[Card]],
    permission: Permission,
    help_: str,
    example: str,
) -> Verb:
    risk = Risk.READ if permission == TIMELINE_READ else Risk.RECORD
    return Verb(
        word,
        request,
        None,
        execute,
        permission,
        risk,
        help_,
        f"/timeline {example}",
        answers="here",
        ours=risk is Risk.RECORD,
    )


COMMAND = Command(
    "/timeline",
    "Write into an incident's timeline, put it right, read it",
    (
        _verb("", Note, note, TIMELINE_WRITE, "Adds what the bot cannot see", "customers call --at 14:02"),
        _verb("edit", Edit, edit, TIMELINE_WRITE, "Puts one right; what it said is kept", "edit 12 it began at two"),
        _verb("remove", Remove, remove, TIMELINE_WRITE, "Shows it no longer; it is kept", "remove 12"),
        _verb("show", Show, show, TIMELINE_READ, "All of it, with the numbers of its entries", "show INC-7"),
    ),
    bare="show",
)
