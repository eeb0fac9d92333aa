"""Connections to a service's database: read only, short, and with errors that hold no password."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from bot.domain.errors import ProviderError
from bot.domain.words import clean
from bot.providers.postgres.models import Facts

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONNECT_S = 5.0
_READ_ONLY = {
    "application_name": "watchkeeper",
    "default_transaction_read_only": "on",
    "statement_timeout": "3000",
    "lock_timeout": "1000",
    "idle_in_transaction_session_timeout": "0",
}
_FACTS = """
SELECT current_setting('server_version_num')::int / 10000 AS version,
       pg_database_size(current_database()) AS size,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
       current_setting('max_connections')::int AS most,
       getdatabaseencoding() AS encoding,
       extract(epoch FROM pg_postmaster_start_time())::text AS started
"""


@asynccontextmanager
async def reading(url: str, password: str = "", *, database: str | None = None) -> AsyncIterator[Connection]:
    """A read-only connection; statements end after 3 s. Raises ProviderError for all that goes wrong."""
    async with connected(url, password, database=database, settings=_READ_ONLY) as connection:
        yield connection


@asynccontextmanager
async def connected(
    url: str, password: str = "", *, database: str | None = None, settings: dict[str, str] | None = None
) -> AsyncIterator[Connection]:
    try:
        connection = await asyncpg.connect(
            url,
            password=password or None,
            database=database,
            timeout=CONNECT_S,
            statement_cache_size=0,  # a pooler in transaction mode has none
            server_settings=settings or {"application_name": "watchkeeper"},
        )
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise refused(error, password) from error
    try:
        yield connection
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise refused(error, password) from error
    finally:
        await _close(connection)


async def facts(connection: Connection) -> Facts:
    """One look; the answer time is the best of three, so that a busy bot does not blame the database."""
    loop = asyncio.get_running_loop()
    answers = []
    for _ in range(3):
        begun = loop.time()
        await connection.fetchval("SELECT 1")
        answers.append(loop.time() - begun)
    row = await connection.fetchrow(_FACTS)
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return Facts(row["version"], row["size"], row["used"], row["most"], min(answers), row["encoding"], row["started"])


def refused(error: BaseException, password: str = "") -> ProviderError:
    """Why the database cannot be used, in words and without secrets."""
    return ProviderError("postgres", _what(error, password), "Look at it with /health.", retryable=True)


def _what(error: BaseException, password: str) -> str:
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return "The database refuses this user or password."
        case asyncpg.TooManyConnectionsError():
            return "The database has no connection left."
        case asyncpg.InvalidCatalogNameError():
            return "The server has no such database."
        case asyncpg.QueryCanceledError():
            return "The database stopped a question after 3 s."
        case asyncpg.CannotConnectNowError():
            return "The database is starting up or shutting down."
        case ConnectionRefusedError() | FileNotFoundError():
            return "The database refuses connections."
        case TimeoutError():
            return f"The database gave no answer within {CONNECT_S:.0f} s."
        case asyncpg.PostgresError():
            return f"The database says: {scrub(clean(str(error), 300), password)}."
        case _:
            return f"The database cannot be reached ({type(error).__name__})."


def scrub(text: str, password: str) -> str:
    return text.replace(password, "…") if password else text


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
