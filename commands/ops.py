"""One command for all: alone what one may do here; `/ops rollback …` is `/rollback …`; and the weekly report."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card
from bot.domain.command import Arg, Command, Since, Verb
from bot.domain.plan import Plan
from permissions.model import AUDIT_READ, OPS_READ, Risk


@dataclass(frozen=True, slots=True)
class Ops:
    """Nothing to say: the parser reads everything else that follows `/ops` as a command of its own."""


@dataclass(frozen=True, slots=True)
class Report:
    since: Annotated[Since | None, Arg(option="--since", placeholder="7d", help="how far back, 30d at most")] = None


async def execute(_request: Ops, _plan: Plan, running: Running) -> Card:
    return running.govern.menu(running.actor, running.channel)


async def report(request: Report, _plan: Plan, running: Running) -> Card:
    return await running.govern.week(request.since, running.actor)


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
        Verb(
            "report",
            Report,
            None,
            report,
            permission=AUDIT_READ,
            risk=Risk.READ,
            help="What there was in a week: runs, approvals, reviews, failed proofs, what needs doing",
            example="/ops report --since 7d",
            answers="private",
        ),
    ),
    frozenset({"five", "core", "all"}),
)
