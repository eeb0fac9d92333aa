"""A dump of one database as a stream, with the row counts of the very same snapshot. Changes nothing in it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.domain.errors import StepFailed
from bot.domain.words import clean
from bot.providers.postgres.address import Address, password_file
from bot.providers.postgres.binaries import Binary, pick
from bot.providers.postgres.connect import Connection, connected, facts, scrub
from bot.providers.postgres.models import Counts, Facts
from bot.providers.postgres.rows import count
from bot.providers.process import Failed, stream

log = structlog.get_logger()

CHILD = {"PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "watchkeeper"}
_SETTINGS = {"application_name": "watchkeeper", "default_transaction_read_only": "on", "lock_timeout": "5000"}
_CHUNK = 1024 * 1024


@dataclass(slots=True)
class Dump:
    """facts: of the database when it began; counts: fills while the dump runs."""

    facts: Facts
    binary: Binary
    chunks: AsyncIterator[bytes]
    counts: Counts = field(default_factory=dict)
    counting: "asyncio.Task[None] | None" = None

    async def counted(self, patience: timedelta) -> Counts:
        """The counts; those that are not known after some patience are left out."""
        if self.counting is not None:
            await asyncio.wait({self.counting}, timeout=patience.total_seconds())
        return dict(self.counts)


@asynccontextmanager
async def dumping(at: Address, limit: timedelta) -> AsyncIterator[Dump]:
    """The counts and pg_dump share one snapshot: what is compared later was true at the same instant."""
    async with connected(at.uri, at.password, settings=_SETTINGS) as connection:
        seen = await facts(connection)
        binary = await pick("pg_dump", seen.version)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            async with aclosing(_chunks(at, binary, snapshot, limit)) as chunks:
                dump = Dump(seen, binary, chunks)
                async with _counting(connection, dump):
                    yield dump


@asynccontextmanager
async def _counting(connection: Connection, dump: Dump) -> AsyncIterator[None]:
    """Counts beside the dump. A count that fails or is not ready is left out: it never fails the dump.

    Not a TaskGroup: that would wrap what the dump raises.
    """
    dump.counting = task = asyncio.create_task(count(connection, dump.counts))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is not None:
            log.warning("backup.uncounted", error=type(task.exception()).__name__)


async def _chunks(at: Address, binary: Binary, snapshot: str, limit: timedelta) -> AsyncGenerator[bytes, None]:
    argv = [
        str(binary.path), "--format=custom", "--no-owner", "--no-password", "--lock-wait-timeout=10s",
        f"--snapshot={snapshot}", f"--dbname={at.uri}",
    ]  # fmt: skip
    with password_file(at.password) as (environment, handles):
        child = stream(argv, env={**CHILD, **environment}, timeout=limit, chunk=_CHUNK, pass_fds=handles)
        try:
            async with aclosing(child):
                async for chunk in child:
                    yield chunk
        except Failed as error:
            raise _broken(error, at.password, limit) from error


def _broken(error: Failed, password: str, limit: timedelta) -> StepFailed:
    if error.code is None:
        what = f"pg_dump did not end within {limit.total_seconds() / 60:.0f} min and was stopped."
    else:
        what = f"pg_dump ended with code {error.code}."
    return StepFailed(
        what,
        "Nothing was kept of this backup; the database was only read.",
        output=scrub(clean(error.tail), password),
        changed="nothing",
    )
