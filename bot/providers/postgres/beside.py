"""Restores a backup beside a service's database and, if that is wanted, puts it in its place.

The database in use is never written to: the copy is filled and counted under another name, then both are renamed
in one transaction, and the old one is kept. Until that moment whatever fails leaves the service as it was.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg
import structlog

from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.domain.words import clean, listed
from bot.providers.postgres.address import Address
from bot.providers.postgres.binaries import pick
from bot.providers.postgres.connect import Connection, connected, reading, scrub
from bot.providers.postgres.fill import Target, fill
from bot.providers.postgres.models import Counts, Verified
from bot.providers.postgres.restore import compare
from bot.providers.postgres.rows import count

log = structlog.get_logger()

_LONGEST = 63  # bytes of a name
_ADMIN = {"application_name": "watchkeeper", "lock_timeout": "10000"}
_COUNTING = {"application_name": "watchkeeper", "default_transaction_read_only": "on", "lock_timeout": "1000"}
_STANDING = """
SELECT current_database() AS database,
       current_setting('server_version_num')::int / 10000 AS version,
       pg_database_size(current_database()) AS size,
       (
           SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
       ) AS connected,
       r.rolsuper OR r.rolcreatedb AS creates,
       r.rolsuper OR pg_has_role(d.datdba, 'MEMBER') AS owns,
       to_regclass('public.event_seals') IS NOT NULL AND to_regclass('public.event_payloads') IS NOT NULL AS ours,
       ARRAY(
           SELECT DISTINCT pg_get_userbyid(c.relowner)::text
           FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
             AND NOT r.rolsuper AND NOT pg_has_role(c.relowner, 'MEMBER')
       ) AS others
FROM pg_database d, pg_roles r
WHERE d.datname = current_database() AND r.rolname = current_user
"""
_PROPERTIES = """
SELECT d.oid, pg_get_userbyid(d.datdba)::text AS owner, pg_encoding_to_char(d.encoding)::text AS encoding,
       d.datcollate::text AS collation, d.datctype::text AS ctype, d.datconnlimit AS connections,
       to_jsonb(d) ->> 'datlocprovider' AS provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
       d.datacl IS NOT NULL AS granted
FROM pg_database d
WHERE d.datname = $1
"""
_SETTINGS = """
SELECT CASE WHEN s.setrole = 0 THEN NULL ELSE pg_get_userbyid(s.setrole)::text END AS role,
       unnest(s.setconfig) AS setting
FROM pg_db_role_setting s
WHERE s.setdatabase = $1
"""
_GRANTS = """
SELECT CASE WHEN a.grantee = 0 THEN NULL ELSE pg_get_userbyid(a.grantee)::text END AS role,
       a.privilege_type AS privilege, a.is_grantable AS further
