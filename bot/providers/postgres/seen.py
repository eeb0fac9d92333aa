"""Which keys a table of the service already holds: one read-only question, for replays that must not repeat.

Names of tables and columns come from the catalog, are checked again here and quoted; keys are always bound.
"""

import re
from collections.abc import Sequence

import asyncpg

from bot.domain.errors import ProviderError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
_CONNECT_S = 5.0
_QUERY_S = 5.0


async def held(url: str, column: str, keys: Sequence[str]) -> frozenset[str]:
    """Those of `keys` that the column (`table.column`) holds. ProviderError says why it cannot be told."""
    table, _, name = column.rpartition(".")
    query = f"SELECT {_quoted(name)} FROM {_quoted(table)} WHERE {_quoted(name)} = ANY($1)"
    try:
        connection = await asyncpg.connect(
            url,
            timeout=_CONNECT_S,
            command_timeout=_QUERY_S,
            statement_cache_size=0,  # a pooler in transaction mode has none
        )
        try:
            async with connection.transaction(readonly=True):
                rows = await connection.fetch(query, list(keys))
        finally:
            await connection.close(timeout=_CONNECT_S)
    except asyncpg.PostgresError as error:
        raise ProviderError(
            "postgres",
            f"{column} cannot be read ({type(error).__name__}), so it is not known which events the service has.",
            "See `stripe.seen` and the database's address in the catalog.",
        ) from error
    except (OSError, TimeoutError, asyncpg.InterfaceError, ValueError) as error:
        raise ProviderError(
            "postgres",
            "The service's database cannot be reached, so it is not known which events the service has.",
            "Look at it with /health.",
            retryable=True,
        ) from error
    return frozenset(str(row[0]) for row in rows)


def _quoted(path: str) -> str:
    """`shop.events` as "shop"."events"; ValueError for anything but plain names."""
    names = path.split(".")
    if not names or len(names) > 2 or not all(_NAME.fullmatch(name) for name in names):
        raise ValueError(f"not the name of a table or column: {path!r}")
    return ".".join(f'"{name}"' for name in names)
