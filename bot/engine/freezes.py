"""Freezes: set, lifted and ended here, and asked before a plan, at each click and at each start."""

from collections.abc import Sequence
from datetime import datetime

from bot.db import database, events, runs
from bot.db import freezes as table
from bot.db.database import Connection, Rows
from bot.domain import freeze_card, parse
from bot.domain.card import Card, Tone
from bot.domain.errors import BadRequest
from bot.domain.event import Kind
from bot.domain.freeze import USUAL, Freeze, longest, stops, where
from bot.domain.parse import Parsed
from bot.domain.run import Run, RunId
from bot.domain.words import code, listed
from bot.engine.installation import Installation
from bot.engine.short import note
from permissions.decide import Because, Deny, who_can
from permissions.model import FREEZE_SET, Ask, Person, Risk, Scope


class EngineFreezes:
    """`bot.domain.capability.Freezes`."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def set(self, run: Run, service: str | None, environment: str | None, until: datetime | None) -> Card:
        if (refusal := self._may_not(run, service, environment)) is not None:
            return refusal
        async with self._at.pool.acquire() as connection, connection.transaction():
            await table.set_alone(connection)
            end = until or await database.now(connection) + USUAL
            freeze = await table.add(
                connection,
                run.id,
                service=service,
                environment=environment,
                by=run.actor,
                reason=run.reason,
                until=end,
            )
            if freeze is None:
                return note("That end is over already.", "Say a later one, as in --for 2h.", run)
            held = await _tell_waiting(connection, self._at, freeze, Kind.RUN_FROZEN)
            await _record(connection, Kind.FREEZE_SET, freeze, run.actor, held=held)
        self._at.bell.ring("outbox")
        return freeze_card.set_card(freeze, held, self._at.zone_of(run.actor), said=until is not None)

    async def lift(self, run: Run, which: RunId | None, service: str | None, environment: str | None) -> Card:
        standing = await table.standing(self._at.pool)
        meant = [one for one in standing if _is_meant(one, which, service, environment)]
        if not meant:
            what = (
                f"R-{which} is no freeze that stands."
                if which
                else f"No freeze stands over exactly {where(service, environment)}."
            )
            return note(what, f"{freeze_card.those(standing)} Nothing was changed.", run)
        for freeze in meant:
            if (refusal := self._may_not(run, freeze.service, freeze.environment)) is not None:
                return refusal
        lifted = [freeze for freeze in meant if await self._lift(freeze, run)]
        left = await table.standing(self._at.pool)
        return freeze_card.lifted_card(lifted, [one for one in left if any(_overlap(one, was) for was in lifted)])

    async def _lift(self, freeze: Freeze, run: Run) -> bool:
        async with self._at.pool.acquire() as connection, connection.transaction():
            if await table.lift(connection, freeze.run, run.actor) is None:
                return False
            thawed = await _tell_waiting(connection, self._at, freeze, Kind.RUN_THAWED)
            await _record(connection, Kind.FREEZE_LIFTED, freeze, run.actor, held=thawed, reason=run.reason)
        self._at.bell.ring("outbox")
        return True

    async def listed(self) -> Card:
        return freeze_card.list_card(await table.standing(self._at.pool), self._at.people.name)

    async def over_line(self, line: str, channel: str) -> str:
        try:
            parsed = parse.parse_line(
                self._at.commands, self._at.catalog_here, line, channel=channel, now=parse.EPOCH
            )
        except BadRequest:
            return ""
        frozen = await stopped(self._at.pool, self._at, parsed) if isinstance(parsed, Parsed) else None
        return f"{frozen.because.sentence} {frozen.next_step}" if frozen else ""

    def _may_not(self, run: Run, service: str | None, environment: str | None) -> Card | None:
        """A freeze needs the right at every place that it covers, so that nobody freezes what is not theirs."""
        person = self._at.person(run.actor, run.team)
        for scope in _scopes(self._at, service, environment, run.channel):
            verdict = self._at.decide(Ask(person, FREEZE_SET, Risk.RECORD, scope))
            if isinstance(verdict, Deny):
                return note(verdict.because.sentence, verdict.next_step, run, Tone.STOPPED)
        return None


# --- asked by intake, votes and life -------------------------------------------------------------------------


async def stopped(rows: Rows, at: Installation, parsed: Parsed) -> Deny | None:
    """The freeze that stops what was typed; None when nothing does, or when only its plan is wanted."""
    place = parsed.place
    names = (place.service, place.environment) if place else (None, None)
    if parsed.dry_run or not stops(parsed.verb, parsed.verb.risk):
        return None
    return await _refusal(rows, at, *names)


async def stopped_run(rows: Rows, at: Installation, run: Run, risk: Risk | None = None) -> Deny | None:
    """risk: what its plan found, when that is not recorded yet."""
    if run.dry_run or not stops(at.verb(run), risk or run.risk):
        return None
    return await _refusal(rows, at, run.service, run.environment)


async def stopped_at_start(connection: Connection, at: Installation, run: Run) -> Deny | None:
    """In the transaction that starts it: a freeze comes before it or after it, never in between."""
    if not stops(at.verb(run), run.risk):
        return None
    await table.start_beside(connection)
    return await stopped_run(connection, at, run)


async def _refusal(rows: Rows, at: Installation, service: str | None, environment: str | None) -> Deny | None:
    freeze = longest(await table.over(rows, service, environment))
    if freeze is None:
        return None
    helpers = _who_lifts(at, freeze)
    names = listed([at.people.name(one) for one in helpers]) or "Nobody here"
    sentence = freeze_card.refusal(freeze, f"{service} {environment}" if service else "that", at.people.name)
    return Deny(
        Because(sentence, f"the freeze {freeze.label}"),
        f"{names} can lift it with {code(f'/freeze lift {freeze.label}')}; else ask again after its end.",
        helpers,
    )


def _who_lifts(at: Installation, freeze: Freeze) -> tuple[str, ...]:
    """Who holds the right at every place of it."""
    known = at.people.everyone()
    named = {one: known[one] for one in at.policy.names if one in known}
    scopes = _scopes(at, freeze.service, freeze.environment, None)
    return tuple(one for one in named if all(one in _holders(at, named, scope) for scope in scopes))


def _holders(at: Installation, people: dict[str, Person], scope: Scope) -> tuple[str, ...]:
    return who_can(at.policy, FREEZE_SET, Risk.RECORD, scope, people, team_id=at.team, at=at.clock())


def not_now(frozen: Deny, run: Run) -> Card:
    """To whoever clicked: it stays as it was, and counts once the freeze is over."""
    return note(
        frozen.because.sentence,
        f"{frozen.next_step} Your click was not counted; {run.label} waits on until its own time is over.",
        run,
        Tone.STOPPED,
    )


# --- its end ---------------------------------------------------------------------------------------------------


async def mind(connection: Connection, at: Installation) -> int:
    """A sweeper's duty: tell what ends soon, and end what is over; safe on any number of replicas."""
    async with connection.transaction():
        soon, ended = await table.warn_due(connection), await table.end_overdue(connection)
        for freeze in soon:
            await _record(connection, Kind.FREEZE_ENDING, freeze, events.BOT)
        for freeze in ended:
            thawed = await _tell_waiting(connection, at, freeze, Kind.RUN_THAWED)
            await _record(connection, Kind.FREEZE_ENDED, freeze, events.BOT, held=thawed)
    return len(soon) + len(ended)


