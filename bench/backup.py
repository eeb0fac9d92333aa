"""What `/backup` costs over bare pg_dump: its dump path (snapshot, row counts, stream, SHA-256, fsync).

`python -m bench backup`; the bare one writes and fsyncs its own file.
"""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

import asyncpg

from bench.place import bench
from bench.table import Row
from bot.providers.postgres.address import Address, address
from bot.providers.postgres.dump import dumping
from bot.providers.store.folder import FolderStore
from tests.support.server import binaries

ROUNDS = 5
ROWS = 600_000
LIMIT = timedelta(minutes=5)


async def fill(url: str) -> int:
    """Orders that compress as such data does; the database's size."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"""
        SELECT setseed(0.5);
        CREATE TABLE orders AS
        SELECT n AS id, md5(n::text) AS session, 'ada' || n % 997 || '@example.com' AS email,
               (random() * 9000)::int AS pence, now() - n * interval '3 s' AS created, repeat('note ', n % 9) AS note
        FROM generate_series(1, {ROWS}) n;
        ALTER TABLE orders ADD PRIMARY KEY (id);
        ANALYZE orders;
        """
    )
    size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return size


async def bare(url: str, file: Path) -> float:
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        str(binaries() / "pg_dump"), "--format=custom", "--no-owner", f"--file={file}", f"--dbname={url}"
    )
    assert await process.wait() == 0
    return time.perf_counter() - begun


async def ours(at: Address, store: FolderStore, name: str) -> float:
    begun = time.perf_counter()
    async with dumping(at, LIMIT) as dump:
        await store.write(name, dump.chunks)
        counts = await dump.counted(timedelta(seconds=10))
    assert sum(counts.values()) == ROWS
    return time.perf_counter() - begun


async def rows() -> list[Row]:
    async with bench() as place:
        url = await place.database("shop")
        size = await fill(url)
        at, store = address(url, "$SHOP_DB"), FolderStore(place.folder / "backups", reserve=0)
        took: dict[str, list[float]] = {"bare": [], "ours": []}
        for number in range(ROUNDS):
            took["bare"].append(await bare(url, place.folder / f"{number}.dump"))
            took["ours"].append(await ours(at, store, f"shop-{number}.dump"))
        one, other = median(took["bare"]), median(took["ours"])
        ratio = median(b / a for a, b in zip(took["bare"], took["ours"], strict=True))
        what = f"dump of {size / 1e6:.0f} MB, {ROWS:,} rows"
        return [
            Row(f"{what}: bare pg_dump -Fc", f"{one:.2f} s"),
            Row(f"{what}: /backup's", f"{other:.2f} s", f"{ratio:.2f} × bare pg_dump"),
        ]
