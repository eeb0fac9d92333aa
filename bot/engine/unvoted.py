"""Going on without votes: alone after silence, or by breaking the glass. Decided at the click and the start.

It replaces votes and nothing else: a denial, the lock, the plan's digest and every check before the start hold.
"""

from datetime import datetime

from bot.db import approvals, database, events, incidents, locks, reviews, runs
from bot.db.database import Connection, Rows
from bot.domain.approval import Approval, ApprovalState, Way
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.form import Form
from bot.domain.json import JsonObject
from bot.domain.review import LONGEST, SHORTEST, next_time, reason
from bot.domain.run import Run, RunId
from bot.domain.unvoted import not_now, not_possible, why_form
from bot.engine import freezes
from bot.engine.installation import Installation
from bot.engine.short import note
from bot.engine.votes import too_late
from permissions.decide import Deny
from permissions.eligible import admins
from permissions.oncall import zone_of
from permissions.reviewers import reviewers

_KINDS: dict[Way, Kind] = {"alone": Kind.APPROVAL_ALONE, "glass": Kind.APPROVAL_BROKEN_GLASS}


class Unvoted:
    """A card is what the person sees alone; None when the messages tell it all."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def ask(self, run: Run, who: str, way: Way) -> Card | Form:
        """The button: whether it may be is looked at before the form that asks why, and again with its answer."""
        async with self._at.pool.acquire() as connection:
            approval, now = await approvals.get(connection, run.id), await database.now(connection)
            unfit = await self._unfit(connection, run, way)
        return self._refusal(run, approval, now, who, way) or unfit or why_form(run, way)

    async def go(self, run_id: RunId, who: str, way: Way, because: str) -> Card | None:
        """On they go, unless somebody answered meanwhile: the approval's row is locked first, as by whoever votes."""
        said = reason(because)
        if said is None:
            what = f"Say why in one sentence, {SHORTEST} to {LONGEST} characters."
            return note(what, "Everyone in the channel reads it.")
        async with self._at.pool.acquire() as connection, connection.transaction():
            locked = await approvals.lock(connection, run_id)
            run, now = await runs.get(connection, run_id), await database.now(connection)
            refusal = self._refusal(run, locked[0] if locked else None, now, who, way)
            if run is None or refusal is not None:
                return refusal
            if (unfit := await self._unfit(connection, run, way)) is not None:
                return unfit
            await self._grant(connection, run, now, way, said)
        self._at.bell.ring("work", "outbox")
        return None

    async def _grant(self, connection: Connection, run: Run, now: datetime, way: Way, because: str) -> None:
        look_at = next_time(way, now, zone_of(self._at.policy.oncall))
        await approvals.grant_unvoted(connection, run.id, way, because)
        await reviews.begin(connection, run.id, way=way, actor=run.actor, because=because, next_at=look_at)
        body: JsonObject = {"because": because, "review_at": look_at.isoformat()}
        body |= {"told": [*self._admins(run)]} if way == "glass" else {}
        await events.record(connection, _KINDS[way], run=run, actor=run.actor, body=body)
        await locks.take_and_queue(connection, run)

    async def _unfit(self, connection: Connection, run: Run, way: Way) -> Card | None:
        """What stands against it besides the policy: no incident, or a freeze, as at every other click."""
        if (missing := await self._incident_is_missing(connection, run, way)) is not None:
            return missing
        frozen = await freezes.stopped_run(connection, self._at, run)
        return freezes.not_now(frozen, run) if frozen is not None else None

    async def _incident_is_missing(self, connection: Connection, run: Run, way: Way) -> Card | None:
        """Glass is broken for an emergency that is declared; where `/incident` is not installed none can be."""
        if way != "glass" or "/incident" not in self._at.commands:
            return None
        if await open_incident_for(connection, run.service or "", run.environment or ""):
            return None
        what = (
            f"The glass is broken only while an incident of {run.place} is open of which everybody may know; "
            "a rehearsal does not count."
        )
        return note(what, "Declare it with /incident, then press again.", run)

    def _admins(self, run: Run) -> tuple[str, ...]:
        """Who is told by a message of their own: the admins, and who may look at it afterwards."""
        at, people = self._at, self._at.people.everyone()
        may = reviewers(at.policy, at.ask(run), people, team_id=at.team)
        return tuple(dict.fromkeys(one for one in (*admins(at.policy, people), *may) if one != run.actor))

    def _refusal(self, run: Run | None, approval: Approval | None, now: datetime, who: str, way: Way) -> Card | None:
        if run is None or approval is None:
            return note("There is no such request that waits.", "See what waits with /runs.")
        if run.actor != who:
            return note("Only the person who asked can do this.", "You can approve it, if you may.", run)
        if approval.state is not ApprovalState.WAITING or approval.expires_at <= now:
            return too_late(run, approval)
        decision = self._at.decide_run(run)
        if isinstance(decision, Deny):
            return note(decision.because.sentence, decision.next_step, run)
        why_not = not_possible(decision, way) or not_now(approval, way, now)
        return note(why_not, "It waits for those who were asked.", run) if why_not else None


async def open_incident_for(rows: Rows, service: str, environment: str) -> bool:
    """Whether one that is no rehearsal, and of which everybody may know, is under way there.

    Were a private one enough, whoever sees the glass broken would learn that there is one.
    """
    for incident in await incidents.ongoing(rows):
        meant = not incident.affected or any(one.covers(service, environment) for one in incident.affected)
        if meant and not (incident.test or incident.private):
            return True
    return False


async def offer_alone(connection: Connection, run_id: RunId) -> int:
    """In a transaction of its own: whoever asked learns, once, that nobody has answered."""
    locked = await approvals.lock(connection, run_id)
    run = await runs.get(connection, run_id)
    if run is None or locked is None or not await approvals.offer_alone(connection, run_id):
        return 0
    await events.record(connection, Kind.APPROVAL_ALONE_OFFERED, run=run)
    return 1
