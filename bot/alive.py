"""Notices that the bot was away, or had no database, and says once what became of that time."""

import asyncio
from datetime import datetime

import structlog

from bot.db import alive, events
from bot.db.database import AWAY, Connection
from bot.domain import card as cards
from bot.domain.away import Gap, away_card
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.schedule import due, schedules
from bot.domain.words import when
from bot.engine.installation import Installation

log = structlog.get_logger()

_EVERY_S = 5.0


class Alive:
    """One per installation at a time (bot.db.leader): while any replica lives the bot is not away."""

    def __init__(self, installation: Installation, *, every: float = _EVERY_S) -> None:
        self._at = installation
        self._every = every
        self._last: datetime | None = None

    async def run(self) -> None:
        """Until cancelled. The database being away is what it is there to notice."""
        while True:
            try:
                await self.look()
            except AWAY as error:
                log.warning("alive.database_away", error=type(error).__name__)
            except Exception:
                log.exception("alive.failed")
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Beat; a gap is told as soon as everything that it interrupted is known."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            self._last = await alive.beat(connection, since=self._last)
        async with self._at.pool.acquire() as connection, connection.transaction():
            for gap in await alive.untold(connection):
                if await alive.known(connection):
                    await self._tell(connection, gap)
        self._at.bell.ring("outbox")

    async def _tell(self, connection: Connection, gap: Gap) -> None:
        """The event and its mark in one transaction: told once, whatever dies when."""
        missed = await alive.missed(connection, gap, self._schedules(gap))
        body: JsonObject = {
            "from": gap.begun.isoformat(),
            "to": gap.ended.isoformat(),
            "why": gap.why,
            "interrupted": [one.label for one in missed.interrupted],
            "card": cards.to_json(away_card(gap, missed)),
        }
        await events.record(connection, Kind.BOT_AWAY, body=body)
        await alive.told(connection, gap)
        log.info("alive.was_away", why=gap.why, seconds=int(gap.length.total_seconds()))

    def _schedules(self, gap: Gap) -> list[str]:
        """What was due meanwhile; the scheduler itself makes up for it or reports it as missed."""
        told = []
        for one in schedules(self._at.catalog):
            found = due(one.rule, gap.begun, gap.ended)
            if found.fire is not None:
                told.append(f"{one.place}: {one.name} was due at {when(found.fire, 'date')} and is made up for now")
            if found.missed:
                told.append(f"{one.place}: {one.name} was missed; the last was {when(found.missed[-1], 'date')}")
        return told
