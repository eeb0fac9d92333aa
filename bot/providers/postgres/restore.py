"""Proves a backup: reads the file to its end, or restores it into a scratch database, counts and drops that.

Never touches the environment's own server. The restore runs as a role of its own without any rights: a dump
holds code, and the scratch server may hold other things.
"""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.domain.words import clean
from bot.providers.postgres.address import Address, address
from bot.providers.postgres.binaries import Binary, pick
from bot.providers.postgres.connect import Connection, connected, facts, reading, scrub
from bot.providers.postgres.dump import CHILD
from bot.providers.postgres.fill import Target, fill
from bot.providers.postgres.models import Counts, Facts, Verified
from bot.providers.postgres.rows import count
from bot.providers.process import NOT_STARTED, Finished, run

_PREFIX = "watchkeeper_scratch_"
_STALE_S = 86_400
_LEFT_OVER = "SELECT datname FROM pg_database WHERE datname LIKE 'watchkeeper\\_scratch\\_%'"
_NOT_ITS_FAULT = re.compile(
    r"is not available|permission denied to create|must be superuser|could not open extension control file"
    r"|server closed the connection|terminating connection|connection to server|the database system is"
    r"|unrecognized configuration parameter|unrecognized parameter|No space left on device"
    r"|role \"[^\"]*\" does not exist"
)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A new database on the scratch server and who may use it."""

    database: str
    role: str
    password: str
    at: Address

    @property
    def uri(self) -> str:
        return self.at.with_login(self.database, self.role)


async def check_file(path: Path, dumped_by: int, limit: timedelta) -> Verified:
    """Read the whole archive as a restore would, into nothing. StepFailed when it is damaged or cut off."""
    binary = await pick("pg_restore", dumped_by)
    done = await run([str(binary.path), "--file=/dev/null", str(path)], env=CHILD, timeout=limit)
    if done.code != 0:
        raise _unread(path, done, limit) if _untold(done) else _not_whole(path, done)
    return Verified("file")


async def check_restored(
    path: Path, counts: Counts, made_on: Facts, dumped_by: int, scratch_url: str, own: Address, limit: timedelta
) -> Verified:
    """Restore it for real and compare the counts. StepFailed when it does not restore.

    dumped_by: the major version of the pg_dump that made it; an older pg_restore cannot read its file.
    """
    at = address(scratch_url, "the scratch server")
    async with connected(at.uri, at.password) as admin:
        server = await facts(admin)
        await _foreign(at, server, own)
        if server.version < made_on.version:
            raise _too_old(server.version, made_on.version)
        binary = await pick("pg_restore", max(made_on.version, dumped_by), prefer=server.version)
        async with _scratch(admin, at, made_on.encoding) as scratch:
            done = await _restore(binary, path, scratch, server.version, limit)
            if done.code != 0:
                raise _does_not_restore(path, done, limit, at, made_on.version)
            found = await _counted(scratch, limit)
    return compare(counts, found)


def compare(then: Counts, now: Counts) -> Verified:
    """Tables without a count of then are only told."""
    differs = tuple(
        f"{table}: {rows:,} then, {f'{now[table]:,} restored' if table in now else 'missing now'}"
        for table, rows in sorted(then.items())
        if now.get(table) != rows
    )
    return Verified("restored", len(now), sum(now.values()), differs, len(now.keys() - then.keys()))


async def _foreign(at: Address, server: Facts, own: Address) -> None:
    """Impossible when the scratch server is the environment's own, by address or by the instant it started."""
    same = at.server == own.server
    if not same:
        try:
            async with reading(own.uri, own.password) as connection:
                same = (await facts(connection)).started == server.started
        except ProviderError:
            pass  # its database is away, which is when people look at backups; the addresses differ
    if same:
        raise Impossible(
            "The scratch server is the environment's own server, where nothing is restored. Nothing was changed.",
            "Name another server as `postgres.scratch` in the catalog, or leave it out to use the bot's own.",
        )


