"""Which keys a table of the service already holds: one read-only question, for replays that must not repeat.

Names of tables and columns come from the catalog, are checked again here and quoted; keys are always bound.
"""

import re
from collections.abc import Sequence

from bot.domain.errors import ProviderError
from bot.providers.postgres.address import Address
from bot.providers.postgres.connect import reading

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")


async def held(at: Address, column: str, keys: Sequence[str]) -> frozenset[str]:
    """Those of `keys` that the column (`table.column`) holds. ProviderError says why it cannot be told."""
    table, _, name = column.rpartition(".")
    query = f"SELECT {_quoted(name)} FROM {_quoted(table)} WHERE {_quoted(name)} = ANY($1)"
    try:
        async with reading(at.uri, at.password) as connection:
            rows = await connection.fetch(query, list(keys))
    except ProviderError as error:
        raise ProviderError(
            "postgres",
            f"{column} cannot be read, so it is not known which events the service has. {error.what}",
            error.next_step or "See `stripe.seen` and the database's address in the catalog.",
            retryable=error.retryable,
        ) from error
    return frozenset(str(row[0]) for row in rows)


def _quoted(path: str) -> str:
    """`shop.events` as "shop"."events"; ProviderError for anything but plain names."""
    names = path.split(".")
    if not path or len(names) > 2 or not all(_NAME.fullmatch(name) for name in names):
        raise ProviderError(
            "postgres", f"{path!r} is not the name of a table or column.", "See `stripe.seen` in the catalog."
        )
    return ".".join(f'"{name}"' for name in names)
