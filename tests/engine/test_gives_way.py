"""Acknowledgements before starts: a worker gives way while many requests are in hand, and never for ever."""

import asyncio

import pytest

from bot.worker import Worker
from tests.support.desk import Desk


@pytest.mark.parametrize(
    ("in_hand", "acknowledged_after", "waits"),
    [(0, 99, 0), (3, 99, 0), (4, 1, 1), (64, 3, 3), (64, 99, 10)],
)
async def test_a_worker_gives_way_to_many_until_they_are_acknowledged_or_its_patience_ends(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, in_hand: int, acknowledged_after: int, waits: int
) -> None:
    waited = list[float]()

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) >= acknowledged_after:
            desk.installation.receiving = 0

    desk.installation.receiving = in_hand
    worker = Worker(desk.installation, desk.govern)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await worker._give_way()
    monkeypatch.undo()
    assert len(waited) == waits
    assert sum(waited) <= 0.1