FROM pg_database d, aclexplode(d.datacl) a
WHERE d.oid = $1
"""
_END = """
SELECT count(pg_terminate_backend(pid))
FROM pg_stat_activity
WHERE datname = ANY($1::text[]) AND backend_type = 'client backend' AND pid <> pg_backend_pid()
  AND (pg_has_role(usesysid, 'MEMBER') OR pg_has_role('pg_signal_backend', 'MEMBER'))
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands there now, and what the role may do. others: owners of tables that the role cannot stand for."""

    database: str
    version: int
    size: int
    connected: int
    creates: bool
    owns: bool
    ours: bool  # a bot's own records
    others: tuple[str, ...]

    def check(self, made_on: int) -> None:
        """Impossible, with the remedy, for what would fail half-way or may never be done."""
        if self.ours:
            raise Impossible(
                f"{self.database} holds the records of a Watchkeeper itself, which is never restored by the bot.",
                "Stop the bot and restore it by hand.",
            )
        if self.version < made_on:
            raise Impossible(
                f"The server is PostgreSQL {self.version}, the backup is of {made_on}: it may not fit.",
                f"Restore it on a server of PostgreSQL {made_on} or newer by hand.",
            )
        if self.lacks:
            raise Impossible(
                f"The role that the bot has on the server of {self.database} may not {listed(self.lacks, 'nor')}.",
                "Give it that right, or name the address of a role that has it as postgres.restore in catalog.yml.",
            )

    @property
    def lacks(self) -> list[str]:
        """What the role may not do and a restore needs: the copy gets the same owners."""
        return [
            *([] if self.creates else ["make databases (CREATEDB)"]),
            *([] if self.owns else [f"stand for the owner of {self.database}"]),
            *([f"own what belongs to {listed(list(self.others), 'and')}"] if self.others else []),
        ]


async def standing(at: Address) -> Standing:
    async with reading(at.uri, at.password) as connection:
        row = await connection.fetchrow(_STANDING)
    assert row is not None  # noqa: S101 - every session has a database and a role
    return Standing(**{**dict(row), "others": tuple(row["others"])})


async def counted_now(at: Address, patience: timedelta) -> Counts:
    """The rows of now; of tables that take longer than the patience nothing is known."""
    counts: Counts = {}
    try:
        async with connected(at.uri, at.password, settings=_COUNTING) as connection:
            async with asyncio.timeout(patience.total_seconds()):
                await count(connection, counts)
    except ProviderError:
        pass
    return counts


def beside_name(database: str, suffix: str) -> str:
    """shop_restored_r42, never longer than the server takes."""
    room = _LONGEST - len(suffix)
    return database.encode()[:room].decode(errors="ignore") + suffix


@dataclass(slots=True)
class Beside:
    """A new database on the service's own server. kept: it stays when its context is left."""

    at: Address
    database: str  # the one in use
    name: str
    version: int
    kept: bool = field(default=False)

    @property
    def uri(self) -> str:
        return self.at.with_login(self.name)

    async def fill(self, path: Path, dumped_by: int, then: Counts, limit: timedelta) -> Verified:
        """Restore the archive, refresh the planner's statistics, count and compare with the counts of then.

        StepFailed when anything differs: nothing in use was touched.
        """
        binary = await pick("pg_restore", dumped_by)
        target = Target(self.uri, self.at.password, self.version)
        done = await fill(path, binary, target, ("--no-subscriptions",), limit)
        if done.code != 0:
            said = scrub(clean(done.tail), self.at.password)
            raise StepFailed(
                f"The backup does not restore on this server: {_first(said)}",
                "The database in use was not touched.",
                output=said,
                changed="nothing",
            )
        counts: Counts = {}
        async with connected(self.uri, self.at.password) as connection, asyncio.timeout(limit.total_seconds()):
            await connection.execute("ANALYZE")
            await count(connection, counts)
        found = compare(then, counts)
        if found.differs:
            raise StepFailed(
                f"The copy has other counts than the backup: {'; '.join(found.differs[:5])}.",
                "Do not count on this backup: choose another.",
                changed="nothing",
            )
        return found

    async def switch(self, aside: str, limit: timedelta) -> None:
        """The copy gets the name of the database in use, which is called `aside` from then on: both or neither."""
        try:
            await self._rename(aside, limit)
        except ProviderError as error:
            if not await self._switched(aside):
                raise StepFailed(
                    f"The two databases could not be switched. {error.what}",
                    "End what holds on to the database, then ask again.",
                    changed="nothing",
                ) from error
        self.kept = True

    async def _rename(self, aside: str, limit: timedelta) -> None:
        """New connections wait at the door while it is renamed; those inside are ended from beside."""
        async with _elsewhere(self.at) as renaming, _elsewhere(self.at) as ending:
            emptying = asyncio.ensure_future(_empty(ending, [self.database, self.name]))
            try:
                async with asyncio.timeout(limit.total_seconds()), renaming.transaction():
                    await renaming.execute(f"ALTER DATABASE {quoted(self.database)} RENAME TO {quoted(aside)}")
                    await renaming.execute(f"ALTER DATABASE {quoted(self.name)} RENAME TO {quoted(self.database)}")
            finally:
                emptying.cancel()
                await asyncio.wait({emptying})

    async def _switched(self, aside: str) -> bool:
        """Whether it happened although its answer did not arrive. ProviderError: it is not known."""
        try:
            async with _elsewhere(self.at) as connection:
                return bool(await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", aside))
        except ProviderError as error:
            raise ProviderError(
                "postgres",
                f"It is not known which database is in use: {error.what}",
                f"Look whether the server has a database {aside}: then they were switched.",
                changed="unknown",
            ) from error


@asynccontextmanager
async def beside(at: Address, now: Standing, name: str) -> AsyncIterator[Beside]:
    """A new, empty database with the owner, locale, settings and grants of the one in use; dropped unless kept."""
    made = Beside(at, now.database, name, now.version)
    async with _elsewhere(at) as connection:
        if await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name):
            raise ProviderError("postgres", f"The server already has a database {name}.", "Drop it, then ask again.")
    try:
        async with _elsewhere(at) as connection:
            await _make(connection, now.database, name)
        yield made
    finally:
        if not made.kept:
            await asyncio.shield(_drop(at, name))


