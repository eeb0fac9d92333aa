"""kill -9 at the bad moments: what was approved starts once, what had started is told as interrupted, once."""

import asyncio

import pytest

from bot.db.workers import LEASE
from bot.domain.run import State
from tests.support.fleet import Fleet

pytestmark = pytest.mark.heavy


async def test_what_was_approved_before_a_crash_starts_once_afterwards(fleet: Fleet) -> None:
    web, worker = await fleet.start("serve", "--no-worker"), await fleet.start("worker")
    run = await fleet.asked()
    worker.freeze()
    await fleet.approved(run, web)
    queued = await fleet.until_state(run.id, State.QUEUED)
    assert queued.worker is None
    await worker.kill()
    assert fleet.yard.switches("production") == []
    await fleet.start("worker")
    await fleet.until_state(run.id, State.SUCCEEDED)
    await fleet.quiet()
    assert fleet.yard.switches("production") == [fleet.yard.good]
    assert await fleet.count("run.started", run) == 1
    await fleet.check()


@pytest.mark.parametrize("after_ms", [0, 15, 30, 60, 90, 150])
async def test_a_crash_at_any_moment_after_the_click_starts_it_once_at_the_most(fleet: Fleet, after_ms: int) -> None:
    bots = [await fleet.start("serve"), await fleet.start("serve")]
    run = await fleet.asked()
    await fleet.approved(run, bots[1])
    await asyncio.sleep(after_ms / 1000)
    taken = await fleet.pool.fetchval(
        "SELECT w.name FROM runs r JOIN workers w ON w.id = r.worker WHERE r.id = $1", run.id
    )
    busy = next((bot for bot in bots if taken and taken.endswith(f":{bot.pid}")), bots[0])
    await busy.kill()
    over = await fleet.until_state(run.id, State.SUCCEEDED, State.INTERRUPTED)
    await fleet.quiet()
    assert await fleet.count("run.started", run) == 1
    assert await fleet.count("run.ended", run) == 1
    assert (over.state is State.INTERRUPTED) == (over.changed == "unknown")
    await fleet.check()


async def test_a_worker_frozen_for_longer_than_its_lease_is_not_dead_while_it_holds_its_lock(fleet: Fleet) -> None:
    web, worker = await fleet.start("serve", "--no-worker"), await fleet.start("worker")
    fleet.yard.shut("production")
    run = await fleet.asked()
    await fleet.approved(run, web)
    await fleet.yard.arrived("production")
    other = await fleet.start("worker")
    worker.freeze()
    await asyncio.sleep(LEASE.total_seconds() + 3)
    assert (await fleet.until_state(run.id, State.RUNNING)).worker is not None
    worker.thaw()
    await fleet.yard.open("production")
    await fleet.until_state(run.id, State.SUCCEEDED)
    assert other.alive
    await fleet.quiet()
    await fleet.check()


async def test_a_run_killed_in_the_middle_is_told_once_and_keeps_its_lock_until_settled(
    fleet: Fleet,
) -> None:
    bot = await fleet.start("serve")
    fleet.yard.shut("production")
    run = await fleet.asked()
    await fleet.approved(run, bot)
    await fleet.yard.arrived("production")
    await bot.kill()
    fleet.yard.remove_gate("production")
    again = await fleet.start("serve")
    fleet.slack.request_url = again.url
    over = await fleet.until_state(run.id, State.INTERRUPTED)
    assert over.changed == "unknown"
    assert "switch" in over.because
    await fleet.told("interrupted")
    assert await fleet.pool.fetchval("SELECT run_id FROM locks") == run.id
    following = await fleet.asked()
    await fleet.approved(following, again)
    await fleet.told(f"{run.label}")
    await fleet.press("ana", run, "run.settle_done", again)
    await fleet.until_state(following.id, State.SUCCEEDED)
    await fleet.quiet()
    assert await fleet.count("run.ended", run) == 1
    await fleet.check()
