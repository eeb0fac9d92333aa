"""Stripe: the key, the webhook endpoint, undelivered events and the two ways to deliver one again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from bot.domain.capability import Check, Checks
from bot.domain.checkup import Doctor
from bot.domain.errors import ProviderError
from bot.providers.registry import Context, Provider
from bot.providers.stripe.checks import checks
from bot.providers.stripe.client import StripeApi
from bot.providers.stripe.doctor import StripeDoctor
from bot.providers.stripe.incoming import RECEIVER
from bot.providers.stripe.models import Answer, Endpoint, Route, StripeEvent, StripeSettings
from bot.providers.stripe.webhooks import Seen, StripeWebhooks

__all__ = ["PROVIDER", "RECEIVERS", "Answer", "Endpoint", "Route", "StripeEvent", "StripeSettings", "StripeWebhooks"]


@dataclass(frozen=True, slots=True)
class StripeChecks:
    """Stripe's part of /health."""

    all: tuple[Check, ...]

    def checks(self) -> Sequence[Check]:
        return self.all


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, StripeSettings)  # noqa: S101 - the registry parsed it with this very model
    webhooks = webhooks_of(settings, context)
    key = context.secret(settings.key)
    doctor = StripeDoctor(webhooks.api, key, settings.key, context.entry.protected, context.clock)
    shown = StripeChecks(checks(webhooks, str(context.entry.place)))
    return {StripeWebhooks: webhooks, Checks: shown, Doctor: doctor}


def webhooks_of(settings: StripeSettings, context: Context) -> StripeWebhooks:
    if context.entry.url is None:
        raise ProviderError(
            "stripe",
            f"{context.entry.place} has a `stripe` section and no `url`, so nobody knows where its webhooks go.",
            "Add `url` to the environment in the catalog.",
        )
    return StripeWebhooks(
        StripeApi(context.secret(settings.key), settings.api, settings.key, context.http),
        context.http,
        context.entry.url.rstrip("/") + settings.webhook,
        context.secret(settings.signing_secret) if settings.signing_secret else None,
        settings.seen or "",
        _seen(settings.seen, context),
        context.clock,
    )


def _seen(column: str | None, context: Context) -> Seen | None:
    """Asks the service's own table, where the catalog names both the table and a database."""
    if column is None or "postgres" not in context.entry.sections:
        return None

    async def seen(events: Sequence[str]) -> frozenset[str]:
        databases = context.keys()
        if not databases:
            raise ProviderError(
                "postgres",
                f"The database that holds {column} is not set up here, so it is not known which events were seen.",
                "Look at it with /health.",
            )
        return await databases[0].held(column, events)

    return seen


RECEIVERS = (RECEIVER,)
PROVIDER = Provider("stripe", StripeSettings, offers, gives=(StripeWebhooks, Checks))
