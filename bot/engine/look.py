"""What plans and reads are handed: the installation, read-only, for one actor."""

from collections.abc import Sequence
from datetime import datetime

from bot.db import runs
from bot.db.records import PostgresRecords
from bot.domain.capability import Capability, Govern
from bot.domain.catalog import Catalog, Place
from bot.domain.run import Run
from bot.engine.incidents import Asked, EngineIncidents
from bot.engine.installation import Installation
from bot.engine.reports import EngineReports


class EngineLook:
    """`bot.domain.capability.Look`."""

    def __init__(
        self, installation: Installation, govern: Govern, run: Run, now: datetime, *, backup_first: bool = False
    ) -> None:
        self._at = installation
        self._now = now
        self.govern = govern
        self.actor = run.actor
        self.channel = run.channel
        self.backup_first = backup_first
        asked = Asked.by(run)
        self.incidents = EngineIncidents(installation, asked)
        self.reports = EngineReports(installation, asked, self.incidents)
        self.records = PostgresRecords(installation.pool, run.id)

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def catalog(self) -> Catalog:
        return self._at.catalog

    def provider(self, place: Place, capability: type[Capability]) -> Capability:
        return self._at.providers.one(place, capability)

    def providers(self, place: Place, capability: type[Capability]) -> Sequence[Capability]:
        return self._at.providers.all(place, capability)

    async def last_runs(self, place: Place, command: str, limit: int = 5) -> Sequence[Run]:
        return await runs.finished_at_place(self._at.pool, place.service, place.environment, command, limit)
