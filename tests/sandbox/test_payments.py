"""The payment provider as the official SDK sees it, and its deliveries as a service sees them."""

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import stripe
from aiohttp import web

from bot.sandbox import stripe_objects as shape
from bot.sandbox.payments import Payments
from bot.sandbox.stripe_store import Account, Endpoint

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")  # the SDK's own way to POST

KEY, SECRET = "sk_test_lantern", "whsec_lantern"
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Service:
    """A webhook endpoint that verifies with the SDK and answers what the test wants."""

    url: str = ""
    answer: int = 200
    events: list[stripe.Event] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.events.append(stripe.Webhook.construct_event(body, request.headers["Stripe-Signature"], SECRET))
        self.arrived.set()
        return web.Response(status=self.answer)


@dataclass(frozen=True)
class Shop:
    payments: Payments
    service: Service
    account: Account
    endpoint: Endpoint
    client: stripe.StripeClient

    def event(
        self, kind: str = "payment_intent.succeeded", ago: timedelta = timedelta(), *, delivered: bool = False
    ) -> str:
        at = NOW - ago
        subject = shape.payment_intent("pi_1", 4900, at)
        return self.payments.add_event(kind, subject, at, endpoint=self.endpoint.id, delivered=delivered)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.router.add_post("/stripe/webhook", service.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/stripe/webhook"
    yield service
    await runner.cleanup()


@pytest.fixture
async def shop(tmp_path: Path, service: Service) -> AsyncIterator[Shop]:
    payments = Payments(tmp_path, retry_delay_s=0)
    await payments.start()
    account = payments.add_account("Lantern Shop", KEY, NOW - timedelta(days=40))
    endpoint = payments.add_endpoint(account, service.url, SECRET, NOW)
    async with sdk(payments, KEY) as client:
        yield Shop(payments, service, account, endpoint, client)
    await payments.close()


class sdk:  # noqa: N801 - reads as a verb
    """The official client on the provider; its HTTP session is closed at the end."""

    def __init__(self, payments: Payments, key: str) -> None:
        self._http = stripe.HTTPXClient(timeout=5)
        self.client = stripe.StripeClient(key, http_client=self._http, base_addresses={"api": payments.url})

    async def __aenter__(self) -> stripe.StripeClient:
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]


async def test_the_sdk_reads_account_balance_and_endpoints(shop: Shop) -> None:
    account = await shop.client.v1.accounts.retrieve_current_async()
    balance = await shop.client.v1.balance.retrieve_async()
    endpoints = await shop.client.v1.webhook_endpoints.list_async()
    assert (account.id, account.charges_enabled) == (shop.account.id, True)
    assert balance.available[0].currency == "gbp"
    assert [(e.id, e.url, e.status) for e in endpoints.data] == [(shop.endpoint.id, shop.service.url, "enabled")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["e0", "e1", "e2", "e3"]),
        ({"delivery_success": False}, ["e0", "e2"]),
        ({"delivery_success": True}, ["e1", "e3"]),
        ({"created": {"gte": int((NOW - timedelta(minutes=10)).timestamp())}}, ["e0", "e1"]),
        ({"created": {"gt": int((NOW - timedelta(minutes=10)).timestamp())}}, ["e0"]),
        ({"created": {"lt": int((NOW - timedelta(minutes=10)).timestamp())}}, ["e2", "e3"]),
        ({"created": {"lte": int((NOW - timedelta(minutes=10)).timestamp())}}, ["e1", "e2", "e3"]),
        ({"type": "charge.refunded"}, ["e3"]),
        ({"type": "payment_intent.*"}, ["e0", "e1", "e2"]),
        ({"types": ["charge.refunded", "payment_intent.payment_failed"]}, ["e2", "e3"]),
        ({"limit": 2}, ["e0", "e1"]),
        ({"starting_after": "e1"}, ["e2", "e3"]),
        ({"ending_before": "e2", "limit": 1}, ["e1"]),
    ],
)
async def test_events_are_listed_newest_first_as_asked(
    shop: Shop, wanted: dict[str, object], found: list[str]
) -> None:
    kinds = (
        "payment_intent.succeeded",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.refunded",
    )
    ids = {
        f"e{n}": shop.event(kind, timedelta(minutes=10 * n), delivered=n % 2 == 1)
        for n, kind in reversed([*enumerate(kinds)])
    }
    shop.event(ago=timedelta(days=31))
    asked = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in wanted.items()}
    page = await shop.client.v1.events.list_async(asked)  # type: ignore[arg-type]
    assert [event.id for event in page.data] == [ids[name] for name in found]


