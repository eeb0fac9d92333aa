"""The update clock: asks whoever leads for the next words for people outside, in time. It only records whom it asks.

All of it lies in PostgreSQL: asked once across replicas, and after a restart it goes on where it was.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.db import database, incidents, outward
from bot.db.database import AWAY, Connection
from bot.domain.catalog import UpdateRule
from bot.domain.incident import Incident, Role
from bot.domain.outward import Told
from bot.domain.outward_card import notes_for
from bot.domain.update_clock import Turn, due, to_ask
from bot.engine.installation import Installation
from bot.engine.outward import draft_of, rule_for

log = structlog.get_logger()

MOST_LATE = 60
"""Minutes that the header counts; after that it says so no more precisely."""


class Updates:
    """`run` until cancelled, under a leader."""

    def __init__(self, installation: Installation, *, poll: float = 1.0) -> None:
        self._at = installation
        self._poll = poll

    async def run(self) -> None:
        while True:
            try:
                for incident in await outward.ticking(self._at.pool):
                    if (rule := rule_for(self._at, incident)) is not None:
                        await self.look(incident, rule)
            except AWAY:
                log.warning("updates.database_away")
            except Exception:
                log.exception("updates.failed")
            await asyncio.sleep(self._poll)

    async def look(self, incident: Incident, rule: UpdateRule) -> None:
        """One incident, now."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            await incidents.locked(connection, incident.id)
            now_so = await incidents.existing(connection, incident.id)
            changed = await outward.take_over_settled(connection, now_so)
            told = await outward.told(connection, incident.id)
            over_at = None if now_so.ongoing else now_so.resolved_at
            due_at = due(now_so.opened_at, over_at, told, rule)
            changed = await outward.set_due(connection, incident.id, due_at) or changed
            if due_at is not None:
                changed = await self._ask(connection, now_so, told, due_at) or changed
        if changed:
            self._at.bell.ring("outbox", "incidents")

    async def _ask(self, connection: Connection, incident: Incident, told: Sequence[Told], due_at: datetime) -> bool:
        now, number = await database.now(connection), len(told) + 1
        clock = await outward.clock(connection, incident.id, number)
        late = await outward.late(connection, incident.id, _minutes(now - due_at), clock)
        turn = Turn(
            due_at,
            incident.role(Role.COMMANDER),
            self._others(incident, now),
            await outward.asked(connection, incident.id, number, clock.round),
            clock.snoozed_until,
            clock.silenced_by is not None,
        )
        found = to_ask(now, turn)
        if found is None:
            return late
        words, left_out, silent = await draft_of(connection, self._at, incident, told)
        notes = notes_for(incident, left_out, silent=silent)
        kind, person = found
        if kind == "draft" and turn.commander and person != turn.commander:
            notes.insert(0, f"{self._at.people.name(turn.commander)} leads it and did not answer.")
        log.info("updates.asked", incident=incident.label, kind=kind, person=person)
        return await outward.ask(connection, incident, number, clock.round, kind, person, due_at, words, notes)

    def _others(self, incident: Incident, now: datetime) -> tuple[str, ...]:
        """Whoever else could tell: whose role it is, who opened it, who is on it, the rotation."""
        on_call = self._at.policy.oncall.order(now) if self._at.policy.oncall else ()
        named = [incident.role(Role.COMMUNICATIONS), incident.opened_by, incident.acknowledged_by, *on_call]
        leads = incident.role(Role.COMMANDER)
        return tuple(dict.fromkeys(one for one in named if one and one[0] in "UW" and one != leads))


def _minutes(length: timedelta) -> int:
    return max(0, min(MOST_LATE, length // timedelta(minutes=1)))
