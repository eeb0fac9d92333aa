"""Puts an archive into an empty database, all or nothing; also into a server older than the client.

pg_restore 17 and newer first sets `transaction_timeout`, which older servers do not know: there its script goes
through psql of the same version without that line, as one transaction too.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.domain.errors import ProviderError
from bot.providers.postgres.address import password_file
from bot.providers.postgres.binaries import Binary
from bot.providers.postgres.dump import CHILD
from bot.providers.process import Failed, Finished, run, stream

_KNOWS_TRANSACTION_TIMEOUT = 17
_UNKNOWN_LINE = b"SET transaction_timeout = 0;\n"
_HEAD = 16 * 1024  # the settings stand before the first object


@dataclass(frozen=True, slots=True)
class Target:
    """An empty database. uri: without its password."""

    uri: str
    password: str
    version: int


async def fill(path: Path, binary: Binary, into: Target, options: Sequence[str], limit: timedelta) -> Finished:
    """How the restore ended; a code other than 0 has left the database empty."""
    if into.version < _KNOWS_TRANSACTION_TIMEOUT <= binary.major:
        return await _by_script(path, binary, into, options, limit)
    argv = [
        str(binary.path), "--exit-on-error", "--single-transaction", "--no-password", *options,
        f"--dbname={into.uri}", str(path),
    ]  # fmt: skip
    with password_file(into.password) as (environment, handles):
        return await run(argv, env={**CHILD, **environment}, timeout=limit, pass_fds=handles)


async def _by_script(path: Path, binary: Binary, into: Target, options: Sequence[str], limit: timedelta) -> Finished:
    psql = binary.path.with_name("psql")
    if not psql.is_file():
        raise ProviderError(
            "postgres",
            f"A server of PostgreSQL {into.version} takes a backup made by client {binary.major} only through psql, "
            f"and {psql} is not there.",
            f"Install postgresql-client-{binary.major} whole beside the bot.",
        )
    read, write = os.pipe()
    with password_file(into.password) as (environment, handles):
        argv = [
            str(psql), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--no-password",
            f"--dbname={into.uri}", f"--file=/dev/fd/{read}", "--output=/dev/null",
        ]  # fmt: skip
        env = {**CHILD, **environment}
        psql_runs = asyncio.ensure_future(run(argv, env=env, timeout=limit, pass_fds=(*handles, read)))
        psql_runs.add_done_callback(lambda _: os.close(read))  # or nobody would tell the writer that psql is gone
        try:
            script = [str(binary.path), "--file=-", *options, str(path)]
            broken = await _pour(script, write, psql_runs, limit)
            return broken or await psql_runs
        finally:
            psql_runs.cancel()
            await asyncio.wait({psql_runs})


async def _pour(
    argv: list[str], write: int, psql_runs: "asyncio.Future[Finished]", limit: timedelta
) -> Finished | None:
    """The script into psql; how pg_restore ended, when badly. psql ends before its input does, or it would commit."""
    writing: asyncio.Future[None] | None = None
    try:
        async with aclosing(stream(argv, env=CHILD, timeout=limit)) as script:
            async for piece in _without_unknown(script):
                writing = asyncio.ensure_future(asyncio.to_thread(_write, write, piece))
                await asyncio.shield(writing)
    except BrokenPipeError:
        return None  # psql has ended and says why
    except BaseException as broken:
        psql_runs.cancel()
        await asyncio.wait({psql_runs})
        await asyncio.gather(*((writing,) if writing else ()), return_exceptions=True)
        if isinstance(broken, Failed):
            return Finished(broken.code, broken.tail, timedelta())
        raise
    finally:
        os.close(write)
    return None


def _write(to: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(to, view) :]


async def _without_unknown(script: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The first of such lines only: further down it would be somebody's data."""
    head, looked = b"", False
    async for piece in script:
        if looked:
            yield piece
            continue
        head += piece
        if len(head) >= _HEAD:
            looked = True
            yield _cut(head)
    if not looked:
        yield _cut(head)


def _cut(head: bytes) -> bytes:
    return head[:_HEAD].replace(_UNKNOWN_LINE, b"", 1) + head[_HEAD:]
