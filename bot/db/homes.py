"""App Homes: who opened theirs lately, and what is to be published again. No view is kept, only that it is due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.db.database import Rows

RECENT = timedelta(hours=24)
"""Whoever opened their Home longer ago is shown it anew when they open it, not before."""


@dataclass(frozen=True, slots=True)
class Due:
    """One Home to publish. wishes: which changes this publication is for. hash: of the view they have, if known."""

    person: str
    wishes: int
    hash: str
    shown: str  # digest of what they have; empty: publish whatever it is


async def opened(rows: Rows, person: str, view_hash: str) -> None:
    """Somebody looks at it: publish it now, even if it would be the same again."""
    await rows.execute(
        """
        INSERT INTO homes (person, hash)
        VALUES ($1, $2)
        ON CONFLICT (person) DO UPDATE
        SET opened_at = clock_now(), wishes = homes.wishes + 1, due_at = statement_timestamp(), hash = $2, shown = ''
        """,
        person,
        view_hash,
    )


async def wish(rows: Rows, people: Collection[str], gap: timedelta) -> None:
    """Something changed for these people: publish it again, no sooner than `gap` after the last time."""
    await rows.execute(
        """
        UPDATE homes
        SET wishes = wishes + 1,
            due_at = least(due_at, greatest(statement_timestamp(), published_at + $2::interval))
        WHERE person = ANY($1::text[])
        """,
        list(people),
        gap,
    )


async def open_lately(rows: Rows) -> list[str]:
    found = await rows.fetch("SELECT person FROM homes WHERE opened_at > clock_now() - $1::interval", RECENT)
    return [row["person"] for row in found]


async def due(rows: Rows) -> Due | None:
    """The one that waits longest."""
    row = await rows.fetchrow(
        """
        SELECT person, wishes, hash, shown
        FROM homes
        WHERE due_at <= statement_timestamp()
        ORDER BY due_at
        LIMIT 1
        """
    )
    return Due(**dict(row)) if row else None


async def published(rows: Rows, due: Due, view_hash: str, shown: str, gap: timedelta) -> None:
    """They have it; what changed for them meanwhile makes it due again after `gap`."""
    await rows.execute(
        """
        UPDATE homes
        SET published_at = statement_timestamp(), hash = $3, shown = $4,
            due_at = CASE WHEN wishes > $2 THEN statement_timestamp() + $5::interval END
        WHERE person = $1
        """,
        due.person,
        due.wishes,
        view_hash,
        shown,
        gap,
    )


async def unchanged(rows: Rows, due: Due) -> None:
    """It would be the same again."""
    await rows.execute("UPDATE homes SET due_at = NULL WHERE person = $1 AND wishes = $2", due.person, due.wishes)


async def later(rows: Rows, due: Due, wait: timedelta, *, forget_hash: bool = False) -> None:
    """It could not be published. forget_hash: somebody else published in between; the next one replaces that."""
    await rows.execute(
        """
        UPDATE homes
        SET due_at = statement_timestamp() + $2::interval, hash = CASE WHEN $3 THEN '' ELSE hash END, shown = ''
        WHERE person = $1
        """,
        due.person,
        wait,
        forget_hash,
    )


async def forget(rows: Rows) -> None:
    """Whoever has not looked for a month."""
    await rows.execute("DELETE FROM homes WHERE opened_at < clock_now() - interval '30 days'")
