"""Asks the next people when nobody answers: each wave once, on any number of replicas. Never decides who may."""

from bot.db import approvals, database, events, runs
from bot.db.database import Connection
from bot.domain.approval import ApprovalState
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import Run, RunId
from bot.domain.waves import called, next_call
from bot.engine.installation import Installation
from bot.engine.short import note


async def escalate(connection: Connection, run_id: RunId) -> int:
    """In a transaction of its own: the next wave, if it is due."""
    locked = await approvals.lock(connection, run_id)
    run = await runs.get(connection, run_id)
    if run is None or locked is None or locked[0].state is not ApprovalState.WAITING or locked[1]:
        return 0
    unreachable = await approvals.undelivered(connection, run_id)
    call = next_call(locked[0], await database.now(connection), unreachable)
    if call is None or not await approvals.escalate(connection, run_id, call.wave):
        return 0
    body: JsonObject = {
        "wave": call.wave.name.lower(),
        "people": list(call.people),
        "again": list(call.again),
        "unreachable": [*sorted(unreachable)],
    }
    await events.record(connection, Kind.APPROVAL_ESCALATED, run=run, body=body)
    return 1


async def stop_asking(at: Installation, run: Run, who: str) -> Card | None:
    """An approver knows and wants no further message about this; it is no vote. None: their own copy tells."""
    async with at.pool.acquire() as connection, connection.transaction():
        locked = await approvals.lock(connection, run.id)
        if locked is None or locked[0].state is not ApprovalState.WAITING or locked[1]:
            return note(f"{run.label} waits for nobody any more.", "You are not asked again.", run)
        if who not in called(locked[0]):
            return note("You were not asked, so you are not asked again.", "", run)
        if not await approvals.stop_asking(connection, run.id, who):
            return note(f"You are not asked about {run.label} again.", "You may still answer it.", run)
        await events.record(connection, Kind.APPROVAL_STOPPED, run=run, actor=who)
    at.bell.ring("outbox")
    return None
