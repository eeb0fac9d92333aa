"""What `init` was told, as values; `compose.py` writes files from them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Release:
    repository: str
    folder: str
    build: tuple[str, ...]
    restart: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stripe:
    key: str  # $NAME
    webhook: str
    seen: str = ""
    api: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """database: the $NAME of its address. health: the path that answers, "" for none."""

    name: str
    protected: bool
    url: str
    health: str = ""
    database: str = ""
    stripe: Stripe | None = None
    release: Release | None = None
    run_as: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    cards: str  # channel id, "" for none
    environments: tuple[Environment, ...]
    bound: Mapping[str, str] = field(default_factory=dict)  # environment → channel id


@dataclass(frozen=True, slots=True)
class Team:
    """name → Slack id, and who of them is what."""

    people: Mapping[str, str]
    admins: tuple[str, ...]
    operators: tuple[str, ...]
    preset: str
