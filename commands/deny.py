"""Deny a request by typing, where clicks fail."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, RunRef, word_of_one
from bot.domain.plan import Plan
from permissions.model import APPROVAL_VOTE


@dataclass(frozen=True, slots=True)
class Deny:
    run: Annotated[RunRef, Arg(help="the number on the request")]


async def execute(request: Deny, _plan: Plan, running: Running) -> Card:
    """One denial ends the request, whatever its plan: no digits are asked for."""
    return await running.govern.vote(request.run, running.actor, False, "", running.run.seat, running.run.reason)


COMMAND = Command(
    "/deny",
    "Deny a request that waits, as its button does",
    (
        word_of_one(
            "",
            Deny,
            execute,
            APPROVAL_VOTE,
            "Ends the request. Say why after “because”: whoever asked will read it.",
            "/deny R-42 because a release is on its way",
        ),
    ),
)
