"""The keys that sign read-only links to an incident's timeline."""

from bot.db.database import Rows
from bot.domain.incident import IncidentId


async def key(rows: Rows, incident: IncidentId) -> bytes | None:
    """None when there is no such incident."""
    found: bytes | None = await rows.fetchval("SELECT link_key FROM incidents WHERE id = $1", incident)
    return found


async def revoke(rows: Rows, incident: IncidentId) -> None:
    """Every link that was given out for it is void from now on."""
    await rows.execute(
        "UPDATE incidents SET link_key = sha256(gen_random_uuid()::text::bytea) WHERE id = $1", incident
    )
