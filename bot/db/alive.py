"""When the bot was last alive, the gaps between, and what became of runs meanwhile."""

from collections.abc import Sequence
from datetime import datetime

from bot.db.database import Connection, Rows
from bot.domain.away import LONG, Concerned, Gap, Missed, Why
from bot.domain.incident import OF_INCIDENTS


async def beat(connection: Connection, *, since: datetime | None) -> datetime:
    """Beat on the real clock; a gap since the beat before is kept, once. The beat's own time.

    since: the last beat of this very process, when it lived on without the database. In a transaction.
    """
    row = await connection.fetchrow("SELECT at, statement_timestamp() AS now FROM alive FOR UPDATE")
    if row is None:
        await connection.execute("INSERT INTO alive (at) VALUES (statement_timestamp()) ON CONFLICT DO NOTHING")
        now: datetime = await connection.fetchval("SELECT at FROM alive")
        return now
    now = row["now"]
    if now - row["at"] > LONG:
        why: Why = "database" if since == row["at"] else "bot"
        await connection.execute(
            """
            INSERT INTO away (begun, ended, why)
            VALUES (clock_now() - (statement_timestamp() - $1::timestamptz), clock_now(), $2)
            ON CONFLICT DO NOTHING
            """,
            row["at"],
            why,
        )
    await connection.execute("UPDATE alive SET at = $1", now)
    return now


async def untold(connection: Connection) -> list[Gap]:
    """Locked until the transaction ends."""
    rows = await connection.fetch(
        "SELECT begun, ended, why FROM away WHERE told_at IS NULL ORDER BY begun FOR UPDATE SKIP LOCKED"
    )
    return [Gap(row["begun"], row["ended"], row["why"]) for row in rows]


async def told(connection: Connection, gap: Gap) -> None:
    await connection.execute("UPDATE away SET told_at = clock_now() WHERE begun = $1", gap.begun)


async def known(rows: Rows) -> bool:
    """Whether nothing is in the hands of a worker that may be dead."""
    open_: bool = await rows.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM runs r
            JOIN workers w ON w.id = r.worker
            WHERE r.state IN ('planning', 'starting', 'running', 'verifying')
              AND (w.ended_at IS NOT NULL OR w.beat_at < statement_timestamp() - interval '10 seconds')
        )
        """
    )
    return not open_


async def missed(rows: Rows, gap: Gap, schedules: Sequence[str]) -> Missed:
    """Of runs that were asked for before the gap; what was typed about an incident may be for those in it alone."""
    found = await rows.fetch(
        """
        SELECT id, text, state,
               CASE
                   WHEN state = 'interrupted' AND settled_by IS NULL THEN 'interrupted'
                   WHEN state = 'expired' AND finished_at <= $2::timestamptz + interval '1 minute' THEN 'expired'
                   WHEN state = 'waiting' AND approved_at IS NULL THEN 'waiting'
                   WHEN finished_at >= $2 OR finished_at IS NULL THEN 'resumed'
               END AS became
        FROM runs
        WHERE created_at < $1
          AND (finished_at IS NULL OR finished_at >= $1)
          AND command <> ALL($3::text[])
        ORDER BY id
        LIMIT 200
        """,
        gap.begun,
        gap.ended,
        OF_INCIDENTS,
    )
    by: dict[str, list[Concerned]] = {}
    for row in found:
        by.setdefault(row["became"] or "", []).append(Concerned(f"R-{row['id']}", row["text"]))
    return Missed(
        by.get("interrupted", ()), by.get("expired", ()), by.get("resumed", ()), by.get("waiting", ()), schedules
    )
