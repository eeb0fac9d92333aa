"""SIGTERM: nothing new is begun, what runs may end, what does not end in time is recorded by the worker itself."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.domain.run import State
from tests.support.fleet import Fleet
from tests.support.replica import descendants, living

pytestmark = pytest.mark.heavy

PROMPT_S = 3.0


async def test_a_run_ends_well_while_the_bot_that_runs_it_is_asked_to_end(fleet: Fleet) -> None:
    web, worker = await fleet.start("serve", "--no-worker"), await fleet.start("worker")
    fleet.yard.shut("production")
    run = await fleet.asked()
    await fleet.approved(run, web)
    await fleet.yard.arrived("production")
    worker.ask_to_end()
    await fleet.until(worker.draining, "the worker to drain")
    await fleet.ask("/health shop production")
    below = descendants(worker.pid)
    assert living(below)
    await fleet.yard.open("production")
    assert await worker.ended() == 0
    assert living(below) == set()
    over = await fleet.until_state(run.id, State.SUCCEEDED)
    later = await fleet.pool.fetch("SELECT state, worker FROM runs WHERE command = '/health'")
    assert [tuple(row) for row in later] == [("queued", None)]
    other = await fleet.start("worker")
    await fleet.until_state(run.id + 1, State.SUCCEEDED)
    await fleet.quiet()
    assert over.worker is not None
    assert other.alive
    await fleet.check()


async def test_a_run_that_does_not_end_in_time_is_recorded_by_the_worker_itself(fleet: Fleet) -> None:
    web, worker = await fleet.start("serve", "--no-worker"), await fleet.start("worker", "--drain", "0.5")
    fleet.yard.shut("production")
    run = await fleet.asked()
    await fleet.approved(run, web)
    await fleet.yard.arrived("production")
    below = descendants(worker.pid)
    assert await asyncio.wait_for(worker.end(), 0.5 + PROMPT_S) == 0
    assert living(below) == set()
    over = await fleet.until_state(run.id, State.INTERRUPTED, patience_s=0.1)
    assert "stopped while it ran" in over.because
    assert await fleet.count("run.ended", run) == 1
    await fleet.start("worker")
    await fleet.told("interrupted")
    await fleet.quiet()
    await fleet.check()


async def test_a_bot_that_lingers_says_that_it_goes_and_answers_until_then(fleet: Fleet) -> None:
    """A load balancer has seen it before the door closes: nobody's command meets a closed one."""
    web = await fleet.start("serve", "--no-worker", "--linger", "5")
    web.ask_to_end()
    async with ClientSession() as session:
        while await web.ready(session):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
    answer = await fleet.ask("/health shop production")
    assert answer[0].status == 200
    assert await web.ended() == 0
    assert await fleet.pool.fetchval("SELECT count(*) FROM runs") == 1


async def test_an_idle_bot_ends_at_once(fleet: Fleet) -> None:
    bots = [await fleet.start("serve"), await fleet.start("serve", "--no-worker"), await fleet.start("worker")]
    ended = await asyncio.wait_for(asyncio.gather(*(bot.end() for bot in bots)), PROMPT_S)
    assert ended == [0, 0, 0]
    await fleet.check()


def core_limits(pid: int) -> list[str]:
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line.split()[4:6] for line in limits if line.startswith("Max core"))


async def test_an_aborted_bot_leaves_no_core_file(fleet: Fleet) -> None:
    for bot in [await fleet.start("serve"), await fleet.start("worker")]:
        assert core_limits(bot.pid) == ["0", "0"]
        os.kill(bot.pid, signal.SIGABRT)
        assert await bot.ended() == -signal.SIGABRT
        assert [*bot.log.parent.glob("core*")] == []
