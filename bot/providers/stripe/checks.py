"""What /health and the watch look at on Stripe's side of a place; a sound service refuses the probe."""

import math
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.capability import Check, Finding
from bot.domain.errors import ProviderError
from bot.domain.words import span
from bot.providers.stripe.client import MOST_EVENTS, KeyRefused, PermissionDenied, TooMany
from bot.providers.stripe.webhooks import StripeWebhooks

LOOK_BACK = timedelta(days=3)  # Stripe itself tries for three days
_DEADLINE = timedelta(seconds=15)
_PROBE = '{"id": "evt_watchkeeper_probe", "object": "event", "type": "watchkeeper.probe"}'


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """The key works and the account may take payments."""

    webhooks: StripeWebhooks
    name: str = "Stripe key"
    deadline: timedelta = _DEADLINE

    async def look(self) -> Finding:
        try:
            account = await self.webhooks.api.account()
        except PermissionDenied:
            return Finding(self.name, "ok", "is valid (it may not read the account)", "valid")
        except KeyRefused as error:
            return Finding(self.name, "fail", error.what, "refused")
        except ProviderError as error:
            return Finding(self.name, "unknown", error.what, "no answer")
        if account.charges_enabled is False:
            why = account.requirements.disabled_reason if account.requirements else None
            return Finding(
                self.name, "fail", f"Stripe has switched off charges ({why or 'no reason given'})", "charges off"
            )
        return Finding(self.name, "ok", "works", "")


@dataclass(frozen=True, slots=True)
class SignatureProbe:
    """A webhook with a wrong signature must be refused: a service that takes it believes anybody."""

    webhooks: StripeWebhooks
    name: str = "bad signature"
    deadline: timedelta = _DEADLINE

    async def look(self) -> Finding:
        at = int(self.webhooks.clock().timestamp())
        try:
            status = await self.webhooks.post(_PROBE, f"t={at},v1={'0' * 64}")
        except ProviderError as error:
            late = error.changed == "unknown"
            return Finding("Webhook endpoint", "unknown" if late else "fail", error.what, "no answer")
        if status in (400, 401, 403):
            return Finding(self.name, "ok", f"refused with {status}", "refused")
        return Finding("Webhook endpoint", "fail", _verdict(status), str(status))


@dataclass(frozen=True, slots=True)
class UndeliveredCheck:
    """Events that the service has not got, and whether Stripe has an endpoint to send them to."""

    webhooks: StripeWebhooks
    place: str
    name: str = "Webhooks"
    deadline: timedelta = _DEADLINE

    async def look(self) -> Finding:
        try:
            return await self._look()
        except TooMany:
            return Finding(self.name, "fail", f"more than {MOST_EVENTS:,} undelivered", f"over {MOST_EVENTS:,}")
        except ProviderError as error:
            return Finding(self.name, "unknown", error.what, "no answer")

    async def _look(self) -> Finding:
        webhooks = self.webhooks
        endpoint = await webhooks.endpoint()
        if endpoint is None and webhooks.signing_secret is None:
            return Finding(self.name, "fail", f"Stripe lists no endpoint for {webhooks.url}", "no endpoint")
        if endpoint is not None and endpoint.status != "enabled":
            return Finding(self.name, "fail", "Stripe has switched off the endpoint", "endpoint off")
        now = webhooks.clock()
        events = await webhooks.undelivered(now - LOOK_BACK, endpoint)
        seen = await webhooks.seen([event.id for event in events])
        missing = [event for event in events if event.id not in seen]
        if not missing:
            return Finding(self.name, "ok", "all delivered", "all delivered")
        age = now - min(event.created for event in missing)
        return _missing(self.name, self.place, len(missing), age)


def checks(webhooks: StripeWebhooks, place: str) -> tuple[Check, ...]:
    return (KeyCheck(webhooks), SignatureProbe(webhooks), UndeliveredCheck(webhooks, place))


def since(age: timedelta) -> str:
    """The shortest round option that covers that age: 2h, 30h, 3d."""
    hours = max(2, math.ceil(age / timedelta(hours=1)) + (1 if age > timedelta(hours=1) else 0))
    return f"{hours}h" if hours <= 48 else f"{min(30, math.ceil(hours / 24))}d"


def _missing(name: str, place: str, count: int, age: timedelta) -> Finding:
    webhooks = "webhook" if count == 1 else "webhooks"
    return Finding(
        name,
        "fail",
        f"{count} undelivered, oldest {span(age)}",
        f"{count} undelivered",
        ask=f"/replay-webhook {place} --since {since(age)}",
        ask_label=f"Replay {count} {webhooks}…",
    )


def _verdict(status: int) -> str:
    if 200 <= status < 300:
        return f"accepts unsigned webhooks: a wrong signature gets {status}, wants 400"
    if status in (404, 405):
        return f"answers {status} to a webhook: there is no endpoint at that path"
    return f"answers {status} to a wrong signature, wants 400"
