"""The shop's own database: its migrations and its orders."""

from typing import TypeAlias

import asyncpg

from .checkout import Quote
from .settings import FOLDER

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_LOCK = 7_041_201  # any number that only migrations use


async def migrate(pool: Pool) -> list[str]:
    """Applies what is new, in order, each in a transaction. Two processes never apply the same file."""
    applied: list[str] = []
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        known = {row["name"] for row in await connection.fetch("SELECT name FROM schema_migrations")}
        for file in sorted((FOLDER / "migrations").glob("*.sql")):
            if file.name not in known:
                await connection.execute(file.read_text())
                await connection.execute("INSERT INTO schema_migrations (name) VALUES ($1)", file.name)
                applied.append(file.name)
    return applied


async def place(pool: Pool, price: Quote, email: str | None) -> int:
    number = await pool.fetchval(
        """
        INSERT INTO orders (sku, quantity, country, total_pence, vat_pence, email)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id
        """,
        price.sku,
        price.quantity,
        price.country,
        price.total_pence,
        price.vat_pence,
        email,
    )
    return int(number)


async def counts(pool: Pool) -> dict[str, int]:
    row = await pool.fetchrow(
        """
        SELECT count(*) AS orders, count(*) FILTER (WHERE paid) AS paid,
               (SELECT count(*) FROM stripe_webhook_events) AS webhooks
        FROM orders
        """
    )
    assert row is not None  # noqa: S101 - an aggregate always has its row
    return {name: int(value) for name, value in row.items()}
