"""Which provider offers what at which place: walks the folders beside it, builds on first use, shares one client.

It never guesses: a capability that nothing offers is refused with the line that the catalog lacks.
"""

import asyncio
import contextlib
import functools
import importlib
import pkgutil
import ssl
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

import httpx
from pydantic import BaseModel

import bot.providers
from bot.connecting import watched
from bot.domain.address import forbidden
from bot.domain.capability import Capability, Check, Checks, Finding, Keys
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry
from bot.domain.errors import Impossible, ProviderError
from bot.domain.incoming import Receiver
from bot.domain.words import code

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


@dataclass(frozen=True, slots=True)
class Context:
    """What a provider is given to work for one environment."""

    service: ServiceEntry
    entry: EnvironmentEntry
    secret: Callable[[str], str]  # "$NAME" → its value; ProviderError naming the variable when it is missing
    clock: Callable[[], datetime]
    data_dir: Path
    http: httpx.AsyncClient
    keys: Callable[[], Sequence[Keys]] = tuple  # the databases of this place, asked when they are wanted
    scratch_server: Callable[[], Awaitable[str]] | None = None  # admin URI of a server where copies may be restored


@dataclass(frozen=True, slots=True)
class Provider:
    """One outside system: the catalog section that names it, that section's model, and what it can do."""

    section: str
    settings: type[BaseModel]
    offers: Callable[[BaseModel, Context], Mapping[type, object]]
    gives: tuple[type, ...] = ()  # the capabilities that `offers` may name, for the sentence when they are missing
    by_itself: bool = False  # offered with its default settings where the catalog does not name it


def find_providers() -> Mapping[str, Provider]:
    """Section name → provider, from every folder of `bot.providers` that has a PROVIDER."""
    found: dict[str, Provider] = {}
    for module in pkgutil.iter_modules(bot.providers.__path__, "bot.providers."):
        if module.ispkg:
            provider = getattr(importlib.import_module(module.name), "PROVIDER", None)
            if isinstance(provider, Provider):
                found[provider.section] = provider
    return found


def find_receivers() -> Mapping[str, Receiver]:
    """Kind of webhook → what reads it, from every folder of `bot.providers` that has RECEIVERS."""
    found: dict[str, Receiver] = {}
    for module in pkgutil.iter_modules(bot.providers.__path__, "bot.providers."):
        if module.ispkg:
            for receiver in getattr(importlib.import_module(module.name), "RECEIVERS", ()):
                found[receiver.kind] = receiver
    return found


@dataclass(slots=True)
class _Offered:
    """What one place has; `broken` are sections that could not be made, with the reason."""

    made: list[Mapping[type, object]] = field(default_factory=list)
    broken: list[tuple[str, ProviderError]] = field(default_factory=list)


class Providers:
    """Everything that the catalog names, built when it is first asked for and kept until `close`."""

    def __init__(
        self,
        catalog: Catalog,
        providers: Mapping[str, Provider],
        secret: Callable[[str], str],
        clock: Callable[[], datetime],
        data_dir: Path,
        scratch_server: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self._catalog = catalog
        self._providers = providers
        self._secret = secret
        self._clock = clock
        self._data_dir = data_dir
        self._scratch_server = scratch_server
        self._transport = httpx.AsyncHTTPTransport(verify=_known_authorities(), limits=_LIMITS, trust_env=False)
        self._http = httpx.AsyncClient(
            transport=self._transport,
            timeout=_TIMEOUT,
            trust_env=False,
            event_hooks={"request": [_may_be_asked, watched]},
        )
        self._offered: dict[Place, _Offered] = {}

    def one(self, place: Place, capability: type[Capability]) -> Capability:
        """What offers it there; Impossible with the catalog's remedy when nothing does."""
        found = self._working(place, capability)
        if found:
            return found[0]
        for _, error in self._at(place).broken:
            raise error
        raise self._lacking(place, capability)

    def all(self, place: Place, capability: type[Capability]) -> list[Capability]:
        """Everything that offers it there; of Checks also one for each section that could not be made."""
        found = self._working(place, capability)
        if capability is Checks:
            found += [cast("Capability", Broken(section, error)) for section, error in self._at(place).broken]
        return found

    def problems(self) -> list[str]:
        """What the catalog names and cannot be made, one sentence each: missing secrets above all."""
        return [
            f"{place}: {section}: {error}"
            for place in self._catalog.places()
            for section, error in self._at(place).broken
        ]

    async def close(self) -> None:
        await self._http.aclose()

    def replaced(self) -> None:
        """Others took its place: whoever holds a part goes on with it; with the last one its connections close."""
        self._offered.clear()  # they hold each other; without this nobody would ever be the last
        weakref.finalize(self._http, _close_soon, asyncio.get_running_loop(), self._transport).atexit = False

    def _working(self, place: Place, capability: type[Capability]) -> list[Capability]:
        offered = (made.get(capability) for made in self._at(place).made)
        return [cast("Capability", one) for one in offered if one is not None]

    def _at(self, place: Place) -> _Offered:
        if place not in self._offered:
            self._offered[place] = self._build(place)
        return self._offered[place]

    def _build(self, place: Place) -> _Offered:
        service = self._catalog.services[place.service]
        entry = service.environments[place.environment]
        context = Context(
            service,
            entry,
            self._secret,
            self._clock,
            self._data_dir,
            self._http,
            partial(self._working, place, Keys),
            self._scratch_server,
        )
        offered = _Offered()
        for name, provider in self._providers.items():
            settings = entry.sections.get(name) or (provider.settings() if provider.by_itself else None)
            if settings is not None:
                try:
                    offered.made.append(provider.offers(settings, context))
                except ProviderError as error:
                    offered.broken.append((name, error))
        return offered

    def _lacking(self, place: Place, capability: type) -> Impossible:
        sections = [name for name, provider in self._providers.items() if capability in provider.gives]
        if not sections:
            return Impossible(
                f"{place} has nothing in the catalog that offers this.", "Name it there, then ask again."
            )
        names = " or ".join(code(name) for name in sections)
        return Impossible(
            f"{place} has no {names} in the catalog.", f"Add {names} under that environment, then ask again."
        )


_closing: set[asyncio.Task[None]] = set()


async def _may_be_asked(request: httpx.Request) -> None:
    """Asked before every request of every provider, also of one that an answer leads to."""
    if why := forbidden(request.url.host):
        raise httpx.ConnectError(why, request=request)


@functools.cache
def _known_authorities() -> ssl.SSLContext:
    """Read once a process: it takes 20 ms, and each reload of the catalog opens its providers anew."""
    return httpx.create_ssl_context()


def _close_soon(loop: asyncio.AbstractEventLoop, transport: httpx.AsyncHTTPTransport) -> None:
    """From whatever thread let go; a loop that has ended took the connections with it."""

    def begin() -> None:
        closing = loop.create_task(transport.aclose())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)

    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(begin)


@dataclass(frozen=True, slots=True)
class Broken:
    """Stands for a section that could not be made, so that /health says so instead of leaving it out."""

    section: str
    error: ProviderError

    def checks(self) -> Sequence[Check]:
        return (_NotMade(self.section, self.error),)


@dataclass(frozen=True, slots=True)
class _NotMade:
    name: str
    error: ProviderError
    deadline: timedelta = timedelta(seconds=1)

    async def look(self) -> Finding:
        return Finding(self.name, "unknown", str(self.error), "not set up")
