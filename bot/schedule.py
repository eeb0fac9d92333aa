"""Fires what the catalog schedules: each instant makes one run, or is reported as missed. It never decides more
than the catalog says, and runs nothing itself: the worker does."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.db import database, events, runs, schedules
from bot.db.database import AWAY, Connection
from bot.db.records import PostgresRecords
from bot.domain import card as cards
from bot.domain import schedule as scheduling
from bot.domain.event import Kind
from bot.domain.invocation import Actor, Invocation
from bot.domain.json import JsonObject
from bot.domain.parse import Parsed, parse
from bot.domain.run import RunId, State
from bot.domain.schedule import Due, Schedule
from bot.domain.schedule_card import missed_card
from bot.domain.weekly import SCHEDULE
from bot.engine.installation import Installation
from bot.engine.intake import new_run

log = structlog.get_logger()

_POLL = 1.0  # seconds; PostgreSQL's clock decides, and tests move it


class Scheduler:
    """One per installation at a time (bot.db.leader); rows with a unique instant are the guard behind that."""

    def __init__(self, installation: Installation, *, poll: float = _POLL) -> None:
        self._at = installation
        self._poll = poll
        self._keys: list[str] | None = None
        self._next: dict[str, tuple[str, datetime]] = {}  # when a rule is due next: until then nothing is asked

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if self._at.team:  # a run belongs to a workspace
                await self._round()
            await asyncio.sleep(self._poll)

    async def _round(self) -> None:
        known = scheduling.schedules(self._at.catalog)
        try:
            await self._take(known)
            now = await database.now(self._at.pool)
        except AWAY:
            log.warning("schedule.database_away")
            return
        for schedule in known:
            rule, at = self._next.get(schedule.key, ("", now))
            if rule == str(schedule.rule) and now < at:
                continue
            try:
                await self.look(schedule)
                self._next[schedule.key] = (str(schedule.rule), schedule.rule.next(now))
            except AWAY:
                log.warning("schedule.database_away", schedule=schedule.key)
            except Exception:
                log.exception("schedule.failed", schedule=schedule.key)

    async def _take(self, known: Sequence[Schedule]) -> None:
        """Another catalog: what left it has ended."""
        keys = [schedule.key for schedule in known]
        if self._keys is None or keys != self._keys:
            await self._end_others(known)
            self._keys, self._next = keys, {}

    async def look(self, schedule: Schedule) -> None:
        """One schedule, now: fire it, note what was missed, or nothing."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            await schedules.lock(connection, schedule.key)
            last = await schedules.last(connection, schedule.key)
            now = await database.now(connection)
            if last is None or last.state == "ended" or last.rule != str(schedule.rule):
                await schedules.note(connection, schedule.key, now, "begun", str(schedule.rule))
                return
            due = scheduling.due(schedule.rule, last.fire_at, now)
            if due.fire is None and not due.missed:
                return
            await self._do(connection, schedule, due, now)
        self._at.bell.ring("work", "outbox")

    async def _do(self, connection: Connection, schedule: Schedule, due: Due, now: datetime) -> None:
        missed = [at for at in due.missed if await self._noted(connection, schedule, at, "missed")]
        run = None
        if due.fire is not None:
            state: scheduling.State = "late" if due.late else "fired"
            if await self._noted(connection, schedule, due.fire, state):
                run = await self._fire(connection, schedule, due.fire, now)
        if missed:
            await self._report(connection, schedule, missed, due.fire is not None)
        await self._remember(connection, schedule, due, run)

    async def _noted(self, connection: Connection, schedule: Schedule, at: datetime, state: scheduling.State) -> bool:
        return await schedules.note(connection, schedule.key, at, state, str(schedule.rule))

    async def _fire(self, connection: Connection, schedule: Schedule, at: datetime, now: datetime) -> RunId | None:
        """A request as any other: its key is this instant, so that it is one run however often it is tried."""
        command, _, text = schedule.line.partition(" ")
        parsed = parse(self._at.commands, self._at.catalog, command, text, channel="", now=now)
        assert isinstance(parsed, Parsed)  # noqa: S101  (a schedule's line is the code's, not a person's)
        decision = scheduling.decide(self._at.catalog, parsed.line, parsed.verb.risk)
        delivery = hashlib.sha256(f"schedule\n{schedule.key}\n{at.isoformat()}".encode()).digest()
        actor = Actor(events.BOT, self._at.team)
        invocation = Invocation(command, text, actor, "", delivery, now, via="schedule")
        because = f"{decision.because.sentence} ({decision.because.where})"
        state = State.QUEUED if parsed.verb.plan is None else State.RECEIVED
        run, _ = await runs.receive(connection, invocation, new_run(parsed, state, because))
        if run is not None:
            await schedules.belongs(connection, schedule.key, at, run)
        log.info("schedule.fired", schedule=schedule.key, due=at.isoformat(), run_id=run)
        return run

    async def _report(
        self, connection: Connection, schedule: Schedule, missed: Sequence[datetime], made_up_for: bool
    ) -> None:
        card = missed_card(schedule, missed, made_up_for)
        body: JsonObject = {
            "schedule": schedule.key,
            "line": schedule.line,
            "missed": [at.isoformat() for at in missed],
            "card": cards.to_json(card),
        }
        place = schedule.place
        await events.record(
            connection, Kind.SCHEDULE_MISSED, service=place.service, environment=place.environment, body=body
        )
        log.warning("schedule.missed", schedule=schedule.key, count=len(missed), first=missed[0].isoformat())

    async def _remember(self, connection: Connection, schedule: Schedule, due: Due, run: RunId | None) -> None:
        """What `/backup status` and others tell of it."""
        at = due.fire or due.missed[-1]
        value: JsonObject = {
            "at": at.isoformat(),
            "state": "missed" if due.fire is None else "late" if due.late else "fired",
            "run": run,
        }
        await PostgresRecords(connection).put(scheduling.KIND, schedule.place, schedule.name, value)

    async def _end_others(self, known: Sequence[Schedule]) -> None:
        """What left the catalog and comes back some day has missed nothing in between."""
        keys = [SCHEDULE, *(schedule.key for schedule in known)]  # the weekly report is the bot's own
        for key in await schedules.others(self._at.pool, keys):
            await schedules.note(self._at.pool, key, await database.now(self._at.pool), "ended", "")
