"""The watch: runs the checks of every environment, writes an event only on change, alerts after the threshold."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from bot.db import database, events, incidents
from bot.db.database import AWAY
from bot.db.records import PostgresRecords
from bot.domain import card as cards
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.event import Kind
from bot.domain.health import Report
from bot.domain.json import JsonObject
from bot.domain.watching import step
from bot.engine.installation import Installation

log = structlog.get_logger()

KIND, KEY = "health", "state"
WHILE_OPEN = timedelta(seconds=30)

Examine = Callable[[Place], Awaitable[Report]]
Alert = Callable[[Place, Report, str], Awaitable[Card]]
"""The card of an alert; the string is `failing` or `recovered`."""


class Watch:
    """One per installation at a time (bot.db.leader). What it knows lies in records and survives a restart."""

    def __init__(self, installation: Installation, examine: Examine, alert: Alert) -> None:
        self._at = installation
        self._examine = examine
        self._alert = alert
        self._renewed = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; every environment on its own clock."""
        async with asyncio.TaskGroup() as tasks:
            watching: dict[Place, asyncio.Task[None]] = {}
            while True:
                self._renewed.clear()
                places = set(self._at.catalog.places())
                for gone in watching.keys() - places:
                    watching.pop(gone).cancel()
                for new in places - watching.keys():
                    watching[new] = tasks.create_task(self._watch(new))
                await self._renewed.wait()

    def renew(self) -> None:
        """The catalog is another one: what is new is watched, what is gone no longer."""
        self._renewed.set()

    async def _watch(self, place: Place) -> None:
        while True:
            try:
                await self.look(place)
            except AWAY:
                log.warning("watch.database_away", place=str(place))
            except Exception:
                log.exception("watch.failed", place=str(place))
            await asyncio.sleep((await self.pause(place)).total_seconds())

    async def pause(self, place: Place) -> timedelta:
        """As the catalog says; while an incident at that place is open at least every 30 s."""
        service = self._at.catalog.services.get(place.service)
        usual = service.thresholds.watch_every if service else timedelta(seconds=1)
        try:
            open_ones = await incidents.ongoing(self._at.pool)
        except AWAY:
            return usual
        hurt = any(one.concerns(place.service, place.environment) for one in open_ones if not one.test)
        return min(usual, WHILE_OPEN) if hurt else usual

    async def look(self, place: Place) -> None:
        """One round at one place."""
        report = await self._examine(place)
        now = await database.now(self._at.pool)
        records = PostgresRecords(self._at.pool)
        before = await records.get(KIND, place, KEY) or {}
        failing = [finding.check for finding in report.failing]
        after, news = step(before, failing, now, self._limits(place))
        if news is None:
            if after != before:
                await records.put(KIND, place, KEY, after)
            return
        card = await self._alert(place, report, "recovered" if news.state == "recovered" else "failing")
        async with self._at.pool.acquire() as connection, connection.transaction():
            body: JsonObject = {
                "state": news.state,
                "says": news.says,
                "failing": after.get("told"),
                "card": cards.to_json(card),
                "since": after.get("since"),
            }
            await events.record(
                connection,
                Kind.HEALTH_CHANGED,
                service=place.service,
                environment=place.environment,
                body=body,
            )
            await records.put(KIND, place, KEY, after)
        self._at.bell.ring("outbox")

    def _limits(self, place: Place) -> tuple[int, timedelta]:
        thresholds = self._at.catalog.services[place.service].thresholds
        return thresholds.alarm_count, thresholds.alarm_within
