"""What can be asked of backups. Pure values."""

from dataclasses import dataclass
from typing import Annotated, Literal

from bot.domain.backup import LATEST, check_label
from bot.domain.command import Arg, Environment, Service


@dataclass(frozen=True, slots=True)
class BackupDb:
    service: Service
    environment: Environment


@dataclass(frozen=True, slots=True)
class BackupStatus:
    service: Service | None = None
    environment: Environment | None = None


@dataclass(frozen=True, slots=True)
class BackupVerify:
    service: Service
    environment: Environment
    backup: Annotated[str, Arg(placeholder="latest|B-42", help="which backup; the newest without it")] = LATEST
    quick: Annotated[bool, Arg(help="read the file only, restore no copy")] = False

    def __post_init__(self) -> None:
        check_label(self.backup)


@dataclass(frozen=True, slots=True)
class BackupRestore:
    service: Service
    environment: Environment
    backup: Annotated[str, Arg(placeholder="latest|B-42", help="which backup")]
    into: Annotated[
        Literal["same", "new"], Arg(option="--into", help="new: beside the database in use, which stays as it is")
    ] = "same"

    def __post_init__(self) -> None:
        check_label(self.backup)
