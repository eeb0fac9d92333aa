"""Command lines behind buttons: a button carries an opaque id, never the line."""

import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import cast

from bot.db.database import Rows

KEPT = timedelta(days=30)
RENEWED_AFTER = timedelta(days=1)


def opaque() -> str:
    """Eight characters that tell nothing."""
    return secrets.token_urlsafe(6)


async def mint(rows: Rows, line: str, service: str | None = None, *, new_id: Callable[[], str] = opaque) -> str:
    """The id of this line; the same line keeps its id, so that an edited message keeps its buttons."""
    found = await rows.fetchval(
        """
        INSERT INTO offers (id, line, service)
        VALUES ($1, $2, $3)
        ON CONFLICT (md5(line)) DO UPDATE SET created_at = clock_now()
        RETURNING id
        """,
        new_id(),
        line,
        service,
    )
    return cast("str", found)


async def mint_all(rows: Rows, lines: Iterable[str], service: str | None = None) -> dict[str, str]:
    """line → id. A line that was shown lately is only read: nobody waits for whoever shows it at the same time."""
    wanted = sorted(set(lines))
    if not wanted:
        return {}
    found = await rows.fetch(
        "SELECT line, id FROM offers WHERE md5(line) = ANY(SELECT md5(line) FROM unnest($1::text[]) line)"
        " AND created_at > clock_now() - $2::interval",
        wanted,
        RENEWED_AFTER,
    )
    known = {str(row["line"]): str(row["id"]) for row in found}
    return {line: known.get(line) or await mint(rows, line, service) for line in wanted}


async def find(rows: Rows, offer: str) -> str | None:
    """The line behind an id; None for an id that was never ours or is forgotten."""
    line = await rows.fetchval("SELECT line FROM offers WHERE id = $1", offer)
    return cast("str | None", line)


async def forget(rows: Rows) -> None:
    """Drop lines that no message has shown for long."""
    await rows.execute("DELETE FROM offers WHERE created_at < clock_now() - $1::interval", KEPT)
