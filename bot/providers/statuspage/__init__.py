"""A page at Atlassian Statuspage where people outside read how a service is: written to, once for each update."""

from collections.abc import Mapping

from pydantic import BaseModel

from bot.domain.capability import StatusPage
from bot.domain.checkup import Doctor
from bot.providers.registry import Context, Provider
from bot.providers.statuspage.client import StatuspageApi
from bot.providers.statuspage.doctor import StatuspageDoctor
from bot.providers.statuspage.models import StatuspageSettings
from bot.providers.statuspage.page import Statuspage

__all__ = ["PROVIDER", "StatuspageSettings"]


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, StatuspageSettings)  # noqa: S101 - the registry parsed it with this very model
    api = StatuspageApi(context.http, settings.api, settings.page, context.secret(settings.token), settings.token)
    return {StatusPage: Statuspage(api, settings), Doctor: StatuspageDoctor(api, settings)}


PROVIDER = Provider("statuspage", StatuspageSettings, offers, gives=(StatusPage,))
