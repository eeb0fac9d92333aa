"""Who answers for a run whose outcome nobody knows, until it is settled: whoever asked, or who took it over."""

from typing import cast

from bot.db.database import Connection
from bot.domain.run import Run


async def responsible(connection: Connection, run: Run) -> str:
    found = await connection.fetchval("SELECT person FROM handovers WHERE run_id = $1 FOR UPDATE", run.id)
    return cast("str | None", found) or run.actor


async def give(connection: Connection, run: Run, person: str, by: str) -> None:
    await connection.execute(
        "INSERT INTO handovers (run_id, person, given_by) VALUES ($1, $2, $3)"
        " ON CONFLICT (run_id) DO UPDATE SET person = $2, given_by = $3, at = clock_now()",
        run.id,
        person,
        by,
    )
