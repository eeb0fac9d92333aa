"""What the bot's own database must be made for."""

import asyncpg
import pytest

from bot.db import database, migration
from bot.db.inspect import inspect


async def test_a_database_that_cannot_hold_any_text_is_refused_before_anything_is_made(postgres: str) -> None:
    """Clusters that were made without a locale are SQL_ASCII: the first “…” of a card could not be recorded."""
    admin = await asyncpg.connect(postgres)
    await admin.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    try:
        pool = await database.connect(postgres.replace("/postgres?", "/ascii?"), size=2)
        with pytest.raises(database.Unreachable, match=r"SQL_ASCII.*ENCODING 'UTF8'"):
            await migration.migrate(pool)
        assert await pool.fetchval("SELECT to_regclass('migrations') IS NULL")
        pool.terminate()
        assert (await inspect(postgres.replace("/postgres?", "/ascii?"))).encoding == "SQL_ASCII"
    finally:
        await admin.execute("DROP DATABASE ascii WITH (FORCE)")
        await admin.close()
