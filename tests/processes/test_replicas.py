"""Several replicas on one database: simultaneous clicks and deliveries have one effect, and one leader speaks."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from bot.domain.run import State
from tests.support.fleet import Fleet
from tests.support.replica import Replica

pytestmark = pytest.mark.heavy

ROUNDS = 100
LANES = ("one", "two", "three", "four")


async def test_two_approvers_clicking_at_once_on_two_replicas_grant_once(
    open_fleet: Callable[..., Awaitable[Fleet]],
) -> None:
    fleet = await open_fleet(*LANES)
    left, right = await fleet.start("serve"), await fleet.start("serve")
    async with asyncio.TaskGroup() as lanes:
        for lane in LANES:
            lanes.create_task(_rounds(fleet, lane, left, right))
    granted = await fleet.pool.fetchval("SELECT count(*) FROM events WHERE kind = 'approval.granted'")
    assert granted == ROUNDS
    assert sum(len(fleet.yard.switches(lane)) for lane in LANES) == ROUNDS
    by = await fleet.pool.fetch("SELECT worker, count(*) AS runs FROM runs GROUP BY worker")
    assert len(by) == 2, "both replicas have had their share"
    await fleet.check(told=False)


async def _rounds(fleet: Fleet, lane: str, left: Replica, right: Replica) -> None:
    for number in range(ROUNDS // len(LANES)):
        run = await fleet.asked(lane)
        first, second = ("ben", "chi") if number % 2 else ("chi", "ben")
        clicks = await asyncio.gather(
            fleet.press(first, run, "approval.approve", left), fleet.press(second, run, "approval.approve", right)
        )
        assert [click.status for click in clicks] == [200, 200]
        await fleet.until_state(run.id, State.SUCCEEDED)


async def test_one_delivery_that_arrives_four_times_at_two_replicas_is_one_run(fleet: Fleet) -> None:
    left, right = await fleet.start("serve"), await fleet.start("serve")
    line = f"/rollback shop production --to {fleet.yard.good[:7]}"
    answers = await fleet.ask(line, to=(left, right), times=4)
    assert [answer.status for answer in answers] == [200] * 4
    rows = await fleet.pool.fetch("SELECT id FROM runs")
    assert len(rows) == 1
    kinds = Counter(row["kind"] for row in await fleet.pool.fetch("SELECT kind FROM events WHERE run_id IS NOT NULL"))
    assert kinds["request.received"] == 1
    assert kinds["request.repeated"] == 0
    run = await fleet.until_state(rows[0]["id"], State.WAITING)
    await fleet.approved(run, right)
    await fleet.until_state(run.id, State.SUCCEEDED)
    await fleet.quiet()
    await fleet.check()


async def test_when_the_leader_is_killed_another_replica_goes_on_with_the_thread(fleet: Fleet) -> None:
    leader = await fleet.start("serve")
    other = await fleet.start("serve")
    assert leader.says('"leader": "follower"')
    assert not other.says("leader.elected")
    await fleet.asked()
    await leader.kill()
    fleet.slack.request_url = other.url
    begun = asyncio.get_running_loop().time()

    async def took_over() -> bool:
        return other.says('"leader": "follower"') and other.says('"leader": "sealer"')

    await fleet.until(took_over, "the other replica to take over")
    assert asyncio.get_running_loop().time() - begun < 5
    run = await fleet.until_state(1, State.WAITING)
    await fleet.told("Roll back shop production")
    await fleet.approved(run, other)
    await fleet.until_state(run.id, State.SUCCEEDED)
    await fleet.quiet()
    root = await fleet.told(run.label)
    told = [fleet.slack.all_text(message) for message in fleet.slack.messages(root.channel, thread=root.ts)]
    lines = [line for text in told for line in dict.fromkeys(text.splitlines())]
    assert lines
    assert [line for line, times in Counter(lines).items() if times > 1] == []
    await fleet.check()
