"""Measures how late the event loop wakes: the first sign that something blocks it."""

import asyncio

from bot import metrics

_EVERY = 0.5  # seconds


async def watch() -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _EVERY
        await asyncio.sleep(_EVERY)
        metrics.LOOP_LAG.set(max(0.0, loop.time() - due))
