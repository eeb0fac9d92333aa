"""What people outside are told, as a signed webhook to whatever page the company has itself."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.domain.capability import StatusPage
from bot.domain.checkup import Doctor
from bot.providers.registry import Context, Provider
from bot.providers.status_webhook.doctor import StatusWebhookDoctor
from bot.providers.status_webhook.models import StatusWebhookSettings
from bot.providers.status_webhook.page import StatusWebhook

__all__ = ["PROVIDER", "StatusWebhookSettings"]


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, StatusWebhookSettings)  # noqa: S101 - the registry parsed it with this very model
    secret = context.secret(settings.secret)
    page = StatusWebhook(context.http, settings.url, secret, context.clock)
    return {StatusPage: page, Doctor: StatusWebhookDoctor(settings, secret)}


PROVIDER = Provider("status_webhook", StatusWebhookSettings, offers, gives=(StatusPage,))
