"""A long history, and how long it takes to ask something of it.

`python -m bench history`; with WK_HISTORY=5000000 for five million events. They are made by generate_series, and
their seals are numbers with a made-up hash, not a chain that verifies: no question here looks at a hash.
"""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from bench.table import Row
from bot.db import (
    approvals,
    audit_log,
    database,
    events,
    freezes,
    incident_steps,
    incidents,
    locks,
    migration,
    overview,
    posts,
    reviews,
    runs,
)
from bot.db.database import Pool
from bot.domain.event import Wanted
from tests.support.long_history import history_sql

EVENTS = int(os.environ.get("WK_HISTORY", "300000"))
RUNS, TRIES = max(EVENTS // 50, 21_000), 10


async def _swept(pool: Pool) -> None:
    await approvals.overdue(pool)
    await reviews.due(pool)
    await freezes.end_overdue(pool)
    async with pool.acquire() as connection, connection.transaction():
        await locks.repair(connection)


async def _called(pool: Pool) -> None:
    await incident_steps.due_steps(pool)
    for incident in await incident_steps.to_call(pool):
        await incident_steps.acted(pool, incident)


QUESTIONS: dict[str, Callable[[Pool], Awaitable[object]]] = {
    "/runs": runs.listed,
    "/runs of a service without any": lambda pool: runs.listed(pool, service="nothing"),
    "/audit": lambda pool: audit_log.found(pool, Wanted(), 21, None),
    "/audit of a person": lambda pool: audit_log.found(pool, Wanted(actor="U7"), 21, None),
    "/incident list": lambda pool: incidents.listed(pool, 10),
    "App Home: what waits": lambda pool: overview.waiting(pool, "U0ANA"),
    "claim": lambda pool: runs.claim(pool, 1),
    "posts due": posts.due,
    "sweep: next wave of asking": approvals.to_escalate,
    "sweep: going on alone": approvals.to_offer_alone,
    "sweep: overdue, reviews, freezes": _swept,
    "incident: steps and calls": _called,
    "follower: the next 500": lambda pool: events.after(pool, EVENTS - 600),
}


async def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="wk-bench-", ignore_cleanup_errors=True) as folder:
        async with database.embedded(Path(folder) / "postgres") as url:
            pool = await database.connect(url)
            try:
                await migration.migrate(pool)
                begun = time.perf_counter()
                await fill(pool)
                what = f"a history of {EVENTS:,} events, {RUNS:,} runs"
                filled = Row(what, f"{time.perf_counter() - begun:.0f} s to make")
                return [filled, *[await _asked(pool, *one) for one in QUESTIONS.items()]]
            finally:
                await pool.close()


async def fill(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await connection.execute(history_sql(runs=RUNS, events=EVENTS), timeout=3600)


async def _asked(pool: Pool, name: str, question: Callable[[Pool], Awaitable[object]]) -> Row:
    took = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        await question(pool)
        took.append((time.perf_counter() - begun) * 1000)
    return Row(f"of it: {name}", f"{median(took):.1f} ms, at most {max(took):.0f} ms")
