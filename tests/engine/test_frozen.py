"""A worker that was frozen and taken for dead wakes up: it does nothing more to the outside."""

from collections.abc import Awaitable, Callable

import pytest

from bot.db.database import Connection
from bot.db.workers import LEASE
from bot.domain.capability import Running
from bot.domain.run import State
from bot.engine import running as engine_running
from bot.engine.installation import Installation
from bot.engine.running import EngineRunning
from bot.worker import take_back
from tests.support.desk import Desk

Write = Callable[[Connection], Awaitable[object]]
RECORDS = ("the end of a step", "the beginning of a step", "what a step is about to do")


class Freeze:
    """The `left`-th record from `on` is heard of a lease late; meanwhile others have called the run interrupted."""

    def __init__(self, desk: Desk, left: int) -> None:
        self._desk = desk
        self._left = left
        self._now = 0.0
        self._on = False

    async def on(self, running: Running) -> None:
        assert isinstance(running, EngineRunning)
        running._time = lambda: self._now
        self._on = True

    async def within_lease(self, at: Installation, write: Write) -> object:
        async with at.pool.acquire() as connection, connection.transaction():
            result = await write(connection)
        if self._on:
            self._left -= 1
        if self._on and self._left == 0:
            self._now += LEASE.total_seconds()
            async with at.pool.acquire() as connection, connection.transaction():
                await take_back(connection, self._desk.worker, "It was not heard of any more")
        return result


@pytest.mark.parametrize("record", RECORDS)
async def test_nothing_is_done_after_others_have_called_it_interrupted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, record: str
) -> None:
    freeze = Freeze(desk, RECORDS.index(record) + 1)
    monkeypatch.setattr(engine_running, "within_lease", freeze.within_lease)
    done: list[str] = []

    async def switch(_: Running) -> None:
        done.append("switch")

    desk.shelf.between = {"fetch": freeze.on, "switch": switch}
    run = await desk.asked("U0ANA", "/poke shop staging")
    assert await desk.votes.confirm(run.id, "U0ANA") is None
    await desk.work()
    assert (await desk.run(run.id)).state is State.INTERRUPTED
    assert done == []
    assert (await desk.events(run)).count("run.ended") == 1
