"""May I, why, and who can help: the policy answers before anybody tries."""

from dataclasses import dataclass, replace
from typing import Annotated

from bot.domain.capability import Running
from bot.domain.card import Card, Tone
from bot.domain.command import Arg, Command, CommandLine, PersonRef, Verb
from bot.domain.plan import Plan
from bot.domain.words import bold
from permissions.model import POLICY_READ, Risk


@dataclass(frozen=True, slots=True)
class Can:
    person: Annotated[PersonRef | None, Arg(help="somebody else; left out, it is you")] = None
    line: Annotated[CommandLine | None, Arg(help="a whole command, as it would be typed")] = None


async def execute(request: Can, _plan: Plan, running: Running) -> Card:
    person = request.person or running.actor
    if request.line is None:
        return running.govern.who_is(person, running.actor)
    answer = running.govern.may(person, request.line, running.channel)
    frozen = await running.govern.freezes.over_line(request.line, running.channel)
    if not frozen or answer.tone is not Tone.OK:
        return answer
    return replace(
        answer,
        tone=Tone.STOPPED,
        title=f"{answer.title}; but it is frozen now",
        text=f"It is frozen now. {frozen} {answer.text}",
        body=(f"{bold('Frozen')} {frozen}", *answer.body),
    )


COMMAND = Command(
    "/can",
    "Say what the policy lets somebody do here, and why",
    (
        Verb(
            "",
            Can,
            None,
            execute,
            permission=POLICY_READ,
            risk=Risk.READ,
            help="Alone: who you are here. With a command: whether it may be done, by which rule, who can help.",
            example="/can rollback shop production",
            answers="private",
        ),
    ),
)
