"""Removes what was to be kept for a time only, as the catalog says: in small batches, so that nobody waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import structlog

from bot.db import events, retention, webhooks
from bot.db.database import AWAY, Connection
from bot.domain import replay
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.engine.installation import Installation

log = structlog.get_logger()

BATCH = 500
_EVERY_S = 3600.0
_PAUSE_S = 0.1  # between two batches others have the disk
Remove: TypeAlias = Callable[[Connection, timedelta, int], Awaitable[int]]


class Retention:
    """One per installation at a time (bot.db.leader); what a restart leaves undone the next round does."""

    def __init__(self, installation: Installation, *, batch: int = BATCH) -> None:
        self._at = installation
        self._batch = batch

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except AWAY as error:
                log.warning("retention.database_away", error=type(error).__name__)
            except Exception:
                log.exception("retention.failed")
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """One round. What went is an event: its number, never its content."""
        await webhooks.forget(self._at.pool)
        kept = self._at.catalog.retention
        gone: JsonObject = {
            "answers": await self._remove(retention.answers, kept.answers),
            "files": await self._remove(retention.files, kept.files),
            "replays": await self._remove(retention.replays, replay.KEPT),
            "payloads": await self._remove(retention.payloads, kept.payloads),
        }
        if any(gone.values()):
            await events.record(self._at.pool, Kind.RETENTION_REMOVED, body=gone)
            self._at.bell.ring("outbox")
            log.info("retention.removed", **gone)

    async def _remove(self, remove: Remove, kept: timedelta | None) -> int:
        """kept: None = for ever."""
        gone = 0
        while kept is not None:
            async with self._at.pool.acquire() as connection, connection.transaction():
                batch = await remove(connection, kept, self._batch)
            gone += batch
            if batch < self._batch:
                break
            await asyncio.sleep(_PAUSE_S)
        return gone
