"""What leaves when its time is over: each call takes the oldest, at most `limit`, and says how many went."""

from datetime import timedelta

from bot.db.database import Connection
from bot.domain import replay


async def answers(connection: Connection, kept: timedelta, limit: int) -> int:
    """What a look answered, or one person alone. That it was asked, by whom and how it ended stays."""
    status = await connection.execute(
        """
        UPDATE runs SET outcome = NULL, because = ''
        WHERE id IN (
            SELECT id FROM runs
            WHERE outcome IS NOT NULL AND (risk = 'read' OR outcome->>'private' = 'true')
              AND finished_at < clock_now() - $1::interval
            ORDER BY finished_at
            FOR NO KEY UPDATE SKIP LOCKED
            LIMIT $2
        )
        """,
        kept,
        limit,
    )
    return _count(status)


async def files(connection: Connection, kept: timedelta, limit: int) -> int:
    """Long output that was never handed over: what was handed over went at once."""
    status = await connection.execute(
        """
        DELETE FROM run_files WHERE (run_id, name) IN (
            SELECT f.run_id, f.name
            FROM run_files f
            JOIN runs r ON r.id = f.run_id
            WHERE r.finished_at < clock_now() - $1::interval
            LIMIT $2
        )
        """,
        kept,
        limit,
    )
    return _count(status)


async def replays(connection: Connection, kept: timedelta, limit: int) -> int:
    """What was tried with events that nobody can send any more: `bot.domain.replay.KEPT`."""
    status = await connection.execute(
        """
        DELETE FROM records WHERE (kind, service, environment, key) IN (
            SELECT kind, service, environment, key
            FROM records
            WHERE kind = $3 AND at < clock_now() - $1::interval
            ORDER BY at
            FOR UPDATE SKIP LOCKED
            LIMIT $2
        )
        """,
        kept,
        limit,
        replay.RECORDS,
    )
    return _count(status)


async def payloads(connection: Connection, kept: timedelta, limit: int) -> int:
    """What sealed events say beyond their facts; their seals stay, and verification says how many were erased.

    Payloads leave in the order of their ids, so the oldest are looked at and nothing else. In a transaction.
    """
    await connection.execute("SET LOCAL watchkeeper.retention = 'on'")
    status = await connection.execute(
        """
        DELETE FROM event_payloads WHERE event_id IN (
            SELECT e.id
            FROM (SELECT event_id FROM event_payloads ORDER BY event_id LIMIT $2) p
            JOIN events e ON e.id = p.event_id
            JOIN event_seals s ON s.event_id = e.id
            WHERE e.at < clock_now() - $1::interval
        )
        """,
        kept,
        limit,
    )
    return _count(status)


def _count(status: str) -> int:
    """`DELETE 12`, `UPDATE 12`."""
    return int(status.rpartition(" ")[2])
