"""Looks at the bot's own database without changing it: version, rights, clock, migrations, what stands in between.

LISTEN and session locks need a connection of one's own; a transaction-mode pooler lends it to others between
two statements.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from bot.db import database, migration
from bot.db.database import Connection, Pool, connect
from bot.db.untold import Untold, given_up

OLDEST = 14
CONNECT_S = 10
_TRY = 0x57A7D0  # an advisory lock of the check-up's own
_CHANNEL = "watchkeeper_doctor"
Unreachable = database.Unreachable
_FAILURES = (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)
_FACTS = """
SELECT current_setting('server_version_num')::int / 10000 AS version,
       current_user AS name, current_database() AS database,
       rolsuper, rolcreatedb, rolcreaterole,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       pg_is_in_recovery() AS standby, current_setting('server_encoding') AS encoding,
       current_setting('max_connections')::int AS most,
       to_regclass('migrations') IS NOT NULL AS known,
       to_regclass('facts') IS NOT NULL AS named,
       to_regclass('untold') IS NOT NULL AS tells,
       clock_timestamp() AS at
  FROM pg_roles
 WHERE rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What one look found. more: rights that the bot never needs; team: whose records these are; untold: for good."""

    version: int
    name: str
    database: str
    more: tuple[str, ...]
    may_create: bool
    standby: bool
    most: int
    encoding: str
    at: datetime
    pooled: bool
    applied: tuple[str, ...]
    missing: tuple[str, ...]
    strange: tuple[str, ...]
    team: str
    untold: tuple[Untold, ...]


async def inspect(dsn: str) -> Inspected:
    """Raises Unreachable."""
    try:
        async with asyncio.timeout(30):
            return await _inspect(dsn)
    except _FAILURES as error:
        raise Unreachable(_why(error)) from error


async def reached(dsn: str) -> Pool:
    """The bot's own pool; Unreachable, in words, where there is none to be had."""
    try:
        return await connect(dsn)
    except _FAILURES as error:
        raise Unreachable(_why(error)) from error


async def _inspect(dsn: str) -> Inspected:
    one = await _connect(dsn)
    try:
        other = await _connect(dsn)
        try:
            return await _look(one, await _is_pooled(one, other))
        finally:
            await _close(other)
    finally:
        await _close(one)


async def _connect(dsn: str) -> Connection:
    connection: Connection = await asyncpg.connect(dsn, timeout=CONNECT_S, command_timeout=10, statement_cache_size=0)
    return connection


async def _close(connection: Any) -> None:
    try:
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


# --- what stands in between ---------------------------------------------------------------------------------


async def _is_pooled(one: Connection, other: Connection) -> bool:
    """Whether something gives our server process to somebody else between two statements."""
    with suppress(asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        return await _shares_process(one, other) or await _shares_lock(one, other) or not await _hears(one, other)
    return True


async def _shares_process(one: Connection, other: Connection) -> bool:
    """A transaction on the other connection would take the very process that ours had a moment ago."""
    before = await _process(one)
    if await _process(other) == before:
        return True
    for _ in range(3):
        async with other.transaction():
            theirs = await _process(other)
            now = await _process(one)
        if now != before or theirs == before:
            return True
    return False


async def _process(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT pg_backend_pid()"))


async def _shares_lock(one: Connection, other: Connection) -> bool:
    """A session's lock must keep others out."""
    if not await one.fetchval("SELECT pg_try_advisory_lock($1)", _TRY):
        return False  # another check-up holds it right now
    try:
        taken = bool(await other.fetchval("SELECT pg_try_advisory_lock($1)", _TRY))
        if taken:
            await other.fetchval("SELECT pg_advisory_unlock($1)", _TRY)
        return taken
    finally:
        await one.fetchval("SELECT pg_advisory_unlock($1)", _TRY)


async def _hears(one: Connection, other: Connection) -> bool:
    heard = asyncio.Event()

    def hear(*_: object) -> None:
        heard.set()

    await one.add_listener(_CHANNEL, hear)
    try:
        await other.execute(f"NOTIFY {_CHANNEL}")
        with suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), 3)
        return heard.is_set()
    finally:
        await one.remove_listener(_CHANNEL, hear)


# --- what is there ------------------------------------------------------------------------------------------


async def _look(connection: Connection, pooled: bool) -> Inspected:
    row = await connection.fetchrow(_FACTS)
    assert row is not None  # noqa: S101 - whoever is connected has a role
    known = await connection.fetch("SELECT name FROM migrations ORDER BY name") if row["known"] else []
    applied = tuple(each["name"] for each in known)
    ours = migration.names()
    more = {"rolsuper": "superuser", "rolcreatedb": "may create databases", "rolcreaterole": "may create roles"}
    return Inspected(
        version=row["version"],
        name=row["name"],
        database=row["database"],
        more=tuple(words for column, words in more.items() if row[column]),
        may_create=row["may_create"],
        standby=row["standby"],
        most=row["most"],
        encoding=row["encoding"],
        at=row["at"],
        pooled=pooled,
        applied=applied,
        missing=tuple(name for name in ours if name not in applied),
        strange=tuple(name for name in applied if name not in ours),
        team=await _team(connection) if row["named"] else "",
        untold=await given_up(connection) if row["tells"] else (),
    )


async def _team(connection: Connection) -> str:
    return str(await connection.fetchval("SELECT value->>'team' FROM facts WHERE name = 'workspace'") or "")


def _why(error: BaseException) -> str:
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return "The database refuses this user or password."
        case asyncpg.InvalidCatalogNameError():
            return "The server has no such database."
        case asyncpg.TooManyConnectionsError():
            return "The database has no connection left."
        case ConnectionRefusedError() | FileNotFoundError():
            return "Nothing listens at that address."
        case TimeoutError():
            return "The database gave no answer in time."
        case ValueError() | asyncpg.ClientConfigurationError():
            return "DATABASE_URL is no PostgreSQL address."
        case _:
            return f"The database cannot be used ({type(error).__name__})."
