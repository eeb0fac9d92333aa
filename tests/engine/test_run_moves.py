"""Runs and approvals whatever people, workers and sweepers do in whatever order: each change of a row is one that the
pure rules allow and has exactly its event; what is refused leaves neither."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db import runs
from bot.domain.approval import ApprovalState
from bot.domain.capability import Running
from bot.domain.errors import Impossible
from bot.domain.run import FINAL, Run, RunId, State, may_move
from bot.engine.life import Life
from bot.engine.unvoted import Unvoted
from bot.worker import sweep, take_back
from permissions import model
from permissions.model import Risk
from permissions.policy import load_policy
from tests.support.desk import POLICY, Desk
from tests.support.examples import TIMES
from tests.support.shadow import Change, Shadow

LONE = f"{POLICY}approvals: [{{risk: change, in: protected, need: 2, from: operator, answer: 15m, alone_after: 3m}}]"
LINES = {"ask": "/poke shop production", "ask there": "/poke shop staging", "nudge": "/nudge shop staging"}
PEOPLE = ("U0ANA", "U0BEN", "U0CHI", "U0ELI")
MINUTES = (1, 4, 11, 16)
PRESSES = ("yes", "no", "confirm", "withdraw", "alone")
SAID = ("cancel", "settle")
HAPPENS = ("work", "freeze", "wake", "bury", "later", "drift", "break")
DEEDS = (*LINES, *PRESSES, *SAID, *HAPPENS, "yes", "confirm", "work", "work", "work", "freeze", "wake", "bury")

Deed = tuple[str, str, int]  # what, who, and a number for what else it takes

deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from(PEOPLE), st.integers(0, 5)), min_size=8, max_size=30
)

# --- the rules ---------------------------------------------------------------------------------------------------

APPROVAL_MOVES = {
    ApprovalState.WAITING: frozenset(ApprovalState),
    ApprovalState.GRANTED: frozenset({ApprovalState.VOIDED}),
}
ENDS = {
    State.REFUSED: "request.refused",
    State.DENIED: "approval.denied",
    State.WITHDRAWN: "request.withdrawn",
    State.EXPIRED: "approval.expired",
    State.VOIDED: "approval.voided",
}
ENDINGS = {*ENDS.values(), "run.ended"}
TOLD = ENDINGS | {"request.received", "plan.made", "run.queued", "run.started", "run.cancel_asked", "run.settled"}
TOLD |= {
    "approval.asked",
    "approval.granted",
    "approval.alone",
    "vote.cast",
    "lock.taken",
    "lock.freed",
    "lock.waited",
}


def is_allowed(change: Change) -> bool:
    before, after = change.of("state")
    if not before or before == after:
        return True
    if change.table == "runs":
        return may_move(State(before), State(after))
    return ApprovalState(after) in APPROVAL_MOVES.get(ApprovalState(before), frozenset())


def told_by(change: Change) -> Iterator[str]:
    """The events that this change of a row has to have."""
    match change.table:
        case "runs":
            yield from _told_of_run(change)
        case "approvals" if not change.before:
            yield "approval.asked"
        case "approvals" if change.of("state") == ("waiting", "granted"):
            yield {"votes": "approval.granted"}.get(change.after["way"], "approval.alone")
        case "votes":
            yield "vote.cast"
        case "locks":
            yield "lock.taken" if change.after else "lock.freed"


def _told_of_run(change: Change) -> Iterator[str]:
    before, after = change.of("state")
    if before != after:
        yield from _told_of_move(before, State(after))
    if after == "waiting" and change.changed("digest"):
        yield "plan.made"
    if after == "waiting" and change.changed("approved_at"):
        yield "lock.waited"
    if change.changed("cancel_by"):
        yield "run.cancel_asked"
    if change.changed("settled_by"):
        yield "run.settled"


def _told_of_move(before: str | None, after: State) -> Iterator[str]:
    match after:
        case State.RECEIVED | State.QUEUED if before is None:
            yield "request.received"
        case State.QUEUED if before != State.STARTING:
            yield "run.queued"
        case State.RUNNING:
            yield "run.started"
        case _ if after in FINAL:
            yield ENDS.get(after, "run.ended")


# --- the world ---------------------------------------------------------------------------------------------------


class Town:
    """Two workers, one of which may be frozen with a run in hand; people; and the laws after each deed."""

    def __init__(self, desk: Desk, shadow: Shadow, second: int) -> None:
        self.desk = desk
        self.shadow = shadow
        self.workers = (desk.worker, second)
        self.lives = [Life(desk.installation, desk.govern, worker) for worker in self.workers]
        self.begin(deque())

    def begin(self, deeds: deque[Deed]) -> None:
        self.deeds = deeds
        self.asked: list[RunId] = []
        self.frozen: list[tuple[Life, Run]] = []
        self.desk.shelf.between = {"fetch": self._meanwhile, "switch": self._meanwhile}
        self.desk.shelf.error = None

    async def live(self) -> None:
        while self.deeds:
            await self._next()

    async def _meanwhile(self, _: Running) -> None:
        """A step takes its time: the next deed is done within it."""
        if self.deeds:
            await self._next()

    async def _next(self) -> None:
        what, who, number = self.deeds.popleft()
        await self._law()
        refused = await self._do(what, who, number)
        await self._law(refused=refused)

    async def _do(self, what: str, who: str, number: int) -> bool:
        """Whether it was refused by a card."""
        run = self._one(number)
        if what in LINES:
            await self._ask(what, who, late=number > 2)
        elif what in PRESSES:
            return await self._press(what, run, who) is not None
        elif what in SAID:
            await self._say(what, run, who)
        else:
            await self._happens(what, number)
        return False

    async def _ask(self, what: str, who: str, *, late: bool) -> None:
        """late: who asks has not been looked up lately, so it is decided after the receipt."""
        self.desk.people.stale |= {who} if late else set()
        answer = await self.desk.type(who, LINES[what])
        self.asked += [RunId(answer.run)] if answer.run is not None else []

    async def _press(self, what: str, run: RunId, who: str) -> object:
        votes = self.desk.votes
        match what:
            case "confirm":
                return await votes.confirm(run, who)
            case "withdraw":
                return await votes.withdraw(run, who)
            case "alone":
                because = "checkout is down and nobody answers"
                return await Unvoted(self.desk.installation).go(run, who, "alone", because)
        return await votes.vote(run, who, yes=what == "yes", digits=None, via="slack")

    async def _say(self, what: str, run: RunId, who: str) -> None:
        if what == "cancel":
            await self.desk.govern.cancel(run, who)
        else:
            await self.desk.govern.settle(run, who, "done")

    async def _happens(self, what: str, number: int) -> None:
        desk, worker = self.desk, number % 2
        match what:
            case "work" | "freeze":
                await self._claim(worker, frozen=what == "freeze")
            case "wake" if self.frozen:
                life, claimed = self.frozen.pop(number % len(self.frozen))
                await life.advance(claimed)
            case "bury":
                async with desk.pool.acquire() as connection, connection.transaction():
                    await take_back(connection, self.workers[worker], "It was not heard of any more")
            case "later":
                await desk.forward(timedelta(minutes=MINUTES[number % len(MINUTES)]))
                await sweep(desk.installation)
            case "drift":
                desk.shelf.target = str(number)
            case "break":
                desk.shelf.error = Impossible("It cannot be done.") if worker else None

    async def _claim(self, worker: int, *, frozen: bool) -> None:
        for claimed in await runs.claim(self.desk.pool, self.workers[worker]):
            if frozen:
                self.frozen.append((self.lives[worker], claimed))
            else:
                await self.lives[worker].advance(claimed)

    def _one(self, number: int) -> RunId:
        return self.asked[number % len(self.asked)] if self.asked else RunId(0)

    # --- the laws ---

    async def _law(self, *, refused: bool = False) -> None:
        changes = await self.shadow.changes()
        wrong = [(one.run, one.table, one.of("state")) for one in changes if not is_allowed(one)]
        assert not wrong
        due = Counter((kind, one.run) for one in changes for kind in told_by(one))
        told = await self.shadow.events(TOLD)
        assert told == due
        assert not (refused and due)
        await self._locks()

    async def _locks(self) -> None:
        """What is under way or unsettled holds its lock, and nobody waits for a free one."""
        rows = await self.desk.pool.fetch(
            """
            SELECT r.id, r.state, l.run_id AS holder FROM runs r
            LEFT JOIN locks l ON (l.service, l.environment, l.kind) = (r.service, r.environment, r.lock)
            WHERE r.lock IS NOT NULL AND (
                r.state IN ('queued', 'starting', 'running', 'verifying')
                OR r.state = 'waiting' AND r.approved_at IS NOT NULL OR r.changed = 'unknown' AND settled_by IS NULL)
            """
        )
        for row in rows:
            waits = row["state"] == "waiting"
            assert row["holder"] not in (None, row["id"]) if waits else row["holder"] == row["id"], dict(row)
        under_way = [row["id"] for row in rows if row["state"] != "waiting"]
        assert await self.desk.pool.fetchval("SELECT count(*) FROM locks") == len(under_way)


@pytest.fixture
async def town(desk: Desk) -> Town:
    at = desk.installation
    at.policy = load_policy(LONE, services=at.catalog.protection(), permissions=model.ALL)
    poke = at.commands["/poke"]
    verb = replace(poke.verbs[0], plan=None, lock=None, risk=Risk.RECORD)
    at.commands = {**at.commands, "/nudge": replace(poke, name="/nudge", verbs=(verb,))}
    second = await desk.pool.fetchval("INSERT INTO workers (name) VALUES ('second') RETURNING id")
    shadow = Shadow(desk.pool)
    await shadow.fall()
    return Town(desk, shadow, cast("int", second))


@settings(max_examples=12 * TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds)
async def test_no_order_of_deeds_moves_a_run_where_it_may_not_go(town: Town, deeds: list[Deed]) -> None:
    town.begin(deque(deeds))
    try:
        await town.live()
    finally:
        await clear(town)


async def clear(town: Town) -> None:
    """The next example finds nothing open, and its place free."""
    await town.desk.pool.execute("DELETE FROM locks")
    await town.desk.pool.execute("DELETE FROM deliveries")
    for table, open_ in (("approvals", "state = 'waiting'"), ("runs", "finished_at IS NULL")):
        end = ", finished_at = now(), changed = 'nothing'" if table == "runs" else ""
        await town.desk.pool.execute(f"UPDATE {table} SET state = 'voided'{end} WHERE {open_}")
    await town.desk.pool.execute("UPDATE runs SET settled_by = 'U0BEN' WHERE changed = 'unknown'")
    await town.shadow.forget()
