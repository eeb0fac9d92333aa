"""Claims runs and owns their tasks: beats, leases, drain, sweepers. Starts nothing that it cannot record."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from bot import metrics
from bot.db import approvals, database, events, locks, reviews, runs, workers
from bot.db.database import AWAY, Connection
from bot.domain.errors import Changed
from bot.domain.event import Kind
from bot.domain.run import ACTIVE, Run, RunId, State
from bot.engine import endings, freezes, unvoted, waves
from bot.engine.endings import Ending
from bot.engine.govern import EngineGovern
from bot.engine.installation import Installation
from bot.engine.life import Life
from bot.engine.reviews import Reviews
from permissions.model import Risk

log = structlog.get_logger()

CAPACITY = 32
_TOGETHER = 8  # claims at once: other replicas want some too
DRAIN = 25.0  # seconds
_POLL = 1.0
_SWEEP = 1.0
_CALM_S = 0.02  # since many requests were last in hand: acknowledged together, they are gone for a moment together
_GIVES_WAY_S, _GIVES_WAY_AT_MOST = 0.01, 25


@dataclass(slots=True)
class Session:
    """This process as one worker, as long as its lease is unbroken."""

    id: int
    beaten: float  # monotonic time of the last confirmed beat
    tasks: dict[RunId, asyncio.Task[None]] = field(default_factory=dict)


class Worker:
    """`run` until cancelled or drained. After a lost lease it stops its runs and registers anew."""

    def __init__(self, installation: Installation, govern: EngineGovern, *, drain_s: float = DRAIN) -> None:
        self._at = installation
        self._govern = govern
        self._drain_s = drain_s
        self._draining = asyncio.Event()

    async def run(self) -> None:
        while not self._draining.is_set():
            with suppress(*AWAY):
                async with database.session(self._at.pool, timeout=5) as connection:
                    session = Session(await workers.register(connection, _name()), time.monotonic())
                    log.info("worker.registered", worker=session.id)
                    await self._serve(session, connection)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._draining.wait(), 0.2)

    def drain(self) -> None:
        """No new claims from now on; `run` returns when what runs has ended, or after `drain_s`."""
        self._draining.set()

    async def _serve(self, session: Session, connection: Connection) -> None:
        """Until drained, or until the lease is lost; then everything of this session is stopped."""
        claiming = asyncio.ensure_future(self._claim_loop(session))
        beating = asyncio.ensure_future(self._beat_loop(session, connection))
        sweeping = asyncio.ensure_future(self._sweep_loop())
        draining = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait({claiming, beating, sweeping, draining}, return_when=asyncio.FIRST_COMPLETED)
            if self._draining.is_set():
                await _stop(claiming)
                await self._let_end(session, beating)
        finally:
            try:
                await _stop(claiming, sweeping, draining, beating, *session.tasks.values())
            finally:
                await self._record_interrupted(session)

    async def _let_end(self, session: Session, beating: asyncio.Future[None]) -> None:
        """Until all have ended, the time is over, or the lease is lost: then others speak for these runs."""
        if session.tasks:
            log.info("worker.draining", runs=len(session.tasks))
            ended = asyncio.ensure_future(_ended(set(session.tasks.values())))
            try:
                await asyncio.wait({ended, beating}, timeout=self._drain_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended.cancel()

    async def _record_interrupted(self, session: Session) -> None:
        """What was stopped in the middle is recorded by the worker itself, if the database still answers;
        what it had only claimed is for others to claim again. If it does not answer, a sweeper buries this worker."""
        with suppress(*AWAY):
            async with self._at.pool.acquire(timeout=2) as connection, connection.transaction():
                await take_back(connection, session.id, "The bot was stopped while it ran")
                await workers.end(connection, session.id)
        self._at.bell.ring("outbox", "work")

    # --- claims ---------------------------------------------------------------------------------------------

    async def _claim_loop(self, session: Session) -> None:
        looked = time.monotonic()
        with self._at.bell.listener("work") as work:
            while True:
                if time.monotonic() - looked >= _POLL:
                    looked = time.monotonic()
                    await self._take_back_lost(session)
                await self._give_way()
                claimed = await self._claim(session)
                for run in claimed:
                    self._own(session, run)
                if not claimed:
                    await work.wait(_POLL)

    async def _give_way(self) -> None:
        """While many wait for an acknowledgement, which is due within 3 s, what may start a moment later waits."""
        for _ in range(_GIVES_WAY_AT_MOST):
            if time.monotonic() - self._at.crowded_at > _CALM_S:
                return
            await asyncio.sleep(_GIVES_WAY_S)

    async def _claim(self, session: Session) -> list[Run]:
        free = min(CAPACITY - len(session.tasks), _TOGETHER)
        late = time.monotonic() - session.beaten > workers.LEASE.total_seconds() / 2
        # Nothing can be decided before Slack once said which workspace this is.
        if late or not free or not self._at.team:
            return []
        try:
            return await runs.claim(self._at.pool, session.id, free, known=self._at.commands)
        except AWAY:
            return []

    async def _take_back_lost(self, session: Session) -> None:
        """What is ours on paper and not in hand: PostgreSQL went away at its claim, its start or its end.

        Only between two claims: one whose answer has not come yet is in hand nowhere.
        """
        in_hand = frozenset(session.tasks)
        with suppress(*AWAY):
            if all(run.id in in_hand for run in await runs.held_by(self._at.pool, session.id)):
                return
            async with self._at.pool.acquire(timeout=5) as connection, connection.transaction():
                await take_back(connection, session.id, "Its end could not be recorded", spare=in_hand)
            self._at.bell.ring("work", "outbox")

    def _own(self, session: Session, run: Run) -> None:
        """A run sees one catalog and one policy from its claim to its rest, whatever is reloaded meanwhile."""
        life = Life(replace(self._at), self._govern, session.id)
        task = asyncio.ensure_future(self._advance(run, life))
        session.tasks[run.id] = task
        metrics.RUNS_IN_HAND.inc()

        def done(_: asyncio.Task[None]) -> None:
            if session.tasks.get(run.id) is task:  # planned and queued, it may be in hand again already
                del session.tasks[run.id]
            metrics.RUNS_IN_HAND.dec()
            self._at.bell.ring("work")

        task.add_done_callback(done)

    async def _advance(self, run: Run, life: Life) -> None:
        with structlog.contextvars.bound_contextvars(run_id=run.id, command=run.command):
            try:
                await life.advance(run)
            except AWAY:
                log.warning("run.database_away", state=run.state.value)
            except Exception:
                log.exception("run.crashed", state=run.state.value)

    # --- the lease ------------------------------------------------------------------------------------------

    async def _beat_loop(self, session: Session, connection: Connection) -> None:
        """Returns when the lease is lost. A dropped connection is replaced while the lease lasts."""
        while time.monotonic() - session.beaten < workers.LEASE.total_seconds():
            await self._beat_on(session, connection)
            with suppress(*AWAY):
                async with database.session(self._at.pool, timeout=2) as fresh:
                    if await workers.hold(fresh, session.id):
                        await self._beat_on(session, fresh)
            await asyncio.sleep(0.2)
        log.error("worker.lease_lost", worker=session.id, runs=sorted(session.tasks))

    async def _beat_on(self, session: Session, connection: Connection) -> None:
        while await self._beat(session, connection):  # noqa: ASYNC110  (a heartbeat, not a wait for a condition)
            await asyncio.sleep(workers.BEAT.total_seconds())

    async def _beat(self, session: Session, connection: Connection) -> bool:
        sent = time.monotonic()  # others count from PostgreSQL's time of it, which is later: we give up first
        try:
            alive = await workers.beat(connection, session.id)
        except AWAY:
            return False
        if not alive:
            session.beaten = float("-inf")  # declared dead: stop at once
            return False
        session.beaten = sent
        return True

    # --- sweepers -------------------------------------------------------------------------------------------

    async def _sweep_loop(self) -> None:
        while True:
            with suppress(*AWAY):
                await sweep(self._at)
            await asyncio.sleep(_SWEEP)


async def sweep(installation: Installation) -> None:
    """One round of every sweeper; safe on any number of replicas at once. One that fails does not stop the others."""
    moved = 0

    async def mind_freezes(connection: Connection) -> int:
        return await freezes.mind(connection, installation)

    async def ask_for_reviews(connection: Connection) -> int:
        return await _each(connection, await reviews.due(connection), Reviews(installation).ask_again)

    async with installation.pool.acquire(timeout=5) as connection:
        for duty in (*_DUTIES, mind_freezes, ask_for_reviews):
            try:
                moved += await duty(connection)
            except AWAY:
                raise
            except Exception:
                log.exception("sweep.failed", duty=duty.__name__.strip("_"))
    if moved:
        installation.bell.ring("work", "outbox")


async def _bury(connection: Connection) -> int:
    moved = 0
    async with connection.transaction():
        for dead in await workers.bury_dead(connection):
            why = "The bot that ran it was not heard of any more: it died, or lost its database"
            moved += await take_back(connection, dead, why)
    return moved


async def _expire_overdue(connection: Connection) -> int:
    return await _each(connection, await approvals.overdue(connection), _expire)


async def _escalate(connection: Connection) -> int:
    return await _each(connection, await approvals.to_escalate(connection), waves.escalate)


async def _offer_alone(connection: Connection) -> int:
    return await _each(connection, await approvals.to_offer_alone(connection), unvoted.offer_alone)


async def _expire_late_starts(connection: Connection) -> int:
    async def expire(within: Connection, run: RunId) -> int:
        return await endings.before_running(within, run, State.EXPIRED, says=endings.TOO_LATE) is not None

    return await _each(connection, [run.id for run in await runs.past_start(connection)], expire)


async def _repair_locks(connection: Connection) -> int:
    async with connection.transaction():
        return await locks.repair(connection)


async def _forget_deliveries(connection: Connection) -> int:
    await connection.execute("DELETE FROM deliveries WHERE at < clock_now() - interval '25 hours'")
    return 0


async def _expire(connection: Connection, run_id: RunId) -> int:
    locked = await approvals.lock(connection, run_id)
    if locked is None or not locked[1] or locked[0].state.value != "waiting":
        return 0
    approval = locked[0]
    says = "Nobody answered in time." if approval.need else "It was not confirmed within 10 minutes."
    return int(await endings.before_running(connection, run_id, State.EXPIRED, says=says) is not None)


_DUTIES = (
    _bury,
    _expire_overdue,
    _escalate,
    _offer_alone,
    _expire_late_starts,
    _repair_locks,
    _forget_deliveries,
)


async def _each(
    connection: Connection, found: Sequence[RunId], end: Callable[[Connection, RunId], Awaitable[int]]
) -> int:
    """Each in a transaction of its own, so that one that fails stops no other; how many were moved."""
    moved = 0
    for run in found:
        try:
            async with connection.transaction():
                moved += await end(connection, run)
        except AWAY:
            raise
        except Exception:
            log.exception("sweep.failed", run_id=run)
    return moved


async def take_back(connection: Connection, worker: int, why: str, *, spare: Collection[RunId] = ()) -> int:
    """What a stopped worker had in hand, but `spare`: started runs are interrupted, others may be claimed again."""

    async def interrupt(within: Connection, run: RunId) -> int:
        return await _interrupt(within, run, worker, why)

    held = await runs.held_by(connection, worker)
    started = [run.id for run in held if run.state in ACTIVE and run.id not in spare]
    moved = await _each(connection, started, interrupt)
    return moved + len(await runs.put_back(connection, worker, spare=spare))


async def _interrupt(connection: Connection, run_id: RunId, worker: int, why: str) -> int:
    """Write `interrupted`, with what is known and what is not."""
    run = await runs.get(connection, run_id)
    if run is None:
        return 0
    history = await events.of_run(connection, run_id)
    begun = [str(event.body.get("step")) for event in history if event.kind is Kind.STEP_STARTED]
    ended = [str(event.body.get("step")) for event in history if event.kind is Kind.STEP_ENDED]
    says = f"{why}. {_known(ended, [step for step in begun if step not in ended])}"
    changed: Changed = "nothing" if run.risk is Risk.READ else "unknown"
    state = State.INTERRUPTED
    return await endings.after_running(connection, run_id, Ending(state, changed, says), worker=worker) is not None


def _known(done: list[str], open_steps: list[str]) -> str:
    known = f"Done before that: {', '.join(done)}." if done else "No step was finished before that."
    unknown = f" How “{'”, “'.join(open_steps)}” ended is not known." if open_steps else ""
    return known + unknown


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)


async def _stop(*tasks: asyncio.Task[object] | asyncio.Future[object]) -> None:
    """Until all have ended; our own cancellation meanwhile is not taken for theirs."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, AWAY):
            raise error


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