async def _make(connection: Connection, like: str, name: str) -> None:
    found = await connection.fetchrow(_PROPERTIES, like)
    if found is None:
        raise ProviderError("postgres", f"The server has no database {like}.", "Make an empty one, then ask again.")
    locale = f" LC_COLLATE {literal(found['collation'])} LC_CTYPE {literal(found['ctype'])}"
    if found["provider"] == "i":
        locale += f" LOCALE_PROVIDER icu ICU_LOCALE {literal(found['locale'])}"
    elif found["provider"] == "b":
        locale += f" LOCALE_PROVIDER builtin BUILTIN_LOCALE {literal(found['locale'])}"
    await connection.execute(
        f"CREATE DATABASE {quoted(name)} OWNER {quoted(found['owner'])} TEMPLATE template0 "
        f"ENCODING {literal(found['encoding'])}{locale} CONNECTION LIMIT {found['connections']}"
    )
    await _settle(connection, found["oid"], name)
    if found["granted"]:
        await _grant(connection, found["oid"], name)


async def _settle(connection: Connection, like: int, name: str) -> None:
    """FROM CURRENT keeps lists (search_path) as they are, which a quoted value would not."""
    for row in await connection.fetch(_SETTINGS, like):
        setting, _, value = row["setting"].partition("=")
        whom = f"DATABASE {quoted(name)}"
        if row["role"] is not None:
            whom = f"ROLE {quoted(row['role'])} IN {whom}"
        async with connection.transaction():
            await connection.execute("SELECT set_config($1, $2, true)", setting, value)
            await connection.execute(f"ALTER {whom} SET {'.'.join(map(quoted, setting.split('.')))} FROM CURRENT")


async def _grant(connection: Connection, like: int, name: str) -> None:
    await connection.execute(f"REVOKE ALL ON DATABASE {quoted(name)} FROM PUBLIC")
    for row in await connection.fetch(_GRANTS, like):
        whom = "PUBLIC" if row["role"] is None else quoted(row["role"])
        further = " WITH GRANT OPTION" if row["further"] else ""
        await connection.execute(f"GRANT {row['privilege']} ON DATABASE {quoted(name)} TO {whom}{further}")


async def _drop(at: Address, name: str) -> None:
    """A copy that cannot be dropped now must not hide why it is dropped."""
    try:
        async with _elsewhere(at) as connection:
            await _empty_once(connection, [name])
            await connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
    except ProviderError as error:
        log.warning("restore.copy_left", database=name, error=error.what)


async def _empty(connection: Connection, databases: list[str]) -> None:
    while True:
        await _empty_once(connection, databases)
        await asyncio.sleep(0.05)


async def _empty_once(connection: Connection, databases: list[str]) -> None:
    try:
        await connection.execute(_END, databases)
    except asyncpg.InsufficientPrivilegeError:
        return  # an administrator's session: the rename will say that the database is in use


@asynccontextmanager
async def _elsewhere(at: Address) -> AsyncIterator[Connection]:
    """A connection to the same server that stands in neither database: what is connected to cannot be renamed."""
    async with AsyncExitStack() as stack:
        yield await _opened(at, stack)


async def _opened(at: Address, stack: AsyncExitStack) -> Connection:
    names = [name for name in ("postgres", "template1") if name != at.database]
    for name in names[:-1]:
        try:
            return await stack.enter_async_context(_admin(at, name))
        except ProviderError:
            continue
    return await stack.enter_async_context(_admin(at, names[-1]))


def _admin(at: Address, name: str) -> AbstractAsyncContextManager[Connection]:
    return connected(at.uri, at.password, database=name, settings=_ADMIN)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def _first(said: str) -> str:
    lines = said.splitlines() or ["no reason given"]
    found = next((line for line in lines if "error" in line.lower()), lines[0])
    return clean(found.removeprefix("pg_restore: "), 300)
