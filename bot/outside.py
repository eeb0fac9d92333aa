"""What changes without us: a release that became current outside a run, a vendor's status page. Looks once a minute.

One per installation at a time (bot.db.leader); what it knows lies in records and survives a restart. It only reads.
"""

import asyncio

import structlog

from bot.db import events, runs
from bot.db.database import AWAY
from bot.db.records import PostgresRecords
from bot.domain.capability import Deploys, ReleaseInfo, StatusPages, VendorStatus
from bot.domain.catalog import Place
from bot.domain.errors import WatchkeeperError
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.engine.installation import Installation

log = structlog.get_logger()

EVERY_S = 60.0
DEPLOY, CURRENT, VENDOR = "deploy", "current", "vendor"  # records
_LOOK_S = 30.0


class Outside:
    """`run` until cancelled."""

    def __init__(self, installation: Installation) -> None:
        self._at = installation

    async def run(self) -> None:
        while True:
            for place in list(self._at.catalog.places()):
                await self._guarded(place)
            await asyncio.sleep(EVERY_S)

    async def _guarded(self, place: Place) -> None:
        try:
            async with asyncio.timeout(_LOOK_S):
                await self.look(place)
        except AWAY as away:
            log.warning("outside.unseen", place=str(place), error=type(away).__name__)
        except WatchkeeperError as error:
            log.warning("outside.unseen", place=str(place), error=str(error))
        except Exception:
            log.exception("outside.failed", place=str(place))

    async def look(self, place: Place) -> None:
        """One round at one place; a status page that hangs must not hide a deploy."""
        for deploys in self._at.providers.all(place, Deploys):
            await self._deployed(place, deploys)
        for pages in self._at.providers.all(place, StatusPages):
            for status in await pages.statuses():
                await self._vendor(place, status)

    async def _deployed(self, place: Place, deploys: Deploys) -> None:
        current = next((one for one in await deploys.releases() if one.current), None)
        if current is None:
            return
        async with self._at.pool.acquire() as connection, connection.transaction():
            records = PostgresRecords(connection)
            known = str((await records.get(DEPLOY, place, CURRENT) or {}).get("commit", ""))
            if known == current.commit:
                return
            await records.put(DEPLOY, place, CURRENT, release_body(current))
            if known and not await runs.switched_to(connection, place, current.commit):
                body = deploy_body(known, current)
                await events.record(
                    connection, Kind.DEPLOY_SEEN, service=place.service, environment=place.environment, body=body
                )
        self._at.bell.ring("outbox")

    async def _vendor(self, place: Place, now: VendorStatus) -> None:
        async with self._at.pool.acquire() as connection, connection.transaction():
            records = PostgresRecords(connection)
            known = await records.get(VENDOR, place, now.name)
            before = str(known["state"]) if known else None
            if now.state in ("unknown", before):
                return
            await records.put(VENDOR, place, now.name, {"state": now.state})
            if vendor_news(before, now):
                body = vendor_body(before, now)
                await events.record(
                    connection, Kind.VENDOR_CHANGED, service=place.service, environment=place.environment, body=body
                )
        self._at.bell.ring("outbox")


def vendor_news(before: str | None, now: VendorStatus) -> bool:
    """Whether a vendor's state is worth an event. Unknown is told by /health alone: a page may fail to answer."""
    if now.state == "unknown" or now.state == before:
        return False
    return before is not None or now.state != "ok"


def vendor_body(before: str | None, now: VendorStatus) -> JsonObject:
    return {"name": now.name, "state": now.state, "was": before or "", "says": now.says, "link": now.link}


def release_body(now: ReleaseInfo) -> JsonObject:
    at = now.at.isoformat() if now.at else ""
    return {"commit": now.commit, "title": now.title, "author": now.author, "at": at}


def deploy_body(before: str, now: ReleaseInfo) -> JsonObject:
    return {**release_body(now), "was": before}
