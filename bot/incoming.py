"""Webhooks of others: verified by their raw bytes, then recorded once, then answered. Nothing of a body is kept.

What is forged or unknown is counted, never written; while PostgreSQL is away the sender is asked to send again.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot import metrics
from bot.db import database, events, webhooks
from bot.db.bell import Bell
from bot.db.database import AWAY, Connection, Pool
from bot.db.records import PostgresRecords
from bot.domain import card as cards
from bot.domain.catalog import Catalog, Place
from bot.domain.errors import ProviderError
from bot.domain.event import Kind
from bot.domain.incoming import Forged, Incoming, Malformed, Notice, Receiver, storable
from bot.domain.incoming_card import monitor_card, watch_says
from bot.domain.json import JsonObject
from bot.logs import Seldom
from bot.providers.webhooks import WebhooksSettings

log = structlog.get_logger()

PATIENCE_S = 8.0
AT_ONCE = 4
"""Deliveries that are written side by side: a flood of them must not take the connections of people's commands."""

SECTION = "webhooks"


@dataclass(frozen=True, slots=True)
class Letter:
    """A request to /webhooks/<name>/<service>.<environment>[/<token>], not looked at yet."""

    name: str
    place: str
    token: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """says: for whoever sets it up; never more than they know."""

    status: int
    says: str


class Webhooks:
    """`receive` never raises but for its own cancellation."""

    def __init__(
        self,
        pool: Pool,
        bell: Bell,
        receivers: Mapping[str, Receiver],
        catalog: Callable[[], Catalog],
        secret: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._bell = bell
        self._receivers = receivers
        self._catalog = catalog
        self._secret = secret
        self._clock = clock
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._seldom = Seldom()

    async def receive(self, letter: Letter) -> Reply:
        found = self._addressed(letter)
        if found is None:
            return self._counted("unknown", "unknown", 404, "no such webhook")
        place, receiver, secret = found
        try:
            notice = receiver.read(self._opened(letter, self._secret(secret)))
        except Forged as why:
            return self._counted(receiver.kind, "forged", 401, "not verified", why=str(why))
        except Malformed as why:
            return self._counted(receiver.kind, "malformed", 400, str(why), why=str(why))
        except ProviderError as error:
            return self._counted(receiver.kind, "not set up", 503, "not set up", why=str(error))
        except Exception:
            log.exception("webhook.broke", kind=receiver.kind)
            return self._counted(receiver.kind, "malformed", 400, "not in a form that is known")
        if notice is None:
            return self._counted(receiver.kind, "ignored", 200, "thank you; nothing to note")
        return await self._kept(place, letter.name, receiver, storable(notice))

    def _addressed(self, letter: Letter) -> tuple[Place, Receiver, str] | None:
        """(place, receiver, name of the secret) that an address stands for."""
        service, _, environment = letter.place.partition(".")
        place = Place(service, environment)
        catalog = self._catalog()
        known = service in catalog.services and environment in catalog.services[service].environments
        settings = catalog.at(place).sections.get(SECTION) if known else None
        if not isinstance(settings, WebhooksSettings) or letter.name not in settings.root:
            return None
        return place, self._receivers[settings.kind(letter.name)], settings.root[letter.name].secret

    def _opened(self, letter: Letter, secret: str) -> Incoming:
        bearer = letter.headers.get("authorization", "")
        token = letter.token or (bearer[7:] if bearer[:7].lower() == "bearer " else "")
        return Incoming(letter.headers, letter.body, secret, self._clock(), token, letter.query)

    async def _kept(self, place: Place, name: str, receiver: Receiver, notice: Notice) -> Reply:
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                self._turn,
                self._pool.acquire() as connection,
                connection.transaction(),
            ):
                fresh = await webhooks.claim(connection, place, name, notice)
                if fresh:
                    await _record(connection, place, name, receiver, notice)
        except AWAY as error:
            return self._counted(
                receiver.kind, "away", 503, "not recorded; please send again", why=type(error).__name__
            )
        if not fresh:
            return self._counted(receiver.kind, "repeated", 200, "known already")
        self._bell.ring("outbox")
        return self._counted(receiver.kind, "recorded", 200, "recorded")

    def _counted(self, kind: str, result: str, status: int, says: str, why: str = "") -> Reply:
        metrics.WEBHOOKS.labels(kind, result).inc()
        if why and self._seldom.due(f"{kind} {result} {why}"):
            log.warning("webhook.refused", kind=kind, result=result, why=why)
        return Reply(status, says)


async def _record(connection: Connection, place: Place, name: str, receiver: Receiver, notice: Notice) -> None:
    """The burst's count, what a monitor says now, and the event: together or not at all."""
    now = await database.now(connection)
    burst = await webhooks.count(connection, place, name, notice.kind)
    at = min(notice.at or now, now)
    body: JsonObject = {
        "provider": receiver.kind,
        "from": receiver.title,
        "name": name,
        "kind": notice.kind,
        "says": notice.says,
        "link": notice.link,
        "at": at.isoformat(),
        "since": burst.since.isoformat(),
        "count": burst.count,
    }
    if notice.monitor:
        notice = replace(notice, at=at)
        body |= {"monitor": notice.monitor, "state": notice.state}
        if await webhooks.monitor_changed(connection, place, name, notice, at):
            body["card"] = cards.to_json(monitor_card(place, notice, await _watch(connection, place)))
    await events.record(
        connection, Kind.WEBHOOK_RECEIVED, service=place.service, environment=place.environment, body=body
    )


async def _watch(connection: Connection, place: Place) -> str:
    state = await PostgresRecords(connection).get("health", place, "state") or {}
    return watch_says(str(state.get("state", "")), str(state.get("since") or ""))


def unset_secrets(catalog: Catalog, variable: Callable[[str], str]) -> list[str]:
    """A webhook whose secret is not set could only be believed unseen: one sentence each."""
    return [
        f"{name} is missing: webhook '{entry}' of {place} cannot be verified without it. "
        "Set it, or leave the webhook out of catalog.yml."
        for place, entry, name in _secrets(catalog)
        if not variable(name.removeprefix("$"))
    ]


def _secrets(catalog: Catalog) -> Iterator[tuple[Place, str, str]]:
    for place in catalog.places():
        settings = catalog.at(place).sections.get(SECTION)
        if isinstance(settings, WebhooksSettings):
            for name, one in settings.root.items():
                yield place, name, one.secret


def expected(catalog: Catalog) -> bool:
    """Whether anybody may call at all."""
    return any(True for _ in _secrets(catalog))
