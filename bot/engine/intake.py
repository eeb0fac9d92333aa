"""From what a person typed to a committed run: parse, decide from memory, write. Calls nobody outside."""

import asyncio
import time
from datetime import datetime
from weakref import WeakValueDictionary

from bot.db import runs
from bot.db.database import Connection, Rows
from bot.db.group_commit import GroupCommit
from bot.db.runs import NewRun
from bot.domain import parse
from bot.domain.card import Card, Tone
from bot.domain.errors import BadRequest, Missing
from bot.domain.intake_card import already_asked, not_understood, refused_card
from bot.domain.invocation import Answer, Invocation
from bot.domain.parse import Help, Parsed
from bot.domain.run import RunId, State
from bot.engine import freezes
from bot.engine.forms import Forms
from bot.engine.installation import Installation
from bot.engine.places import placed
from permissions.decide import Allow, Deny, NeedsApproval
from permissions.model import Ask

_MANY = 4  # requests in hand at once, of more people than usually type in the same millisecond


class Intake:
    """`receive` returns only after the record is committed; what happens next is told by the run's messages."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._commits = GroupCommit(installation.pool)
        self._in_hand = 0  # requests that are not acknowledged yet
        self.forms = Forms(installation, self._judge)

    async def receive(self, invocation: Invocation, within: "Connection | None" = None) -> Answer:
        """Raises what asyncpg raises when PostgreSQL is away: the caller says that nothing is known.

        within: the transaction that everything belongs to; without it the record is committed here.
        """
        self._in_hand += 1
        if self._in_hand >= _MANY:
            self._at.crowded_at = time.monotonic()
        try:
            async with self._turn(invocation):
                return await self._receive(invocation, within)
        finally:
            self._in_hand -= 1

    def _turn(self, invocation: Invocation) -> asyncio.Lock:
        """What one person types at one place is written in the order in which it came."""
        return self._turns.setdefault((invocation.actor.id, invocation.channel), asyncio.Lock())

    async def _receive(self, invocation: Invocation, within: "Connection | None") -> Answer:
        rows = within or self._at.pool
        try:
            parsed = self.parse(invocation)
        except BadRequest as bad:
            return await self._unfinished(invocation, bad, rows)
        if isinstance(parsed, Help):
            return Answer(parsed.card)
        new, refusal = await self._judge(parsed, invocation, rows)
        if within:
            run, fresh = await runs.receive(within, invocation, new)
        else:
            run, fresh = await self._commits.receive(invocation, new)
        self._at.bell.ring("work", "outbox")
        if refusal is not None:
            return Answer(refusal, run=run)
        return Answer(None if fresh else await self._repeated(run, rows), run=run)

    async def _unfinished(self, invocation: Invocation, bad: BadRequest, rows: Rows) -> Answer:
        """A form asks for what is missing, once it is known that this person may do it somewhere."""
        formless = invocation.via != "slack" or self._undecidable(invocation)
        if formless or not isinstance(bad, Missing):
            return Answer(not_understood(invocation, bad))
        return await self.forms.begin(invocation, bad, rows)

    def parse(self, invocation: Invocation) -> Parsed | Help:
        return parse.parse(
            self._at.commands,
            self._at.catalog_here,
            invocation.command,
            invocation.text,
            channel=invocation.channel,
            now=invocation.received_at.astimezone(self._at.zone_of(invocation.actor.id)),
        )

    async def _judge(self, parsed: Parsed, invocation: Invocation, rows: Rows) -> tuple[NewRun, Card | None]:
        """By the policy, and by the freezes that stand."""
        parsed = await placed(rows, self._at.catalog, parsed, invocation.channel)
        new, refusal = self._decide(parsed, invocation)
        frozen = await freezes.stopped(rows, self._at, parsed) if refusal is None else None
        if frozen is None:
            return new, refusal
        because = f"{frozen.because.sentence} ({frozen.because.where})"
        return new_run(parsed, State.REFUSED, because), refused_card(frozen, parsed.line)

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

    async def _repeated(self, run_id: RunId | None, rows: Rows) -> Card | None:
        run = await runs.get(rows, run_id) if run_id else None
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
