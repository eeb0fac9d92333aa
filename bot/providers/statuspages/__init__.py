"""Status pages of the vendors that a service depends on: part of /health, and news when one changes."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.domain.capability import Checks, StatusPages
from bot.providers.registry import Context, Provider
from bot.providers.statuspages.models import StatusPageSettings
from bot.providers.statuspages.pages import VendorPages

__all__ = ["PROVIDER", "StatusPageSettings"]


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, StatusPageSettings)  # noqa: S101 - the registry parsed it with this very model
    pages = VendorPages(settings.pages(), context.http, context.clock)
    return {Checks: pages, StatusPages: pages}


PROVIDER = Provider("depends_on", StatusPageSettings, offers, gives=(StatusPages, Checks))
