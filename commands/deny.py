"""Deny a request by typing, where clicks fail."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, RunRef, Verb
from bot.domain.plan import Plan
from permissions.model import APPROVAL_VOTE, Risk


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
        Verb(
            "",
            Deny,
            None,
            execute,
            permission=APPROVAL_VOTE,
            risk=Risk.RECORD,
            help="Ends the request. Say why after “because”: whoever asked will read it.",
            example="/deny R-42 because a release is on its way",
            answers="private",
            ours=True,
        ),
    ),
)
