"""Asks people to come to an incident that nobody is on yet. It only records whom: their messages follow from that."""

import asyncio

import structlog

from bot.db import database, incident_steps, incidents
from bot.db.database import AWAY
from bot.domain.calling import to_ask
from bot.domain.incident import Incident
from bot.engine.installation import Installation
from bot.engine.knowing import first_of

log = structlog.get_logger()

_POLL = 1.0


class Calls:
    """`run` until cancelled, under a leader; whom it asked lies in PostgreSQL and survives a restart."""

    def __init__(self, installation: Installation, *, poll: float = _POLL) -> None:
        self._at = installation
        self._poll = poll

    async def run(self) -> None:
        while True:
            try:
                for incident in await incident_steps.to_call(self._at.pool):
                    await self.look(incident)
            except AWAY:
                log.warning("calls.database_away")
            except Exception:
                log.exception("calls.failed")
            await asyncio.sleep(self._poll)

    async def look(self, incident: Incident) -> None:
        """One incident, now: somebody has acted, or whoever's turn it is is asked."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            await incidents.locked(connection, incident.id)
            now = next(iter(await incident_steps.to_call(connection, incident.id)), None)
            if now is None:  # meanwhile somebody is on it, it is over, or somebody said to stop asking
                return
            who = await incident_steps.acted(connection, now)
            if who is not None:
                await incidents.acknowledge(connection, now, who)
            elif not await self._ask(now, connection):
                return
        self._at.bell.ring("outbox", "incidents")

    async def _ask(self, incident: Incident, connection: database.Connection) -> bool:
        at = await database.now(connection)
        order = [one for one in first_of(self._at, incident, at) if one != incident.opened_by]
        asked = await incident_steps.called(connection, incident.id)
        due = to_ask(incident.opened_at, at, order, asked)
        for person in due:
            await incident_steps.call(connection, incident, person)
            log.info("incident.asked", incident=incident.label, person=person)
        return bool(due)
