"""SIGHUP: replicas take over the same new policy, tell it once, and are not ready while they differ."""

import os
import signal

import pytest
from aiohttp import ClientSession

from tests.support.company import POLICY
from tests.support.fleet import Fleet

pytestmark = pytest.mark.heavy


async def test_two_replicas_take_over_a_new_policy_one_after_the_other(fleet: Fleet) -> None:
    first, second = await fleet.start(), await fleet.start()
    (fleet.folder / "policy.yml").write_text(POLICY.replace("ana, chi]", "chi]"))
    async with ClientSession() as session:
        os.kill(first.pid, signal.SIGHUP)
        await fleet.told("No longer in operator: Ana.")
        assert await first.ready(session)
        assert not await second.ready(session)
        os.kill(second.pid, signal.SIGHUP)
        await fleet.until(lambda: second.ready(session), "the second replica to be ready")
    (fleet.folder / "policy.yml").write_text("grants: [")
    os.kill(second.pid, signal.SIGHUP)
    await fleet.told("A changed policy or catalog was refused")
    async with ClientSession() as session:
        assert await second.ready(session)
    changes = await fleet.pool.fetch("SELECT id FROM events WHERE kind = 'policy.changed'")
    assert len(changes) == 2  # the first start's, and the one that both replicas took over
    assert second.says("reload.refused")
