"""One change at a time per service, environment and kind: taken at quorum, handed on by whoever frees it."""

from typing import cast

import asyncpg

from bot.db import approvals, events, runs
from bot.db.database import Connection, Rows
from bot.domain.capability import LockInfo
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import Lock, Run, RunId, State

_NOT_QUEUED = frozenset({State.RECEIVED, State.PLANNING, State.WAITING})
_WAITS_FOR_LOCK = "state = 'waiting' AND approved_at IS NOT NULL"


async def take_and_queue(connection: Connection, run: Run) -> bool:
    """In the transaction that approved it: queue the run with its lock, or leave it waiting its turn.

    True when it is queued. A run without a kind of lock is queued at once. One that has ended takes none, nor does
    one that another worker has queued, while the one that asks here was frozen.
    """
    found = await runs.open_before_running(connection, run.id)
    if found is None or found.state not in _NOT_QUEUED:
        return False
    holder = await _take(connection, run) if run.lock else None
    if holder is None:
        await _queue(connection, run)
        return True
    await runs.move(connection, run.id, _NOT_QUEUED, State.WAITING)
    await connection.execute("UPDATE runs SET approved_at = clock_now(), worker = NULL WHERE id = $1", run.id)
    holding = await runs.get(connection, holder)
    body: JsonObject = {"holder": holder, "holder_text": holding.text if holding else ""}
    await events.record(connection, Kind.LOCK_WAITED, run=run, body=body)
    return False


async def free(connection: Connection, run: Run) -> Run | None:
    """Give the lock back and hand it to the oldest live waiter; the run that got it."""
    if run.lock is None:
        return None
    freed = await connection.fetchrow(
        "DELETE FROM locks WHERE run_id = $1 RETURNING service, environment, kind", run.id
    )
    if freed is None:
        return None
    await events.record(connection, Kind.LOCK_FREED, run=run, body={"kind": run.lock.value})
    return await hand_on(connection, freed["service"], freed["environment"], freed["kind"])


async def hand_on(connection: Connection, service: str, environment: str, kind: str) -> Run | None:
    """Queue the oldest run that waits for this lock, if it is free."""
    row = await connection.fetchrow(
        f"""
        SELECT id FROM runs
        WHERE {_WAITS_FOR_LOCK} AND service = $1 AND environment = $2 AND lock = $3
        ORDER BY coalesce(turn, approved_at), id
        FOR NO KEY UPDATE SKIP LOCKED
        LIMIT 1
        """,
        service,
        environment,
        kind,
    )
    waiter = await runs.get(connection, row["id"]) if row else None
    if waiter is None or await _take(connection, waiter) is not None:
        return None
    await _queue(connection, waiter, waited=True)
    return waiter


async def swap_turns(connection: Connection, ahead: Run, behind: Run) -> bool:
    """Each gets the other's turn, if both wait for one lock in this order; False when they do not."""
    found = await connection.fetch(
        f"""
        SELECT id, coalesce(turn, approved_at) AS turn, service, environment, lock FROM runs
        WHERE id = ANY($1::bigint[]) AND {_WAITS_FOR_LOCK} AND lock IS NOT NULL
        ORDER BY coalesce(turn, approved_at), id
        FOR NO KEY UPDATE
        """,
        [ahead.id, behind.id],
    )
    if [row["id"] for row in found] != [ahead.id, behind.id] or len({tuple(row)[2:] for row in found}) > 1:
        return False
    for row, other in zip(found, reversed(found), strict=True):
        await connection.execute("UPDATE runs SET turn = $2 WHERE id = $1", row["id"], other["turn"])
    return True


async def repair(connection: Connection) -> int:
    """Free locks whose run has ended with a known outcome, and hand on locks that nobody took; how many moved."""
    moved = 0
    for row in await connection.fetch(
        """
        SELECT l.run_id FROM locks l JOIN runs r ON r.id = l.run_id
        WHERE r.finished_at IS NOT NULL AND r.changed IS DISTINCT FROM 'unknown'
        ORDER BY l.service, l.environment, l.kind
        """
    ):
        run = await runs.get(connection, row["run_id"])
        moved += 1
        if run is not None:
            await free(connection, run)
    for row in await connection.fetch(
        f"""
        SELECT DISTINCT service, environment, lock FROM runs w
        WHERE {_WAITS_FOR_LOCK} AND lock IS NOT NULL AND NOT EXISTS (
            SELECT FROM locks l
            WHERE l.service = w.service AND l.environment = w.environment AND l.kind = w.lock)
        """
    ):
        moved += await hand_on(connection, row["service"], row["environment"], row["lock"]) is not None
    return moved


async def holder(rows: Rows, run: Run) -> RunId | None:
    """Who holds the lock that this run wants."""
    if run.lock is None:
        return None
    found = await rows.fetchval(
        "SELECT run_id FROM locks WHERE service = $1 AND environment = $2 AND kind = $3",
        run.service,
        run.environment,
        run.lock.value,
    )
    return cast("RunId | None", found)


async def listed(rows: Rows) -> list[LockInfo]:
    found = await rows.fetch("SELECT service, environment, kind, run_id, since FROM locks ORDER BY since")
    return [info for row in found if (info := await _info(rows, row)) is not None]


async def _info(rows: Rows, row: asyncpg.Record) -> LockInfo | None:
    run = await runs.get(rows, row["run_id"])
    waiting = await rows.fetch(
        f"SELECT id FROM runs WHERE {_WAITS_FOR_LOCK} AND service = $1 AND environment = $2 AND lock = $3"
        " ORDER BY coalesce(turn, approved_at), id",
        row["service"],
        row["environment"],
        row["kind"],
    )
    waiters = [waiter for one in waiting if (waiter := await runs.get(rows, one["id"])) is not None]
    if run is None:
        return None
    kind, since = Lock(row["kind"]), row["since"]
    settles = await rows.fetchval("SELECT person FROM handovers WHERE run_id = $1", run.id) or run.actor
    return LockInfo(row["service"], row["environment"], kind, run, since, tuple(waiters), settles)


async def _take(connection: Connection, run: Run) -> RunId | None:
    """None when the lock is ours now (or already was), else the run that holds it."""
    assert run.lock is not None  # noqa: S101  (callers have asked)
    held_by = None
    while held_by is None:  # freed between our two statements: try again, nobody is not the same as us
        await connection.execute(
            "INSERT INTO locks (service, environment, kind, run_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            run.service,
            run.environment,
            run.lock.value,
            run.id,
        )
        held_by = await holder(connection, run)
    if held_by == run.id:
        await events.record(connection, Kind.LOCK_TAKEN, run=run, body={"kind": run.lock.value})
        return None
    return held_by


async def _queue(connection: Connection, run: Run, *, waited: bool = False) -> None:
    """It may be claimed at once, or after the time in which whoever asked may still stop it."""
    hold = await approvals.hold(connection, run.id)
    await connection.execute(
        """
        UPDATE runs
        SET state = 'queued', worker = NULL, approved_at = coalesce(approved_at, clock_now()),
            hold_until = clock_now() + $3::interval, start_by = clock_now() + $2 + coalesce($3, interval '0')
        WHERE id = $1 AND state IN ('received', 'planning', 'waiting')
        """,
        run.id,
        runs.START_WITHIN,
        hold,
    )
    body: JsonObject = {"waited": True} if waited else {}
    body |= {"hold_s": hold.total_seconds()} if hold else {}
    await events.record(connection, Kind.RUN_QUEUED, run=run, body=body)
