"""A service's PostgreSQL: checks, dumps and the proof that a dump restores. It only reads the service's own,
but for a restore, which goes through a copy beside it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel

from bot.domain.capability import Check, Checks, Keys
from bot.domain.checkup import Doctor
from bot.domain.errors import Impossible
from bot.providers.postgres.address import Address, address
from bot.providers.postgres.beside import Beside, Standing, beside, beside_name, counted_now, standing
from bot.providers.postgres.checks import DatabaseCheck, PoolCheck, Round, SizeCheck
from bot.providers.postgres.connect import facts, reading
from bot.providers.postgres.doctor import PostgresDoctor
from bot.providers.postgres.dump import Dump, dumping
from bot.providers.postgres.models import BackupSettings, Counts, Facts, PostgresSettings, Verified
from bot.providers.postgres.restore import check_file, check_restored
from bot.providers.postgres.seen import held
from bot.providers.registry import Context, Provider

__all__ = [
    "PROVIDER",
    "BackupSettings",
    "Beside",
    "Counts",
    "Dump",
    "Facts",
    "Postgres",
    "PostgresSettings",
    "Standing",
    "Verified",
    "beside_name",
    "compare",
]


@dataclass(frozen=True, slots=True)
class Postgres:
    """What `look.provider(place, Postgres)` gives: one environment's database."""

    at: Address
    read: Address
    pool_limit: float
    scratch: Callable[[], Awaitable[str]] | None
    owner: Address | None = None  # who may replace the database; None: the role that dumps it

    def checks(self) -> Sequence[Check]:
        shared = Round(self.facts)
        return (DatabaseCheck(shared), PoolCheck(shared, self.pool_limit), SizeCheck(shared))

    async def facts(self) -> Facts:
        async with reading(self.read.uri, self.read.password) as connection:
            return await facts(connection)

    async def held(self, column: str, keys: Sequence[str]) -> frozenset[str]:
        """`bot.domain.capability.Keys`."""
        return await held(self.read, column, keys)

    def dump(self, limit: timedelta) -> AbstractAsyncContextManager[Dump]:
        """`async with database.dump(limit) as dump`: take its chunks to the end, then its counts."""
        return dumping(self.at, limit)

    @property
    def where(self) -> str:
        """Host, port and database: nothing secret."""
        return f"{self.at.host}:{self.at.port}/{self.at.database}"

    async def standing(self) -> Standing:
        """What a restore would meet here. Impossible when its role's address leads to another database."""
        if self.owner is not None and await _identity(self.owner) != await _identity(self.at):
            raise Impossible(
                "The address for restores leads to another database than the one that is backed up.",
                "Put the same host, port and database into postgres.restore as into postgres.url.",
            )
        return await standing(self.owner or self.at)

    async def counted(self, patience: timedelta) -> Counts:
        """The rows of now, as far as they can be counted in that time."""
        return await counted_now(self.at, patience)

    def beside(self, now: Standing, name: str) -> AbstractAsyncContextManager[Beside]:
        """`async with database.beside(standing, name) as copy`: on this server, dropped again unless kept."""
        return beside(self.owner or self.at, now, name)

    async def check_file(self, path: Path, dumped_by: int, limit: timedelta) -> Verified:
        """Whether the file is whole. StepFailed when it is not."""
        return await check_file(path, dumped_by, limit)

    async def check_restored(
        self, path: Path, counts: Counts, made_on: Facts, dumped_by: int, limit: timedelta
    ) -> Verified:
        """Whether it restores, on another server than this one. StepFailed when it does not."""
        if self.scratch is None:
            raise Impossible(
                "There is no server to restore a copy on.", "Name one as `postgres.scratch` in the catalog."
            )
        return await check_restored(path, counts, made_on, dumped_by, await self.scratch(), self.at, limit)


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, PostgresSettings)  # noqa: S101 - the registry parsed it with this very model
    at = address(context.secret(settings.url), settings.url)
    read = address(context.secret(settings.read), settings.read) if settings.read else at
    limit = context.service.thresholds.pool
    owner = address(context.secret(settings.restore), settings.restore) if settings.restore else None
    database = Postgres(at, read, limit, _scratch(settings, context), owner)
    doctor = PostgresDoctor(at, settings.url, read, settings.read)
    return {Postgres: database, Checks: database, Keys: database, Doctor: doctor}


async def _identity(at: Address) -> tuple[str, str]:
    """The instant at which the server started, and the database."""
    async with reading(at.uri, at.password) as connection:
        return (await facts(connection)).started, str(await connection.fetchval("SELECT current_database()"))


def _scratch(settings: PostgresSettings, context: Context) -> Callable[[], Awaitable[str]] | None:
    name = settings.scratch
    if name is None:
        return context.scratch_server

    async def named() -> str:
        return context.secret(name)

    return named


PROVIDER = Provider("postgres", PostgresSettings, offers, gives=(Postgres,))
