"""The weekly report: each Monday morning one card in the ops channel, by the guarantee of the schedules."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.db import database, events, schedules, seal
from bot.db.database import AWAY, Connection
from bot.domain import card as cards
from bot.domain.anchor import Anchor
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.schedule import Rule, State, due
from bot.domain.weekly import SCHEDULE
from bot.domain.words import code
from bot.engine import weekly
from bot.engine.installation import Installation

log = structlog.get_logger()

_POLL_S = 5.0


class Weekly:
    """One per installation at a time (bot.db.leader); rows with a unique instant are the guard behind that."""

    def __init__(self, installation: Installation, *, poll_s: float = _POLL_S) -> None:
        self._at = installation
        self._poll_s = poll_s

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except AWAY:
                log.warning("weekly.database_away")
            except Exception:
                log.exception("weekly.failed")
            await asyncio.sleep(self._poll_s)

    def rule(self) -> Rule:
        return Rule("0 9 * * 1", str(self._at.zone), f"on Mondays at 09:00 {self._at.zone}")

    async def look(self) -> None:
        """Told when its hour has come; what is over a day old is not made up for."""
        rule = self.rule()
        async with self._at.pool.acquire() as connection, connection.transaction():
            await schedules.lock(connection, SCHEDULE)
            last, now = await schedules.last(connection, SCHEDULE), await database.now(connection)
            if last is None or last.rule != str(rule):
                await schedules.note(connection, SCHEDULE, now, "begun", str(rule))
                return
            found = due(rule, last.fire_at, now)
            for at in found.missed:
                await schedules.note(connection, SCHEDULE, at, "missed", str(rule))
            if found.fire is None:
                return
            state: State = "late" if found.late else "fired"
            if await schedules.note(connection, SCHEDULE, found.fire, state, str(rule)):
                await self._tell(connection, found.fire)
        self._at.bell.ring("outbox")

    async def _tell(self, connection: Connection, end: datetime) -> None:
        """The event in the transaction that takes the instant: told once, whatever dies when."""
        begin = week_before(end, self._at)
        card = _anchored(await weekly.for_channel(self._at, connection, begin, end), await seal.head(connection))
        body: JsonObject = {"from": begin.isoformat(), "to": end.isoformat(), "card": cards.to_json(card)}
        await events.record(connection, Kind.REPORT_WEEKLY, body=body)
        log.info("weekly.told", begin=begin.isoformat(), end=end.isoformat())


def _anchored(card: Card, anchor: Anchor | None) -> Card:
    """Slack keeps the head of the audit log, where PostgreSQL's admin cannot change it."""
    if anchor is None:
        return card
    kept = f"audit log: {code(str(anchor))}"
    return replace(card, footer=f"{card.footer} · {kept}" if card.footer else kept)


def week_before(end: datetime, at: Installation) -> datetime:
    """The same hour a week earlier on the wall clock there, also across a change of the clock."""
    return (end.astimezone(at.zone) - timedelta(days=7)).astimezone(UTC)
