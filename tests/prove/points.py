"""Points: one request from the typed line to the last word about it, struck at each moment of it in turn.

A moment is before or after a statement to PostgreSQL, a call to Slack or to the service. After each one people go
on as people would, and the laws are asked.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import ClientSession, ClientTimeout

from bot.domain.run import FINAL, Run, State
from tests.prove.figures import Figures
from tests.prove.stage import Stage
from tests.prove.statements import Calls, Counting, Moment, Statements
from tests.prove.town import PATIENCE_S, Town
from tests.prove.wire import Lost, Wire
from tests.support.laws import broken

_LEAVES = re.compile(
    r"INSERT|UPDATE|DELETE|COMMIT|WITH (r|patience) AS|SELECT (record_event|\* FROM receive_run)|Slack|service"
)
IDLE_S = 3.0
Way = Literal["kill", "cut", "freeze"]
AGAIN_S = 0.3
LEASE_S = 2.0  # of 15: each kill in the middle of a run waits for one
EVERY = 10  # points between two looks at the whole history


@dataclass(slots=True)
class Seen:
    """The moments of one undisturbed request, and those that come by themselves all the time."""

    idle: set[tuple[str, str]] = field(default_factory=set)
    moments: list[Moment] = field(default_factory=list)

    def points(self) -> list[Moment]:
        """What only reads leaves nothing behind: being killed there is being killed before the next that writes."""
        return [one for one in self.moments if (one.side, one.what) not in self.idle and leaves_something(one)]


def leaves_something(moment: Moment) -> bool:
    return _LEAVES.match(moment.what) is not None and not moment.what.endswith(" 0")


class Points:
    """One bot (`serve`) behind tapped cables: `start`, `learn` what there is, `strike`, `close`.

    way: kill it; cut the one connection, and the bot lives on without the answer; or freeze it, let another bot
    take over, and thaw it when all is over.
    """

    def __init__(self, town: Town, figures: Figures, way: Way) -> None:
        self.town, self.figures = town, figures
        self.missed: list[Moment] = []
        self._way = way
        self._counting = Counting(self._come)
        self._noted: list[Moment] = []
        self._wanted: Moment | None = None
        self._struck = asyncio.Event()
        self._struck_at = 0.0
        self._of_run: dict[int, Moment] = {}

    async def start(self) -> None:
        counting = self._counting
        self._ledger = Wire(self.town.ledger.port, lambda: Calls(counting, "service"))
        await self._ledger.open()
        slack = int(self.town.slack.url.rpartition(":")[2])
        self.victim = self.door = await self.town.unstarted(
            "serve",
            to_database=Wire(self.town.server.port, lambda: Statements(counting)),
            to_slack=Wire(slack, lambda: Calls(counting, "Slack")),
            ledger=self._ledger.port,
        )
        if self._way == "freeze":
            self._other = await self.town.unstarted("serve")
        await self.victim.replica.start()
        await self._request(0)  # whatever happens for the first time only
        await self.town.at_rest()

    async def close(self) -> None:
        await self._ledger.close()

    async def learn(self) -> Seen:
        self._counting.begin()
        await asyncio.sleep(IDLE_S)
        seen = Seen({(one.side, one.what) for one in self._noted})
        self._noted.clear()
        self._counting.begin()
        await self._request(0)
        await self.town.at_rest()
        self._counting.on = False
        seen.moments = list(self._noted)
        return seen

    async def strike(self, points: list[Moment]) -> None:
        """Kill at the next of them, until none is left; others may take from the same list."""
        number = 0
        while points and not self.figures.broken:
            number += 1
            await self._strike(points.pop(0), number)
            if number % EVERY == 0 or not points:
                await self._check()

    async def _strike(self, point: Moment, number: int) -> None:
        self._struck.clear()
        self._wanted = point
        self._counting.begin()
        helping = asyncio.create_task(self._help())
        try:
            run = await self._request(number % len(self.town.lanes))
            self._of_run[run.id] = point
            await self.town.at_rest()
            if not self._struck.is_set():
                self.missed.append(point)
            else:
                await helping
                self.figures.points += 1
                await self._settle(run)
                await self._after()
        except AssertionError as error:
            raise AssertionError(f"{self._way} {point}: {error}") from error
        finally:
            self._wanted, self._counting.on = None, False
            helping.cancel()

    # --- the moment -----------------------------------------------------------------------------------------

    async def _come(self, moment: Moment) -> None:
        if self._wanted is None:
            self._noted.append(moment)
        elif self._struck.is_set():
            if self._way != "cut":
                raise Lost
        elif moment == self._wanted:
            self._struck.set()
            self._struck_at = time.time()
            self._strike_now(moment)

    def _strike_now(self, moment: Moment) -> None:
        match self._way:
            case "kill":
                self.town.shoot(self.victim)
                self.figures.kills += 1
                raise Lost
            case "cut":
                self.town.trouble("moment", self._struck_at, self.victim.replica.pid)
                self.figures.cuts += 1
                raise Lost
            case "freeze":
                self.victim.replica.freeze()
                self.figures.freezes += 1
                if moment.side == "before":
                    raise Lost
                # else the answer is there when it wakes up, and all that it believes in is over

    async def _help(self) -> None:
        """What is done at once: started again, or another one is started in the place of the frozen one."""
        await self._struck.wait()
        match self._way:
            case "kill":
                await self.victim.replica.ended()
                self._counting.on = False
                await self.victim.replica.start()
            case "cut":
                self._counting.on = False
            case "freeze":
                await asyncio.sleep(0.02)  # the answer arrives
                self._counting.on = False
                self.victim.database.sever()
                self.door = self._other
                await self._other.replica.start()

    async def _after(self) -> None:
        """Who was frozen wakes up among people who have gone on without it, and is alone again."""
        if self._way == "freeze":
            self.victim.replica.thaw()
            self.town.trouble("moment", self._struck_at, self.victim.replica.pid)
            await self.town.until(self._awake, "the frozen bot to find its feet")
            await self.town.at_rest()
            self.door = self.victim
            await self.town.kill(self._other)
            self.figures.kills += 1

    async def _awake(self) -> bool:
        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            return await self.victim.replica.ready(session)

    # --- people ---------------------------------------------------------------------------------------------

    async def _request(self, lane: int) -> Run:
        """Ana asks, Ben approves; each says it again, while nothing of it is recorded, when no answer came."""
        place = self.town.lanes[lane]
        key, run = "", None
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            run = await self.town.run_of(key) if key else None
            if run is None:
                line = f"/poke shop {place} --number {self.town.number()}"
                key, answer = await self.town.say("ana", line, (self.door.replica.url,))
                await asyncio.sleep(0 if answer.status == 200 else AGAIN_S)
            elif run.state is State.WAITING and run.approved_at is None:
                answer = await self.town.click("ben", run, "approval.approve", self.door.replica)
                await asyncio.sleep(0 if answer.status == 200 else AGAIN_S)
            elif run.state in FINAL:
                return run
            await asyncio.sleep(0.02)
        raise AssertionError(f"the request does not end: {run}\n{self.door.replica.last_words()}")

    async def _settle(self, run: Run) -> None:
        if run.changed == "unknown":
            button = "run.settle_done" if await self.town.was_done(run) else "run.settle_not_done"
            await self.town.click("ana", run, button, self.door.replica)

    async def _check(self) -> None:
        found = await self.town.seen()
        killed = ", ".join(f"R-{run} {point}" for run, point in list(self._of_run.items())[-EVERY:])
        self.figures.broken += [f"{words} [killed: {killed}]" for words in broken(found)]
        self.figures.rounds += 1


async def every(
    at: Stage, figures: Figures, way: Way, choose: Callable[[list[Moment]], list[Moment]], side_by_side: int
) -> None:
    """Those that `choose` takes of all moments, dealt to several towns that each strike at their own bot."""
    towns = [await at.town(10, lease_s=LEASE_S) for _ in range(side_by_side)]
    trials = [Points(town, figures, way) for town in towns]
    try:
        await asyncio.gather(*(trial.start() for trial in trials))
        points = (await trials[0].learn()).points()
        chosen = choose(points)
        print(
            f"  {len(points)} moments of one request, from its line to the last word about it; {len(chosen)} chosen"
        )
        await asyncio.gather(*(trial.strike(chosen) for trial in trials))
    finally:
        await asyncio.gather(*(trial.close() for trial in trials))
    missed = [moment for trial in trials for moment in trial.missed]
    if missed:
        print(f"  {len(missed)} did not come again in this order, and nothing was done there")
