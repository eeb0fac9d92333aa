"""The handle of a run while it executes: confirms before each step that the run is still ours."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TypeVar

import stamina

from bot.db import events, files, runs
from bot.db.database import AWAY, Connection, Rows
from bot.db.workers import LEASE
from bot.domain.capability import Govern, Step
from bot.domain.card import StepState
from bot.domain.errors import StepFailed, Stopped, WatchkeeperError
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import ACTIVE, Run, State
from bot.domain.words import clean
from bot.engine.installation import Installation
from bot.engine.look import EngineLook

Result = TypeVar("Result")

STEP_DEADLINE = timedelta(minutes=10)
FRESH = LEASE / 3
"""A confirmation that took longer to be heard of is none: others may have given this worker up meanwhile."""
_SAY_EVERY = 0.7  # seconds between two recorded words of a step


class LeaseLost(Stopped):
    """PostgreSQL was away for a whole lease: nothing more may be started, and others will say interrupted."""


class NoLongerOurs(Stopped):
    """Somebody else ended this run meanwhile."""


class StepTimedOut(StepFailed):
    """A step did not end within its deadline."""


class EngineRunning(EngineLook):
    """`bot.domain.capability.Running`."""

    def __init__(
        self,
        installation: Installation,
        govern: Govern,
        run: Run,
        now: datetime,
        *,
        worker: int,
        loop_time: Callable[[], float],
        backup_first: bool = False,
    ) -> None:
        super().__init__(installation, govern, run, now, backup_first=backup_first)
        self.run = run
        self.steps_done = 0
        self.in_step: str | None = None
        self._worker = worker
        self._time = loop_time

    @asynccontextmanager
    async def step(self, name: str, *, deadline: timedelta | None = None) -> AsyncIterator[Step]:
        name = clean(name)
        await self._begin(name, State.RUNNING)
        async with self._within(name, deadline) as step:
            yield step

    @asynccontextmanager
    async def verifying(self, name: str = "verify") -> AsyncIterator[Step]:
        await self._begin(name, State.VERIFYING)
        async with self._within(name, None) as step:
            yield step

    def key(self, step: str) -> str:
        return f"{self.run.uuid}:{step}"

    async def attach(self, name: str, path: Path) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        await files.add(self._at.pool, self.run.id, name, content)

    async def _begin(self, name: str, state: State) -> None:
        """Nothing starts unless the database has just confirmed, in one transaction, that it may."""

        body: JsonObject = {"step": name}
        tries = count()

        async def begin(connection: Connection) -> None:
            if cancel_by := await self._still_ours(connection):
                raise Stopped(f"Cancelled by {cancel_by} before the step “{name}”.")
            if state is State.VERIFYING:
                await runs.move(connection, self.run.id, ACTIVE, state, worker=self._worker)
            await self._write(connection, Kind.STEP_STARTED, body, again=next(tries) > 0)

        await self._confirmed(begin)
        self.in_step = name

    async def _confirmed(self, write: Callable[[Connection], Awaitable[object]]) -> None:
        """`write` is recorded, and a moment ago the run was ours. Whoever hears of it late asks again: it was frozen,
        or PostgreSQL away, and others may have taken it for dead meanwhile."""
        asked = self._time()
        await within_lease(self._at, write)
        while self._time() - asked > FRESH.total_seconds():
            asked = self._time()
            await within_lease(self._at, self._still_ours)

    async def _still_ours(self, connection: Connection) -> str | None:
        """Who asked to cancel, if anybody."""
        cancel_by = await runs.ours(connection, self.run.id, self._worker)
        if cancel_by is False:
            raise NoLongerOurs
        return cancel_by

    async def progress(self, body: JsonObject) -> None:
        """What a step says is often the last before its effect."""
        tries = count()

        async def write(connection: Connection) -> None:
            await self._still_ours(connection)
            await self._write(connection, Kind.STEP_PROGRESSED, body, again=next(tries) > 0)

        await self._confirmed(write)

    @asynccontextmanager
    async def _within(self, name: str, deadline: timedelta | None) -> AsyncIterator["RunningStep"]:
        step = RunningStep(self, name)
        begun = self._time()
        limit = deadline or STEP_DEADLINE
        try:
            try:
                async with asyncio.timeout(limit.total_seconds()):
                    yield step
            except TimeoutError as late:
                raise StepTimedOut(
                    f"The step “{name}” did not end within {limit.total_seconds():.0f} s.",
                    "What it had begun may still be under way: look before you repeat it.",
                    changed="unknown",
                ) from late
        except (NoLongerOurs, LeaseLost):
            raise
        except StepFailed as failed:
            await self._end(step, "failed", failed.what, begun)
            raise
        except Exception as broken:
            await self._end(step, "failed", _words(broken), begun)
            raise
        await self._end(step, "done", step.says, begun)
        self.steps_done += 1
        self.in_step = None

    async def _end(self, step: "RunningStep", state: StepState, says: str, begun: float) -> None:
        body: JsonObject = {
            "step": step.name,
            "state": state,
            "says": _short(says),
            "took_s": round(self._time() - begun, 3),
        }
        await self.record(Kind.STEP_ENDED, body)

    async def record(self, kind: Kind, body: JsonObject) -> None:
        tries = count()

        async def write(connection: Connection) -> None:
            await self._write(connection, kind, body, again=next(tries) > 0)

        await within_lease(self._at, write)

    async def _write(self, connection: Connection, kind: Kind, body: JsonObject, *, again: bool) -> None:
        if not (again and await events.is_last(connection, kind, self.run.id, body)):
            await events.record(connection, kind, run=self.run, body=body)


async def mark_running(rows: Rows, run: Run, worker: int) -> Run | None:
    """Once this is committed the run has started, once; before it nothing outside was touched."""
    return await runs.move(rows, run.id, {State.STARTING}, State.RUNNING, worker=worker, tell=(Kind.RUN_STARTED, {}))


async def within_lease(at: Installation, write: Callable[[Connection], Awaitable[Result]]) -> Result:
    """`write` in one transaction, tried for one lease while PostgreSQL is away; then LeaseLost.

    When the answer to a commit is lost it is written again: what must not be there twice is conditional.
    """

    async def whole(connection: Connection) -> Result:
        async with connection.transaction():
            return await write(connection)

    return await one_within_lease(at, whole)


async def one_within_lease(at: Installation, write: Callable[[Connection], Awaitable[Result]]) -> Result:
    """The same for what is one statement and needs no transaction."""
    try:
        async for attempt in stamina.retry_context(
            on=AWAY, attempts=None, timeout=LEASE, wait_initial=0.05, wait_max=1.0
        ):
            with attempt:
                async with at.pool.acquire(timeout=5) as connection:
                    result = await write(connection)
    except AWAY as away:
        raise LeaseLost from away
    at.bell.ring("work", "outbox")
    return result


class RunningStep:
    """`bot.domain.capability.Step`: what it says is recorded at most every 0.7 s, and once more at its end."""

    def __init__(self, running: EngineRunning, name: str) -> None:
        self.name = name
        self.says = ""
        self._running = running
        self._said_at = float("-inf")

    async def say(self, text: str) -> None:
        self.says = text
        now = self._running._time()  # noqa: SLF001  (one class in two halves)
        if now - self._said_at >= _SAY_EVERY:
            self._said_at = now
            await self._running.progress({"step": self.name, "says": _short(text)})


def _words(broken: Exception) -> str:
    """Of what nobody foresaw the words stay out of events: they may quote anything."""
    return str(broken) if isinstance(broken, WatchkeeperError) else "It stopped for a reason I did not expect."


def _short(says: str) -> str:
    return says if len(says) <= 600 else f"{says[:599]}…"
