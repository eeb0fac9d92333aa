"""The watch: runs the checks of every environment, writes an event only on change, alerts after the threshold."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import cast

import structlog

from bot.db import database, events
from bot.db.database import AWAY
from bot.db.records import PostgresRecords
from bot.domain import card as cards
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.event import Kind
from bot.domain.health import Report
from bot.domain.json import Json, JsonObject
from bot.engine.installation import Installation

log = structlog.get_logger()

KIND, KEY = "health", "state"

Examine = Callable[[Place], Awaitable[Report]]
Alert = Callable[[Place, Report, str], Awaitable[Card]]
"""The card of an alert; the string is `failing` or `recovered`."""


class Watch:
    """One per installation at a time (bot.db.leader). What it knows lies in records and survives a restart."""

    def __init__(self, installation: Installation, examine: Examine, alert: Alert) -> None:
        self._at = installation
        self._examine = examine
        self._alert = alert

    async def run(self) -> None:
        """Until cancelled; every environment on its own clock."""
        async with asyncio.TaskGroup() as tasks:
            for place in self._at.catalog.places():
                tasks.create_task(self._watch(place))

    async def _watch(self, place: Place) -> None:
        every = self._at.catalog.services[place.service].thresholds.watch_every
        while True:
            try:
                await self.look(place)
            except AWAY:
                log.warning("watch.database_away", place=str(place))
            except Exception:
                log.exception("watch.failed", place=str(place))
            await asyncio.sleep(every.total_seconds())

    async def look(self, place: Place) -> None:
        """One round at one place."""
        report = await self._examine(place)
        now = await database.now(self._at.pool)
        records = PostgresRecords(self._at.pool)
        before = await records.get(KIND, place, KEY) or {}
        after, change = step(before, report, now, self._limits(place))
        if change is None:
            if after != before:
                await records.put(KIND, place, KEY, after)
            return
        card = await self._alert(place, report, change)
        async with self._at.pool.acquire() as connection, connection.transaction():
            body: JsonObject = {"state": change, "card": cards.to_json(card), "since": after.get("since")}
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


def step(
    before: JsonObject, report: Report, now: datetime, limits: tuple[int, timedelta]
) -> tuple[JsonObject, str | None]:
    """The next remembered state, and `failing` or `recovered` when that is news.

    Both are {"state": "ok"|"failing", "since": ISO, "failures": [ISO …], "fine_since", "watched_since"}.
    """
    count, within = limits
    state = {"watched_since": now.isoformat(), **before}
    if not report.failing:
        if state.get("state") == "failing":
            return _ok(state, now), "recovered"
        return _ok(state, now), None
    recent = [
        at for at in cast("list[str]", state.get("failures") or []) if now - datetime.fromisoformat(at) <= within
    ]
    failures = [*recent, now.isoformat()][-count:]
    state = {**state, "failures": cast("list[Json]", failures)}
    if state.get("state") == "failing":
        return state, None
    if len(failures) >= count:
        return {**state, "state": "failing", "since": failures[0]}, "failing"
    return state, None


def _ok(state: JsonObject, now: datetime) -> JsonObject:
    """Fine: `fine_since` is when the watch began to see no failure, and stays known while it fails."""
    begun = state.get("fine_since") if state.get("state") == "ok" and not state.get("failures") else None
    return {
        **state,
        "state": "ok",
        "since": begun or now.isoformat(),
        "fine_since": begun or now.isoformat(),
        "failures": [],
    }
