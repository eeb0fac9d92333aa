"""What incidents took, for figures; rehearsals and duplicates count nowhere."""

from bot.db import incidents
from bot.db.database import Rows
from bot.domain.incident_stats import Took


async def since(rows: Rows, months: int) -> list[Took]:
    """Opened since the first day of the month so many months ago, the oldest first."""
    found = await rows.fetch(
        """
        SELECT id
        FROM incidents
        WHERE NOT test AND merged_into IS NULL
          AND opened_at >= date_trunc('month', clock_now()) - make_interval(months => $1 - 1)
        ORDER BY opened_at
        LIMIT 5000
        """,
        months,
    )
    return [Took.of(await incidents.existing(rows, row["id"])) for row in found]
