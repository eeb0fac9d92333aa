"""GET /incidents/<signed>: the live timeline for people without Slack. Reads only; forged, void, expired: one 404."""

import asyncio
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.db import database, incident_links, incident_report, incidents
from bot.db.database import AWAY, Pool
from bot.domain.incident import IncidentId
from bot.domain.incident_link import LINK, signature
from bot.domain.incident_page import incident_page
from bot.domain.incident_report import Names

_NOBODYS_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class Paper:
    """status 200 with the page, 404, or 503 while the database is away."""

    status: int
    page: str = ""


class Papers:
    """Looks up, verifies, shows. The same work is done whatever is wrong with a link."""

    def __init__(self, pool: Pool, names: Names) -> None:
        self._pool = pool
        self._names = names

    async def show(self, link: str) -> Paper:
        found = LINK.fullmatch(link)
        if found is None:
            return Paper(404)
        try:
            async with asyncio.timeout(5):
                return await self._show(IncidentId(int(found[1])), int(found[2]), found[3])
        except (*AWAY, TimeoutError):
            return Paper(503)

    async def _show(self, number: IncidentId, expiry: int, given: str) -> Paper:
        known = await incident_links.key(self._pool, number)
        right = hmac.compare_digest(signature(f"{number}-{expiry}", known or _NOBODYS_KEY), given)
        expires_at = datetime.fromtimestamp(expiry, UTC)
        if not right or known is None or expires_at <= await database.now(self._pool):
            return Paper(404)
        report = await incident_report.report(self._pool, await incidents.existing(self._pool, number))
        return Paper(200, await asyncio.to_thread(incident_page, report, self._names, expires_at))
