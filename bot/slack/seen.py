"""Everything that is recorded of runs, as their messages need it: a few questions, however many runs."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.db import approvals, events, files, locks, reviews, runs
from bot.db.database import Rows
from bot.domain import plan as plans
from bot.domain.event import Event
from bot.domain.run import Run, RunId, State
from bot.slack.desired import Seen


async def see(rows: Rows, run: RunId, now: datetime) -> Seen | None:
    found = await runs.get(rows, run)
    return (await _seen_all(rows, [found], now))[0] if found else None


async def see_all(rows: Rows, wanted: Collection[RunId], now: datetime) -> list[Seen]:
    """In the order of their numbers; without looks that have not ended: of these nothing is told before."""
    told_of = "r.id = ANY($1::bigint[]) AND (r.risk <> 'read' OR r.finished_at IS NOT NULL)"
    return await _seen_all(rows, await runs.select(rows, f"WHERE {told_of} ORDER BY r.id", list(wanted)), now)


async def _seen_all(rows: Rows, found: Sequence[Run], now: datetime) -> list[Seen]:
    if not found:
        return []
    told = await events.of_runs(rows, [run.id for run in found])
    attached = await files.names(rows, [run.id for run in found])
    return [await _seen(rows, run, told[run.id], attached.get(run.id, []), now) for run in found]


async def _seen(rows: Rows, run: Run, told: Sequence[Event], attached: Sequence[str], now: datetime) -> Seen:
    """Most runs are neither approved by anybody nor wait for another one: nothing more is asked then."""
    approval = await approvals.get(rows, run.id) if run.expires_at is not None else None
    return Seen(
        run,
        plans.from_json(run.plan) if run.plan else None,
        approval,
        told,
        now,
        await _holder(rows, run) if run.state is State.WAITING and run.approved_at is not None else None,
        tuple(attached),
        await reviews.get(rows, run.id) if approval is not None and approval.way != "votes" else None,
    )


async def _holder(rows: Rows, run: Run) -> Run | None:
    """Who has the lock that it waits for."""
    held_by = await locks.holder(rows, run)
    return await runs.get(rows, held_by) if held_by else None
