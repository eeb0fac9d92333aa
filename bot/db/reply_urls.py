"""Slack's response_url of a request: a secret of 30 minutes and 5 uses, never in events or logs."""

from datetime import timedelta
from typing import cast

from bot.db.database import Rows
from bot.domain.run import RunId

GOOD_FOR = timedelta(minutes=29)  # Slack gives 30; one is kept for the way
USES = 4  # Slack gives 5; the listener's own answer may take one


async def keep(rows: Rows, run: RunId, url: str) -> None:
    """Remember where the person who asked for `run` can be answered alone."""
    await rows.execute(
        "INSERT INTO reply_urls (run_id, url, expires_at) VALUES ($1, $2, clock_now() + $3) ON CONFLICT DO NOTHING",
        run,
        url,
        GOOD_FOR,
    )


async def take(rows: Rows, run: RunId) -> str | None:
    """Use it once more; None when it is used up, too old or was never known."""
    url = await rows.fetchval(
        "UPDATE reply_urls SET uses = uses + 1"
        " WHERE run_id = $1 AND uses < $2 AND expires_at > clock_now() RETURNING url",
        run,
        USES,
    )
    return cast("str | None", url)


async def forget(rows: Rows) -> None:
    await rows.execute("DELETE FROM reply_urls WHERE expires_at <= clock_now()")
