"""Several replicas of a new version start at once; and what is built beside the work, also after a broken attempt."""

import asyncio
import re

import asyncpg
import pytest

from bot.db import database, migration
from bot.db.database import Pool

_ASKS = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%lock($1)'
                     AND (state <> 'active' OR wait_event_type = 'Lock'))
"""
_ON_VALUE = (
    f"{migration.BESIDE}\nCREATE INDEX CONCURRENTLY IF NOT EXISTS facts_value ON facts ((value->>'x')); -- why;\n"
)
_UNIQUE = (
    f"{migration.BESIDE}\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS facts_value ON facts ((value->>'x'));\n"
)
_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('facts_value')"


async def test_who_finds_another_one_migrating_waits_for_it_and_lets_it_build_indexes(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement that waits for the builder's lock would be waited for by the builder: a deadlock."""
    monkeypatch.setattr(migration, "_LOOK_S", 0.01)
    impatient = await database.connect(database_url, size=2, statement_s=1)
    try:
        async with database.session(pool) as other:
            await other.execute("SELECT pg_advisory_lock($1)", migration.MIGRATING)
            waiting = asyncio.create_task(migration.migrate(impatient))
            while not await pool.fetchval(_ASKS):  # noqa: ASYNC110 - PostgreSQL says when
                await asyncio.sleep(0.01)
            await migration.beside(other, _ON_VALUE)
            assert not waiting.done()
        assert await waiting == []
        assert await pool.fetchval(_VALID)
    finally:
        impatient.terminate()


async def test_an_index_that_broke_half_way_is_built_anew(pool: Pool) -> None:
    await pool.execute("INSERT INTO facts (name, value) VALUES ('a', '{\"x\": 1}'), ('b', '{\"x\": 1}')")
    async with database.session(pool) as connection:
        with pytest.raises(asyncpg.UniqueViolationError):
            await migration.beside(connection, _UNIQUE)
        assert await pool.fetchval(_VALID) is False
        await migration.beside(connection, _ON_VALUE)
        assert await pool.fetchval(_VALID) is True
        await migration.beside(connection, _ON_VALUE)


def test_an_index_of_a_table_that_was_there_before_is_built_beside_the_work() -> None:
    """In a transaction it keeps everybody from writing until it is built."""
    later = [(name, sql) for name, sql in migration.every() if name > "0024_load.sql"]
    assert later
    for name, sql in later:
        blocking = re.findall(r"INDEX (?!CONCURRENTLY)(?:IF NOT EXISTS )?\w+ ON (\w+)", sql)
        assert [table for table in blocking if f"CREATE TABLE {table} " not in sql] == [], name
