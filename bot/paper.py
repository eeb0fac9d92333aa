"""GET /incidents/<signed>: the live timeline for people without Slack. Reads only; forged, void, expired: one 404.

A link is `<incident>-<expiry>-<signature>`: HMAC-SHA256 of the first two under the incident's own key.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.db import database, incident_links, incident_report, incidents
from bot.db.database import AWAY, Pool
from bot.domain.incident import IncidentId
from bot.domain.incident_page import incident_page
from bot.domain.incident_report import Names

_LINK = re.compile(r"([1-9][0-9]{0,17})-([0-9]{9,11})-([A-Za-z0-9_-]{43})", re.ASCII)
_NOBODYS_KEY = bytes(32)


@dataclass(frozen=True, slots=True)
class Paper:
    """status 200 with the page, 404, or 503 while the database is away."""

    status: int
    page: str = ""


def signed(incident: IncidentId, expires_at: datetime, key: bytes) -> str:
    """The last part of the link's address."""
    head = f"{incident}-{int(expires_at.timestamp())}"
    return f"{head}-{_signature(head, key)}"


def _signature(head: str, key: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, head.encode(), hashlib.sha256)).rstrip(b"=").decode()


class Papers:
    """Looks up, verifies, shows. The same work is done whatever is wrong with a link."""

    def __init__(self, pool: Pool, names: Names) -> None:
        self._pool = pool
        self._names = names

    async def show(self, link: str) -> Paper:
        found = _LINK.fullmatch(link)
        if found is None:
            return Paper(404)
        try:
            async with asyncio.timeout(5):
                return await self._show(IncidentId(int(found[1])), int(found[2]), found[3])
        except (*AWAY, TimeoutError):
            return Paper(503)

    async def _show(self, number: IncidentId, expiry: int, signature: str) -> Paper:
        known = await incident_links.key(self._pool, number)
        right = hmac.compare_digest(_signature(f"{number}-{expiry}", known or _NOBODYS_KEY), signature)
        expires_at = datetime.fromtimestamp(expiry, UTC)
        if not right or known is None or expires_at <= await database.now(self._pool):
            return Paper(404)
        report = await incident_report.report(self._pool, await incidents.existing(self._pool, number))
        return Paper(200, await asyncio.to_thread(incident_page, report, self._names, expires_at))
