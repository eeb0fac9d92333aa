"""What commands remember between runs: one row per kind, place and key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from bot.db.database import Rows
from bot.domain.catalog import Place
from bot.domain.json import JsonObject
from bot.domain.run import RunId


class PostgresRecords:
    """`bot.domain.capability.Records` on PostgreSQL; what it writes names the run that wrote it."""

    def __init__(self, pool: Rows, run: RunId | None = None) -> None:
        self._pool = pool
        self._run = run

    async def get(self, kind: str, place: Place, key: str) -> JsonObject | None:
        value = await self._pool.fetchval(
            "SELECT value FROM records WHERE kind = $1 AND service = $2 AND environment = $3 AND key = $4",
            kind,
            place.service,
            place.environment,
            key,
        )
        return cast("JsonObject | None", value)

    async def among(self, kind: str, place: Place, keys: Sequence[str]) -> Mapping[str, JsonObject]:
        rows = await self._pool.fetch(
            """
            SELECT key, value
            FROM records
            WHERE kind = $1 AND service = $2 AND environment = $3 AND key = ANY($4::text[])
            """,
            kind,
            place.service,
            place.environment,
            keys,
        )
        return {row["key"]: row["value"] for row in rows}

    async def listed(
        self, kind: str, place: Place | None = None, limit: int = 100
    ) -> Sequence[tuple[str, JsonObject, datetime]]:
        rows = await self._pool.fetch(
            """
            SELECT key, value, at
            FROM records
            WHERE kind = $1 AND ($2::text IS NULL OR (service = $2 AND environment = $3))
            ORDER BY at DESC
            LIMIT $4
            """,
            kind,
            place.service if place else None,
            place.environment if place else None,
            limit,
        )
        return [(row["key"], row["value"], row["at"]) for row in rows]

    async def claim(self, kind: str, place: Place, key: str, value: JsonObject) -> bool:
        row = await self._pool.fetchval(
            """
            INSERT INTO records (kind, service, environment, key, value, run_id)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING
            RETURNING 1
            """,
            kind,
            place.service,
            place.environment,
            key,
            value,
            self._run,
        )
        return row is not None

    async def swap(self, kind: str, place: Place, key: str, expected: JsonObject, value: JsonObject) -> bool:
        row = await self._pool.fetchval(
            """
            UPDATE records
            SET value = $6, run_id = coalesce($7, run_id), at = clock_now()
            WHERE kind = $1 AND service = $2 AND environment = $3 AND key = $4 AND value = $5
            RETURNING 1
            """,
            kind,
            place.service,
            place.environment,
            key,
            expected,
            value,
            self._run,
        )
        return row is not None

    async def drop(self, kind: str, place: Place, key: str) -> None:
        await self._pool.execute(
            "DELETE FROM records WHERE kind = $1 AND service = $2 AND environment = $3 AND key = $4",
            kind,
            place.service,
            place.environment,
            key,
        )

    async def put(self, kind: str, place: Place, key: str, value: JsonObject) -> None:
        await self._pool.execute(
            """
            INSERT INTO records (kind, service, environment, key, value, run_id)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (kind, service, environment, key)
            DO UPDATE SET value = $5, run_id = coalesce($6, records.run_id), at = clock_now()
            """,
            kind,
            place.service,
            place.environment,
            key,
            value,
            self._run,
        )