@asynccontextmanager
async def _scratch(admin: Connection, at: Address, encoding: str) -> AsyncIterator[Scratch]:
    """An empty database with a role of its own; both are dropped at the end, however it ends."""
    await _clear(admin)
    name = f"{_PREFIX}{int(time.time())}_{secrets.token_hex(4)}"
    made = Scratch(name, name, secrets.token_hex(24), at)
    try:
        await admin.execute(
            f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{made.password}'"
        )
        await admin.execute(f"GRANT {name} TO CURRENT_USER")
        await admin.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0 ENCODING '{_plain(encoding)}'")
        await admin.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        yield made
    finally:
        await asyncio.shield(_drop(admin, name))


async def _drop(admin: Connection, name: str) -> None:
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE IF EXISTS {name}")


async def _clear(admin: Connection) -> None:
    """What a killed bot left behind a day ago or longer."""
    for row in await admin.fetch(_LEFT_OVER):
        name = row["datname"]
        made = name.removeprefix(_PREFIX).partition("_")[0]
        if re.fullmatch(rf"{_PREFIX}\d+_[0-9a-f]+", name) and time.time() - int(made) > _STALE_S:
            await _drop(admin, name)


async def _restore(binary: Binary, path: Path, scratch: Scratch, version: int, limit: timedelta) -> Finished:
    options = ("--no-owner", "--no-privileges", "--no-subscriptions", "--no-publications")
    return await fill(path, binary, Target(scratch.uri, scratch.password, version), options, limit)


async def _counted(scratch: Scratch, limit: timedelta) -> Counts:
    counts: Counts = {}
    async with connected(scratch.uri, scratch.password) as connection:
        async with asyncio.timeout(limit.total_seconds()):
            await count(connection, counts)
    return counts


def _plain(encoding: str) -> str:
    return encoding if re.fullmatch(r"[A-Z0-9_]{1,20}", encoding) else "UTF8"


def _untold(done: Finished) -> bool:
    """It was stopped, killed or never started: that says nothing of the backup."""
    return done.code is None or done.code < 0 or done.code == NOT_STARTED


def _unread(path: Path, done: Finished, limit: timedelta) -> ProviderError:
    why = (
        f"did not end within {limit.total_seconds() / 60:.0f} min" if done.code is None else "was ended from outside"
    )
    return ProviderError(
        "postgres", f"Reading {path.name} {why}: it is not known whether it is whole.", "Verify it again later."
    )


def _not_whole(path: Path, done: Finished) -> StepFailed:
    return StepFailed(
        f"The backup {path.name} is damaged or cut off.",
        "Do not count on it: make a new one with /backup db.",
        output=clean(done.tail),
        changed="nothing",
    )


def _does_not_restore(
    path: Path, done: Finished, limit: timedelta, at: Address, version: int
) -> StepFailed | ProviderError:
    said = scrub(clean(done.tail), at.password)
    if _untold(done):
        return _unread(path, done, limit)
    if _NOT_ITS_FAULT.search(said):
        return ProviderError(
            "postgres",
            f"The scratch server cannot hold this backup, so it is not known whether it restores: {_last(said)}",
            f"Name a server as `postgres.scratch` that has what the environment's own has: its extensions, and "
            f"PostgreSQL {version} of no older release (postgresql-{version} of the same packages).",
        )
    return StepFailed(
        f"The backup {path.name} does not restore: {_last(said)}",
        "Do not count on it: make a new one with /backup db.",
        output=said,
        changed="nothing",
    )


def _last(said: str) -> str:
    lines = (
        [line for line in said.splitlines() if "error" in line.lower()] or said.splitlines() or ["no reason given"]
    )
    return clean(lines[0].removeprefix("pg_restore: "), 300)


def _too_old(server: int, wanted: int) -> ProviderError:
    return ProviderError(
        "postgres",
        f"The scratch server is PostgreSQL {server}, the backup is of {wanted}: it is not known whether it restores.",
        f"Name a server of PostgreSQL {wanted} or newer as `postgres.scratch`.",
    )
