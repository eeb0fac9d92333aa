"""Requests that wait for an answer, decided again after the policy or the catalog has changed.

Who may answer and how many are needed follow the new policy; who may no longer ask is refused and told.
"""

from typing import assert_never

import structlog

from bot.db import approvals, database, events, runs
from bot.db.database import AWAY, Connection
from bot.domain.approval import Approval, ApprovalState
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.run import Run, RunId, State
from bot.engine import endings
from bot.engine.installation import Installation
from bot.engine.votes import Votes
from permissions.decide import Allow, Deny, NeedsApproval
from permissions.oncall import asked_first

log = structlog.get_logger()


class Again:
    """Each in a transaction of its own with its approval locked first: a click comes before it or after it."""

    def __init__(self, installation: Installation, votes: Votes) -> None:
        self._at = installation
        self._votes = votes

    async def decide_all(self) -> int:
        """How many are now confirmed in another way, or ended."""
        changed = 0
        for run_id in await approvals.waiting(self._at.pool):
            try:
                async with self._at.pool.acquire() as connection, connection.transaction():
                    changed += await self._decide(connection, run_id)
            except AWAY:
                raise
            except Exception:  # the others are decided; this one is decided again at its start
                log.exception("again.failed", run_id=run_id)
        self._at.bell.ring("work", "outbox")
        return changed

    async def _decide(self, connection: Connection, run_id: RunId) -> bool:
        locked = await approvals.lock(connection, run_id)
        run = await runs.get(connection, run_id)
        if run is None or locked is None or locked[0].state is not ApprovalState.WAITING or locked[1]:
            return False
        if self._at.people.get(run.actor) is None:
            return False  # what Slack knows is missing: decided at the start, when it has been asked
        decision = self._at.decide(self._at.ask(run))
        match decision:
            case Deny() as deny:
                says = f"The policy has changed. {deny.because.sentence} {deny.next_step} ({deny.because.where})"
                await endings.before_running(connection, run_id, State.REFUSED, says=says)
                return True
            case NeedsApproval() as needs if needs.rule.need:
                return await self._ask_anew(connection, run, locked[0], needs)
            case Allow() | NeedsApproval():
                return await self._void(connection, run, locked[0], decision)
            case _:
                assert_never(decision)

    async def _ask_anew(self, connection: Connection, run: Run, was: Approval, now: NeedsApproval) -> bool:
        same = (was.need, set(was.asked), was.alone_after, was.glass)
        if same == (now.rule.need, set(now.approvers), now.rule.alone_after, now.glass):
            return False
        kept = tuple(one for one in was.first if one in now.approvers)  # their message is there, its buttons count
        await approvals.ask_anew(
            connection,
            run.id,
            need=now.rule.need,
            asked=now.approvers,
            first=kept or asked_first(self._at.policy.oncall, await database.now(connection), now.approvers),
            alone_after=now.rule.alone_after,
            glass=now.glass,
        )
        await runs.say_why(connection, run.id, f"{now.because.sentence} ({now.because.where})")
        body: JsonObject = {
            "asked": list(now.approvers),
            "need": now.rule.need,
            "from": now.rule.from_role,
            "no_longer": [one for one in was.asked if one not in now.approvers],
        }
        await events.record(connection, Kind.APPROVAL_CHANGED, run=run, body=body)
        counting = self._votes.counting(run, was)
        if len(counting) >= now.rule.need:
            await self._votes.grant(connection, run, list(counting))
        return True

    async def _void(self, connection: Connection, run: Run, was: Approval, now: Allow | NeedsApproval) -> bool:
        """Nobody else is asked any more. What others were asked for does not turn into one's own click unseen."""
        if not was.need:
            return False
        says = f"The policy has changed: nobody else is asked any more. {now.because.sentence} Ask again."
        await endings.before_running(connection, run.id, State.VOIDED, says=says)
        return True
