"""How long from `serve` to /readyz, and how much memory then. `python -m bench startup`."""

import asyncio
import time
from pathlib import Path
from statistics import median

from bench.place import Bench, bench
from bench.table import Row
from tests.support.replica import Replica

ROUNDS = 3
KINDS = {"serve": ("serve",), "serve --no-worker": ("serve", "--no-worker"), "worker": ("worker",)}


def rss_mb(pid: int) -> float:
    """Resident memory, as /proc tells it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def again(replica: Replica) -> float:
    begun = time.perf_counter()
    await replica.start()
    return time.perf_counter() - begun


async def measure(place: Bench, name: str, words: tuple[str, ...]) -> Row:
    begun = time.perf_counter()
    bot = await place.bot(name, *words)
    first = time.perf_counter() - begun
    took, memory, ended = [], [], []
    for _ in range(ROUNDS):
        ended.append(await _end(bot))
        took.append(await again(bot))
        await asyncio.sleep(0.5)  # people are read, pools are warm
        memory.append(rss_mb(bot.pid))
    await bot.end()
    figure = f"{median(took):.2f} s to /readyz (first {first:.2f} s), {median(ended):.2f} s to end"
    return Row(f"start-up: {' '.join(words)}", f"{figure}, {median(memory):.0f} MB")


async def _end(bot: Replica) -> float:
    begun = time.perf_counter()
    await bot.end()
    return time.perf_counter() - begun


async def rows() -> list[Row]:
    async with bench() as place:
        return [await measure(place, f"s{number}", words) for number, words in enumerate(KINDS.values())]
