"""What each vendor says of itself, asked at most once a minute. A page that cannot be read is unknown, never fine.

A vendor's trouble is worth a look, not a failure of ours: what it breaks here, our own checks tell.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from pydantic import ValidationError

from bot.domain.capability import Check, Finding, PageState, VendorStatus
from bot.domain.incoming import discreet, web_link
from bot.providers.statuspages.models import SUMMARY, Instatus, SlackStatus, Summary

CACHED = timedelta(seconds=60)
_DEADLINE = timedelta(seconds=6)
_MOST_BYTES = 3_000_000
_INDICATORS: dict[str, PageState] = {
    "none": "ok",
    "minor": "minor",
    "major": "major",
    "critical": "major",
    "maintenance": "maintenance",
}
_INSTATUS: dict[str, PageState] = {"UP": "ok", "HASISSUES": "major", "UNDERMAINTENANCE": "maintenance"}
_WAYS = (SUMMARY, "/api/v2.0.0/current", "/summary.json")


@dataclass(slots=True)
class Page:
    """One vendor's page. `way`: the address that answered last, asked first."""

    name: str
    address: str
    http: httpx.AsyncClient
    clock: Callable[[], datetime]
    way: str = ""
    known: VendorStatus | None = None
    known_at: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def status(self) -> VendorStatus:
        async with self.asking:
            if self.known is None or self.known_at is None or self.clock() - self.known_at >= CACHED:
                self.known, self.known_at = await self._asked(), self.clock()
            return self.known

    async def _asked(self) -> VendorStatus:
        for way in dict.fromkeys([self.way or _WAYS[0], *_WAYS]):
            try:
                async with asyncio.timeout(_DEADLINE.total_seconds()):
                    answer = await self._get(way)
            except (httpx.HTTPError, TimeoutError):
                return VendorStatus(self.name, "unknown", "its status page does not answer", self.address)
            found = read(self.name, self.address, answer) if answer else None
            if found is not None:
                self.way = way
                return found
        return VendorStatus(self.name, "unknown", "its status page says nothing that can be read", self.address)

    async def _get(self, way: str) -> bytes:
        """Empty when there is no such address, or far too much."""
        async with self.http.stream("GET", self.address + way, headers={"Accept": "application/json"}) as reply:
            if reply.status_code != 200:
                return b""
            body = b""
            async for part in reply.aiter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    return b""
            return body


def read(name: str, address: str, body: bytes) -> VendorStatus | None:
    """One of the three shapes; None when it is none of them."""
    for shape in (_statuspage, _slack, _instatus):
        try:
            return shape(name, address, body)
        except ValidationError:
            continue
    return None


def _statuspage(name: str, address: str, body: bytes) -> VendorStatus:
    page = Summary.model_validate_json(body)
    state = _INDICATORS.get(page.status.indicator, "unknown")
    if state == "ok":
        return VendorStatus(name, "ok", "", address)
    trouble = page.incidents[0] if page.incidents else None
    ill = [one.name for one in page.components if not one.group and one.status not in ("operational", "")]
    says = discreet(trouble.name if trouble else page.status.description or state, 120)
    where = f" ({discreet(', '.join(ill), 80)})" if ill else ""
    link = web_link(trouble.shortlink) if trouble else ""
    return VendorStatus(name, state, f"{says}{where}", link or address)


def _slack(name: str, address: str, body: bytes) -> VendorStatus:
    page = SlackStatus.model_validate_json(body)
    if page.status == "ok":
        return VendorStatus(name, "ok", "", address)
    trouble = page.active_incidents[0] if page.active_incidents else None
    state: PageState = "unknown" if page.status != "active" else "major"
    if trouble is not None and trouble.type in ("incident", "notice"):
        state = "minor"
    says = discreet(trouble.title if trouble else page.status, 120)
    return VendorStatus(name, state, says, (web_link(trouble.url) if trouble else "") or address)


def _instatus(name: str, address: str, body: bytes) -> VendorStatus:
    page = Instatus.model_validate_json(body)
    trouble = page.activeIncidents[0] if page.activeIncidents else None
    state = _INSTATUS.get(page.page.status, "unknown")
    says = "" if state == "ok" else discreet(trouble.name if trouble else page.page.status.lower(), 120)
    return VendorStatus(name, state, says, (web_link(trouble.url) if trouble else "") or address)


class VendorPages:
    """`bot.domain.capability.StatusPages` and `Checks` of one environment."""

    def __init__(
        self, pages: Sequence[tuple[str, str]], http: httpx.AsyncClient, clock: Callable[[], datetime]
    ) -> None:
        self._pages = tuple(Page(name, address, http, clock) for name, address in pages)

    def checks(self) -> Sequence[Check]:
        return tuple(PageCheck(page) for page in self._pages)

    async def statuses(self) -> Sequence[VendorStatus]:
        return await asyncio.gather(*(page.status() for page in self._pages))


@dataclass(frozen=True, slots=True)
class PageCheck:
    page: Page
    deadline: timedelta = _DEADLINE * len(_WAYS)

    @property
    def name(self) -> str:
        return f"{self.page.name} status page"

    async def look(self) -> Finding:
        found = await self.page.status()
        if found.state == "ok":
            return Finding(self.name, "ok", "says all is well", "fine")
        if found.state == "unknown":
            return Finding(self.name, "unknown", found.says, "unknown")
        return Finding(self.name, "warn", f"says {found.state}: {found.says}", found.state)
