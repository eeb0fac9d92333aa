"""The catalog's `webhooks`: who may tell us something about an environment, each with a secret of its own."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.domain.checkup import Doctor
from bot.providers.registry import Context, Provider
from bot.providers.webhooks.doctor import WebhooksDoctor
from bot.providers.webhooks.generic import RECEIVER
from bot.providers.webhooks.models import WebhookSettings, WebhooksSettings

__all__ = ["PROVIDER", "RECEIVERS", "WebhookSettings", "WebhooksSettings"]

RECEIVERS = (RECEIVER,)


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    """Nothing to look at, since it is the others who call; the doctor tells where."""
    assert isinstance(settings, WebhooksSettings)  # noqa: S101 - the registry parsed it with this very model
    return {Doctor: WebhooksDoctor(settings, context.entry.place, context.secret)}


PROVIDER = Provider("webhooks", WebhooksSettings, offers)
