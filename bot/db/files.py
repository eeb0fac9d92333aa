"""Long output of runs, kept until it was handed to whoever asked."""

from collections.abc import Collection

from bot.db.database import Rows
from bot.domain.run import RunId

LIMIT = 20_000_000  # bytes; what is longer is cut at the front, the end tells more


async def add(rows: Rows, run: RunId, name: str, content: bytes) -> None:
    await rows.execute(
        "INSERT INTO run_files (run_id, name, content) VALUES ($1, $2, $3)"
        " ON CONFLICT (run_id, name) DO UPDATE SET content = $3",
        run,
        name,
        content[-LIMIT:],
    )


async def of_run(rows: Rows, run: RunId) -> list[tuple[str, bytes]]:
    found = await rows.fetch("SELECT name, content FROM run_files WHERE run_id = $1 ORDER BY name", run)
    return [(row["name"], row["content"]) for row in found]


async def names(rows: Rows, runs: Collection[RunId]) -> dict[RunId, list[str]]:
    """Without their contents, of those runs that have some."""
    found = await rows.fetch(
        "SELECT run_id, array_agg(name ORDER BY name) AS names FROM run_files WHERE run_id = ANY($1::bigint[])"
        " GROUP BY run_id",
        list(runs),
    )
    return {row["run_id"]: row["names"] for row in found}


async def delete(rows: Rows, run: RunId, name: str) -> None:
    await rows.execute("DELETE FROM run_files WHERE run_id = $1 AND name = $2", run, name)
