"""Approvals and votes. Whoever changes one first locks its row, so that votes are counted one after another."""

from datetime import timedelta
from typing import Literal, cast

import asyncpg

from bot.db.database import Connection, Rows
from bot.domain.approval import Approval, ApprovalState, Vote
from bot.domain.run import RunId


async def ask(
    rows: Rows, run: RunId, *, need: int, asked: tuple[str, ...], confirm: str, digest: str, answer: timedelta
) -> None:
    """Ask for confirmation; it expires `answer` from now."""
    await rows.execute(
        """
        INSERT INTO approvals (run_id, need, asked, confirm, digest, expires_at)
        VALUES ($1, $2, $3, $4, $5, clock_now() + $6)
        """,
        run,
        need,
        list(asked),
        confirm,
        digest,
        answer,
    )


async def get(rows: Rows, run: RunId) -> Approval | None:
    row = await rows.fetchrow("SELECT * FROM approvals WHERE run_id = $1", run)
    return await _approval(rows, row) if row else None


async def lock(connection: Connection, run: RunId) -> tuple[Approval, bool] | None:
    """The approval with its row locked until the transaction ends, and whether its time is over."""
    row = await connection.fetchrow(
        "SELECT *, expires_at <= clock_now() AS over FROM approvals WHERE run_id = $1 FOR UPDATE", run
    )
    return (await _approval(connection, row), row["over"]) if row else None


async def add_vote(connection: Connection, run: RunId, voter: str, *, yes: bool, digest: str, via: str) -> bool:
    """False when this person has voted on this run already."""
    status = await connection.execute(
        "INSERT INTO votes (run_id, voter, yes, digest, via) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        run,
        voter,
        yes,
        digest,
        via,
    )
    return status == "INSERT 0 1"


async def close(rows: Rows, run: RunId, state: ApprovalState) -> bool:
    """Leave `waiting`; False when somebody else was first."""
    status = await rows.execute(
        "UPDATE approvals SET state = $2 WHERE run_id = $1 AND state = 'waiting'", run, state.value
    )
    return status == "UPDATE 1"


async def void(rows: Rows, run: RunId) -> None:
    """What was granted counts no more: the plan it was granted for is not what would happen now."""
    await rows.execute(
        "UPDATE approvals SET state = 'voided' WHERE run_id = $1 AND state IN ('waiting', 'granted')", run
    )


async def overdue(rows: Rows) -> list[RunId]:
    found = await rows.fetch(
        "SELECT run_id FROM approvals WHERE state = 'waiting' AND expires_at <= clock_now() ORDER BY run_id LIMIT 100"
    )
    return [row["run_id"] for row in found]


async def waiting(rows: Rows) -> list[RunId]:
    """Every request that waits for an answer."""
    found = await rows.fetch("SELECT run_id FROM approvals WHERE state = 'waiting' ORDER BY run_id")
    return [row["run_id"] for row in found]


async def ask_anew(rows: Rows, run: RunId, *, need: int, asked: tuple[str, ...]) -> None:
    """Others are to answer, or more of them; the time until which they may was promised and stays."""
    await rows.execute(
        "UPDATE approvals SET need = $2, asked = $3 WHERE run_id = $1 AND state = 'waiting'", run, need, list(asked)
    )


async def _approval(rows: Rows, row: asyncpg.Record) -> Approval:
    votes = await rows.fetch("SELECT * FROM votes WHERE run_id = $1 ORDER BY at, voter", row["run_id"])
    return Approval(
        run=row["run_id"],
        state=ApprovalState(row["state"]),
        need=row["need"],
        asked=tuple(row["asked"]),
        confirm=cast("Literal['button', 'typed']", row["confirm"]),
        digest=row["digest"],
        asked_at=row["asked_at"],
        expires_at=row["expires_at"],
        votes=tuple(Vote(v["voter"], v["yes"], v["digest"], v["at"], v["via"]) for v in votes),
    )
