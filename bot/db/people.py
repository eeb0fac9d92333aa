"""People as Slack described them last, so that a restart without Slack still knows them."""

from collections.abc import Iterable

from bot.db.database import Rows
from bot.domain.json import Json
from permissions.model import Person

_CHANGING = 7_302_114_001


async def save(rows: Rows, people: Iterable[Person]) -> None:
    await rows.executemany(
        """
        INSERT INTO people (id, team, name, is_guest, is_deactivated, is_bot, checked_at, zone)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE
        SET team = $2, name = $3, is_guest = $4, is_deactivated = $5, is_bot = $6, checked_at = $7, zone = $8
        WHERE people.checked_at <= $7
        """,
        [(p.id, p.team_id, p.name, p.is_guest, p.is_deactivated, p.is_bot, p.checked_at, p.zone) for p in people],
    )


async def everyone(rows: Rows) -> list[Person]:
    found = await rows.fetch("SELECT id, team, name, is_guest, is_deactivated, is_bot, checked_at, zone FROM people")
    return [
        Person(
            id=row["id"],
            team_id=row["team"],
            name=row["name"],
            is_guest=row["is_guest"],
            is_deactivated=row["is_deactivated"],
            is_bot=row["is_bot"],
            checked_at=row["checked_at"],
            zone=row["zone"],
        )
        for row in found
    ]


async def fact(rows: Rows, name: str) -> Json:
    """Something this installation knows of itself (its workspace, its policy's digest); None when unknown."""
    value: Json = await rows.fetchval("SELECT value FROM facts WHERE name = $1", name)
    return value


async def lock_facts(rows: Rows) -> None:
    """Until the transaction ends, nobody else compares and changes facts."""
    await rows.execute("SELECT pg_advisory_xact_lock($1)", _CHANGING)


async def set_fact(rows: Rows, name: str, value: Json) -> None:
    await rows.execute(
        "INSERT INTO facts (name, value) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET value = $2, at = clock_now()",
        name,
        value,
    )
