"""Approvals and votes. Whoever changes one first locks its row, so that votes are counted one after another."""

from datetime import timedelta
from typing import Literal, cast

import asyncpg

from bot.db.database import Connection, Rows
from bot.domain.approval import Approval, ApprovalState, Vote, Wave, Way
from bot.domain.run import RunId

UNREACHABLE = """
    SELECT p.person
    FROM posts p
    WHERE p.kind = 'dm' AND p.state = 'gone' AND p.ts IS NULL AND p.error <> 'no longer wanted' AND p.run_id =
"""
"""Slack refused their message for good: there is no such person, or the bot may not write to them."""

_APPROVAL = """
    run_id, state, need, asked, confirm, digest, asked_at, expires_at, first, wave, stopped, alone_after,
    alone_offered_at, glass, hold, way, way_because
"""
_SILENT = """
    a.state = 'waiting' AND a.need > 0 AND a.alone_offered_at IS NULL AND a.asked_at + a.alone_after <= clock_now()
    AND NOT EXISTS (SELECT FROM votes v WHERE v.run_id = a.run_id)
"""


async def ask(
    rows: Rows,
    run: RunId,
    *,
    need: int,
    asked: tuple[str, ...],
    confirm: str,
    digest: str,
    answer: timedelta,
    first: tuple[str, ...] = (),
    alone_after: timedelta | None = None,
    glass: bool = False,
    hold: timedelta | None = None,
) -> None:
    """Ask for confirmation; it expires `answer` from now. first: who is asked before the rest of `asked`."""
    await rows.execute(
        """
        INSERT INTO approvals
            (run_id, need, asked, confirm, digest, expires_at, first, wave, alone_after, glass, hold)
        VALUES ($1, $2, $3, $4, $5, clock_now() + $6, $7, $8, $9, $10, $11)
        """,
        run,
        need,
        list(asked),
        confirm,
        digest,
        answer,
        list(first),
        _first_wave(first, asked),
        alone_after,
        glass,
        hold,
    )


def _first_wave(first: tuple[str, ...], asked: tuple[str, ...]) -> int:
    return (Wave.FIRST if first and set(first) < set(asked) else Wave.EVERYONE).value


async def get(rows: Rows, run: RunId) -> Approval | None:
    row = await rows.fetchrow(f"SELECT {_APPROVAL} FROM approvals WHERE run_id = $1", run)
    return await _approval(rows, row) if row else None


async def lock(connection: Connection, run: RunId) -> tuple[Approval, bool] | None:
    """The approval with its row locked until the transaction ends, and whether its time is over."""
    row = await connection.fetchrow(
        f"SELECT {_APPROVAL}, expires_at <= clock_now() AS over FROM approvals WHERE run_id = $1 FOR UPDATE", run
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


async def hold(rows: Rows, run: RunId) -> timedelta | None:
    """How long the confirmed run waits with [Stop] before it starts."""
    found = await rows.fetchval("SELECT hold FROM approvals WHERE run_id = $1", run)
    return cast("timedelta | None", found)


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


async def ask_anew(
    rows: Rows,
    run: RunId,
    *,
    need: int,
    asked: tuple[str, ...],
    first: tuple[str, ...],
    alone_after: timedelta | None,
    glass: bool,
) -> None:
    """Others are to answer, or more of them; the time until which they may was promised and stays."""
    await rows.execute(
        """
        UPDATE approvals SET need = $2, asked = $3, first = $4, alone_after = $5, glass = $6
        WHERE run_id = $1 AND state = 'waiting'
        """,
        run,
        need,
        list(asked),
        list(first),
        alone_after,
        glass,
    )


async def to_escalate(rows: Rows) -> list[RunId]:
    """Where the next wave is due, by the clock or because nobody of this one can be reached."""
    found = await rows.fetch(
        f"""
        SELECT run_id
        FROM approvals a
        WHERE state = 'waiting' AND need > 0 AND wave < 2 AND cardinality(asked) > 0 AND expires_at > clock_now()
          AND (clock_now() >= asked_at + (expires_at - asked_at) * CASE wave WHEN 0 THEN 1 / 3.0 ELSE 3 / 4.0 END
               OR CASE wave WHEN 0 THEN first ELSE asked END <@ ARRAY({UNREACHABLE} a.run_id))
        ORDER BY run_id
        LIMIT 100
        """
    )
    return [row["run_id"] for row in found]


async def undelivered(rows: Rows, run: RunId) -> frozenset[str]:
    """Whom no message about this request can reach."""
    found = await rows.fetch(f"{UNREACHABLE} $1", run)
    return frozenset(row["person"] for row in found)


async def escalate(rows: Rows, run: RunId, wave: Wave) -> bool:
    """False when that wave, or a later one, was there before."""
    status = await rows.execute(
        "UPDATE approvals SET wave = $2 WHERE run_id = $1 AND state = 'waiting' AND wave < $2", run, wave.value
    )
    return status == "UPDATE 1"


async def to_offer_alone(rows: Rows) -> list[RunId]:
    """Where nobody has answered for so long that whoever asked may go on alone, and was not told so yet."""
    found = await rows.fetch(
        f"SELECT run_id FROM approvals a WHERE {_SILENT} AND expires_at > clock_now() ORDER BY run_id LIMIT 100"
    )
    return [row["run_id"] for row in found]


async def offer_alone(rows: Rows, run: RunId) -> bool:
    """False when somebody has answered, or it was offered before."""
    status = await rows.execute(
        f"UPDATE approvals a SET alone_offered_at = clock_now() WHERE run_id = $1 AND {_SILENT}", run
    )
    return status == "UPDATE 1"


async def grant_unvoted(rows: Rows, run: RunId, way: Way, because: str) -> None:
    """In a transaction that holds the row and has looked at it: granted without votes."""
    await rows.execute(
        "UPDATE approvals SET state = 'granted', way = $2, way_because = $3 WHERE run_id = $1 AND state = 'waiting'",
        run,
        way,
        because,
    )


async def stop_asking(rows: Rows, run: RunId, person: str) -> bool:
    """False when they had said so already, or it does not wait any more."""
    status = await rows.execute(
        """
        UPDATE approvals SET stopped = stopped || $2::text
        WHERE run_id = $1 AND state = 'waiting' AND NOT $2 = ANY(stopped)
        """,
        run,
        person,
    )
    return status == "UPDATE 1"


async def _approval(rows: Rows, row: asyncpg.Record) -> Approval:
    votes = await rows.fetch(
        "SELECT voter, yes, digest, at, via FROM votes WHERE run_id = $1 ORDER BY at, voter", row["run_id"]
    )
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
        first=tuple(row["first"]),
        wave=Wave(row["wave"]),
        stopped=tuple(row["stopped"]),
        alone_after=row["alone_after"],
        alone_offered_at=row["alone_offered_at"],
        glass=row["glass"],
        hold=row["hold"],
        way=cast("Way", row["way"]),
        way_because=row["way_because"],
    )
