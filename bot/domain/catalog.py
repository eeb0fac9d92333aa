"""The catalog: services, environments and what each is made of, as frozen values. Pure: the text comes in."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, WithJsonSchema

from bot.domain.incident import Severity
from permissions.model import Risk, Scope

_SECRET = re.compile(r"\$[A-Z_][A-Z0-9_]*")


def _secret(value: str) -> str:
    if not _SECRET.fullmatch(value):
        raise ValueError(
            "write the name of an environment variable of the bot, like $SHOP_DB, and put the value there; "
            "a secret in the catalog is refused"
        )
    return value


SecretName = Annotated[
    str, AfterValidator(_secret), WithJsonSchema({"type": "string", "pattern": f"^{_SECRET.pattern}$"})
]
"""`$NAME`: an environment variable of the bot; a pasted secret is refused."""


@dataclass(frozen=True, slots=True)
class Place:
    """One environment of one service."""

    service: str
    environment: str

    def __str__(self) -> str:
        return f"{self.service} {self.environment}"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of a service; the defaults are the runbooks' own (procedures.md, table T)."""

    p95: timedelta = timedelta(milliseconds=500)
    pool: float = 0.80
    disk: float = 0.85
    tls_days: int = 14
    alarm_count: int = 2
    alarm_within: timedelta = timedelta(minutes=5)
    watch_every: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """When people outside are told of an incident: first, its scope, then `every` as long as `lasts`."""

    first: timedelta = timedelta(minutes=5)
    scope: timedelta = timedelta(minutes=5)
    every: timedelta = timedelta(minutes=20)
    lasts: timedelta = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class ScriptEntry:
    """A named procedure of the service's own: an argument list, never a line for a shell."""

    name: str
    run: tuple[str, ...]
    risk: Risk
    environments: tuple[str, ...] = ()  # empty: everywhere
    backup_first: bool = False


@dataclass(frozen=True, slots=True)
class EnvironmentEntry:
    """One environment: `sections` holds each provider's own validated settings by section name."""

    place: Place
    protected: bool
    url: str | None
    sections: Mapping[str, BaseModel]
    script_env: Mapping[str, str] = field(default_factory=dict)
    run_as: str | None = None
    aliases: tuple[str, ...] = ()  # other names that people type for it


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    name: str
    repository: str | None
    migrations: tuple[str, ...]
    cards: str | None  # channel id where runs are rooted
    bound: Mapping[str, tuple[str, ...]]  # environment → channel ids
    thresholds: Thresholds
    environments: Mapping[str, EnvironmentEntry]
    scripts: Mapping[str, ScriptEntry] = field(default_factory=dict)
    public_name: str = ""  # what people outside call it
    updates: UpdateRule | None = None  # when they are told of an incident; None: as usual, where there is a page


@dataclass(frozen=True, slots=True)
class DeadMan:
    """url: the `$NAME` of an address that is called as long as all is well; whoever is behind it alarms when not."""

    url: str
    every: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long is kept what need not stay: answers to looks, long output, what events say. None: for ever."""

    answers: timedelta = timedelta(days=30)
    files: timedelta = timedelta(days=30)
    payloads: timedelta | None = None


Which = Literal["five", "core", "all"]


@dataclass(frozen=True, slots=True)
class Catalog:
    services: Mapping[str, ServiceEntry]
    digest: str
    warnings: tuple[str, ...] = ()
    ops: str | None = None  # channel where the bot tells of itself
    dead_man: DeadMan | None = None
    postmortem_template: str | None = None  # a file of the company's own
    retention: Retention = Retention()
    channel_from: Severity = Severity.SEV3  # a lesser incident is talked about in a thread
    commands: Which = "core"  # the set that the app in Slack was made from
    rooms: Mapping[str, Collection[Place]] = field(default_factory=dict)  # of open incidents; not of the file

    def at(self, place: Place) -> EnvironmentEntry:
        """KeyError when there is no such place: requests hold only places of the catalog."""
        return self.services[place.service].environments[place.environment]

    def places(self) -> Iterator[Place]:
        for service in self.services.values():
            for entry in service.environments.values():
                yield entry.place

    def told_in(self) -> tuple[str, ...]:
        """Where the bot tells of itself: in the ops channel, or wherever runs are shown."""
        cards = dict.fromkeys(service.cards for service in self.services.values() if service.cards)
        return (self.ops,) if self.ops else tuple(cards)

    def bound(self, channel: str) -> tuple[str | None, str | None]:
        """(service, environment) that a channel stands for; None where it stands for none or several."""
        hits = {
            (service.name, environment)
            for service in self.services.values()
            for environment, channels in service.bound.items()
            if channel in channels
        }
        hits |= {
            (s.name, "")
            for s in self.services.values()
            if s.cards == channel and not any(h[0] == s.name for h in hits)
        }
        hits |= {(one.service, one.environment) for one in self.rooms.get(channel, ()) if self._has(one)}
        names = {service for service, _ in hits}
        places = {environment for _, environment in hits if environment}
        return (
            next(iter(names)) if len(names) == 1 else None,
            next(iter(places)) if len(names) == 1 and len(places) == 1 else None,
        )

    def _has(self, place: Place) -> bool:
        service = self.services.get(place.service)
        return service is not None and place.environment in ("", *service.environments)

    def scope(self, service: str | None, environment: str | None, channel: str | None = None) -> Scope:
        """The place as the policy is asked about it; one that the catalog does not know is protected."""
        entry = self.services.get(service or "")
        here = entry.environments.get(environment or "") if entry else None
        return Scope(service, environment, here.protected if here else True, channel)

    def protection(self) -> dict[str, dict[str, bool]]:
        """service → environment → protected, as the policy's loader wants it."""
        return {
            service.name: {name: entry.protected for name, entry in service.environments.items()}
            for service in self.services.values()
        }
