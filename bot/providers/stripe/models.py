"""The catalog's `stripe` section, and the parts of Stripe's replies that we read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.address import web_address
from bot.domain.catalog import SecretName

EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,250}")
_COLUMN = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_$]{0,62}\.){1,2}[A-Za-z_][A-Za-z0-9_$]{0,62}")


def _api(value: str) -> str:
    parts = web_address(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("write only https:// and the host, like https://api.stripe.com")
    return value.rstrip("/")


def _path(value: str) -> str:
    if not value.startswith("/") or value.startswith("//") or re.search(r"[\s?#]", value):
        raise ValueError("write the path of the service's webhook endpoint, like /stripe/webhook")
    return value


def _column(value: str) -> str:
    if not _COLUMN.fullmatch(value):
        raise ValueError("write table.column (or schema.table.column), like stripe_webhook_events.event_id")
    return value


class StripeSettings(BaseModel):
    """seen: the service's own column of event ids it has processed. signing_secret: allows self-signed replays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: SecretName
    webhook: Annotated[str, AfterValidator(_path)] = "/stripe/webhook"
    seen: Annotated[str, AfterValidator(_column)] | None = None
    signing_secret: SecretName | None = None
    api: Annotated[str, AfterValidator(_api)] | None = None


class Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Requirements(Reply):
    currently_due: list[str] | None = None
    disabled_reason: str | None = None


class Account(Reply):
    """GET /v1/account."""

    id: str
    charges_enabled: bool | None = None
    requirements: Requirements | None = None


class Endpoint(Reply):
    """One of GET /v1/webhook_endpoints."""

    id: str
    url: str
    status: str = "enabled"
    enabled_events: list[str] = Field(default_factory=lambda: ["*"])

    def wants(self, kind: str) -> bool:
        return "*" in self.enabled_events or kind in self.enabled_events


class Subject(Reply):
    """The ids in an event's `data.object` that tie it to other events; an expanded object counts by its id."""

    id: str | None = None
    payment_intent: "str | Subject | None" = None
    charge: "str | Subject | None" = None
    invoice: "str | Subject | None" = None
    subscription: "str | Subject | None" = None
    customer: "str | Subject | None" = None

    def ties(self) -> frozenset[str]:
        linked = (self.payment_intent, self.charge, self.invoice, self.subscription, self.customer)
        ids = {one.id if isinstance(one, Subject) else one for one in (self.id, *linked)}
        return frozenset(one for one in ids if one)


class Data(Reply):
    object: Subject


class EventReply(Reply):
    """One of GET /v1/events."""

    id: str
    type: str
    created: int
    pending_webhooks: int = 0
    livemode: bool = False
    data: Data


class EventPage(Reply):
    data: list[EventReply]
    has_more: bool = False


class EndpointPage(Reply):
    data: list[Endpoint]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """ties: ids of the objects it is about; events that share one are sent in order."""

    id: str
    kind: str
    created: datetime
    pending: int
    ties: frozenset[str]
    live: bool


Way = Literal["asked", "signed"]


@dataclass(frozen=True, slots=True)
class Route:
    """How events get to the service: asked at Stripe for this endpoint, or signed by us and sent to the URL."""

    way: Way
    url: str
    endpoint: str = ""  # we_…, when asked at Stripe


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered to a delivery of ours."""

    status: int

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


def event_of(reply: EventReply) -> StripeEvent:
    return StripeEvent(
        reply.id,
        reply.type,
        datetime.fromtimestamp(reply.created, UTC),
        reply.pending_webhooks,
        reply.data.object.ties(),
        reply.livemode,
    )
