"""Lines with something missing, until a form completes them: kept 15 minutes, completed once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from bot.db.database import Connection, Rows
from bot.domain.invocation import Invocation
from bot.domain.run import RunId

GOOD_FOR = timedelta(minutes=15)
REMEMBERED = timedelta(days=1)  # so that a late click is told why it does nothing


@dataclass(frozen=True, slots=True)
class Partial:
    """What was typed. verb: None until it is chosen. asks: what is missing, for people. run: what it became."""

    id: str
    actor: str
    team: str
    channel: str
    thread: str
    command: str
    verb: str | None
    text: str
    asks: str
    offered: bool  # a button opens the form, because nothing else did
    shown_at: datetime | None
    response_url: str
    run_id: RunId | None
    created_at: datetime
    expires_at: datetime
    over: bool


_COLUMNS = """
    id, actor, team, channel, thread, command, verb, text, asks, offered, shown_at, response_url, run_id,
    created_at, expires_at, expires_at <= clock_now() AS over
"""


async def add(
    rows: Rows, invocation: Invocation, *, command: str, verb: str | None, text: str, asks: str, offered: bool
) -> Partial:
    row = await rows.fetchrow(
        f"""
        INSERT INTO partials
            (id, actor, team, channel, thread, command, verb, text, asks, offered, response_url, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_now() + $12::interval)
        RETURNING {_COLUMNS}
        """,
        secrets.token_urlsafe(18),
        invocation.actor.id,
        invocation.actor.team,
        invocation.channel,
        invocation.thread,
        command,
        verb,
        text,
        asks,
        offered,
        invocation.response_url,
        GOOD_FOR,
    )
    assert row is not None  # noqa: S101  (an INSERT with RETURNING gives its row)
    return _partial(row)


async def get(rows: Rows, partial: str) -> Partial | None:
    row = await rows.fetchrow(f"SELECT {_COLUMNS} FROM partials WHERE id = $1", partial)
    return _partial(row) if row else None


async def lock(connection: Connection, partial: str) -> Partial | None:
    """Until the transaction ends, nobody else completes it or decides how its form is offered."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM partials WHERE id = $1 FOR UPDATE", partial)
    return _partial(row) if row else None


async def choose(connection: Connection, partial: str, verb: str, asks: str) -> None:
    await connection.execute("UPDATE partials SET verb = $2, asks = $3 WHERE id = $1", partial, verb, asks)


async def shown(connection: Connection, partial: str) -> None:
    """Its form is open."""
    await connection.execute("UPDATE partials SET shown_at = clock_now() WHERE id = $1", partial)


async def offer(connection: Connection, partial: str) -> None:
    """Its form did not open: a button will."""
    await connection.execute("UPDATE partials SET offered = true WHERE id = $1", partial)


async def complete(connection: Connection, partial: str, run: RunId) -> None:
    await connection.execute("UPDATE partials SET run_id = $2, response_url = '' WHERE id = $1", partial, run)


async def forget(rows: Rows) -> None:
    """The address goes when its time is over, the line a day later."""
    await rows.execute("UPDATE partials SET response_url = '' WHERE expires_at <= clock_now() AND response_url <> ''")
    await rows.execute("DELETE FROM partials WHERE expires_at < clock_now() - $1::interval", REMEMBERED)


def _partial(row: asyncpg.Record) -> Partial:
    return Partial(**dict(row))
