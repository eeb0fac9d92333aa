"""Two bots as processes on one database, and people who are at both at once. Real concurrency, no fault needed."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random

from bot.domain.run import FINAL, Run, State
from tests.prove.figures import Figures
from tests.prove.town import OPERATORS, OTHERS, POLICY, Town
from tests.support.replica import Replica

CLICKS = 20
_STARTED_WHILE_FROZEN = """
    WITH told AS (
        SELECT s.number, e.kind, e.environment, r.verb
        FROM event_seals s JOIN events e ON e.id = s.event_id LEFT JOIN runs r ON r.id = e.run_id
        WHERE e.kind IN ('freeze.set', 'freeze.lifted', 'run.started'))
    SELECT count(*)
    FROM told f JOIN told s ON s.environment = f.environment AND s.number > f.number
    WHERE f.kind = 'freeze.set' AND s.kind = 'run.started' AND s.verb = 'ship' AND NOT EXISTS (
        SELECT FROM told l
        WHERE l.kind = 'freeze.lifted' AND l.environment = f.environment AND l.number BETWEEN f.number AND s.number)
"""
Duel = Callable[[Run], Awaitable[object]]


class Races:
    """`left` and `right` answer Slack and work."""

    def __init__(self, town: Town, left: Replica, right: Replica, random: Random, figures: Figures) -> None:
        self.town, self.left, self.right = town, left, right
        self.random, self.figures = random, figures
        self.ends: Counter[str] = Counter()

    # --- many clicks ----------------------------------------------------------------------------------------

    async def clicks(self, approvals: int) -> None:
        """20 people's clicks at the same moment on each of so many approvals: one grant, one run, one effect."""
        before = await self.town.count("approval.granted"), len(self.town.ledger.effects)
        lanes = self.town.lanes
        async with asyncio.TaskGroup() as group:
            for number, lane in enumerate(lanes):
                share = approvals // len(lanes) + (number < approvals % len(lanes))
                group.create_task(self._lane(lane, share))
        granted = await self.town.count("approval.granted") - before[0]
        done = len(self.town.ledger.effects) - before[1]
        if not granted == done == approvals:
            self.figures.broken.append(f"{approvals} approvals gave {granted} grants and {done} effects")

    async def _lane(self, lane: str, share: int) -> None:
        for number in range(share):
            run = await self.asked(OPERATORS[number % len(OPERATORS)], lane)
            crowd = [*(OPERATORS * 4)[: CLICKS - len(OTHERS)], *OTHERS]
            self.random.shuffle(crowd)
            await asyncio.gather(*(self._approve(who, run, n) for n, who in enumerate(crowd)))
            while await self._still_waits(run):  # an overloaded bot answered that it does not know: pressed again
                await asyncio.gather(*(self._approve(who, run, n) for n, who in enumerate(OPERATORS)))
            await self.ended(run)

    async def _still_waits(self, run: Run) -> bool:
        now = await self.town.until_state(run.id, *State)
        return now.state is State.WAITING and now.approved_at is None

    async def _approve(self, who: str, run: Run, number: int) -> None:
        answer = await self.town.click(who, run, "approval.approve", (self.left, self.right)[number % 2])
        if answer.status not in (200, 0):  # 0: on a busy machine the person waited in vain, which is no promise
            self.figures.broken.append(f"{run.label}: the click of {who} was answered {answer.status} {answer.error}")

    # --- two at once ----------------------------------------------------------------------------------------

    async def duels(self, rounds: int) -> None:
        """An approval at the same moment as something that ends the request: either it runs, or it never does."""
        duels = {"withdraw": self._withdraw, "deny": self._deny, "expire": self._expire, "cancel": self._cancel}
        for _ in range(rounds):
            lanes = dict(zip(self.town.lanes, duels.items(), strict=False))
            await asyncio.gather(*(self._duel(lane, *duel) for lane, duel in lanes.items()))

    async def _duel(self, lane: str, name: str, other: Duel) -> None:
        run = await self.asked("ana", lane)

        async def later(work: Awaitable[object], wait: float) -> None:
            await asyncio.sleep(wait)
            await work

        await asyncio.gather(
            later(self.town.click("ben", run, "approval.approve", self.left), 0.0),
            later(other(run), self.random.uniform(0, 0.04)),
        )
        over = await self.ended(run)
        self.ends[f"approve against {name}: {over.state.value}"] += 1

    async def _withdraw(self, run: Run) -> None:
        await self.town.click("ana", run, "run.withdraw", self.right)

    async def _deny(self, run: Run) -> None:
        await self.town.click("chi", run, "approval.deny", self.right)

    async def _cancel(self, run: Run) -> None:
        await self.town.click("ana", run, "run.cancel", self.right)

    async def _expire(self, run: Run) -> None:
        """Its time is over now: every sweeper that looks may end it."""
        await self.town.pool.execute("UPDATE approvals SET expires_at = clock_now() WHERE run_id = $1", run.id)

    async def policies(self, rounds: int) -> None:
        """Ben approves while both bots take over a policy by which he may not, and one by which he may again."""
        file = self.town.folder / "policy.yml"
        for number in range(rounds):
            run = await self.asked("ana", self.town.lanes[number % len(self.town.lanes)])
            file.write_text(POLICY.replace("ben, chi", "chi"))
            for bot in (self.left, self.right):
                os.kill(bot.pid, signal.SIGHUP)
            await asyncio.sleep(self.random.uniform(0, 0.12))
            await self.town.click("ben", run, "approval.approve", (self.left, self.right)[number % 2])
            await self._taken_over(number * 2 + 1)
            file.write_text(POLICY)
            for bot in (self.left, self.right):
                os.kill(bot.pid, signal.SIGHUP)
            await self._taken_over(number * 2 + 2)
            if (now := await self.town.until_state(run.id, State.WAITING, *FINAL)).state is State.WAITING:
                await self.town.click("chi", run, "approval.approve", self.left)
            over = await self.ended(run)
            self.ends[f"approve against policy change: {now.state.value}, then {over.state.value}"] += 1

    async def _taken_over(self, changes: int) -> None:
        async def there() -> bool:
            return await self.town.count("policy.changed") >= changes + 1 and await self._both_ready()

        await self.town.until(there, "both bots to have the same policy")

    async def _both_ready(self) -> bool:
        from aiohttp import ClientSession, ClientTimeout

        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            return await self.left.ready(session) and await self.right.ready(session)

    async def freezes(self, rounds: int) -> None:
        """Ben approves a deploy at the moment when Chi freezes its place: what had not started by then waits."""
        for number in range(rounds):
            lane = self.town.lanes[number % len(self.town.lanes)]
            run = await self.typed("ana", f"/poke ship shop {lane} --number {self.town.number()}")
            await asyncio.gather(
                self.town.click("ben", run, "approval.approve", self.left),
                self._says("chi", f"/freeze shop {lane} because race {number}", self.random.uniform(0, 0.06)),
            )
            await self._frozen("freeze.set", number + 1)
            await self._says("chi", f"/freeze lift shop {lane} because race {number} is over", 0.1)
            await self._frozen("freeze.lifted", number + 1)
            now = await self.town.until_state(run.id, State.WAITING, *FINAL)
            if now.state is State.WAITING:
                await self.town.click("dan", run, "approval.approve", self.right)
            over = await self.ended(run)
            self.ends[f"approve against freeze: {now.state.value}, then {over.state.value}"] += 1
        early = await self.town.pool.fetchval(_STARTED_WHILE_FROZEN)
        if early:
            self.figures.broken.append(f"{early} runs started while their place was frozen")

    async def _says(self, who: str, line: str, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        await self.town.say(who, line, (self.right.url,))

    async def _frozen(self, kind: str, times: int) -> None:
        async def there() -> bool:
            return await self.town.count(kind) >= times

        await self.town.until(there, f"{times} × {kind}")

    async def rollbacks(self, rounds: int) -> None:
        """Two rollbacks of one environment, approved at the same moment: one at a time, none on an old plan."""
        for _ in range(rounds):
            lines = [f"/rollback shop production --to {self.town.yard.other('production')[:7]}"] * 2
            one, two = await asyncio.gather(self.typed("ana", lines[0]), self.typed("dan", lines[1]))
            await asyncio.gather(
                self.town.click("ben", one, "approval.approve", self.left),
                self.town.click("chi", two, "approval.approve", self.right),
            )
            overs = [(await self.ended(run)).state.value for run in (one, two)]
            self.ends[f"two rollbacks of one place: {' and '.join(sorted(overs))}"] += 1

    async def copies(self, rounds: int) -> None:
        """The same delivery four times, at both bots: one run, and one question."""
        for number in range(rounds):
            lane = self.town.lanes[number % len(self.town.lanes)]
            before = await self.town.pool.fetchval("SELECT count(*) FROM runs")
            line = f"/poke note shop {lane} --number {self.town.number()}"
            key, _ = await self.town.say("eve", line, (self.left.url, self.right.url), times=4)
            run = await self.town.run_of(key)
            made = await self.town.pool.fetchval("SELECT count(*) FROM runs") - before
            if run is None or made != 1:
                self.figures.broken.append(f"four copies of one delivery made {made} runs")
            else:
                await self.ended(run)

    async def envelopes(self, rounds: int) -> None:
        """Socket Mode, and Slack hands every envelope to two connections at once."""
        for number in range(rounds):
            lane = self.town.lanes[number % len(self.town.lanes)]
            line = f"/poke shop {lane} --number {self.town.number()}"
            key, _ = await self.town.say("ana", line, (), times=2)
            run = await self.town.run_of(key)
            assert run is not None, line
            run = await self.town.until_state(run.id, State.WAITING)
            self.town.clicks += 1
            await self.town.press("ben", run, "approval.approve", self.left, times=2)
            await self.ended(run)
        counted = (
            await self.town.pool.fetchval("SELECT count(*) FROM runs"),
            await self.town.count("approval.granted"),
            len(self.town.ledger.effects),
        )
        if counted != (rounds,) * 3:
            self.figures.broken.append(
                f"{rounds} requests in two envelopes each gave {counted} runs, grants, effects"
            )
        self.figures.broken += self.town.slack.socket.wrong

    # --- small steps ----------------------------------------------------------------------------------------

    async def asked(self, who: str, lane: str) -> Run:
        """Planned, and waiting for others."""
        return await self.typed(who, f"/poke shop {lane} --number {self.town.number()}")

    async def typed(self, who: str, line: str) -> Run:
        at = self.random.choice((self.left, self.right))
        key, answer = await self.town.say(who, line, (at.url,))
        run = await self.town.run_of(key)
        while run is None and answer.status == 0:  # no answer, and nothing of it is recorded: said again
            key, answer = await self.town.say(who, line, (at.url,))
            run = await self.town.run_of(key)
        assert run is not None, answer
        return await self.town.until_state(run.id, State.WAITING)

    async def ended(self, run: Run) -> Run:
        return await self.town.until_state(run.id, *FINAL)
