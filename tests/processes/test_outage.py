"""PostgreSQL goes away during a run: a short while is waited out, a long one stops the run, told once."""

import asyncio

import pytest
from aiohttp import ClientSession

from bot.domain.run import State
from tests.support.fleet import Fleet
from tests.support.replica import living

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("seconds", [0.2, 3.0])
async def test_a_short_absence_of_the_database_is_waited_out(fleet: Fleet, seconds: float) -> None:
    bot = await fleet.start("serve")
    fleet.yard.shut("production")
    run = await fleet.asked()
    await fleet.approved(run, bot)
    child = await fleet.yard.arrived("production")
    away = asyncio.create_task(fleet.server.away(max(0.0, seconds - 0.2)))
    await asyncio.sleep(seconds / 2)
    await fleet.yard.open("production")  # the step ends while nobody can record it
    await away
    over = await fleet.until_state(run.id, State.SUCCEEDED, State.FAILED, State.INTERRUPTED)
    assert over.state is State.SUCCEEDED, bot.last_words()
    assert living({child}) == set()
    assert bot.alive
    following = await fleet.asked()
    await fleet.approved(following, bot)
    await fleet.until_state(following.id, State.SUCCEEDED)
    await fleet.quiet()
    assert await fleet.count("run.ended", run) == 1
    await fleet.check()


async def test_a_long_absence_stops_the_run_after_one_lease_and_it_is_told_once(fleet: Fleet) -> None:
    bot = await fleet.start("serve")
    fleet.yard.shut("production")
    run = await fleet.asked()
    await fleet.approved(run, bot)
    child = await fleet.yard.arrived("production")
    away = asyncio.create_task(fleet.server.away(40))
    clock = asyncio.get_running_loop().time
    begun = clock()

    async def stopped() -> bool:
        return not living({child})

    await fleet.until(stopped, "the step's process to be stopped")
    assert 8 < clock() - begun < 25
    assert not away.done()
    await away
    over = await fleet.until_state(run.id, State.INTERRUPTED)
    assert over.changed == "unknown"
    assert bot.alive
    await fleet.told("interrupted")
    fleet.yard.remove_gate("production")
    await fleet.press("ana", run, "run.settle_not_done", bot)
    following = await fleet.asked()
    await fleet.approved(following, bot)
    await fleet.until_state(following.id, State.SUCCEEDED)
    await fleet.quiet()
    assert await fleet.count("run.ended", run) == 1
    await fleet.check()


async def test_a_command_during_an_absence_is_answered_in_time_and_honestly(fleet: Fleet) -> None:
    bot = await fleet.start("serve")
    await asyncio.to_thread(fleet.server.stop)
    try:
        async with ClientSession() as session:
            assert not await bot.ready(session)
        answers = await fleet.ask("/health shop production")
    finally:
        await asyncio.to_thread(fleet.server.start)
    assert answers[0].status == 200
    assert answers[0].elapsed_s < 2.8
    assert b"I do not know whether this was recorded" in answers[0].body

    async def ready() -> bool:
        async with ClientSession() as session:
            return await bot.ready(session)

    await fleet.until(ready, "the bot to be ready again")
    assert await fleet.pool.fetchval("SELECT count(*) FROM runs") == 0
    run = await fleet.asked()
    await fleet.approved(run, bot)
    await fleet.until_state(run.id, State.SUCCEEDED)
    await fleet.quiet()
    await fleet.check()
