"""Messages kept for a timeline: a row first, completed and added later; marks decide whether they stay."""

from dataclasses import dataclass
from datetime import timedelta

from bot.db.database import Connection, Rows
from bot.domain.incident import IncidentId
from bot.domain.json import JsonObject
from bot.domain.kept import How

MESSAGE = "message"
"""The source of its entries: a message counts once, however it was marked."""


@dataclass(frozen=True, slots=True)
class Kept:
    channel: str
    ts: str
    state: str
    incident: IncidentId | None
    by: str
    content: JsonObject | None
    edited: float
    attempts: int

    @property
    def source(self) -> tuple[str, str]:
        return MESSAGE, f"{self.channel}:{self.ts}"


_COLUMNS = "channel, ts, state, incident_id AS incident, by, content, edited::float8 AS edited, attempts"


async def mark(
    connection: Connection, channel: str, ts: str, how: How, person: str, told: str, *, is_set: bool
) -> bool:
    """Set or take away a mark; False when something newer was heard of it already."""
    status = await connection.execute(
        """
        INSERT INTO message_marks AS m (channel, ts, how, person, is_set, told)
        VALUES ($1, $2, $3, $4, $5, $6::text::numeric)
        ON CONFLICT (channel, ts, how, person) DO UPDATE SET is_set = EXCLUDED.is_set, told = EXCLUDED.told
        WHERE m.told < EXCLUDED.told
        """,
        channel,
        ts,
        how,
        person,
        is_set,
        told,
    )
    return status == "INSERT 0 1"


async def marked(rows: Rows, channel: str, ts: str) -> bool:
    """Whether anybody still wants it."""
    found: bool = await rows.fetchval(
        "SELECT EXISTS (SELECT FROM message_marks WHERE channel = $1 AND ts = $2 AND is_set)", channel, ts
    )
    return found


async def want(connection: Connection, channel: str, ts: str, by: str, content: JsonObject | None) -> None:
    """The intent: to be completed and added, again where it was gone."""
    await connection.execute(
        """
        INSERT INTO kept_messages AS k (channel, ts, by, content)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (channel, ts) DO UPDATE
        SET content = coalesce(EXCLUDED.content, k.content), attempts = 0, due_at = statement_timestamp(),
            state = CASE WHEN k.state IN ('gone', 'elsewhere') THEN 'wanted' ELSE k.state END
        WHERE k.state IN ('wanted', 'gone', 'elsewhere')
        """,
        channel,
        ts,
        by,
        content,
    )


async def known(rows: Rows, channel: str, ts: str) -> bool:
    found: bool = await rows.fetchval(
        "SELECT EXISTS (SELECT FROM kept_messages WHERE channel = $1 AND ts = $2)", channel, ts
    )
    return found


async def locked(connection: Connection, channel: str, ts: str) -> Kept | None:
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM kept_messages WHERE channel = $1 AND ts = $2 FOR UPDATE", channel, ts
    )
    return Kept(**dict(row)) if row else None


async def due(rows: Rows, limit: int = 50) -> list[Kept]:
    found = await rows.fetch(
        f"SELECT {_COLUMNS} FROM kept_messages WHERE state = 'wanted' AND due_at <= statement_timestamp()"
        " ORDER BY ts LIMIT $1",
        limit,
    )
    return [Kept(**dict(row)) for row in found]


async def settle(
    connection: Connection, one: Kept, state: str, *, incident: IncidentId | None = None, content: JsonObject | None
) -> None:
    await connection.execute(
        "UPDATE kept_messages SET state = $3, incident_id = coalesce($4, incident_id), content = $5"
        " WHERE channel = $1 AND ts = $2",
        one.channel,
        one.ts,
        state,
        incident,
        content,
    )


async def edited(connection: Connection, one: Kept, content: JsonObject, at: float) -> None:
    await connection.execute(
        "UPDATE kept_messages SET content = $3, edited = $4 WHERE channel = $1 AND ts = $2",
        one.channel,
        one.ts,
        content,
        at,
    )


async def later(rows: Rows, one: Kept, wait: timedelta) -> None:
    await rows.execute(
        "UPDATE kept_messages SET attempts = attempts + 1, due_at = statement_timestamp() + $3"
        " WHERE channel = $1 AND ts = $2",
        one.channel,
        one.ts,
        wait,
    )
