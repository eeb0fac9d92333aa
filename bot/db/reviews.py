"""Reviews of what ran without votes. A row is opened in the transaction that went on, and closed once."""

from datetime import datetime
from typing import cast

import asyncpg

from bot.db.database import Connection, Rows
from bot.domain.approval import Way
from bot.domain.review import Review, Verdict
from bot.domain.run import RunId

_REVIEW = "run_id, way, actor, because, created_at, next_at, times, verdict, reviewer, says, reviewed_at"


async def begin(rows: Rows, run: RunId, *, way: Way, actor: str, because: str, next_at: datetime) -> None:
    await rows.execute(
        "INSERT INTO reviews (run_id, way, actor, because, next_at) VALUES ($1, $2, $3, $4, $5)",
        run,
        way,
        actor,
        because,
        next_at,
    )


async def get(rows: Rows, run: RunId) -> Review | None:
    row = await rows.fetchrow(f"SELECT {_REVIEW} FROM reviews WHERE run_id = $1", run)
    return _review(row) if row else None


async def lock(connection: Connection, run: RunId) -> Review | None:
    """The review with its row locked until the transaction ends."""
    row = await connection.fetchrow(f"SELECT {_REVIEW} FROM reviews WHERE run_id = $1 FOR UPDATE", run)
    return _review(row) if row else None


async def due(rows: Rows) -> list[RunId]:
    """Of which somebody is to be asked now."""
    found = await rows.fetch(
        "SELECT run_id FROM reviews WHERE reviewed_at IS NULL AND next_at <= clock_now() ORDER BY next_at LIMIT 100"
    )
    return [row["run_id"] for row in found]


async def asked(rows: Rows, run: RunId, next_at: datetime, *, times: int) -> None:
    """Somebody was asked for the `times`th time; the next time is `next_at`."""
    await rows.execute(
        "UPDATE reviews SET next_at = $2, times = $3 WHERE run_id = $1 AND reviewed_at IS NULL", run, next_at, times
    )


async def close(rows: Rows, run: RunId, verdict: Verdict, *, by: str, says: str = "") -> bool:
    """False when somebody else was first."""
    status = await rows.execute(
        """
        UPDATE reviews SET verdict = $2, reviewer = $3, says = $4, reviewed_at = clock_now()
        WHERE run_id = $1 AND reviewed_at IS NULL
        """,
        run,
        verdict,
        by,
        says,
    )
    return status == "UPDATE 1"


async def still_open(rows: Rows, limit: int = 50) -> list[Review]:
    """The oldest first."""
    found = await rows.fetch(
        f"SELECT {_REVIEW} FROM reviews WHERE reviewed_at IS NULL ORDER BY created_at LIMIT $1", limit
    )
    return [_review(row) for row in found]


async def since(rows: Rows, at: datetime) -> list[Review]:
    """What went on without votes since then, looked at or not, and what is open from before."""
    found = await rows.fetch(
        f"SELECT {_REVIEW} FROM reviews WHERE created_at >= $1 OR reviewed_at IS NULL ORDER BY created_at", at
    )
    return [_review(row) for row in found]


def _review(row: asyncpg.Record) -> Review:
    return Review(
        run=row["run_id"],
        way=cast("Way", row["way"]),
        actor=row["actor"],
        because=row["because"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        times=row["times"],
        verdict=cast("Verdict | None", row["verdict"]),
        reviewer=row["reviewer"],
        says=row["says"],
        reviewed_at=row["reviewed_at"],
    )
