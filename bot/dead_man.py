"""The dead man's handle: an address that is called as long as all is well, so that silence is an alarm elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import structlog

from bot import metrics
from bot.connecting import astray
from bot.db import seal
from bot.db.database import AWAY
from bot.domain.anchor import Anchor
from bot.domain.dead_man import unsafe
from bot.domain.errors import ProviderError
from bot.engine.installation import Installation

log = structlog.get_logger()

TIMEOUT_S = 10.0
_IDLE_S = 5.0  # between two looks whether a catalog names one now


class DeadMan:
    """One per installation at a time (bot.db.leader). `problems`: why this process is not ready, if it is not."""

    def __init__(
        self,
        installation: Installation,
        session: aiohttp.ClientSession,
        secret: Callable[[str], str],
        problems: Callable[[], Awaitable[list[str]]],
    ) -> None:
        self._at = installation
        self._session = session
        self._secret = secret
        self._problems = problems

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            wanted = self._at.catalog.dead_man
            try:
                await self.look()
            except Exception:
                log.exception("dead_man.broke")
            await asyncio.sleep(wanted.every.total_seconds() if wanted else _IDLE_S)

    async def look(self) -> None:
        """Called once, or not at all where something is wrong."""
        wanted = self._at.catalog.dead_man
        if wanted is None:
            return
        wrong = await self._wrong()
        if wrong:
            metrics.DEAD_MAN.labels("withheld").inc()
            log.warning("dead_man.withheld", problems=wrong)
            return
        try:
            result = await self._call(self._secret(wanted.url), await seal.head(self._at.pool))
        except (aiohttp.ClientError, *AWAY, TimeoutError, ProviderError) as error:
            result = astray(error) or type(error).__name__
        metrics.DEAD_MAN.labels("ok" if not result else "failed").inc()
        if result:
            log.warning("dead_man.failed", why=result)

    async def _wrong(self) -> list[str]:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                problems = await self._problems()
                behind = await seal.behind(self._at.pool)
        except (*AWAY, TimeoutError):
            return ["the database is away"]
        return [*problems, *(["events are not sealed"] if behind else [])]

    async def _call(self, url: str, anchor: Anchor | None) -> str:
        """What went wrong, or empty. Redirects are not followed: they would lead where nobody looked.

        The head of the audit log is told as our name: that is what every server keeps of those who call it.
        """
        why = unsafe(url)
        if why:
            return why
        named = {"User-Agent": f"watchkeeper audit/{anchor or 'empty'}"}
        limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with self._session.get(url, headers=named, allow_redirects=False, timeout=limit) as answer:
            return "" if answer.status < 300 else f"it answers {answer.status}"
