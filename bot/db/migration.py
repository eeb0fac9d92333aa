"""Brings the tables to this version: what is in migrations/, each once and in order, by one process at a time."""

import asyncio
import re
from importlib.resources import files

import structlog

from bot.db.database import Connection, Pool, Unreachable, session

log = structlog.get_logger()

ENCODING = "UTF8"
MAKE_ANEW = "Make another: CREATE DATABASE … OWNER … ENCODING 'UTF8' TEMPLATE template0;"
MIGRATING = 0x57A7C4  # advisory lock
BESIDE = "-- beside the work"
"""A migration that begins so builds indexes of large tables, while everybody else writes to them."""

_MIGRATION_S = 3600.0  # of a large table, and of another process that is at it, as long as it takes
_LOOK_S = 0.2
_COMMENT = re.compile(r"--.*")
_BUILT = re.compile(r"\bINDEX CONCURRENTLY IF NOT EXISTS (\w+)")
_INVALID = """
    SELECT c.relname
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY($1::text[])
"""


async def migrate(pool: Pool) -> list[str]:
    """Apply the migrations that are missing; names of those applied."""
    applied = []
    async with session(pool) as connection:
        _must_hold_any_text(await connection.fetchval("SHOW server_encoding"))
        await _first_in_line(connection)
        try:
            done = await _done(connection)
            for name, sql in every():
                if name not in done:
                    await _apply(connection, name, sql)
                    applied.append(name)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATING)
    if applied:
        log.info("database.migrated", names=applied)
    return applied


def every() -> list[tuple[str, str]]:
    """Name and text of each, in their order."""
    folder = files("bot.db").joinpath("migrations")
    found = sorted((file.name, file) for file in folder.iterdir() if file.name.endswith(".sql"))
    return [(name, file.read_text()) for name, file in found]


def names() -> tuple[str, ...]:
    """Those of this version, in their order."""
    return tuple(name for name, _ in every())


def _must_hold_any_text(encoding: str) -> None:
    """Found out only at the first “…” otherwise: a run that has ended and cannot be recorded."""
    if encoding != ENCODING:
        raise Unreachable(f"The database is made for {encoding} and cannot hold what people write. {MAKE_ANEW}")


async def _first_in_line(connection: Connection) -> None:
    """Asked again and again: no index can be built beside a statement that waits for whoever builds it."""
    async with asyncio.timeout(_MIGRATION_S):
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", MIGRATING):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)


async def _done(connection: Connection) -> set[str]:
    # Asked first: a role that owns nothing may not even try to make a table that is there.
    if await connection.fetchval("SELECT to_regclass('migrations') IS NULL"):
        await connection.execute(
            "CREATE TABLE migrations (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT statement_timestamp())"
        )
    return {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}


async def _apply(connection: Connection, name: str, sql: str) -> None:
    done = "INSERT INTO migrations (name) VALUES ($1)"
    if sql.startswith(BESIDE):
        await beside(connection, sql)
        await connection.execute(done, name)
        return
    async with connection.transaction():
        await connection.execute(sql, timeout=_MIGRATION_S)
        await connection.execute(done, name)


async def beside(connection: Connection, sql: str) -> None:
    """Each statement by itself, outside a transaction; again, it builds anew what broke and keeps what is there."""
    for broken in await connection.fetch(_INVALID, _BUILT.findall(sql)):
        await connection.execute(f'DROP INDEX CONCURRENTLY "{broken["relname"]}"', timeout=_MIGRATION_S)
    for statement in _COMMENT.sub("", sql).split(";"):
        if statement.strip():
            await connection.execute(statement, timeout=_MIGRATION_S)
