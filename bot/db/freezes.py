"""Freezes: set once, ended once, by a person or by their time; each change is one conditional UPDATE."""

from datetime import datetime
from typing import cast

import asyncpg

from bot.db.database import Connection, Rows
from bot.domain.freeze import WARNING, Freeze
from bot.domain.run import RunId

_STARTS = 0x57A7C6  # advisory lock
_COLUMNS = "run_id, service, environment, set_by, reason, since, until"
_STANDS = "ended_at IS NULL AND until > clock_now()"


async def set_alone(connection: Connection) -> None:
    """Until the transaction ends nothing starts that a freeze could stop; what is being started is waited for."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _STARTS)


async def start_beside(connection: Connection) -> None:
    """Until the transaction ends no freeze is set; other starts do not wait for this one."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _STARTS)


async def add(
    rows: Rows, run: RunId, *, service: str | None, environment: str | None, by: str, reason: str, until: datetime
) -> Freeze | None:
    """None when it is over before it began, or when this request has set it already."""
    row = await rows.fetchrow(
        f"""
        INSERT INTO freezes (run_id, service, environment, set_by, reason, until)
        SELECT $1, $2, $3, $4, $5, $6 WHERE $6 > clock_now()
        ON CONFLICT DO NOTHING
        RETURNING {_COLUMNS}
        """,
        run,
        service,
        environment,
        by,
        reason,
        until,
    )
    return _freeze(row) if row else None


async def standing(rows: Rows) -> list[Freeze]:
    """Those that hold now, the one that ends first at the top."""
    return _freezes(await rows.fetch(f"SELECT {_COLUMNS} FROM freezes WHERE {_STANDS} ORDER BY until, run_id"))


async def over(rows: Rows, service: str | None, environment: str | None) -> list[Freeze]:
    """Those that hold now at this place."""
    return [freeze for freeze in await standing(rows) if freeze.covers(service, environment)]


async def lift(rows: Rows, run: RunId, by: str) -> Freeze | None:
    """None when somebody, or its time, has ended it already."""
    row = await rows.fetchrow(
        f"UPDATE freezes SET ended_at = clock_now(), ended_by = $2 WHERE run_id = $1 AND {_STANDS}"
        f" RETURNING {_COLUMNS}",
        run,
        by,
    )
    return _freeze(row) if row else None


async def end_overdue(rows: Rows) -> list[Freeze]:
    """Those whose time is over and whose end nobody has recorded yet."""
    return _freezes(
        await rows.fetch(
            f"UPDATE freezes SET ended_at = clock_now() WHERE ended_at IS NULL AND until <= clock_now()"
            f" RETURNING {_COLUMNS}"
        )
    )


async def warn_due(rows: Rows) -> list[Freeze]:
    """Those that end soon, once each; a short one ends without a warning."""
    return _freezes(
        await rows.fetch(
            f"""
            UPDATE freezes SET warned_at = clock_now()
            WHERE {_STANDS} AND warned_at IS NULL AND until - $1::interval <= clock_now()
              AND until - since > 2 * $1::interval
            RETURNING {_COLUMNS}
            """,
            WARNING,
        )
    )


def _freezes(rows: list[asyncpg.Record]) -> list[Freeze]:
    return [_freeze(row) for row in rows]


def _freeze(row: asyncpg.Record) -> Freeze:
    run = cast("RunId", row["run_id"])
    place = row["service"], row["environment"]
    return Freeze(run, *place, row["set_by"], row["reason"], row["since"], row["until"])
