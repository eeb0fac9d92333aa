"""Mixed traffic for minutes: does the event loop stay free, and the memory flat?

`python -m bench soak`, ten minutes, or WK_SOAK=3 for three; no part of `make bench` unless it is named. Several
people look, ask for what they may not, mistype, mention the bot, open their Homes and write an incident's timeline, a
command comes twice, and rollbacks are planned, approved, run and verified all the while, by one `serve`.
"""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from statistics import mean, quantiles

from aiohttp import ClientError, ClientSession

from bench.place import durable_server
from bench.startup import rss_mb
from bench.table import Row
from bot.domain.run import State
from bot.sandbox.workspace import Workspace
from tests.support.company import OPS
from tests.support.fleet import Fleet
from tests.support.replica import Replica

MINUTES = float(os.environ.get("WK_SOAK", "10"))
EVERY_S = 0.5
WARM_S = 15.0  # until everything was used once: what is filled then is no leak
_LAG = re.compile(r"^watchkeeper_loop_lag_seconds (\S+)", re.MULTILINE)


class Soak:
    def __init__(self, fleet: Fleet, bot: Replica) -> None:
        self._fleet = fleet
        self._bot = bot
        self._until = 0.0
        self.requests = 0
        self.unanswered = 0
        self.lags: list[float] = []
        self.memory: list[float] = []

    async def play(self) -> None:
        await self._fleet.ask("/incident checkout answers 500")
        deeds: dict[float, Callable[[], Awaitable[object]]] = {
            0.1: self._looks("U0ANA", "/health shop production"),
            0.25: self._looks("U0CHI", "/runs"),
            0.5: self._looks("U0MIA", "/rollback shop production"),
            0.7: self._looks("U0ELI", "/helth shop"),
            1.0: self._looks("U0BEN", f"<@{Workspace.bot_user}> health shop production"),
            1.5: self._home,
            2.0: self._looks("U0ANA", "/timeline it grows"),
            2.5: self._twice,
            4.0: self._rollback,
        }
        self._until = time.monotonic() + WARM_S + MINUTES * 60
        async with asyncio.TaskGroup() as tasks:
            for pause, deed in deeds.items():
                tasks.create_task(self._again(deed, pause))
            tasks.create_task(self._watch())

    async def _again(self, deed: Callable[[], Awaitable[object]], pause: float) -> None:
        while time.monotonic() < self._until:
            begun = time.monotonic()
            try:
                await deed()
            except TimeoutError:
                self.unanswered += 1
            self.requests += 1
            await asyncio.sleep(max(0.0, pause - (time.monotonic() - begun)))

    def _looks(self, who: str, line: str) -> Callable[[], Awaitable[object]]:
        return lambda: self._fleet.slack.type(who, OPS, line)

    async def _home(self) -> None:
        await self._fleet.slack.open_home("U0BEN")

    async def _twice(self) -> None:
        await self._fleet.ask("/can", times=2)

    async def _rollback(self) -> None:
        fleet = self._fleet
        await fleet.ask(f"/rollback shop production --to {fleet.yard.other('production')[:7]}")
        number = await fleet.pool.fetchval("SELECT max(id) FROM runs WHERE command = '/rollback' AND actor = 'U0ANA'")
        run = await fleet.until_state(number, State.WAITING)
        await fleet.approved(run, self._bot)
        await fleet.until_state(run.id, State.SUCCEEDED)

    async def _watch(self) -> None:
        await asyncio.sleep(WARM_S)
        async with ClientSession() as session:
            while time.monotonic() < self._until:
                self.memory.append(rss_mb(self._bot.pid))
                with suppress(ClientError):
                    async with session.get(f"http://127.0.0.1:{self._bot.admin_port}/metrics") as reply:
                        found = _LAG.search(await reply.text())
                    self.lags.append(float(found[1]) if found else 0.0)
                await asyncio.sleep(EVERY_S)

    def rows(self) -> list[Row]:
        quarter = len(self.memory) // 4
        first, last = mean(self.memory[:quarter]), mean(self.memory[-quarter:])
        p99 = quantiles(self.lags, n=100)[-1] * 1000
        what = f"soak of {MINUTES:g} min"
        unanswered = f", {self.unanswered} without an answer" if self.unanswered else ""
        return [
            Row(f"{what}: traffic", f"{self.requests:,} deeds{unanswered}"),
            Row(f"{what}: event-loop lag", f"{p99:.1f} ms p99, at most {max(self.lags) * 1000:.0f} ms"),
            Row(
                f"{what}: memory",
                f"{first:.1f} MB in its first quarter, {last:.1f} MB in its last",
                f"{last / first:.3f} ×",
            ),
        ]


async def rows() -> list[Row]:
    with durable_server() as (folder, server):
        fleet = Fleet(server, "soak", folder / "fleet")
        try:
            await fleet.open()
            soak = Soak(fleet, await fleet.start("serve"))
            await soak.play()
            return soak.rows()
        finally:
            await fleet.close()
