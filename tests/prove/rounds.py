"""Crash: people work, processes and cables break at seeded moments, everything is mended, and the laws are asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from bot.db.database import AWAY
from bot.domain.run import Run, State
from tests.prove.figures import Figures
from tests.prove.schedule import LEASE_S, LONG_S, Fault, Request, Schedule, deal, schedule
from tests.prove.town import VAULT, Host, Town
from tests.prove.wire import Wire
from tests.support.company import GENERAL, OPS
from tests.support.laws import broken

DOORS, WORKERS = (0, 1), (2, 3)
PLACE = {"ops": OPS, "general": GENERAL}
PER_ROUND = 5


class Rounds:
    """Two doors (`serve --no-worker`) and two workers, each behind cables of its own."""

    def __init__(self, town: Town, random: Random, figures: Figures) -> None:
        self.town, self.random, self.figures = town, random, figures
        self._busy = [asyncio.Lock() for _ in range(4)]
        self._database_busy = asyncio.Lock()
        self._opened: dict[str, str] = {}  # where → the delivery that opens an incident there in this round

    async def play(self, rounds: int, seconds: float) -> None:
        words = (("serve", "--no-worker"),) * 2 + (("worker",),) * 2
        await asyncio.gather(*(self.town.host(*one) for one in words))
        self.town.hears_at(self.town.hosts[DOORS[0]].replica)
        for number, faults in enumerate(deal(self.random, rounds, PER_ROUND), 1):
            print(f"  round {number} of {rounds}: {', '.join(faults)}", flush=True)
            await self._round(schedule(self.random, self.town.lanes, seconds, faults))
            if self.figures.broken:
                return

    async def _round(self, plan: Schedule) -> None:
        before = len(self.town.typed)
        self._opened.clear()
        async with asyncio.TaskGroup() as group:
            for request in plan.requests:
                group.create_task(self._request(request))
            for fault in plan.faults:
                group.create_task(self._fault(fault))
        try:
            self.figures.broken += broken(await self.town.seen())
        except AssertionError as error:
            self.figures.broken.append(f"it does not come to rest: {error}")
        self.figures.rounds += 1
        if len(self.town.typed) == before:
            self.figures.broken.append("nobody typed anything")
        await self._settle()

    # --- people ---------------------------------------------------------------------------------------------

    async def _request(self, request: Request) -> None:
        await asyncio.sleep(request.at)
        match request.what:
            case "incident":
                await self._open(request)
            case "timeline":
                await self._note(request)
            case "mark":
                await self._mark(request)
            case _:
                await self._run(request)

    async def _run(self, request: Request) -> None:
        key = await self._say(request, self._line(request))
        await asyncio.sleep(request.after)
        if request.what in ("note", "backup") or (run := await self._asked(key)) is None:
            return
        if request.forger:
            await self._click(request.forger, run, "approval.approve", request.door)
        await self._fate(request, run)

    async def _say(self, request: Request, line: str, channel: str = OPS) -> str:
        doors = tuple(self.town.hosts[n].replica.url for n in (request.door, 1 - request.door))
        key, _ = await self.town.say(request.who, line, doors, request.copies, channel)
        return key

    def _line(self, request: Request) -> str:
        if request.what == "rollback":
            return f"/rollback shop production --to {self.town.yard.other('production')[:7]}"
        if request.what == "backup":
            return f"/backup db shop {VAULT}"
        word = "poke note" if request.what == "note" else "poke"
        slow = f" --slow {request.slow_ms}" if request.what == "poke" else ""
        return f"/{word} shop {request.place} --number {self.town.number()}{slow}"

    async def _open(self, request: Request) -> None:
        """Two of one title in a round, one of them about the shop: they want the same name for their channels."""
        line = f"/incident open checkout fails once more in round {self.figures.rounds}"
        self._opened[request.place] = key = await self._say(request, line, PLACE[request.place])
        if number := await self._incident(key):
            await self._soon(number)

    async def _soon(self, number: int) -> None:
        """The half minute after which whoever is on call is asked to come is over in a few seconds."""
        with suppress(*AWAY):
            await self.town.pool.execute(
                "UPDATE incidents SET opened_at = opened_at - interval '26 s' WHERE id = $1", number
            )

    async def _note(self, request: Request) -> None:
        """Somebody adds to the timeline what they see; where no incident is known, there is nothing to say."""
        if number := await self._incident(self._opened.get(request.place, "")):
            await self._say(request, f"/timeline INC-{number} customer {self.town.number()} calls", OPS)

    async def _mark(self, request: Request) -> None:
        """Somebody writes in the incident's channel, and marks it with 📌: that is an event, and has no answer."""
        if number := await self._incident(self._opened.get(request.place, "")):
            with suppress(*AWAY):
                await self.town.mark(request.who, number, f"graph {self.town.number()} goes up")

    async def _incident(self, key: str) -> int | None:
        for _ in range(100 if key else 0):
            with suppress(*AWAY):
                if number := await self.town.incident_of(key):
                    return number
            await asyncio.sleep(0.2)
        return None

    async def _asked(self, key: str) -> Run | None:
        """The run once it waits for people; None when it never was recorded, or ended before."""
        for _ in range(100):
            try:
                run = await self.town.run_of(key)
            except AWAY:
                run = None
            if run is not None and run.state is State.WAITING:
                return run
            await asyncio.sleep(0.2)
        return None

    async def _fate(self, request: Request, run: Run) -> None:
        match request.fate:
            case "approve":
                await self._click(request.approver, run, "approval.approve", request.door)
            case "deny":
                await self._click(request.approver, run, "approval.deny", request.door)
            case "withdraw":
                await self._click(request.who, run, "run.withdraw", request.door)
            case "cancel":
                await self._click(request.approver, run, "approval.approve", request.door)
                await asyncio.sleep(request.slow_ms / 1000)
                await self._click(request.who, run, "run.cancel", 1 - request.door)
            case "crowd":
                crowd = [name for name in ("ana", "ben", "chi", "dan", "eve") if name != request.who]
                clicks = (self._click(who, run, "approval.approve", n % 2) for n, who in enumerate(crowd * 2))
                await asyncio.gather(*clicks)

    async def _click(self, who: str, run: Run, button: str, door: int) -> None:
        """Whatever the answer is; who got none presses once more, at the other door."""
        answer = await self.town.click(who, run, button, self.town.hosts[door].replica)
        if answer.status != 200:
            await asyncio.sleep(1)
            await self.town.click(who, run, button, self.town.hosts[1 - door].replica)

    async def _settle(self) -> None:
        """A person looks and says what is true; the next round begins with free places."""
        door = self.town.hosts[0].replica
        rows = await self.town.pool.fetch("SELECT id FROM runs WHERE changed = 'unknown' AND settled_by IS NULL")
        for row in rows:
            run = await self.town.until_state(row["id"], *State)
            button = "run.settle_done" if await self.town.was_done(run) else "run.settle_not_done"
            await self.town.click("ana", run, button, door)
        await self.town.at_rest()

    # --- faults ---------------------------------------------------------------------------------------------

    async def _fault(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        worker, door, length = WORKERS[fault.whom], DOORS[fault.whom], fault.length
        makes: dict[str, Callable[[], Awaitable[object]]] = {
            "kill a worker": lambda: self._killed(worker, length),
            "kill a door": lambda: self._killed(door, length),
            "kill both workers": lambda: asyncio.gather(*(self._killed(one, length) for one in WORKERS)),
            "end a worker": lambda: self._ended(worker),
            "freeze a worker": lambda: self._frozen(worker, length),
            "freeze a worker for long": lambda: self._frozen(worker, length),
            "freeze a door": lambda: self._frozen(door, length),
            "crash the database": lambda: self._crash(length),
            "freeze and crash": lambda: asyncio.gather(
                self._frozen(worker, LONG_S), self._later(1.0, self._crash(0.5))
            ),
            "cut the database": lambda: self._cable(worker, self._of(worker).database, True, length),
            "stall the database": lambda: self._cable(worker, self._of(worker).database, False, length),
            "stall the database for long": lambda: self._cable(worker, self._of(worker).database, False, length),
            "cut a door": lambda: self._way_in(door, Wire.cut, length),
            "stall a door": lambda: self._way_in(door, Wire.stall, length),
            "lose a door's answers": lambda: self._way_in(door, Wire.mute, length),
            "cut slack": lambda: self._cable(worker, self._of(worker).slack, True, length),
            "stall slack": lambda: self._cable(worker, self._of(worker).slack, False, min(length, 3.0)),
        }
        await makes[fault.what]()

    def _of(self, number: int) -> Host:
        return self.town.hosts[number]

    async def _later(self, seconds: float, work: Awaitable[None]) -> None:
        await asyncio.sleep(seconds)
        await work

    async def _killed(self, number: int, away_s: float) -> None:
        async with self._busy[number]:
            host = self.town.hosts[number]
            await self.town.kill(host)
            self.figures.kills += 1
            await asyncio.sleep(away_s)
            await self._start(host)

    async def _ended(self, number: int) -> None:
        async with self._busy[number]:
            host, begun = self.town.hosts[number], time.time()
            pid = host.replica.pid
            await host.replica.end()
            self.town.trouble("end", begun, pid)
            self.figures.ends += 1
            await self._start(host)

    async def _start(self, host: Host) -> None:
        """PostgreSQL may be away, or its cable cut, just now: a supervisor would start it again too."""
        for attempt in range(5):
            try:
                await host.replica.start()
            except (AssertionError, TimeoutError):
                if host.replica.alive:
                    await host.replica.kill()
                if attempt == 4:
                    raise
            else:
                return

    async def _frozen(self, number: int, seconds: float) -> None:
        async with self._busy[number]:
            host, begun = self.town.hosts[number], time.time()
            host.replica.freeze()
            try:
                await asyncio.sleep(seconds)
            finally:
                host.replica.thaw()
            self.town.trouble("freeze", begun, host.replica.pid)
            self.figures.freezes += 1
            self.figures.long_freezes += seconds > LEASE_S

    async def _crash(self, seconds: float) -> None:
        async with self._database_busy:
            begun = time.time()
            await self.town.server.away(seconds)
            self.town.trouble("database", begun)
            self.figures.crashes += 1

    async def _way_in(self, number: int, breaks: Callable[[Wire], None], seconds: float) -> None:
        """Between Slack and the bot: a person is told that it failed, or nothing; an event comes again."""
        async with self._busy[number]:
            wire = self._of(number).door
            breaks(wire)
            await asyncio.sleep(seconds)
            wire.mend()
            self.figures.cuts += 1

    async def _cable(self, number: int, wire: Wire, cut: bool, seconds: float) -> None:
        async with self._busy[number]:
            begun = time.time()
            wire.cut() if cut else wire.stall()
            await asyncio.sleep(seconds)
            wire.mend(lose=self.random.random() < 0.5 and wire is self._of(number).database)
            self.town.trouble("cut" if cut else "stall", begun, self._of(number).replica.pid)
            self.figures.cuts += 1
