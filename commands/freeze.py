"""Stop deploys and what is destructive for a while; what mends goes on."""

from dataclasses import dataclass
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card, Tone
from bot.domain.command import Arg, Command, Environment, RunRef, Service, Until, Verb, word_of_one
from bot.domain.plan import Plan
from bot.domain.words import code
from permissions.model import FREEZE_READ, FREEZE_SET, Risk


@dataclass(frozen=True, slots=True)
class Freeze:
    """`all` stands for every service; --for is another way to say --until."""

    service: Service | None = None
    environment: Environment | None = None
    until: Annotated[Until | None, Arg(option="--until", help="its end; 24 h from now when left out")] = None
    lasting: Annotated[Until | None, Arg(option="--for", help="the same, said as a length", placeholder="2h")] = None

    def __post_init__(self) -> None:
        if self.until and self.lasting:
            raise ValueError("--until and --for both say when it ends: one of them is enough.")
        if self.lasting:
            object.__setattr__(self, "until", self.lasting)
            object.__setattr__(self, "lasting", None)


@dataclass(frozen=True, slots=True)
class Lift:
    """By its number, or by exactly its place."""

    run: Annotated[RunRef | None, Arg(help="the freeze's own number")] = None
    service: Service | None = None
    environment: Environment | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All of them: there are few."""


async def freeze(request: Freeze, _plan: Plan, running: Running) -> Card:
    if not running.run.reason:
        return _why()
    return await running.govern.freezes.set(running.run, request.service, request.environment, request.until)


async def lift(request: Lift, _plan: Plan, running: Running) -> Card:
    return await running.govern.freezes.lift(running.run, request.run, request.service, request.environment)


async def standing(_request: Standing, _plan: Plan, running: Running) -> Card:
    return await running.govern.freezes.listed()


def _why() -> Card:
    what = "A freeze needs its reason: whoever it stops will read it."
    next_step = f"For example {code('/freeze shop production --until 18:00 because release day')}."
    return Card(
        Tone.WARN,
        "Say why it shall be frozen",
        f"{what} Nothing was changed.",
        (f"{what} {next_step}", f"{code('/freeze list')} shows what is frozen now."),
        footer="Nothing was changed",
        private=True,
        unchanged=True,
    )


COMMAND = Command(
    "/freeze",
    "Stop deploys and what is destructive for a while, with a reason and an end",
    (
        word_of_one(
            "",
            Freeze,
            freeze,
            FREEZE_SET,
            "Everything, a service, an environment or one place. Rollback, restart and replay go on.",
            "/freeze shop production --until 18:00 because release day",
        ),
        Verb(
            "list",
            Standing,
            None,
            standing,
            permission=FREEZE_READ,
            risk=Risk.READ,
            help="What is frozen, until when, by whom and why",
            example="/freeze list",
        ),
        word_of_one(
            "lift",
            Lift,
            lift,
            FREEZE_SET,
            "End a freeze before its time",
            "/freeze lift R-41 because the release is out",
        ),
    ),
)
