"""Stripe's API through the official SDK, against the sandbox's payment provider."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.errors import Impossible, ProviderError
from bot.providers.stripe import StripeWebhooks

Make = Callable[..., Any]
HOUR = timedelta(hours=1)


def since(ago: timedelta) -> datetime:
    return datetime.now(UTC) - ago


async def test_undelivered_events_come_oldest_first_over_several_pages(shop_at: Make, webhooks_at: Make) -> None:
    shop, webhooks = shop_at(), webhooks_at()
    names = [f"evt_{n:03}" for n in range(230)]
    for n, name in enumerate(names):
        shop.add(name, ago=timedelta(minutes=50) - timedelta(seconds=n))
    shop.add("evt_done", delivered=True)
    shop.add("evt_old", ago=timedelta(hours=3))
    found = await webhooks.undelivered(since(HOUR), await webhooks.endpoint())
    assert [event.id for event in found] == names


async def test_events_of_one_second_keep_the_order_in_which_they_happened(shop_at: Make, webhooks_at: Make) -> None:
    shop, webhooks = shop_at(), webhooks_at()
    for name in ("evt_b", "evt_a", "evt_c"):
        shop.add(name, ago=timedelta(minutes=5))
    found = await webhooks.undelivered(since(HOUR), None)
    assert [event.id for event in found] == ["evt_b", "evt_a", "evt_c"]


async def test_an_event_knows_the_objects_it_is_about(shop_at: Make, webhooks_at: Make) -> None:
    shop = shop_at()
    subject = {"id": "cs_1", "object": "checkout.session", "payment_intent": "pi_1", "customer": {"id": "cus_1"}}
    shop.payments.add_event(
        "checkout.session.completed",
        subject,
        since(HOUR),
        endpoint=shop.endpoint.id,
        delivered=False,
        event_id="evt_1",
    )
    assert (await webhooks_at().event("evt_1")).ties == {"cs_1", "pi_1", "cus_1"}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (401, "refuses the key in $KEY"),
        (403, "may not do this"),
        (404, "refuses (404)"),
        (429, "too many requests"),
        (500, "answers 500"),
    ],
)
async def test_a_read_that_fails_says_why(shop_at: Make, webhooks_at: Make, fault: int, says: str) -> None:
    shop, webhooks = shop_at(), webhooks_at()
    shop.payments.fail_next("/v1/webhook_endpoints", fault, times=3)
    with pytest.raises(ProviderError) as caught:
        await webhooks.endpoint()
    assert says in str(caught.value)
    assert caught.value.changed == "nothing"


async def test_a_read_is_repeated_and_an_ask_is_not(shop_at: Make, webhooks_at: Make) -> None:
    shop, webhooks = shop_at(), webhooks_at()
    shop.add("evt_1")
    shop.payments.fail_next("/v1/events/evt_1", 500)
    assert (await webhooks.event("evt_1")).id == "evt_1"
    shop.payments.fail_next("/v1/events/evt_1/retry", 500)
    with pytest.raises(ProviderError) as caught:
        await webhooks.ask("evt_1", shop.endpoint.id, "key-1")
    assert caught.value.changed == "unknown"
    assert [r.path for r in shop.payments.requests if r.method == "POST"] == ["/v1/events/evt_1/retry"]


async def test_an_ask_that_is_not_answered_is_called_unknown(
    shop_at: Make, webhooks_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.providers.stripe.client._TIMEOUT_S", 0.2)
    shop, webhooks = shop_at(), webhooks_at()
    shop.add("evt_1")
    shop.payments.fail_next("/v1/events/evt_1/retry", "timeout_after")
    with pytest.raises(ProviderError) as caught:
        await webhooks.ask("evt_1", shop.endpoint.id, "key-1")
    assert (caught.value.changed, caught.value.what) == ("unknown", "Stripe did not answer in time.")


async def test_an_ask_that_never_left_changed_nothing(shop_at: Make, webhooks_at: Make) -> None:
    webhooks = webhooks_at(api="http://127.0.0.1:1")
    with pytest.raises(ProviderError) as caught:
        await webhooks.ask("evt_1", "we_1", "key-1")
    assert (caught.value.changed, caught.value.what) == ("nothing", "Stripe cannot be reached.")


async def test_an_ask_carries_our_own_idempotency_key(shop_at: Make, webhooks_at: Make, service: Any) -> None:
    shop, webhooks = shop_at(), webhooks_at()
    shop.add("evt_1")
    for _ in range(2):
        await webhooks.ask("evt_1", shop.endpoint.id, "run-1:evt_1:1")
    asked = [request for request in shop.payments.requests if request.method == "POST"]
    assert {request.idempotency_key for request in asked} == {"run-1:evt_1:1"}


@pytest.mark.parametrize("event", ["evt_1/../../v1/account", "../account", "evt_", "pi_1", "evt_1?x=1"])
async def test_nothing_but_an_event_id_gets_into_a_path(shop_at: Make, webhooks_at: Make, event: str) -> None:
    shop, webhooks = shop_at(), webhooks_at()
    with pytest.raises(ProviderError, match="not the id of an event"):
        await webhooks.event(event)
    assert shop.payments.requests == []


async def test_stripe_is_asked_where_it_lists_the_endpoint(shop_at: Make, webhooks_at: Make) -> None:
    shop, webhooks = shop_at(), webhooks_at(signing_secret="$SECRET")
    route = webhooks.route(await webhooks.endpoint())
    assert (route.way, route.endpoint, route.url) == ("asked", shop.endpoint.id, webhooks.url)


async def test_we_sign_only_where_the_catalog_names_the_secret(shop_at: Make, webhooks_at: Make) -> None:
    shop_at(listed=False)
    signing: StripeWebhooks = webhooks_at(signing_secret="$SECRET")
    assert signing.route(await signing.endpoint()).way == "signed"
    with pytest.raises(Impossible, match="lists no endpoint"):
        webhooks_at().route(None)


async def test_a_signed_delivery_is_accepted_by_the_sdk(shop_at: Make, webhooks_at: Make, service: Any) -> None:
    shop_at(listed=False).add("evt_1")
    answer = await webhooks_at(signing_secret="$SECRET").send("evt_1")
    assert (answer.accepted, service.got) == (True, ["evt_1"])


async def test_a_signed_delivery_that_is_not_answered_is_unknown(
    shop_at: Make, webhooks_at: Make, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.providers.stripe.webhooks.SEND", 0.2)
    shop_at(listed=False).add("evt_1")
    service.silent = True
    with pytest.raises(ProviderError) as caught:
        await webhooks_at(signing_secret="$SECRET").send("evt_1")
    assert caught.value.changed == "unknown"


async def test_a_gateway_that_stopped_waiting_is_unknown_too(shop_at: Make, webhooks_at: Make, service: Any) -> None:
    shop_at(listed=False).add("evt_1")
    service.answers[""] = 504
    with pytest.raises(ProviderError) as caught:
        await webhooks_at(signing_secret="$SECRET").send("evt_1")
    assert caught.value.changed == "unknown"


async def test_more_events_than_are_read_are_refused_rather_than_cut(
    shop_at: Make, webhooks_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.providers.stripe.client.MOST_EVENTS", 100)
    shop, webhooks = shop_at(), webhooks_at()
    for n in range(101):
        shop.add(f"evt_{n:03}")
    with pytest.raises(ProviderError, match="More than 100 events are undelivered"):
        await webhooks.undelivered(since(HOUR), None)
