"""Keeps App Homes as they should be: sealed events make them due, a paced publisher builds and publishes them.

That a Home is due lies in PostgreSQL, so neither a restart nor another replica loses it; nothing is sent twice
that would show the same again.
"""

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import structlog

from bot.db import events, homes, overview, posts
from bot.db.bell import Bell
from bot.db.database import AWAY, Pool, Rows
from bot.domain.event import Event, Kind
from bot.domain.home import Change, Section
from bot.domain.invocation import Answer, Click, Submission
from bot.domain.json import digest
from bot.domain.run import RunId
from bot.slack.home_view import home_view
from bot.slack.send import Later, Sender, SendError
from bot.slack.spoken import Spoken, all_spoken, as_it_stands

log = structlog.get_logger()

NAME = "homes"
BATCH = 500
GAP = timedelta(seconds=3)  # between two publications of one Home that nobody asked for
GATHER_S = 0.1  # under load one look for many events
AGAIN = timedelta(seconds=30)  # after a refusal
FORGET_EVERY_S = 3600
_EVERYBODY = frozenset(
    {Kind.POLICY_CHANGED, Kind.INCIDENT_OPENED, Kind.INCIDENT_STATE_CHANGED, Kind.INCIDENT_ROLE_CHANGED}
    | {Kind.INCIDENT_MERGED, Kind.INCIDENT_SEVERITY_CHANGED, Kind.INCIDENT_PLACED}
)
_QUIET = frozenset(
    {Kind.REQUEST_REPEATED, Kind.DECISION_MADE, Kind.VOTE_REFUSED, Kind.STEP_STARTED, Kind.STEP_PROGRESSED}
    | {
        Kind.STEP_ENDED,
        Kind.POLICY_REFUSED,
        Kind.BOT_STARTED,
        Kind.BOT_STOPPED,
        Kind.SLACK_REVOKED,
        Kind.REPORT_WEEKLY,
    }
)
"""Kinds that no Home shows."""


class Build(Protocol):
    """What the publisher needs of the engine (`bot.engine.home.EngineHome`)."""

    async def of(self, person: str) -> Sequence[Section]: ...
    def concerns(self, person: str, changes: Collection[Change]) -> bool: ...


class Homes:
    """One leader among the replicas runs `work` (`bot.db.leader`)."""

    def __init__(
        self, pool: Pool, sender: Sender, bell: Bell, build: Build, *, say: Spoken = as_it_stands, poll: float = 1.0
    ) -> None:
        self._pool, self._sender, self._bell, self._build = pool, sender, bell, build
        self._say = say
        self._poll = poll

    async def work(self) -> None:
        """Until cancelled. A database or a Slack that is away only delays it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._publish())
            tasks.create_task(self._forget())

    async def _forget(self) -> None:
        while True:
            with suppress(*AWAY):
                await homes.forget(self._pool)
            await asyncio.sleep(FORGET_EVERY_S)

    # --- what makes them due --------------------------------------------------------------------------------

    async def _follow(self) -> None:
        with self._bell.listener("sealed") as sealed:
            while True:
                if not await self._guarded(self._step()):
                    await sealed.wait(self._poll, gather_s=GATHER_S)

    async def _step(self) -> bool:
        """One batch of events: whom it concerns, and the cursor, together. Whether there may be more."""
        async with self._pool.acquire() as connection, connection.transaction():
            number = await posts.cursor(connection, NAME)
            batch = await events.after(connection, number, BATCH) if number else await events.last(connection, 1)
            if not batch:
                return False
            changes = await self._changes(connection, batch)
            looking = await homes.open_lately(connection) if changes else []
            concerned = [person for person in looking if self._build.concerns(person, changes)]
            if concerned:
                await homes.wish(connection, concerned, GAP)
            await posts.advance(connection, NAME, batch[-1].number)
        if concerned:
            self._bell.ring("home")
        return len(batch) == BATCH

    async def _changes(self, rows: Rows, batch: Sequence[Event]) -> set[Change]:
        """Without what no Home shows: looks, and steps of runs."""
        told = [event for event in batch if event.kind not in _QUIET]
        runs = await overview.changed_by(rows, {event.run for event in told if event.run is not None})
        return {change for event in told if (change := _change(event, runs)) is not None}

    # --- publishing -----------------------------------------------------------------------------------------

    async def _publish(self) -> None:
        with self._bell.listener("home") as rung:
            while True:
                if not await self._guarded(self._next()):
                    await rung.wait(self._poll)

    async def _guarded(self, work: Awaitable[bool]) -> bool:
        """Whether there was something to do. A Home that cannot be told of must not end the process."""
        try:
            return await work
        except AWAY as away:
            log.warning("homes.database_away", error=type(away).__name__)
        except Exception:
            log.exception("homes.failed")
        return False

    async def _next(self) -> bool:
        """The one that waits longest; False when none is due."""
        due = await homes.due(self._pool)
        if due is not None:
            await self._one(due)
        return due is not None

    async def _one(self, due: homes.Due) -> None:
        """Whatever happens, its row says when it is tried again."""
        try:
            await self._turn(due)
        except AWAY:
            raise
        except SendError as error:
            log.info("home.not_published", person=due.person, error=error.error)
            conflict = error.error == "hash_conflict"
            await homes.later(self._pool, due, _patience(error), forget_hash=conflict)
        except Exception:
            log.exception("home.failed", person=due.person)
            await homes.later(self._pool, due, AGAIN)

    async def _turn(self, due: homes.Due) -> None:
        view = all_spoken(home_view(await self._build.of(due.person)), self._say)
        shown = digest(view)
        if shown == due.shown:
            await homes.unchanged(self._pool, due)
            return
        view_hash = await self._sender.publish(due.person, view, due.hash)
        await homes.published(self._pool, due, view_hash, shown, GAP)


def _patience(error: SendError) -> timedelta:
    """Who published in between did not know what we know: at once. Slack away: soon. Refused: people put it right."""
    if error.error == "hash_conflict":
        return timedelta()
    return max(GAP, timedelta(seconds=error.wait_s)) if isinstance(error, Later) else AGAIN


def _change(event: Event, runs: Mapping[RunId, tuple[str, str | None, str | None]]) -> Change | None:
    if event.kind in _EVERYBODY:
        return Change(everybody=True)
    if event.run is not None:
        return Change(*runs[event.run]) if event.run in runs else None
    return Change("", event.service, event.environment) if event.service else None


class HomePress:
    """A press on a Home shows there at once: its person's Home is due as soon as the press is done."""

    def __init__(self, press: "Press", pool: Pool, bell: Bell) -> None:
        self._press, self._pool, self._bell = press, pool, bell

    async def press(self, click: Click) -> Answer:
        answer = await self._press.press(click)
        if click.view:
            await self._look_again(click.actor.id)
        return answer

    async def submitted(self, submission: Submission) -> Answer:
        answer = await self._press.submitted(submission)
        if answer.run is not None:
            await self._look_again(submission.actor.id)
        return answer

    async def _look_again(self, person: str) -> None:
        """What was pressed is recorded already: that the Home is a little late must not make it look unknown."""
        with suppress(*AWAY):
            await homes.wish(self._pool, [person], timedelta())
        self._bell.ring("home")


class Press(Protocol):
    async def press(self, click: Click) -> Answer: ...
    async def submitted(self, submission: Submission) -> Answer: ...
