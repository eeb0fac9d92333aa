"""The catalog's `releases` section: where a service's releases lie on this host and how one is built and started."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
_REPOSITORY = re.compile(r"(?:/|\./|\.\./|https?://|ssh://|git://|file:///|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:)\S+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _repository(value: str) -> str:
    if not _REPOSITORY.fullmatch(value):
        raise ValueError(
            "write a path (/srv/git/shop.git) or an address (https://…, ssh://…, git@host:shop.git) of a repository"
        )
    return value


def _branch(value: str) -> str:
    if not _BRANCH.fullmatch(value) or ".." in value or value.endswith((".lock", "/", ".")):
        raise ValueError("write the name of a branch, like main")
    return value


def _absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("write the whole path, starting with /")
    return value


def _command(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not value[0].strip() or any("\0" in part for part in value):
        raise ValueError("write a list of arguments, like [npm, run, build]; no shell is used")
    return value


def _environment(value: dict[str, str]) -> dict[str, str]:
    for name in value:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an environment variable")
    return value


Command = Annotated[tuple[str, ...], AfterValidator(_command)]
Variables = Annotated[dict[str, str], AfterValidator(_environment)]


class ReleasesSettings(BaseModel):
    """Values of `build_env` and `restart_env` may be $NAME; without them a command sees PATH and LANG only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: Annotated[str, AfterValidator(_repository)]
    folder: Annotated[Path, AfterValidator(_absolute)]
    restart: Command
    build: Command | None = None
    branch: Annotated[str, AfterValidator(_branch)] = "main"
    keep: Annotated[int, Field(ge=2, le=100)] = 5
    build_env: Variables = Field(default_factory=dict)
    restart_env: Variables = Field(default_factory=dict)
    build_timeout_s: Annotated[int, Field(ge=1, le=3600)] = 600
    restart_timeout_s: Annotated[int, Field(ge=1, le=600)] = 60
