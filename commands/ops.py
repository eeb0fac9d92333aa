"""One command for all: alone it says what one may do here; `/ops rollback …` is `/rollback …`."""

from dataclasses import dataclass

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Command, Verb
from bot.domain.plan import Plan
from permissions.model import OPS_READ, Risk


@dataclass(frozen=True, slots=True)
class Ops:
    """Nothing to say: the parser reads everything else that follows `/ops` as a command of its own."""


async def execute(_request: Ops, _plan: Plan, running: Running) -> Card:
    return running.govern.menu(running.actor, running.channel)


COMMAND = Command(
    "/ops",
    "Show what you may do here; every command also works after it",
    (
        Verb(
            "",
            Ops,
            None,
            execute,
            permission=OPS_READ,
            risk=Risk.READ,
            help="What you may do in this channel, with examples",
            example="/ops",
            answers="private",
        ),
    ),
    frozenset({"five", "core", "all"}),
)
