"""What the payment provider holds, as values, and their JSON. Reads and writes one file; knows no HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from bot.sandbox import stripe_objects as shape
from bot.sandbox.stripe_objects import Json, Object

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Account:
    """One account is one secret key."""

    id: str
    key: str = field(repr=False)
    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`listed=False`: events are held for it, but the API neither shows it nor retries to it."""

    id: str
    account: str
    url: str
    secret: str = field(repr=False)
    created: datetime
    listed: bool = True

    def shown(self) -> Object:
        return shape.webhook_endpoint(self.id, self.url, self.created, ["*"])


@dataclass(frozen=True, slots=True)
class Held:
    """An event and the endpoint it is for; `pending` until that endpoint has answered 2xx."""

    id: str
    kind: str
    account: str
    endpoint: str
    subject: Object
    created: datetime
    number: int
    pending: bool

    def shown(self) -> Object:
        return shape.event(self.id, self.kind, self.subject, self.created, int(self.pending))


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a POST with an idempotency key was answered."""

    request: str
    status: int
    body: Object
    request_id: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API, for assertions."""

    method: str
    path: str
    idempotency_key: str | None
    status: int | None


@dataclass(slots=True)
class Store:
    accounts: dict[str, Account] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    events: dict[str, Held] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)  # by account and idempotency key

    def by_key(self, key: str) -> Account | None:
        return next((account for account in self.accounts.values() if account.key == key), None)

    def events_of(self, account: Account, now: datetime) -> list[Held]:
        """Newest first, as the API shows them; older than 30 days are gone."""
        held = (e for e in self.events.values() if e.account == account.id and now - e.created <= KEPT)
        return sorted(held, key=lambda event: (int(event.created.timestamp()), event.number), reverse=True)

    def endpoints_of(self, account: Account) -> list[Endpoint]:
        """Those that the API shows, newest first."""
        held = (e for e in self.endpoints.values() if e.account == account.id and e.listed)
        return sorted(held, key=lambda endpoint: endpoint.created, reverse=True)

    def undelivered(self, endpoint: str | None = None) -> list[str]:
        """Event ids, oldest first."""
        held = [e for e in self.events.values() if e.pending and endpoint in (None, e.endpoint)]
        return [event.id for event in sorted(held, key=lambda event: (event.created, event.number))]

    def settle(self, event_id: str) -> None:
        self.events[event_id] = replace(self.events[event_id], pending=False)

    def dump(self) -> str:
        parts = {
            "accounts": [
                _plain(a.id, key=a.key, name=a.name, created=_text(a.created)) for a in self.accounts.values()
            ],
            "endpoints": [_endpoint(endpoint) for endpoint in self.endpoints.values()],
            "events": [_event(event) for event in self.events.values()],
            "remembered": {
                key: {"request": r.request, "status": r.status, "body": r.body, "request_id": r.request_id}
                for key, r in self.remembered.items()
            },
        }
        return json.dumps(parts, indent=1)


def load(text: str) -> Store:
    parts = json.loads(text)
    accounts = (
        Account(id=a["id"], key=a["key"], name=a["name"], created=_time(a["created"])) for a in parts["accounts"]
    )
    endpoints = (Endpoint(**{**e, "created": _time(e["created"])}) for e in parts["endpoints"])
    events = (Held(**{**e, "created": _time(e["created"])}) for e in parts["events"])
    return Store(
        accounts={account.id: account for account in accounts},
        endpoints={endpoint.id: endpoint for endpoint in endpoints},
        events={event.id: event for event in events},
        remembered={key: Remembered(**r) for key, r in parts["remembered"].items()},
    )


def read(file: Path) -> Store:
    return load(file.read_text()) if file.exists() else Store()


def write(file: Path, text: str) -> None:
    """Whole or not at all: a killed process never leaves half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(0o600)
    draft.replace(file)


def _endpoint(endpoint: Endpoint) -> Mapping[str, Json]:
    return _plain(
        endpoint.id,
        account=endpoint.account,
        url=endpoint.url,
        secret=endpoint.secret,
        created=_text(endpoint.created),
        listed=endpoint.listed,
    )


def _event(event: Held) -> Mapping[str, Json]:
    return _plain(
        event.id,
        kind=event.kind,
        account=event.account,
        endpoint=event.endpoint,
        subject=cast("Json", event.subject),
        created=_text(event.created),
        number=event.number,
        pending=event.pending,
    )


def _plain(identity: str, **values: Json) -> Mapping[str, Json]:
    return {"id": identity, **values}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
