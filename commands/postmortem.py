"""The post-mortem of an incident: drafted from the record; people add what only they know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, IncidentRef, Verb, Words
from bot.domain.plan import Plan
from permissions.model import POSTMORTEM_WRITE, Risk


@dataclass(frozen=True, slots=True)
class Draft:
    incident: Annotated[IncidentRef | None, Arg(help="else the one of this channel")] = None


@dataclass(frozen=True, slots=True)
class Say:
    text: Annotated[Words, Arg(help="in your words")]
    incident: IncidentRef | None = None


async def draft(request: Draft, _plan: Plan, running: Running) -> Card:
    return await running.reports.postmortem(request.incident)


def say(part: Literal["summary", "cause"]) -> Callable[[Say, Plan, Running], Awaitable[Card]]:
    async def noted(request: Say, _plan: Plan, running: Running) -> Card:
        return await running.reports.say(request.incident, part, request.text)

    return noted


async def done(request: Draft, _plan: Plan, running: Running) -> Card:
    return await running.reports.finish(request.incident)


def _verb(
    word: str, request: type[Any], execute: Callable[[Any, Plan, Running], Awaitable[Card]], help_: str, example: str
) -> Verb:
    ours = request is not Draft or word != ""  # a draft is typeset, which takes its time
    return Verb(
        word, request, None, execute, POSTMORTEM_WRITE, Risk.RECORD, help_, example, answers="here", ours=ours
    )


COMMAND = Command(
    "/postmortem",
    "Draft an incident's post-mortem from what is recorded",
    (
        _verb("", Draft, draft, "The draft as Markdown and PDF, in your conversation", "/postmortem INC-7"),
        _verb("summary", Say, say("summary"), "What happened, for whom", "/postmortem summary nobody could pay"),
        _verb("cause", Say, say("cause"), "Why it happened", "/postmortem cause the new release read a null price"),
        _verb("done", Draft, done, "It is written and shared: nobody is reminded any more", "/postmortem done INC-7"),
    ),
    sets=frozenset({"all"}),
)
