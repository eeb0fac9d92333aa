"""Planning, starting and executing a claimed run. The worker owns the task; every ending is told by an event."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.db import approvals, database, events, locks, runs
from bot.db.database import AWAY, Connection
from bot.domain import parse
from bot.domain import plan as plans
from bot.domain.approval import Approval, ApprovalState
from bot.domain.capability import Govern
from bot.domain.card import Card, Tone
from bot.domain.command import Verb
from bot.domain.errors import CHANGED_WORDS, Changed, Impossible, ProviderError, StepFailed, Stopped, WatchkeeperError
from bot.domain.event import Kind
from bot.domain.freeze import stops
from bot.domain.json import JsonObject
from bot.domain.plan import NOTHING, Plan, sober
from bot.domain.run import Run, State
from bot.domain.unvoted import not_possible
from bot.engine import endings, freezes, seats
from bot.engine.endings import Ending, log_names
from bot.engine.installation import Installation
from bot.engine.look import EngineLook
from bot.engine.recording import record
from bot.engine.running import (
    EngineRunning,
    LeaseLost,
    NoLongerOurs,
    StepTimedOut,
    mark_running,
    one_within_lease,
    within_lease,
)
from permissions.decide import Allow, Decision, Deny, NeedsApproval
from permissions.model import Risk
from permissions.oncall import asked_first

log = structlog.get_logger()
Result = TypeVar("Result")

PLAN_DEADLINE = timedelta(seconds=60)
OWN_CONFIRMATION = timedelta(minutes=10)


class Life:
    """One claimed run, from here to its next rest (waiting, queued) or its end."""

    def __init__(self, installation: Installation, govern: Govern, worker: int) -> None:
        self._at = installation
        self._govern = govern
        self._worker = worker

    async def advance(self, run: Run) -> None:
        """Raises what PostgreSQL raises while it is away; the worker then puts the claim back."""
        try:
            verb = self._at.verb(run)
        except (KeyError, StopIteration):
            await self._end_before(run, State.VOIDED, f"{run.command} is no longer installed.")
            return
        try:
            await (self._plan(run, verb) if run.state is State.PLANNING else self._start(run, verb))
        except AWAY:
            raise
        except Exception:
            log.exception("run.crashed", run_id=run.id, command=run.command)
            card = no_plan_card(run, "It failed before its start for a reason I did not expect.", log_names(run))
            await self._end_before(run, State.FAILED, card.text, card=card, cause=Kind.PLAN_FAILED)

    # --- planning -------------------------------------------------------------------------------------------

    async def _plan(self, run: Run, verb: Verb) -> None:
        now = await database.now(self._at.pool)
        if not await self._know(run, now):
            return
        decision = self._at.decide_run(run)
        if isinstance(decision, Deny):
            await self._refuse(run, decision)
        elif verb.plan is None:
            await self._transaction(lambda connection: locks.take_and_queue(connection, run))
        else:
            found = await self._make_plan(run, verb, now, _backup_first(decision))
            if isinstance(found, Card):
                await self._end_before(run, State.FAILED, found.text, card=found, cause=Kind.PLAN_FAILED)
            else:
                await self._planned(run, found)

    async def _make_plan(self, run: Run, verb: Verb, now: datetime, backup_first: bool) -> Plan | Card:
        """The plan, or the card that says why there is none; planning only reads."""
        assert verb.plan is not None  # noqa: S101  (callers have asked)
        look = EngineLook(self._at, self._govern, run, now, backup_first=backup_first)
        try:
            async with asyncio.timeout(PLAN_DEADLINE.total_seconds()):
                return sober(await verb.plan(parse.from_json(verb.request, run.request), look))
        except (Impossible, ProviderError, StepFailed) as error:
            return no_plan_card(run, error.what, error.next_step)
        except TimeoutError:
            return no_plan_card(run, "Planning did not end within 60 s.", "Try again, or look with /health.")
        except Exception as error:
            if isinstance(error, AWAY) and not (isinstance(error, OSError) and await self._answers()):
                raise
            log.exception("plan.failed", run_id=run.id, command=run.command)
            return no_plan_card(run, "Planning failed for a reason I did not expect.", log_names(run))

    async def _answers(self) -> bool:
        """Whether PostgreSQL is there: then an OSError of a plan is the plan's own, and would come again."""
        try:
            await database.now(self._at.pool)
        except AWAY:
            return False
        return True

    async def _planned(self, run: Run, plan: Plan) -> None:
        if plan.nothing_to_do or run.dry_run:
            await self._transaction(lambda connection: _ended_with_plan(connection, run, plan))
            return
        risk = _higher(run.risk, plan.raises)
        decision = self._at.decide_run(run, risk=risk)
        if isinstance(decision, Deny):
            await self._refuse(run, decision)
            return
        if (frozen := await freezes.stopped_run(self._at.pool, self._at, run, risk)) is not None:
            await self._refuse(run, frozen)
            return
        await self._transaction(lambda connection: self._ask_or_queue(connection, run, plan, risk, decision))

    async def _ask_or_queue(
        self, connection: Connection, run: Run, plan: Plan, risk: Risk, decision: Allow | NeedsApproval
    ) -> None:
        waiting = await runs.move(
            connection,
            run.id,
            {State.PLANNING},
            State.WAITING,
            plan=plans.to_json(plan),
            digest=plan.digest,
            risk=risk.value,
            because=f"{decision.because.sentence} ({decision.because.where})",
        )
        if waiting is None:
            return
        await events.record(
            connection, Kind.PLAN_MADE, run=waiting, body={"digest": plan.digest, "summary": plan.summary}
        )
        match decision:
            case Allow():
                await locks.take_and_queue(connection, waiting)
            case NeedsApproval(rule=rule):
                asked = tuple(decision.approvers) if rule.need else (run.actor,)
                now = await database.now(connection)
                first = asked_first(self._at.policy.oncall, now, asked) if rule.need else ()
                await approvals.ask(
                    connection,
                    run.id,
                    need=rule.need,
                    asked=asked,
                    confirm="typed" if rule.confirm == "typed" else "button",
                    digest=plan.digest,
                    answer=rule.answer if rule.need else OWN_CONFIRMATION,
                    first=first,
                    alone_after=rule.alone_after,
                    glass=decision.glass,
                    hold=rule.hold,
                )
                body: JsonObject = {
                    "asked": list(asked),
                    "first": list(first),
                    "need": rule.need,
                    "from": rule.from_role,
                }
                await events.record(connection, Kind.APPROVAL_ASKED, run=waiting, body=body)

    # --- starting -------------------------------------------------------------------------------------------

    async def _start(self, run: Run, verb: Verb) -> None:
        """Lock held → decide again → plan again → compare → commit `running` → first effect."""
        now = await database.now(self._at.pool)
        decision = await self._still_may(run, verb, now)
        if decision is None:
            return
        if verb.ours:
            await record(self._at, run, verb, now, self._worker)
            return
        plan = await self._plan_again(run, verb, now, decision)
        started = await self._started(run, verb) if plan is not None else None
        if isinstance(started, Deny):
            await self._refuse(run, started)
        elif plan is not None and started is not None:
            await self._execute(started, verb, plan, now, _backup_first(decision))

    async def _still_may(self, run: Run, verb: Verb, now: datetime) -> Decision | None:
        """None: it has ended, or waits until it is known who asked."""
        if run.start_by is not None and run.start_by < now:
            await self._end_before(run, State.EXPIRED, endings.TOO_LATE)
            return None
        if not await self._know(run, now):
            return None
        decision = self._at.decide_run(run)
        if isinstance(decision, Deny):
            await self._refuse(run, decision)
            return None
        if await self._frozen(run) or not await self._still_approved(run, decision):
            return None
        return decision

    async def _plan_again(self, run: Run, verb: Verb, now: datetime, decision: Decision) -> Plan | None:
        """As it was approved; None: it has ended, because it is not, or cannot be made any more."""
        if verb.plan is None:
            return NOTHING
        found = await self._make_plan(run, verb, now, _backup_first(decision))
        if isinstance(found, Card):
            await self._end_before(run, State.FAILED, found.text, card=found, cause=Kind.PLAN_FAILED)
            return None
        return None if await self._drifted(run, found) else found

    async def _frozen(self, run: Run) -> bool:
        frozen = await freezes.stopped_run(self._at.pool, self._at, run)
        if frozen is not None:
            await self._refuse(run, frozen)
        return frozen is not None

    async def _started(self, run: Run, verb: Verb) -> Run | Deny | None:
        """What takes no lock and no freeze stops is started by one statement alone."""
        if run.lock is not None or stops(verb, run.risk):
            return await self._transaction(lambda connection: self._start_alone(connection, run))
        started = await mark_running(self._at.pool, run, self._worker)
        self._at.bell.ring("outbox")
        return started

    async def _start_alone(self, connection: Connection, run: Run) -> Run | Deny | None:
        """With its lock held, and no freeze over it."""
        if run.lock is not None and await locks.holder(connection, run) != run.id:
            return None
        if (frozen := await freezes.stopped_at_start(connection, self._at, run)) is not None:
            return frozen
        return await mark_running(connection, run, self._worker)

    async def _still_approved(self, run: Run, decision: Decision) -> bool:
        """Only votes count whose voter could still cast them, for the digest that is about to run."""
        if not isinstance(decision, NeedsApproval):
            return True
        approval = await approvals.get(self._at.pool, run.id)
        if decision.rule.need == 0:
            if _confirmed(approval, decision.rule.confirm):
                return True
            says = "The policy now wants you to confirm it after a look at its plan. Ask again."
            await self._end_before(run, State.VOIDED, says)
            return False
        if approval is not None and approval.way != "votes":
            why_not = not_possible(decision, approval.way)
            if why_not:
                await self._end_before(run, State.VOIDED, f"{why_not} Ask again.")
            return not why_not
        counting = seats.counting(self._at, run, approval)
        if len(counting) >= decision.rule.need:
            return True
        says = (
            f"The policy now wants {decision.rule.need} from {decision.rule.from_role}, "
            f"and {len(counting)} of the given votes still count. Ask again."
        )
        await self._end_before(run, State.VOIDED, says)
        return False

    async def _drifted(self, run: Run, plan: Plan) -> bool:
        if (risk := _higher(run.risk, plan.raises)) is not run.risk:
            says = f"It is riskier than what was approved: {risk.value} now, {run.risk.value} then. Ask again."
            await self._end_before(run, State.VOIDED, says)
            return True
        if plan.digest == run.digest:
            return False
        approved = plans.from_json(run.plan or plans.to_json(NOTHING))
        changes = plans.drift(approved.binds, plan.binds) or ["what would happen is not what was approved"]
        says = f"What would happen has changed since it was approved: {'; '.join(changes)}. Ask again for a new plan."
        await self._end_before(run, State.VOIDED, says, body={"changes": list(changes)})
        return True

    # --- executing ------------------------------------------------------------------------------------------

    async def _execute(self, run: Run, verb: Verb, plan: Plan, now: datetime, backup_first: bool) -> None:
        loop = asyncio.get_running_loop()
        running = EngineRunning(
            self._at,
            self._govern,
            run,
            now,
            worker=self._worker,
            loop_time=loop.time,
            backup_first=backup_first,
        )
        try:
            async with asyncio.timeout(verb.deadline.total_seconds()):
                card = await verb.execute(parse.from_json(verb.request, run.request), plan, running)
        except (LeaseLost, NoLongerOurs):
            log.warning("run.lost", run_id=run.id)
        except Stopped as stopped:
            await self._end(run, Ending(State.CANCELLED, _worse("nothing", running, run), stopped.what))
        except StepTimedOut as late:
            says = f"{late.what} {late.next_step}"
            await self._end(run, Ending(State.TIMED_OUT, _worse(late.changed, running, run), says))
        except TimeoutError:
            says = f"The run did not end within {verb.deadline.total_seconds() / 60:.0f} minutes and was stopped."
            await self._end(run, Ending(State.TIMED_OUT, _worse("unknown", running, run), says))
        except (StepFailed, ProviderError) as error:
            await self._fail(run, error, _worse(error.changed, running, run))
        except Impossible as error:
            await self._fail(run, error, _worse("nothing", running, run))
        except WatchkeeperError as error:
            await self._fail(run, error, _worse("unknown" if running.in_step else "nothing", running, run))
        except Exception:
            log.exception("run.failed", run_id=run.id, command=run.command)
            says = f"It stopped for a reason I did not expect. {log_names(run)}"
            await self._end(run, Ending(State.FAILED, _worse("unknown", running, run), says))
        else:
            await self._end(run, endings.of_card(verb, card))

    async def _fail(self, run: Run, error: WatchkeeperError, changed: Changed) -> None:
        output = error.output[-1500:] if isinstance(error, StepFailed) else ""
        await self._end(run, Ending(State.FAILED, changed, str(error), output=output))

    async def _end(self, run: Run, ending: Ending) -> None:
        """PostgreSQL may not take the words: how it ended counts."""
        plain = Ending(ending.state, ending.changed, f"How it ended could not be written down. {log_names(run)}")
        for told in (ending, plain):
            try:
                await self._record_end(run, told)
            except LeaseLost:
                log.warning("run.lost", run_id=run.id, state=ending.state)
            except Exception:
                log.exception("run.end_not_recorded", run_id=run.id, state=ending.state)
                continue
            return

    async def _record_end(self, run: Run, ending: Ending) -> None:
        async def end(connection: Connection) -> Run | None:
            return await endings.after_running(connection, run.id, ending, worker=self._worker)

        within = one_within_lease if run.lock is None else within_lease
        if await within(self._at, end) is None:
            log.warning("run.ended_elsewhere", run_id=run.id, state=ending.state)

    # --- small steps ----------------------------------------------------------------------------------------

    async def _know(self, run: Run, now: datetime) -> bool:
        """Whether it can be decided who asked. Of whom nothing was ever known while Slack is away, it cannot:
        the run is left as it is, and the worker takes its claim back and tries again (design rule 3)."""
        if run.via == "schedule" or self._at.people.fresh(run.actor, now):
            return True
        answered = await self._at.people.refresh(run.actor)
        return answered or self._at.people.get(run.actor) is not None

    async def _refuse(self, run: Run, deny: Deny) -> None:
        says = f"{deny.because.sentence} {deny.next_step} ({deny.because.where})"
        await self._end_before(run, State.REFUSED, says)

    async def _end_before(
        self,
        run: Run,
        state: State,
        says: str,
        *,
        card: Card | None = None,
        cause: Kind | None = None,
        body: JsonObject | None = None,
    ) -> None:
        async def end(connection: Connection) -> None:
            await endings.before_running(connection, run.id, state, says=says, card=card, body=body, cause=cause)

        await self._transaction(end)

    async def _transaction(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        async with self._at.pool.acquire() as connection, connection.transaction():
            result = await work(connection)
        self._at.bell.ring("outbox", "work")
        return result


async def _ended_with_plan(connection: Connection, run: Run, plan: Plan) -> None:
    """Nothing to do, or only the plan was wanted: the request ends here, and nothing was changed."""
    says = plan.nothing_to_do or f"{plan.question}: {plan.summary}"
    ended = await runs.move(
        connection,
        run.id,
        {State.PLANNING},
        State.SUCCEEDED,
        plan=plans.to_json(plan),
        digest=plan.digest,
        changed="nothing",
        because=says,
    )
    if ended is not None:
        await events.record(
            connection, Kind.RUN_ENDED, run=ended, body={"state": "succeeded", "changed": "nothing", "says": says}
        )


def _backup_first(decision: Decision) -> bool:
    return isinstance(decision, NeedsApproval) and decision.rule.backup_first


def _confirmed(approval: Approval | None, confirm: str) -> bool:
    """Granted, and by typing where the policy now wants that; others' approval is more than one's own."""
    if approval is None or approval.state is not ApprovalState.GRANTED:
        return False
    return confirm != "typed" or approval.confirm == "typed" or approval.need > 0


def _higher(risk: Risk, raised: Risk | None) -> Risk:
    return raised if raised is not None and raised.rank > risk.rank else risk


def _worse(changed: Changed, running: EngineRunning, run: Run) -> Changed:
    """What failed may have changed nothing itself, but a step before it did."""
    if run.risk is Risk.READ:
        return "nothing"
    return "something" if changed == "nothing" and running.steps_done else changed


def no_plan_card(run: Run, what: str, next_step: str) -> Card:
    return Card(
        Tone.WARN,
        f"{run.text.split()[0]}: no plan",
        f"{what} {next_step} {CHANGED_WORDS['nothing']}",
        (f"{what} {next_step}".strip(),),
        footer=f"{run.label} · nothing was changed",
    )
