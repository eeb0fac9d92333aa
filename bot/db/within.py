"""One transaction lent out as a pool: whatever is done through it belongs to that transaction, or is part of it."""

from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

if TYPE_CHECKING:  # generic in their stubs only
    _Proxy: TypeAlias = PoolConnectionProxy[asyncpg.Record]
    _Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    _Context: TypeAlias = PoolAcquireContext[asyncpg.Record]
else:
    _Pool, _Context = asyncpg.Pool, PoolAcquireContext


class Within(_Pool):
    """A transaction begun on it becomes a savepoint. For one task at a time, as its connection is."""

    def __init__(self, connection: "_Proxy") -> None:
        self._lent = connection

    def acquire(self, *, timeout: float | None = None) -> _Context:
        return _Lent(self._lent)


class _Lent(_Context):
    """It goes back to nobody: whoever began the transaction has it."""

    def __init__(self, connection: "_Proxy") -> None:
        self._connection = connection

    async def __aenter__(self) -> "_Proxy":
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        return None
