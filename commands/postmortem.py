"""The post-mortem of an incident: drafted from the record; people add what only they know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, IncidentRef, OfIncident, Words, at_once
from bot.domain.plan import Plan
from permissions.model import POSTMORTEM_WRITE


@dataclass(frozen=True, slots=True)
class Say:
    text: Annotated[Words, Arg(help="in your words")]
    incident: IncidentRef | None = None


async def draft(request: OfIncident, _plan: Plan, running: Running) -> Card:
    return await running.reports.postmortem(request.incident)


def say(part: Literal["summary", "cause"]) -> Callable[[Say, Plan, Running], Awaitable[Card]]:
    async def noted(request: Say, _plan: Plan, running: Running) -> Card:
        return await running.reports.say(request.incident, part, request.text)

    return noted


async def done(request: OfIncident, _plan: Plan, running: Running) -> Card:
    return await running.reports.finish(request.incident)


COMMAND = Command(
    "/postmortem",
    "Draft an incident's post-mortem from what is recorded",
    (
        at_once(
            "",
            OfIncident,
            draft,
            POSTMORTEM_WRITE,
            "The draft as Markdown and PDF, in your conversation",
            "/postmortem INC-7",
        ),
        at_once(
            "summary",
            Say,
            say("summary"),
            POSTMORTEM_WRITE,
            "What happened, for whom",
            "/postmortem summary nobody could pay",
        ),
        at_once(
            "cause",
            Say,
            say("cause"),
            POSTMORTEM_WRITE,
            "Why it happened",
            "/postmortem cause the new release read a null price",
        ),
        at_once(
            "done",
            OfIncident,
            done,
            POSTMORTEM_WRITE,
            "It is written and shared: nobody is reminded any more",
            "/postmortem done INC-7",
        ),
    ),
    sets=frozenset({"all"}),
)