# --- small steps -----------------------------------------------------------------------------------------------


async def _tell_waiting(connection: Connection, at: Installation, freeze: Freeze, kind: Kind) -> list[str]:
    """An event for every request that waits and is now held, or now free again; their labels."""
    told = []
    for run in await runs.waiting(connection):
        if not _held(at, freeze, run):
            continue
        if kind is Kind.RUN_THAWED and await table.over(connection, run.service, run.environment):
            continue  # another freeze still covers it
        await events.record(connection, kind, run=run, actor=freeze.by, body=freeze_card.body(freeze))
        told.append(run.label)
    return told


def _held(at: Installation, freeze: Freeze, run: Run) -> bool:
    try:
        verb = at.verb(run)
    except (KeyError, StopIteration):
        return False
    return not run.dry_run and stops(verb, run.risk) and freeze.covers(run.service, run.environment)


async def _record(
    connection: Connection, kind: Kind, freeze: Freeze, actor: str, *, held: Sequence[str] = (), reason: str = ""
) -> None:
    await events.record(
        connection,
        kind,
        actor=actor,
        body={**freeze_card.body(freeze), "held": list(held), "lifted_because": reason},
        service=freeze.service,
        environment=freeze.environment,
    )


def _scopes(at: Installation, service: str | None, environment: str | None, channel: str | None) -> list[Scope]:
    places = [
        place
        for place in at.catalog.places()
        if service in (None, place.service) and environment in (None, place.environment)
    ]
    return [at.scope(place.service, place.environment, channel) for place in places]


def _is_meant(freeze: Freeze, which: RunId | None, service: str | None, environment: str | None) -> bool:
    if which is not None:
        return freeze.run == which
    return (freeze.service, freeze.environment) == (service, environment)


def _overlap(one: Freeze, other: Freeze) -> bool:
    return one.covers(other.service, other.environment) or other.covers(one.service, one.environment)
