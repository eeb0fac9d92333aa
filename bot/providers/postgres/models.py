"""The catalog's `postgres` section and what is read from a server."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.catalog import SecretName


class BackupSettings(BaseModel):
    """When backups are made by themselves and how long they are kept; read by schedules that are still to come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    daily: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    keep: str = Field(default="30d", pattern=r"^\d{1,4}d$")


class PostgresSettings(BaseModel):
    """url: where dumps are made; read: where checks look (default: url); scratch: a server for restored copies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretName
    read: SecretName | None = None
    backup: BackupSettings | None = None
    scratch: SecretName | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at a database. started: the server's identity, as good as its start is precise."""

    version: int  # major
    size: int
    used: int
    most: int
    answer_s: float
    encoding: str
    started: str


Counts = dict[str, int]
"""Rows by table: `public.orders` → 1204."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How the check of a backup ended: the file alone, or a copy restored from it."""

    how: Literal["file", "restored"]
    tables: int = 0
    rows: int = 0
    differs: tuple[str, ...] = ()  # tables with another count than when the backup was made
    uncounted: int = 0  # tables of which no count was taken then
