"""What a follower of sealed events could not tell: tried again later and later, then given up, and that is said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from bot.db import events
from bot.db.database import AWAY, CLASHED, Connection
from bot.domain import card as cards
from bot.domain.event import Kind
from bot.domain.untold_card import untold_card

log = structlog.get_logger()

Of = Literal["run", "event"]
TRIES = 8  # the last one an hour and a half after the first


@dataclass(frozen=True, slots=True)
class Untold:
    """What was given up. error: the kind of it; the log has the rest."""

    follower: str
    of: Of
    number: int
    error: str
    tried_at: datetime


@asynccontextmanager
async def guarded(connection: Connection, follower: str, of: Of, number: int, *, again: bool) -> AsyncIterator[None]:
    """What cannot be told must not silence all others: it is tried again, and in the end that is told.

    again: it was tried before. What the database refuses for now, it refuses all of them.
    """
    try:
        async with connection.transaction():
            yield
    except (*AWAY, *CLASHED):
        raise
    except Exception as error:
        later = await failed(connection, follower, of, number, error)
        log.exception("untold.later" if later else "untold.gave_up", follower=follower, of=of, number=number)
    else:
        if again:
            await told(connection, follower, of, number)


async def failed(connection: Connection, follower: str, of: Of, number: int, error: Exception) -> bool:
    """It is due again after 4, 16, 64 s …, at most an hour later; False: it was given up, and an event says so."""
    again: bool = await connection.fetchval(
        """
        INSERT INTO untold AS u (follower, of, id, due_at, error)
        VALUES ($1, $2, $3, clock_now() + interval '4 s', $4)
        ON CONFLICT (follower, of, id) DO UPDATE
        SET attempts = u.attempts + 1, error = EXCLUDED.error, tried_at = clock_now(),
            due_at = CASE WHEN u.attempts + 1 < $5
                          THEN clock_now() + least(4 ^ (u.attempts + 1), 3600) * interval '1 s' END
        RETURNING due_at IS NOT NULL
        """,
        follower,
        of,
        number,
        type(error).__name__,
        TRIES,
    )
    if not again and not await _said(connection, follower, of, number):
        card = untold_card(follower, of, number, type(error).__name__)
        await events.record(connection, Kind.TELLING_FAILED, body={"card": cards.to_json(card), of: number})
    return again


async def _said(connection: Connection, follower: str, of: Of, number: int) -> bool:
    """Another was given up within the hour, or this is itself what says so: one word is enough."""
    said: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM untold
            WHERE follower = $1 AND due_at IS NULL AND tried_at > clock_now() - interval '1 hour'
              AND (of, id) <> ($2, $3))
        OR $2 = 'event' AND EXISTS (
            SELECT FROM event_seals s JOIN events e ON e.id = s.event_id
            WHERE s.number = $3 AND e.kind = $4)
        """,
        follower,
        of,
        number,
        Kind.TELLING_FAILED.value,
    )
    return said


async def due(connection: Connection, follower: str) -> frozenset[tuple[Of, int]]:
    """What is to be tried again now."""
    found = await connection.fetch(
        "SELECT of, id FROM untold WHERE follower = $1 AND due_at <= clock_now() ORDER BY id LIMIT 50", follower
    )
    return frozenset((row["of"], row["id"]) for row in found)


async def told(connection: Connection, follower: str, of: Of, number: int) -> None:
    await connection.execute("DELETE FROM untold WHERE follower = $1 AND of = $2 AND id = $3", follower, of, number)


async def given_up(connection: Connection) -> tuple[Untold, ...]:
    """All that is missing still, oldest first: what was told after all is not among it."""
    found = await connection.fetch(
        "SELECT follower, of, id, error, tried_at FROM untold WHERE due_at IS NULL ORDER BY tried_at, id LIMIT 1000"
    )
    return tuple(Untold(row["follower"], row["of"], row["id"], row["error"], row["tried_at"]) for row in found)
