"""Workers: each beats a row and holds a session advisory lock; both gone means dead."""

from datetime import timedelta

from bot.db.database import Connection, Rows

BEAT = timedelta(seconds=2)
LEASE = timedelta(seconds=15)
_CLASS = 0x57A7


async def register(connection: Connection, name: str) -> int:
    """A new worker on this connection, which holds its lock as long as it lives."""
    worker: int = await connection.fetchval("INSERT INTO workers (name) VALUES ($1) RETURNING id", name)
    await hold(connection, worker)
    return worker


async def hold(connection: Connection, worker: int) -> bool:
    """Take the worker's lock on this connection; False while another session still has it."""
    held: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", _CLASS, worker)
    return held


async def beat(connection: Connection, worker: int) -> bool:
    """Beat; False when the worker was declared dead meanwhile."""
    status: str = await connection.execute(
        "UPDATE workers SET beat_at = statement_timestamp() WHERE id = $1 AND ended_at IS NULL", worker, timeout=5
    )
    return status == "UPDATE 1"


async def alive(rows: Rows) -> bool:
    """Whether any worker has beaten within its lease."""
    found: bool = await rows.fetchval(
        "SELECT EXISTS (SELECT FROM workers"
        " WHERE ended_at IS NULL AND beat_at > statement_timestamp() - $1::interval)",
        LEASE,
    )
    return found


async def end(rows: Rows, worker: int) -> None:
    await rows.execute("UPDATE workers SET ended_at = statement_timestamp() WHERE id = $1", worker)


async def bury_dead(connection: Connection) -> list[int]:
    """Workers whose beat is older than the lease and whose lock is free; they are marked ended here.

    Also those that ended with something in hand: a claim of theirs was committed after their burial.
    Runs in a transaction: the try-lock is taken on this session for a moment to prove that nobody has it.
    """
    late = await connection.fetch(
        "SELECT id FROM workers WHERE ended_at IS NULL AND beat_at < statement_timestamp() - $1::interval"
        " FOR UPDATE SKIP LOCKED",
        LEASE,
    )
    dead = []
    for row in late:
        if await connection.fetchval("SELECT pg_try_advisory_xact_lock($1, $2)", _CLASS, row["id"]):
            await end(connection, row["id"])
            dead.append(row["id"])
    left = await connection.fetch(
        """
        SELECT DISTINCT w.id FROM runs r JOIN workers w ON w.id = r.worker
        WHERE r.state IN ('planning', 'starting', 'running', 'verifying') AND w.ended_at IS NOT NULL
        """
    )
    return sorted({*dead, *(row["id"] for row in left)})
