"""Checks over HTTP from the catalog's `health`: status, JSON fields and latency, several tries each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from pydantic import BaseModel

from bot.domain.capability import Check, Checks
from bot.domain.errors import ProviderError
from bot.providers.http.checks import HttpCheck
from bot.providers.http.models import HealthSettings
from bot.providers.registry import Context, Provider

__all__ = ["PROVIDER", "HealthSettings"]


@dataclass(frozen=True, slots=True)
class HttpChecks:
    """`bot.domain.capability.Checks` of one environment's addresses."""

    settings: HealthSettings
    base: str
    http: httpx.AsyncClient
    context: Context

    def checks(self) -> Sequence[Check]:
        default = self.context.service.thresholds.p95
        return tuple(HttpCheck(one, self.base, self.http, one.slow or default) for one in self.settings.root)


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, HealthSettings)  # noqa: S101 - the registry parsed it with this very model
    if context.entry.url is None:
        raise ProviderError(
            "http", f"{context.entry.place} names `health` but no `url`.", "Add `url` beside it in the catalog."
        )
    return {Checks: HttpChecks(settings, context.entry.url, context.http, context)}


PROVIDER = Provider("health", HealthSettings, offers)
