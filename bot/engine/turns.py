"""Locks between people: who settles an unknown outcome, and whose turn comes first. Nobody takes over in silence."""

from bot.db import events, handovers, locks, runs
from bot.domain.card import Card, Tone
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import Run, RunId
from bot.domain.run_end import unsettled
from bot.engine.installation import Installation
from bot.engine.short import note, recorded
from permissions.decide import Deny
from permissions.model import RUN_CANCEL, RUN_SETTLE, Ask, Permission, Risk


class EngineTurns:
    """`bot.domain.capability.Turns`."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def hand_over(self, run_id: RunId, by: str, to: str, reason: str) -> Card:
        """Another person answers for settling a run of which nobody knows how it ended; both are told."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            run = await runs.get(connection, run_id)
            if run is None or not unsettled(run):
                return note(f"R-{run_id} needs no settling.", "See what does with /runs locks.", run)
            former = await handovers.responsible(connection, run)
            if to == former:
                return note(f"{self._at.people.name(to)} answers for {run.label} already.", "", run)
            if (no := self._may_not(run, to, RUN_SETTLE)) is not None:
                return note(no.because.sentence, no.next_step, run, Tone.STOPPED)
            if by != former and (no := self._may_not(run, by, RUN_SETTLE)) is not None:
                return note(no.because.sentence, no.next_step, run, Tone.STOPPED)
            await handovers.give(connection, run, to, by)
            body: JsonObject = {"from": former, "to": to, "reason": reason}
            await events.record(connection, Kind.LOCK_HANDED_OVER, run=run, actor=by, body=body)
        self._at.bell.ring("outbox")
        names = self._at.people.name(to), self._at.people.name(former)
        return recorded(f"{names[0]} now settles {run.label}.", f"{names[0]} and {names[1]} are told.", run, Tone.OK)

    async def give_turn(self, first: RunId, other: RunId, by: str) -> Card:
        """The one that is further behind starts before the other; both requesters are told."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            ahead, behind = await runs.get(connection, first), await runs.get(connection, other)
            if ahead is None or behind is None:
                return note(f"There is no R-{other if ahead else first}.", "See who waits with /runs locks.")
            if ahead.actor != by and (no := self._may_not(ahead, by, RUN_CANCEL)) is not None:
                next_step = f"Only {self._at.people.name(ahead.actor)} can give away this turn. {no.next_step}"
                return note(no.because.sentence, next_step, ahead, Tone.STOPPED)
            if not await locks.swap_turns(connection, ahead, behind):
                what = f"{behind.label} does not wait behind {ahead.label} for the same place."
                return note(what, "See who waits with /runs locks.", ahead)
            for run, body in ((ahead, {"to": behind.label}), (behind, {"of": ahead.label})):
                await events.record(connection, Kind.LOCK_TURN_GIVEN, run=run, actor=by, body=dict(body))
        self._at.bell.ring("outbox")
        return recorded(f"{behind.label} goes before {ahead.label} now.", "Both who asked are told.", ahead, Tone.OK)

    def _may_not(self, run: Run, person: str, permission: Permission) -> Deny | None:
        scope = self._at.scope(run.service, run.environment, run.channel)
        verdict = self._at.decide(Ask(self._at.person(person, run.team), permission, Risk.RECORD, scope))
        return verdict if isinstance(verdict, Deny) else None
