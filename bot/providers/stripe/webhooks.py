"""Webhooks of one place: which are undelivered, which were seen, and the two ways to deliver one again.

Decides nothing: `/replay-webhook` plans, claims and orders; this asks, sends and looks.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from stripe import WebhookSignature

from bot.domain.errors import Impossible, ProviderError
from bot.providers.stripe.client import StripeApi
from bot.providers.stripe.models import Answer, Endpoint, Route, StripeEvent

SEND = httpx.Timeout(20.0, connect=5.0)
KEPT = timedelta(days=30)  # Stripe forgets older events
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
Seen = Callable[[Sequence[str]], Awaitable[frozenset[str]]]


@dataclass(frozen=True, slots=True)
class StripeWebhooks:
    """What `look.provider(place, StripeWebhooks)` gives."""

    api: StripeApi
    http: httpx.AsyncClient
    url: str  # where the service takes webhooks
    signing_secret: str | None
    seen_in: str  # "stripe_webhook_events.event_id", or empty when the catalog names no table
    read_seen: Seen | None
    clock: Callable[[], datetime]

    async def endpoint(self) -> Endpoint | None:
        """What Stripe lists for our URL; an enabled one first."""
        ours = [one for one in await self.api.endpoints() if _same(one.url, self.url)]
        return min(ours, key=lambda one: one.status != "enabled", default=None)

    def route(self, endpoint: Endpoint | None) -> Route:
        """Through Stripe where it lists the endpoint, else signed by us where the catalog allows that."""
        if endpoint is not None and endpoint.status == "enabled":
            return Route("asked", self.url, endpoint.id)
        if self.signing_secret is not None:
            return Route("signed", self.url)
        if endpoint is not None:
            raise Impossible(
                f"Stripe has switched off the endpoint for {self.url} ({endpoint.id}).",
                "Switch it on in Stripe's dashboard, then ask again.",
            )
        raise Impossible(
            f"Stripe lists no endpoint for {self.url}, and the catalog names no `signing_secret` there.",
            "Add the endpoint at Stripe, or name `stripe.signing_secret` in the catalog to send them signed by us.",
        )

    async def undelivered(self, since: datetime, endpoint: Endpoint | None) -> tuple[StripeEvent, ...]:
        """Oldest first; without the kinds that our endpoint does not ask for."""
        now = self.clock()
        found = await self.api.undelivered(max(since, now - KEPT), now)
        return tuple(event for event in found if endpoint is None or endpoint.wants(event.kind))

    async def event(self, event_id: str) -> StripeEvent:
        return await self.api.event(event_id)

    async def seen(self, events: Sequence[str]) -> frozenset[str]:
        """Those that the service's own table holds; none when the catalog names no table."""
        return await self.read_seen(events) if self.read_seen and events else frozenset()

    async def ask(self, event_id: str, endpoint: str, key: str) -> None:
        await self.api.ask(event_id, endpoint, key)

    async def arrived(self, event: StripeEvent) -> bool:
        """Whether an asked delivery got there: by the service's own table, else by Stripe's count.

        Stripe counts endpoints, not ours: a count that only fell is believed where there is no table to ask.
        """
        if event.id in await self.seen([event.id]):
            return True
        pending = (await self.api.event(event.id)).pending
        return pending == 0 or (self.read_seen is None and pending < event.pending)

    async def send(self, event_id: str) -> Answer:
        """Deliver it signed by us. ProviderError with changed="unknown" when nobody knows whether it arrived."""
        if self.signing_secret is None:
            raise Impossible("The catalog names no `signing_secret` there.")
        body = await self.api.payload(event_id)
        header = WebhookSignature.generate_signature_header(body, self.signing_secret, int(self.clock().timestamp()))
        status = await self.post(body, header)
        if status == httpx.codes.GATEWAY_TIMEOUT:
            raise ProviderError("service", f"{self.url} answers 504: a proxy stopped waiting.", changed="unknown")
        return Answer(status)

    async def post(self, body: str, signature: str) -> int:
        """The status that the service's endpoint answers to a body with that signature."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature,
            "User-Agent": "Watchkeeper",
        }
        try:
            reply = await self.http.post(
                self.url, content=body.encode(), headers=headers, timeout=SEND, follow_redirects=False
            )
        except _NEVER_SENT as error:
            raise ProviderError("service", f"{self.url} cannot be reached.", retryable=True) from error
        except httpx.HTTPError as error:
            raise ProviderError("service", f"{self.url} did not answer in time.", changed="unknown") from error
        return reply.status_code


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")