async def test_every_page_is_found_once(shop: Shop) -> None:
    ids = [shop.event(ago=timedelta(minutes=n // 3)) for n in range(25)]
    page = await shop.client.v1.events.list_async({"limit": 10})
    seen = [event.id async for event in page.auto_paging_iter()]
    assert (len(seen), set(seen), page.has_more) == (25, set(ids), True)


async def test_a_retry_delivers_a_signed_event_and_settles_it(shop: Shop) -> None:
    event_id = shop.event()
    await retry(shop, event_id)
    await asyncio.wait_for(shop.service.arrived.wait(), 5)
    await until(shop, lambda: shop.payments.undelivered() == [])
    assert [event.id for event in shop.service.events] == [event_id]
    event = await shop.client.v1.events.retrieve_async(event_id)
    assert (event.pending_webhooks, event.data.object["id"]) == (0, "pi_1")


async def test_a_delivery_that_is_refused_stays_undelivered(shop: Shop) -> None:
    shop.service.answer = 500
    event_id = shop.event()
    delivery = await shop.payments.deliver(event_id)
    assert (delivery.status, delivery.ok) == (500, False)
    assert shop.payments.undelivered(shop.endpoint.id) == [event_id]


async def test_a_delivery_that_nobody_takes_says_so(shop: Shop) -> None:
    shop.payments.move_endpoint(shop.endpoint.id, "http://127.0.0.1:1/stripe/webhook")
    delivery = await shop.payments.deliver(shop.event())
    assert delivery.status is None
    assert delivery.error


async def test_the_same_idempotency_key_delivers_once(shop: Shop) -> None:
    event_id = shop.event()
    first = await retry(shop, event_id, key="R-42:1")
    await asyncio.wait_for(shop.service.arrived.wait(), 5)
    again = await retry(shop, event_id, key="R-42:1")
    await shop.payments.deliver(event_id)
    assert len(shop.service.events) == 2  # the retry's and ours, none for the repeated key
    assert again["Idempotent-Replayed"] == "true"
    assert again["Original-Request"] == first["Request-Id"]


async def test_the_same_key_for_another_request_is_refused(shop: Shop) -> None:
    await retry(shop, shop.event(), key="R-42:1")
    with pytest.raises(stripe.IdempotencyError):
        await retry(shop, shop.event(), key="R-42:1")


async def test_an_unlisted_endpoint_is_neither_shown_nor_retried_to(shop: Shop) -> None:
    hidden = shop.payments.add_endpoint(shop.account, shop.service.url, SECRET, NOW, listed=False)
    subject = shape.payment_intent("pi_2", 100, NOW)
    event_id = shop.payments.add_event("payment_intent.succeeded", subject, NOW, endpoint=hidden.id, delivered=False)
    endpoints = await shop.client.v1.webhook_endpoints.list_async()
    assert [endpoint.id for endpoint in endpoints.data] == [shop.endpoint.id]
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook endpoint"):
        await retry(shop, event_id, endpoint=hidden.id)


async def test_one_account_never_sees_the_other(shop: Shop) -> None:
    shop.event()
    shop.payments.add_account("Lantern Shop staging", "sk_test_staging", NOW)
    async with sdk(shop.payments, "sk_test_staging") as other:
        assert (await other.v1.events.list_async()).data == []


Wrong = Callable[[Shop], Awaitable[object]]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        (lambda shop: shop.client.v1.events.retrieve_async("evt_nobody"), 404, "resource_missing"),
        (lambda shop: shop.client.v1.events.list_async({"starting_after": "evt_nobody"}), 404, "resource_missing"),
        (lambda shop: shop.client.v1.events.list_async({"limit": 101}), 400, None),
        (lambda shop: shop.client.v1.events.list_async({"type": "a", "types": ["b"]}), 400, None),
        (lambda shop: shop.client.v1.events.list_async({"colour": "red"}), 400, "parameter_unknown"),
        (lambda shop: shop.client.v1.events.list_async({"created": "yesterday"}), 400, "parameter_invalid_integer"),
        (lambda shop: retry(shop, shop.event(), endpoint=""), 400, None),
        (lambda shop: shop.client.v1.customers.list_async(), 404, None),
    ],
)
async def test_a_wrong_request_is_refused_in_stripes_words(
    shop: Shop, wrong: Wrong, status: int, code: str | None
) -> None:
    shop.event()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await wrong(shop)
    assert (refused.value.http_status, refused.value.code) == (status, code)
    assert str(refused.value.request_id).startswith("req_")


async def test_an_unknown_key_is_refused_and_not_repeated_whole(shop: Shop) -> None:
    async with sdk(shop.payments, "sk_test_somebody_else_1234") as stranger:
        with pytest.raises(stripe.AuthenticationError) as refused:
            await stranger.v1.accounts.retrieve_current_async()
    assert refused.value.http_status == 401
    assert "somebody" not in str(refused.value)
    async with httpx.AsyncClient() as client:
        reply = await client.get(f"{shop.payments.url}/v1/account")
    assert (reply.status_code, reply.json()["error"]["type"]) == (401, "invalid_request_error")


async def test_a_fault_fails_only_what_it_names_and_only_so_often(shop: Shop) -> None:
    shop.payments.fail_next("/v1/events", 500, times=2)
    await shop.client.v1.balance.retrieve_async()
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await shop.client.v1.events.list_async()
    assert (await shop.client.v1.events.list_async()).data == []


@pytest.mark.parametrize(("fault", "delivered"), [("timeout", 0), ("timeout_after", 1)])
async def test_a_retry_without_an_answer_may_or_may_not_have_happened(shop: Shop, fault: str, delivered: int) -> None:
    event_id = shop.event()
    shop.payments.fail_next(f"/v1/events/{event_id}/retry", "timeout" if fault == "timeout" else "timeout_after")
    async with httpx.AsyncClient(timeout=0.5) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(
                f"{shop.payments.url}/v1/events/{event_id}/retry",
                data={"webhook_endpoint": shop.endpoint.id},
                headers={"Authorization": f"Bearer {KEY}"},
            )
    assert len(shop.service.events) == delivered


async def test_the_next_start_has_what_was_there(tmp_path: Path, shop: Shop) -> None:
    waiting, done = shop.event(), shop.event(delivered=True)
    await retry(shop, done, key="R-1:1")
    await asyncio.wait_for(shop.service.arrived.wait(), 5)
    await shop.payments.close()
    second = Payments(tmp_path)
    await second.start()
    try:
        assert (second.undelivered(), second.store.accounts) == ([waiting], shop.payments.store.accounts)
        assert second.store.remembered == shop.payments.store.remembered
        assert second.store.events[done].shown() == shop.payments.store.events[done].shown()
    finally:
        await second.close()
    assert (tmp_path / "payments.json").stat().st_mode & 0o077 == 0


@pytest.mark.skipif("SPECS_DIR" not in os.environ, reason="SPECS_DIR names no folder of specifications")
@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("event", shape.event("evt_1", "charge.refunded", shape.payment_intent("pi_1", 1, NOW), NOW)),
        ("payment_intent", shape.payment_intent("pi_1", 1, NOW)),
        ("checkout.session", shape.checkout_session("cs_1", "pi_1", 1, NOW)),
        ("webhook_endpoint", shape.webhook_endpoint("we_1", "https://a.example", NOW, ["*"])),
        ("balance", shape.balance(1, 2)),
        ("account", shape.account("acct_1", "A", NOW)),
    ],
)
def test_our_objects_have_no_field_that_stripes_own_samples_lack(name: str, ours: shape.Object) -> None:
    with gzip.open(Path(os.environ["SPECS_DIR"]) / "stripe" / "fixtures3.json.gz") as file:
        sample = json.load(file)["resources"][name]
    assert set(ours) <= set(sample)
    assert {
        n for n in ours if sample[n] is not None and ours[n] is not None and type(ours[n]) is not type(sample[n])
    } == set()


async def retry(shop: Shop, event_id: str, *, key: str | None = None, endpoint: str | None = None) -> dict[str, str]:
    """The call that the SDK has no method for; the headers of its answer."""
    options: dict[str, str] = {"idempotency_key": key} if key else {}
    reply = await shop.client.raw_request_async(
        "post",
        f"/v1/events/{event_id}/retry",
        webhook_endpoint=shop.endpoint.id if endpoint is None else endpoint,
        **options,
    )
    return {str(name).title(): str(value) for name, value in dict(reply.headers).items()}


async def until(shop: Shop, true: Callable[[], bool]) -> None:
    """Deliveries end after their answer has been read: ask for each until it holds."""
    async with asyncio.timeout(5):
        while not true():
            await shop.client.v1.balance.retrieve_async()
