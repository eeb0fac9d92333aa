"""How full this host's disks are where the catalog names a path. Reads only the file system's own figures."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot.domain.capability import Check, Checks, Finding
from bot.domain.words import size
from bot.providers.registry import Context, Provider

_NEARLY_FULL = 0.95


class DiskSettings(BaseModel):
    """`disk: {path: /var/lib/shop}` or a list of paths on the bot's own host."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: tuple[Path, ...] = Field(min_length=1, max_length=10)

    @field_validator("path", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        if not all(path.is_absolute() for path in value):
            raise ValueError("write whole paths, like /var/lib/shop")
        return value


@dataclass(frozen=True, slots=True)
class DiskCheck:
    path: Path
    name: str
    limit: float
    deadline: timedelta = timedelta(seconds=5)

    async def look(self) -> Finding:
        try:
            # A dead network mount blocks for ever: the thread is left behind, the check is not.
            usage = await asyncio.to_thread(shutil.disk_usage, self.path)
        except OSError as error:
            return Finding(self.name, "fail", f"{self.path} cannot be read ({error.strerror})", "unreadable")
        return judge(self.name, usage.used / usage.total, usage.free, self.limit)


@dataclass(frozen=True, slots=True)
class Disks:
    settings: DiskSettings
    limit: float

    def checks(self) -> Sequence[Check]:
        one = len(self.settings.path) == 1
        return tuple(DiskCheck(path, "Disk" if one else f"Disk {path}", self.limit) for path in self.settings.path)


def judge(name: str, used: float, free: int, limit: float) -> Finding:
    brief = f"{used * 100:.0f} %"
    if used < limit:
        return Finding(name, "ok", f"{brief} full", brief)
    says = f"{brief} full, {size(free)} left, wants under {limit * 100:.0f} %"
    return Finding(name, "fail" if used >= _NEARLY_FULL else "warn", says, brief)


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, DiskSettings)  # noqa: S101 - the registry parsed it with this very model
    return {Checks: Disks(settings, context.service.thresholds.disk)}


PROVIDER = Provider("disk", DiskSettings, offers)
