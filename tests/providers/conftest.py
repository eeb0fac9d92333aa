"""What every provider's test needs: a context of one environment with a real HTTP client."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.domain.catalog import EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.errors import ProviderError
from bot.providers.registry import Context

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)


@pytest.fixture
async def plain_http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def context_for(tmp_path: Path, plain_http: httpx.AsyncClient) -> Callable[..., Context]:
    """`context_for(url=…, secrets={"$SHOP_DB": …}, thresholds=…)`: shop production."""

    def make(
        url: str | None = None,
        secrets: dict[str, str] | None = None,
        thresholds: Thresholds | None = None,
        **others: Any,
    ) -> Context:
        def secret(name: str) -> str:
            if name not in (secrets or {}):
                raise ProviderError("environment", f"{name} is not set.")
            return (secrets or {})[name]

        entry = EnvironmentEntry(Place("shop", "production"), True, url, {})
        service = ServiceEntry("shop", None, (), None, {}, thresholds or Thresholds(), {"production": entry})
        context = Context(service, entry, secret, lambda: NOW, tmp_path, plain_http)
        return replace(context, **others)

    return make
