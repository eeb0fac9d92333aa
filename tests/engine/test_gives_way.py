"""Acknowledgements before starts: a worker gives way while many requests come at once, and never for ever."""

import asyncio
import time

import pytest

from bot.worker import Worker
from tests.support.desk import Desk


@pytest.mark.parametrize(("crowded_for", "waits"), [(0, 0), (1, 1), (3, 3), (99, 25)])
async def test_a_worker_gives_way_to_a_crowd_until_it_is_gone_or_patience_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, crowded_for: int, waits: int
) -> None:
    waited = list[float]()

    def crowd() -> None:
        desk.installation.crowded_at = time.monotonic() if len(waited) < crowded_for else time.monotonic() - 1

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        crowd()

    crowd()
    worker = Worker(desk.installation, desk.govern)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await worker._give_way()
    monkeypatch.undo()
    assert len(waited) == waits
    assert sum(waited) < 0.26


@pytest.mark.parametrize(("people", "crowd"), [(3, False), (4, True)])
async def test_a_crowd_is_four_requests_in_hand_at_once(desk: Desk, people: int, crowd: bool) -> None:
    begun = time.monotonic()
    await asyncio.gather(*(desk.type(f"U0{n}", "/poke shop production because it hangs") for n in range(people)))
    assert (desk.installation.crowded_at >= begun) is crowd
    assert desk.intake._in_hand == 0
