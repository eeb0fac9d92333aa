"""From what a person typed to a committed run: parse, decide from memory, write. Calls nobody outside."""

from datetime import datetime

from bot.db import runs
from bot.db.runs import NewRun
from bot.domain import parse
from bot.domain.card import Card, Tone
from bot.domain.errors import BadRequest
from bot.domain.invocation import Answer, Invocation
from bot.domain.parse import Help, Parsed
from bot.domain.run import Run, RunId, State
from bot.domain.words import apart, bold, clean, code, linked
from bot.engine import freezes
from bot.engine.installation import Installation
from permissions.decide import Allow, Deny, NeedsApproval
from permissions.model import Ask

_TITLE = 100


class Intake:
    """`receive` returns only after the record is committed; what happens next is told by the run's messages."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def receive(self, invocation: Invocation) -> Answer:
        """Raises what asyncpg raises when PostgreSQL is away: the caller says that nothing is known."""
        try:
            parsed = self.parse(invocation)
        except BadRequest as bad:
            return Answer(not_understood(invocation, bad))
        if isinstance(parsed, Help):
            return Answer(parsed.card)
        new, refusal = self._decide(parsed, invocation)
        if refusal is None and (frozen := await freezes.stopped(self._at.pool, self._at, parsed)) is not None:
            because = f"{frozen.because.sentence} ({frozen.because.where})"
            new, refusal = new_run(parsed, State.REFUSED, because), refused_card(frozen, parsed.line)
        run, fresh = await runs.receive(self._at.pool, invocation, new)
        self._at.bell.ring("work", "outbox")
        if refusal is not None:
            return Answer(refusal, run=run)
        return Answer(None if fresh else await self._repeated(run), run=run)

    def parse(self, invocation: Invocation) -> Parsed | Help:
        return parse.parse(
            self._at.commands,
            self._at.catalog,
            invocation.command,
            invocation.text,
            channel=invocation.channel,
            now=invocation.received_at.astimezone(self._at.zone),
        )

    def _decide(self, parsed: Parsed, invocation: Invocation) -> tuple[NewRun, Card | None]:
        """The run to write, and the card of a refusal. Somebody we do not know well enough is decided later."""
        if self._undecidable(invocation):
            return new_run(parsed, State.RECEIVED, ""), None
        place = parsed.place
        ask = Ask(
            self._at.person(invocation.actor.id, invocation.actor.team),
            parsed.verb.permission,
            parsed.verb.risk,
            self._at.scope(
                place.service if place else None, place.environment if place else None, invocation.channel
            ),
        )
        match self._at.decide(ask):
            case Deny() as deny:
                because = f"{deny.because.sentence} ({deny.because.where})"
                return new_run(parsed, State.REFUSED, because), refused_card(deny, parsed.line)
            case Allow(because=reason) | NeedsApproval(because=reason):
                state = State.QUEUED if parsed.verb.plan is None else State.RECEIVED
                return new_run(parsed, state, f"{reason.sentence} ({reason.where})"), None

    def _undecidable(self, invocation: Invocation) -> bool:
        """We do not know our own workspace yet, or not lately whether this member of it is one still."""
        if not self._at.team:
            return True
        ours = invocation.actor.team == self._at.team
        return ours and not self._at.people.fresh(invocation.actor.id, invocation.received_at)

    async def _repeated(self, run_id: RunId | None) -> Card | None:
        run = await runs.get(self._at.pool, run_id) if run_id else None
        return already_asked(run) if run else None


def new_run(parsed: Parsed, state: State, because: str) -> NewRun:
    """The row of a request that was parsed and decided."""
    place = parsed.place
    return NewRun(
        state=state,
        command=parsed.command.name,
        verb=parsed.verb.word,
        line=parsed.line,
        request=parse.to_json(parsed.request),
        service=place.service if place else None,
        environment=place.environment if place else None,
        lock=parsed.verb.lock,
        permission=parsed.verb.permission,
        risk=parsed.verb.risk,
        reason=parsed.reason,
        dry_run=parsed.dry_run,
        because=because,
    )


def refused_card(deny: Deny, line: str) -> Card:
    """A refusal says what is not allowed, why, which rule decided, and who can."""
    what, why = apart(deny.because.sentence)
    return Card(
        Tone.STOPPED,
        what,
        f"{clean(line)}: refused. {deny.because.sentence} {deny.next_step} Nothing was changed.",
        tuple(part for part in (linked(f"{why}\n{deny.next_step}".strip()),) if part),
        footer=f"Nothing was changed · decided by {deny.because.where} · recorded in the audit log",
    )


def not_understood(invocation: Invocation, bad: BadRequest) -> Card:
    """What was wrong is the title, unless it is too long for one."""
    typed = clean(f"{invocation.command} {invocation.text}".strip(), 300)
    short = len(bad.what) <= _TITLE
    lines = ("" if short else bad.what, bad.next_step, f"For example {code(bad.example)}" if bad.example else "")
    body = "\n".join(line for line in lines if line)
    return Card(
        Tone.WARN,
        bad.what.removesuffix(".") if short else "I did not understand that",
        f"{bad.what} {bad.next_step} Nothing was changed.",
        (body,) if body else (),
        footer=f"Nothing was changed · you typed {code(typed)}",
    )


def already_asked(run: Run) -> Card:
    return Card(
        Tone.INFO,
        f"{run.label}: already asked",
        f"You asked for this less than a minute ago: it is {run.label}, {run.state.value}. Nothing was added.",
        (f"You asked for {bold(run.text)} less than a minute ago. It is {run.label}, now {run.state.value}.",),
        footer="Nothing was added: the same open request within a minute is the same run",
    )


_UNKNOWN = (
    "My database did not answer in time, so I do not know whether this was recorded. "
    "If it was, it will run under its number; `/runs` will tell. Please do not type it again."
)


def unknown_if_recorded(received_at: datetime) -> Card:
    """The answer when PostgreSQL did not confirm in time (design rule 1)."""
    return Card(
        Tone.UNKNOWN,
        "I do not know whether this was recorded",
        "My database did not answer in time. I do not know whether this was recorded; /runs will tell. "
        "Please do not type it again.",
        (_UNKNOWN,),
        footer=f"Received {received_at:%H:%M:%S} UTC",
    )
