"""`/health` with fifty checks against its slowest one: all are asked at once. `python -m bench fan`."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.table import Row
from bot.domain.capability import Check, Finding
from bot.domain.catalog import Place
from bot.providers.examine import look_at

CHECKS, ROUNDS = 50, 20


@dataclass(frozen=True, slots=True)
class Slow:
    """Answers after so many milliseconds."""

    ms: int
    deadline: timedelta = timedelta(seconds=5)

    @property
    def name(self) -> str:
        return f"check {self.ms}"

    async def look(self) -> Finding:
        await asyncio.sleep(self.ms / 1000)
        return Finding(self.name, "ok", "answers 200", f"{self.ms} ms")


class Fifty:
    def checks(self) -> Sequence[Check]:
        return [Slow(ms) for ms in range(1, CHECKS + 1)]


async def rows() -> list[Row]:
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        report = await look_at(Place("shop", "production"), [Fifty()], lambda: datetime.now(UTC))
        took.append((time.perf_counter() - begun) * 1000)
        assert len(report.findings) == CHECKS
    ms = median(took)
    return [Row(f"/health, {CHECKS} checks", f"{ms:.1f} ms", f"{ms / CHECKS:.2f} × its slowest check ({CHECKS} ms)")]
