"""For `init`: what an address leads to, and where a service remembers the webhooks it saw. Reads catalogs only."""

from dataclasses import dataclass

from bot.domain.words import some
from bot.providers.postgres.address import address
from bot.providers.postgres.connect import reading
from bot.providers.postgres.doctor import role_at

_SEEN = """
SELECT format('%s.%s', CASE WHEN table_schema = 'public' THEN table_name
                            ELSE table_schema || '.' || table_name END, column_name) AS name
  FROM information_schema.columns
 WHERE table_name ~ '(stripe|webhook).*event'
   AND column_name IN ('event_id', 'stripe_event_id', 'stripe_id', 'id')
   AND data_type IN ('text', 'character varying')
 ORDER BY position(column_name IN 'stripe_event_id,event_id,stripe_id,id'), 1
"""


@dataclass(frozen=True, slots=True)
class Found:
    """says: for the person who typed the address; seen: table.column, the likeliest first."""

    says: str
    seen: tuple[str, ...]


async def look(url: str) -> Found:
    """ProviderError when the database cannot be read; without any of the address."""
    at = address(url, "This")
    role = await role_at(at)
    async with reading(at.uri, at.password) as connection:
        seen = tuple(row["name"] for row in await connection.fetch(_SEEN))
    return Found(f"PostgreSQL {role.version}, {some(role.tables, 'table')}, as {role.name}", seen)
