"""A burst of two thousand timeline entries: recorded, sealed, projected. `python -m bench timeline`."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.table import Row
from bot.db import database, incidents, migration, seal, timeline
from bot.db.bell import Bell
from bot.domain.incident import Affected, NewIncident, Severity
from bot.domain.timeline import NewEntry
from bot.timeline import Projector

ENTRIES = 2000


async def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="wk-bench-", ignore_cleanup_errors=True) as folder:
        async with database.embedded(Path(folder) / "postgres") as url:
            pool = await database.connect(url)
            await migration.migrate(pool)
            try:
                return await _burst(pool)
            finally:
                await pool.close()


async def _burst(pool: database.Pool) -> list[Row]:
    async with pool.acquire() as connection, connection.transaction():
        new = NewIncident("checkout answers 500", Severity.SEV2, (Affected("shop", "production"),))
        incident, _ = await incidents.open_(connection, new, by="U0ANA", team="T0", asked_in="C0", run=None)
        at = datetime.now(UTC)
        for number in range(ENTRIES):
            await timeline.add(connection, NewEntry(incident.id, "pin", str(number), at, f"entry {number}"))
    begun = time.perf_counter()
    sealed = 0
    while batch := await seal.seal(pool):
        sealed += batch
    sealing = time.perf_counter() - begun
    projector = Projector(pool, Bell(pool), str)
    while await projector.step():
        pass
    whole = time.perf_counter() - begun
    shown, _ = await timeline.counts(pool, incident.id)
    assert shown == ENTRIES + 1
    return [
        Row("sealing events", f"{sealed / sealing:.0f} a second"),
        Row(
            f"timeline, a burst of {ENTRIES:,}", f"{whole:.1f} s, {ENTRIES / (whole - sealing):.0f} entries a second"
        ),
    ]
