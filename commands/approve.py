"""Approve a request by typing, where clicks fail."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, Digits, RunRef, word_of_one
from bot.domain.plan import Plan
from permissions.model import APPROVAL_VOTE


@dataclass(frozen=True, slots=True)
class Approve:
    run: Annotated[RunRef, Arg(help="the number on the request")]
    digits: Annotated[Digits, Arg(help="the first 6 digits of its plan: they prove that you saw this plan")]


async def execute(request: Approve, _plan: Plan, running: Running) -> Card:
    return await running.govern.vote(request.run, running.actor, True, request.digits, running.run.seat)


COMMAND = Command(
    "/approve",
    "Approve a request that waits, as its button does",
    (
        word_of_one(
            "",
            Approve,
            execute,
            APPROVAL_VOTE,
            "Counts as your vote for exactly that plan; a plan that changed since is refused",
            "/approve R-42 7c01e9",
        ),
    ),
)
