"""kill -9 at the bad moments: what was approved starts once, what had started is told as interrupted, once."""

import pytest

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
