"""What /health finds on Stripe's side of a place."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.capability import Finding
from bot.providers.stripe.checks import checks, since

Make = Callable[..., Any]
PLACE = "shop production"


async def look(webhooks: Any) -> list[Finding]:
    return [await check.look() for check in checks(webhooks, PLACE)]


async def test_a_sound_place_is_fine_in_few_words(shop_at: Make, webhooks_at: Make) -> None:
    shop_at()
    assert [(one.state, one.check, one.brief) for one in await look(webhooks_at())] == [
        ("ok", "Stripe key", ""),
        ("ok", "bad signature", "refused"),
        ("ok", "Webhooks", "all delivered"),
    ]


async def test_undelivered_events_are_counted_with_the_oldest_and_a_way_on(shop_at: Make, webhooks_at: Make) -> None:
    shop = shop_at()
    for n in range(6):
        shop.add(f"evt_{n}", ago=timedelta(minutes=14 - n))
    found = (await look(webhooks_at()))[2]
    assert (found.state, found.says) == ("fail", "6 undelivered, oldest 14 min")
    assert (found.ask, found.ask_label) == ("/replay-webhook shop production --since 2h", "Replay 6 webhooks…")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (200, "accepts unsigned webhooks"),
        (404, "there is no endpoint at that path"),
        (500, "answers 500 to a wrong signature"),
    ],
)
async def test_a_wrong_signature_must_be_refused(
    shop_at: Make, webhooks_at: Make, service: Any, status: int, says: str
) -> None:
    shop_at()
    service.checks_signature = False
    service.answers[""] = status
    found = (await look(webhooks_at()))[1]
    assert (found.state, says in found.says) == ("fail", True)


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_each_kind_of_refusal_will_do(shop_at: Make, webhooks_at: Make, service: Any, status: int) -> None:
    shop_at()
    service.checks_signature = False
    service.answers[""] = status
    assert (await look(webhooks_at()))[1].state == "ok"


async def test_a_refused_key_fails_and_is_never_shown(shop_at: Make, webhooks_at: Make) -> None:
    shop_at()
    key, _, events = await look(webhooks_at(key="sk_test_wrong"))
    assert (key.state, events.state) == ("fail", "unknown")
    assert "$KEY" in key.says
    assert "sk_test" not in f"{key} {events}"


async def test_a_key_without_the_right_to_read_the_account_is_valid(shop_at: Make, webhooks_at: Make) -> None:
    shop_at().payments.fail_next("/v1/account", 403)
    assert (await look(webhooks_at()))[0].state == "ok"


async def test_no_answer_from_stripe_is_unknown_not_failed(
    shop_at: Make, webhooks_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_at()
    found = await look(webhooks_at(api="http://127.0.0.1:1"))
    assert [one.state for one in found] == ["unknown", "ok", "unknown"]


async def test_an_endpoint_that_stripe_does_not_list_gets_nothing(shop_at: Make, webhooks_at: Make) -> None:
    shop_at(listed=False)
    found = (await look(webhooks_at()))[2]
    assert (found.state, "lists no endpoint" in found.says) == ("fail", True)


async def test_it_is_fine_where_the_catalog_says_that_we_sign(shop_at: Make, webhooks_at: Make) -> None:
    shop_at(listed=False)
    assert (await look(webhooks_at(signing_secret="$SECRET")))[2].state == "ok"


@pytest.mark.parametrize(
    ("age", "option"),
    [
        (timedelta(minutes=14), "2h"),
        (timedelta(hours=1, minutes=50), "3h"),
        (timedelta(hours=5, minutes=1), "7h"),
        (timedelta(days=3), "4d"),
        (timedelta(days=40), "30d"),
    ],
)
def test_the_offered_time_covers_the_oldest(age: timedelta, option: str) -> None:
    assert since(age) == option


class OneColumn:
    """A database whose one column holds these keys."""

    def __init__(self, *keys: str) -> None:
        self.keys = frozenset(keys)

    async def held(self, column: str, keys: Sequence[str]) -> frozenset[str]:
        assert column == "events.event_id"
        return self.keys & frozenset(keys)


async def test_events_that_the_service_has_are_not_called_undelivered(shop_at: Make, webhooks_at: Make) -> None:
    shop = shop_at()
    for name in ("evt_1", "evt_2", "evt_3"):
        shop.add(name)
    webhooks = webhooks_at(keys=OneColumn("evt_1", "evt_2"), seen="events.event_id")
    found = await checks(webhooks, "shop production")[2].look()
    assert found.says.startswith("1 undelivered")
    assert await webhooks.arrived(await webhooks.event("evt_1"))
