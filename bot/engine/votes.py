"""Votes: approve, deny, confirm, withdraw. The approval's row is locked first, rights are checked at the click."""

from bot.db import approvals, events, locks, runs
from bot.db.database import Connection
from bot.domain.approval import Approval, ApprovalState
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.form import Form, one_line
from bot.domain.json import JsonObject
from bot.domain.run import Run, RunId, State
from bot.domain.words import clean, code
from bot.engine import endings, freezes, seats
from bot.engine.installation import Installation
from bot.engine.short import note
from permissions.decide import Deny, may_vote


class Votes:
    """Each method returns the card that the person who clicked sees alone; None when the messages tell it all."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def vote(
        self, run_id: RunId, voter: str, *, yes: bool, digits: str | None, via: str, reason: str = ""
    ) -> Card | None:
        """digits: the first of the plan's digest as the voter typed them; None when the button named the plan."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            answer = await self._vote(connection, run_id, voter, yes, digits, via, reason)
        self._at.bell.ring("work", "outbox")
        return answer

    async def _vote(
        self, connection: Connection, run_id: RunId, voter: str, yes: bool, digits: str | None, via: str, reason: str
    ) -> Card | None:
        locked = await approvals.lock(connection, run_id)
        run = await runs.get(connection, run_id)
        if run is None or locked is None:
            return note(f"There is no request R-{run_id} to answer.", "See what waits with /runs.")
        approval, over = locked
        if approval.state is not ApprovalState.WAITING or over:
            return too_late(run, approval)
        refusal = self._may_not(run, voter) or (seats.doubt(self._at, run, approval, voter, via) if yes else None)
        if refusal is not None:
            await self._refused(connection, run, voter, refusal, yes=yes, via=via)
            return note(refusal.because.sentence, refusal.next_step, run)
        if yes and (frozen := await freezes.stopped_run(connection, self._at, run)) is not None:
            return freezes.not_now(frozen, run)
        if digits is not None and not approval.digest.startswith(digits.lower()):
            return note(
                f"The plan of {run.label} is {approval.digest[:6]}, not {clean(digits)}: it is another plan.",
                f"Read it, then type /approve {run.label} {approval.digest[:6]}.",
                run,
            )
        if not await approvals.add_vote(connection, run_id, voter, yes=yes, digest=approval.digest, via=via):
            return note(f"You have answered {run.label} already; it counts once.", "", run)
        await self._count(connection, run, voter, yes, via, reason)
        return None

    async def _refused(
        self, connection: Connection, run: Run, by: str, refusal: Deny, *, yes: bool, via: str
    ) -> None:
        because = refusal.because
        body: JsonObject = {"because": because.sentence, "where": because.where, "yes": yes, "via": via}
        await events.record(connection, Kind.VOTE_REFUSED, run=run, actor=by, body=body)

    async def _count(self, connection: Connection, run: Run, voter: str, yes: bool, via: str, reason: str) -> None:
        approval = await approvals.get(connection, run.id)
        assert approval is not None  # noqa: S101  (its row is locked by us)
        counting = self.counting(run, approval)
        body: JsonObject = {"yes": yes, "have": len(counting), "need": approval.need, "reason": reason, "via": via}
        await events.record(connection, Kind.VOTE_CAST, run=run, actor=voter, body=body)
        if not yes:
            says = f"Denied by {self._at.people.name(voter)}{f': {clean(reason)}' if reason else ''}."
            await endings.before_running(connection, run.id, State.DENIED, says=says, by=voter)
        elif len(counting) >= approval.need:
            await self.grant(connection, run, list(counting))

    async def grant(self, connection: Connection, run: Run, by: list[str]) -> None:
        """In a transaction that holds the approval's row: it is approved, and takes its lock or waits for it."""
        await approvals.close(connection, run.id, ApprovalState.GRANTED)
        await events.record(connection, Kind.APPROVAL_GRANTED, run=run, actor=by[-1], body={"by": list(by)})
        await locks.take_and_queue(connection, run)

    async def confirm(self, run_id: RunId, by: str, typed: str = "") -> Card | Form | None:
        """The requester's own Run button, where policy wants no second person.

        A Form when the place has to be typed first (`confirm: typed`) and was not.
        """
        async with self._at.pool.acquire() as connection, connection.transaction():
            locked = await approvals.lock(connection, run_id)
            run = await runs.get(connection, run_id)
            if run is None or locked is None or run.actor != by:
                return note(
                    "Only the person who asked can press this.", "Ask for it yourself to get your own plan.", run
                )
            approval, over = locked
            if approval.state is not ApprovalState.WAITING or over:
                return too_late(run, approval)
            if isinstance(decision := self._at.decide_run(run), Deny):
                await self._refused(connection, run, by, decision, yes=True, via=run.via)
                return note(decision.because.sentence, decision.next_step, run)
            if approval.need:
                return note("This needs somebody else's approval now.", "See who with /runs show.", run)
            if approval.confirm == "typed" and " ".join(typed.lower().split()) != run.place:
                return typed_form(run)
            if (frozen := await freezes.stopped_run(connection, self._at, run)) is not None:
                return freezes.not_now(frozen, run)
            await self.grant(connection, run, [by])
        self._at.bell.ring("work", "outbox")
        return None

    async def withdraw(self, run_id: RunId, by: str) -> Card | None:
        """The requester takes it back before it starts."""
        async with self._at.pool.acquire() as connection, connection.transaction():
            await approvals.lock(connection, run_id)
            run = await runs.get(connection, run_id)
            if run is None or run.actor != by:
                return note("Only the person who asked can withdraw it.", "An approver can deny it.", run)
            says = f"Withdrawn by {self._at.people.name(by)}."
            if await endings.before_running(connection, run_id, State.WITHDRAWN, says=says, by=by) is None:
                return note(
                    f"{run.label} is {run.state.value} already.", "A run that has started can be cancelled.", run
                )
        self._at.bell.ring("work", "outbox")
        return None

    def _may_not(self, run: Run, voter: str) -> Deny | None:
        ask = self._at.ask(run)
        verdict = may_vote(
            self._at.policy,
            ask,
            self._at.person(voter, run.team),
            team_id=self._at.team,
            people=self._at.people.everyone(),
        )
        return verdict if isinstance(verdict, Deny) else None

    def counting(self, run: Run, approval: Approval) -> tuple[str, ...]:
        """Whose votes in favour count by the policy of now."""
        return seats.counting(self._at, run, approval)


def too_late(run: Run, approval: Approval) -> Card:
    """Somebody else was first, or its time is over."""
    said = {
        ApprovalState.GRANTED: "was approved already",
        ApprovalState.DENIED: "was denied already",
        ApprovalState.EXPIRED: "has expired",
        ApprovalState.WITHDRAWN: "was withdrawn",
        ApprovalState.VOIDED: "counts no more: what would happen has changed",
        ApprovalState.WAITING: "has expired",
    }[approval.state]
    return note(f"Too late: {run.label} ({run.text}) {said}.", "Nothing was changed by your click.", run)


def typed_form(run: Run) -> Form:
    """Typing the place's name is the last look at what is about to be changed."""
    return one_line(
        "Are you sure?",
        f"{code(run.text)} cannot be taken back by itself. Nothing was changed yet.",
        f"Type “{run.place}” to start it",
        "Start it",
        run.target,
    )
