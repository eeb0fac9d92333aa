"""The files this process works by, and how other ones take their place: all of both, in one go, or nothing."""

import asyncio
from collections.abc import Callable

import structlog

from bot import reload
from bot.db import people as facts
from bot.db.database import AWAY
from bot.engine.again import Again
from bot.engine.installation import Installation
from bot.engine.votes import Votes
from bot.files import Files
from bot.providers.registry import Providers
from bot.slack.people import SlackPeople
from bot.watch import Watch

log = structlog.get_logger()


class Reloading:
    """`load` reads the files anew; `providers_of` opens what a catalog needs."""

    def __init__(
        self,
        files: Files,
        installation: Installation,
        people: SlackPeople,
        votes: Votes,
        watch: Watch,
        *,
        load: Callable[[], Files],
        providers_of: Callable[[Files], Providers],
    ) -> None:
        self.files = files
        self._installation = installation
        self._people = people
        self._votes = votes
        self._watch = watch
        self._load = load
        self._providers_of = providers_of
        self._hung_up = asyncio.Event()

    def hang_up(self) -> None:
        """SIGHUP: read catalog.yml and policy.yml again."""
        self._hung_up.set()

    async def when_told(self) -> None:
        while True:
            await self._hung_up.wait()
            self._hung_up.clear()
            try:
                await self._reload()
            except AWAY:
                log.error("reload.database_away", remedy="the old files stay in force; send SIGHUP again")
            except Exception:
                log.exception("reload.failed", remedy="the old files stay in force")

    async def _reload(self) -> None:
        """All of both files, or nothing of them; then requests that wait are decided again."""
        pool = self._installation.pool
        try:
            files = await asyncio.to_thread(reload.read_again, self._load)
        except reload.Refused as refused:
            await reload.refuse(pool, refused.problems)
        else:
            await reload.note(pool, files, "SIGHUP")
            self._take(files)
            await Again(self._installation, self._votes).decide_all()
        self._installation.bell.ring("outbox")

    def _take(self, files: Files) -> None:
        """In one go, between two turns of the loop. Runs in hand keep what they began with."""
        if files.catalog.digest != self.files.catalog.digest:
            before, self._installation.providers = self._installation.providers, self._providers_of(files)
            before.replaced()
        self.files = files
        self._installation.catalog, self._installation.policy = files.catalog, files.policy
        self._people.rename(files.policy.people)
        self._people.trust(files.policy.roles_by_group)
        self._watch.renew()

    async def problems(self) -> list[str]:
        """Why this process is not ready, as far as its files and its database go."""
        pool = self._installation.pool
        try:
            async with asyncio.timeout(2):
                policy = await facts.fact(pool, reload.POLICY)
                catalog = await facts.fact(pool, reload.CATALOG)
        except (*AWAY, TimeoutError):
            return ["the database is away"]
        return reload.in_step(self.files, policy, catalog)
