"""Whether the roles that were given fit: enough to back everything up, and no more than that. Reads catalogs only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.checkup import Remark
from bot.domain.errors import ProviderError
from bot.domain.words import listed, some
from bot.providers.postgres.address import Address
from bot.providers.postgres.beside import quoted
from bot.providers.postgres.binaries import pick
from bot.providers.postgres.connect import Connection, reading

_ROLE = """
SELECT current_setting('server_version_num')::int / 10000 AS version,
       current_user AS name, rolsuper, rolcreatedb, rolcreaterole
  FROM pg_roles
 WHERE rolname = current_user
"""
_TABLES = """
SELECT format('%s.%s', n.nspname, c.relname) AS name,
       has_table_privilege(c.oid, 'SELECT') AS reads,
       has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
           OR has_table_privilege(c.oid, 'DELETE') AS writes
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p')
   AND n.nspname !~ '^pg_'
   AND n.nspname <> 'information_schema'
   AND has_schema_privilege(n.oid, 'USAGE')
 ORDER BY 1
"""
_COPIES = r"""
SELECT datname::text AS name
  FROM pg_database,
       substring(datname FROM '_restored_\d{8}_r\d+$') AS suffix,
       left(datname, -length(suffix)) AS whose
 WHERE whose = current_database()
    OR (octet_length(datname) > 59 AND starts_with(current_database(), whose))
 ORDER BY 1
"""  # a long name was cut to make room for the suffix, between two letters
_MORE = {"rolsuper": "superuser", "rolcreatedb": "may create databases", "rolcreaterole": "may create roles"}


@dataclass(frozen=True, slots=True)
class Role:
    """Who we are there. more: rights that our work never needs."""

    version: int
    name: str
    more: tuple[str, ...]
    tables: int
    unread: tuple[str, ...]
    written: int
    copies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostgresDoctor:
    """`bot.domain.checkup.Doctor`. read: where checks look, when that is another address than the dumps'."""

    at: Address
    name: str  # $SHOP_DB
    read: Address
    read_name: str | None

    async def examine(self) -> Sequence[Remark]:
        remarks = await self._dumping()
        return [*remarks, await self._looking(self.read_name)] if self.read_name else remarks

    async def _dumping(self) -> list[Remark]:
        try:
            role = await role_at(self.at)
        except ProviderError as error:
            return [Remark("postgres", "fail", f"{self.name}: {error.what}", _set(self.name))]
        return [_role(self.name, role), await _client(role.version), *_unread(role), *_copies(role)]

    async def _looking(self, name: str) -> Remark:
        try:
            role = await role_at(self.read)
        except ProviderError as error:
            return Remark("postgres read", "fail", f"{name}: {error.what}", _set(name))
        if role.written or role.more:
            extra = listed([*role.more, *([f"may write {role.written} tables"] if role.written else [])], "and")
            remedy = f"GRANT pg_read_all_data to a role of its own, and put that one into {name}."
            return Remark("postgres read", "warn", f"{role.name} ({name}) is to read only, but is {extra}.", remedy)
        return Remark("postgres read", "ok", f"{role.name} reads and cannot write")


async def role_at(at: Address) -> Role:
    async with reading(at.uri, at.password) as connection:
        return await _role_of(connection)


async def _role_of(connection: Connection) -> Role:
    row = await connection.fetchrow(_ROLE)
    assert row is not None  # noqa: S101 - whoever is connected has a role
    tables = await connection.fetch(_TABLES)
    return Role(
        row["version"],
        row["name"],
        tuple(words for column, words in _MORE.items() if row[column]),
        len(tables),
        tuple(table["name"] for table in tables if not table["reads"]),
        sum(1 for table in tables if table["writes"]),
        tuple(row["name"] for row in await connection.fetch(_COPIES)),
    )


def _role(name: str, role: Role) -> Remark:
    if role.more:
        what = f"{role.name} ({name}) is more than a backup needs: {listed(list(role.more), 'and')}."
        return Remark("postgres", "warn", what, "Give the bot a role of its own: one that may read every table.")
    return Remark("postgres", "ok", f"PostgreSQL {role.version}, {some(role.tables, 'table')}, as {role.name}")


def _unread(role: Role) -> Iterable[Remark]:
    if role.unread:
        shown = listed(list(role.unread[:3]), "and") + (" and others" if len(role.unread) > 3 else "")
        what = f"{role.name} may not read {shown}: /backup would fail."
        yield Remark("postgres tables", "fail", what, f"GRANT pg_read_all_data TO {role.name};")


def _copies(role: Role) -> Iterable[Remark]:
    """Nobody drops them by themselves: a restore that was killed leaves the same name as one that was to be kept."""
    for name in role.copies:
        what = (
            f"The server still holds {name}: kept by a restore into a new database, or left by one that was killed."
        )
        yield Remark(
            "restored copy", "warn", what, f"When nothing uses it, as its owner: DROP DATABASE {quoted(name)};"
        )


async def _client(version: int) -> Remark:
    try:
        dump = await pick("pg_dump", version)
        await pick("pg_restore", version)
    except ProviderError as error:
        return Remark("pg_dump", "fail", error.what, error.next_step)
    return Remark("pg_dump", "ok", f"version {dump.major} is here")


def _set(name: str) -> str:
    return f"Put the right address into {name}, then see that the database takes connections from this host."
