"""The sandbox's payment provider and a small service that verifies signatures with the official SDK."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from aiohttp import web
from pydantic import BaseModel

from bot.domain.capability import Keys
from bot.domain.catalog import EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.providers.registry import Context
from bot.providers.stripe import StripeSettings, StripeWebhooks, webhooks_of
from bot.sandbox.payments import Payments
from bot.sandbox.stripe_objects import Object

KEY, SECRET = "sk_test_lantern", "whsec_lantern"


@dataclass
class Service:
    """Takes webhooks; `answers` overrides the status by event id ("" for all), `silent` never answers."""

    url: str = ""
    got: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    silent: bool = False
    checks_signature: bool = True
    busy: int = 0
    most_busy: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        if self.checks_signature:
            try:
                stripe.WebhookSignature.verify_header(
                    body, request.headers.get("Stripe-Signature", ""), SECRET, tolerance=300
                )
            except stripe.SignatureVerificationError:
                return web.Response(status=400)
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        await asyncio.sleep(0)
        self.busy -= 1
        event = str(json.loads(body)["id"])
        status = self.answers.get(event, self.answers.get("", 200))
        if self.silent:
            await self.closing.wait()
        if status < 300:
            self.got.append(event)
        return web.Response(status=status)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    app = web.Application()
    app.router.add_post("/stripe/webhook", made.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.closing.set()
    await runner.cleanup()


class PostgresSection(BaseModel):
    """Stands for the catalog's section; what is asked of it goes to `keys`."""


@dataclass
class Shop:
    """An account with one endpoint (listed or not) at the payment provider."""

    payments: Payments
    account: Any
    endpoint: Any

    def add(self, event_id: str, *, intent: str = "", ago: timedelta = timedelta(minutes=5), delivered: bool = False,
            kind: str = "payment_intent.succeeded") -> str:  # fmt: skip
        subject: Object = {"id": intent or f"pi_{event_id}", "object": "payment_intent"}
        at = datetime.now(UTC) - ago
        return self.payments.add_event(
            kind, subject, at, endpoint=self.endpoint.id, delivered=delivered, event_id=event_id
        )


@pytest.fixture
async def payments(tmp_path: Path) -> AsyncIterator[Payments]:
    made = Payments(tmp_path / "payments", retry_delay_s=0.01)
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def shop_at(payments: Payments, service: Service) -> Callable[..., Shop]:
    def make(*, listed: bool = True) -> Shop:
        account = payments.add_account("Lantern", KEY, datetime.now(UTC) - timedelta(days=90))
        url = service.url + "/stripe/webhook"
        endpoint = payments.add_endpoint(account, url, SECRET, datetime.now(UTC), listed=listed)
        return Shop(payments, account, endpoint)

    return make


@pytest.fixture
async def webhooks_at(
    payments: Payments, service: Service, tmp_path: Path
) -> AsyncIterator[Callable[..., StripeWebhooks]]:
    async with httpx.AsyncClient(trust_env=False) as http:

        def make(*, key: str = KEY, keys: Keys | None = None, **settings: object) -> StripeWebhooks:
            secrets = {"$KEY": key, "$SECRET": SECRET}
            sections: dict[str, BaseModel] = {"postgres": PostgresSection()} if keys else {}
            entry = EnvironmentEntry(Place("shop", "production"), True, service.url, sections)
            owner = ServiceEntry("shop", None, (), None, {}, Thresholds(), {"production": entry})
            context = Context(
                owner,
                entry,
                secrets.__getitem__,
                lambda: datetime.now(UTC),
                tmp_path,
                http,
                lambda: (keys,) if keys else (),
            )
            made = StripeSettings.model_validate({"key": "$KEY", "api": payments.url, **settings})
            return webhooks_of(made, context)

        yield make
