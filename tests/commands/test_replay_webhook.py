"""/replay-webhook: what it would send where, in which order, and that nothing is ever sent twice by itself."""

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

import commands
from bot.domain import replay_card
from bot.domain.card import Card, Tone
from bot.domain.catalog import EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.command import Environment, EventRef, Service, Since
from bot.domain.errors import Impossible, ProviderError
from bot.domain.parse import Parsed, parse_line
from bot.domain.plan import Plan, drift
from bot.domain.replay import Fate, chains
from bot.domain.words import plain
from bot.providers.registry import Context
from bot.providers.stripe import StripeSettings, StripeWebhooks, webhooks_of
from bot.sandbox.payments import Payments
from bot.sandbox.stripe_objects import Object
from commands.replay_webhook import COMMAND, ReplayWebhook, execute, plan

PLACE = Place("shop", "production")
KEY, SECRET = "sk_test_lantern", "whsec_lantern"
HOUR = timedelta(hours=1)


@dataclass
class Till:
    """Takes signed webhooks and keeps the order; `answers` overrides the status by event id ("" for all)."""

    url: str = ""
    got: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    most: int = 0
    now: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        stripe.WebhookSignature.verify_header(body, request.headers["Stripe-Signature"], SECRET, tolerance=300)
        event = str(json.loads(body)["id"])
        self.tried.append(event)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        if event in self.silent:
            await self.closing.wait()
        status = self.answers.get(event, self.answers.get("", 200))
        if status < 300:
            self.got.append(event)
        return web.Response(status=status)


@pytest.fixture
async def service() -> AsyncIterator[Till]:
    made = Till()
    app = web.Application()
    app.router.add_post("/stripe/webhook", made.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.closing.set()
    await runner.cleanup()


@dataclass
class Shop:
    """A shop whose endpoint Stripe lists (`way` asked) or does not (`way` signed)."""

    payments: Payments
    service: Till
    http: httpx.AsyncClient
    stepping: Callable[..., Any]
    ahead: timedelta = timedelta()
    seen_already: frozenset[str] = frozenset()
    numbers: int = 41
    endpoint: str = ""
    way: str = ""

    def at(self, way: str) -> "Shop":
        account = self.payments.add_account("Lantern", KEY, datetime.now(UTC) - timedelta(days=90))
        url = self.service.url + "/stripe/webhook"
        made = self.payments.add_endpoint(account, url, SECRET, datetime.now(UTC), listed=way == "asked")
        self.endpoint = made.id
        self.way = way
        return self

    def add(
        self, name: str, *, intent: str = "", ago: timedelta = timedelta(minutes=9), delivered: bool = False
    ) -> None:
        subject: Object = {"id": intent or f"pi_{name}", "object": "payment_intent"}
        at = datetime.now(UTC) - ago
        kind, ours = "payment_intent.succeeded", self.endpoint
        self.payments.add_event(kind, subject, at, endpoint=ours, delivered=delivered, event_id=f"evt_{name}")

    def running(self) -> Any:
        self.numbers += 1
        return self.stepping(self.numbers, {StripeWebhooks: [self.webhooks()]})

    def webhooks(self) -> StripeWebhooks:
        entry = EnvironmentEntry(PLACE, True, self.service.url, {})
        owner = ServiceEntry("shop", None, (), None, {}, Thresholds(), {"production": entry})
        secrets = {"$KEY": KEY, "$SECRET": SECRET}
        context = Context(
            owner, entry, secrets.__getitem__, lambda: datetime.now(UTC) + self.ahead, Path(), self.http
        )
        settings = StripeSettings(
            key="$KEY", api=self.payments.url, signing_secret="$SECRET" if self.way == "signed" else None
        )
        made = webhooks_of(settings, context)
        if not self.seen_already:
            return made

        async def seen(events: Any) -> frozenset[str]:
            return self.seen_already & {*events}

        return StripeWebhooks(made.api, made.http, made.url, made.signing_secret, "events.event_id", seen, made.clock)

    async def plan(self, **options: Any) -> Plan:
        return await plan(request(**options), self.running())

    async def replay(self, **options: Any) -> Card:
        running = self.running()
        return await execute(request(**options), await plan(request(**options), running), running)


def request(*, event: str = "", since: timedelta | None = HOUR, again: tuple[str, ...] = ()) -> ReplayWebhook:
    return ReplayWebhook(
        Service("shop"),
        Environment("production"),
        EventRef(event) if event else None,
        Since(datetime.now(UTC) - since) if since else None,
        tuple(map(EventRef, again)),
    )


@pytest.fixture
async def shop(
    tmp_path: Path, service: Till, stepping: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    monkeypatch.setattr("commands.replay_webhook.ARRIVES_WITHIN", timedelta(seconds=1))
    monkeypatch.setattr("bot.providers.stripe.webhooks.SEND", 0.5)
    monkeypatch.setattr("bot.providers.stripe.client._TIMEOUT_S", 0.5)
    payments = Payments(tmp_path / "payments", retry_delay_s=0.01)
    await payments.start()
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Shop(payments, service, http, stepping)
    await payments.close()


def body(card: Card) -> str:
    return plain("\n".join(str(part) for part in card.body))


WAYS = pytest.mark.parametrize("way", ["asked", "signed"])

# --- the plan ------------------------------------------------------------------------------------------------


async def test_the_plan_names_the_events_the_url_and_the_way_through_stripe(shop: Shop) -> None:
    shop.at("asked")
    for name in ("b", "a"):
        shop.add(name)
    found = await shop.plan()
    told = plain("\n".join(found.tells))
    assert found.question == "Replay 2 webhooks to shop production"
    assert "2 events: payment_intent.succeeded ×2" in told
    assert f"(endpoint {shop.endpoint})" in told
    assert shop.service.url in told
    assert found.binds == {
        "place": "shop production",
        "events": ["evt_b", "evt_a"],
        "url": shop.service.url + "/stripe/webhook",
        "way": "asked",
        "endpoint": shop.endpoint,
        "again": [],
    }
    assert shop.service.tried == []


async def test_the_plan_says_when_we_sign(shop: Shop) -> None:
    shop.at("signed").add("a")
    found = await shop.plan()
    assert "signed by us and sent straight to" in plain("\n".join(found.tells))
    assert (found.binds["way"], found.binds["endpoint"]) == ("signed", "")


async def test_an_event_more_is_a_drift(shop: Shop) -> None:
    shop.at("asked").add("a")
    before = await shop.plan()
    shop.add("b")
    assert drift(before.binds, (await shop.plan()).binds) == ["events was evt_a, now evt_a, evt_b"]


async def test_there_is_nothing_to_do_without_undelivered_events(shop: Shop) -> None:
    shop.at("asked").add("a", delivered=True)
    assert (await shop.plan()).nothing_to_do.startswith("shop production has no webhook to replay since")


async def test_events_that_the_service_has_are_left_out(shop: Shop) -> None:
    shop.at("asked")
    shop.add("a")
    shop.add("b")
    shop.seen_already = frozenset({"evt_a"})
    found = await shop.plan()
    assert found.binds["events"] == ["evt_b"]
    assert "1 event is left out: the service has it (events.event_id)" in plain("\n".join(found.tells))


async def test_one_event_can_be_named_even_if_stripe_calls_it_delivered(shop: Shop) -> None:
    shop.at("asked").add("a", delivered=True)
    assert (await shop.plan(event="evt_a", since=None)).binds["events"] == ["evt_a"]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"since": None}, "Say which webhooks"), ({"event": "evt_nothing", "since": None}, r"refuses \(404\)")],
)
async def test_what_cannot_be_planned_says_why(shop: Shop, options: dict[str, Any], says: str) -> None:
    shop.at("asked")
    with pytest.raises((Impossible, ProviderError), match=says):
        await shop.plan(**options)


# --- delivering --------------------------------------------------------------------------------------------


@WAYS
async def test_six_of_six_arrive_and_a_second_run_sends_nothing(shop: Shop, way: str) -> None:
    shop.at(way)
    for n in range(6):
        shop.add(str(n))
    card = await shop.replay()
    assert (card.tone, card.title) == (Tone.OK, "6 of 6 webhooks delivered to shop production")
    assert sorted(shop.service.got) == [f"evt_{n}" for n in range(6)]
    assert (await shop.plan()).nothing_to_do
    assert len(shop.service.tried) == 6


@WAYS
async def test_events_of_one_object_arrive_in_order_and_others_at_once(shop: Shop, way: str) -> None:
    shop.at(way)
    for n in range(4):
        shop.add(f"a{n}", intent="pi_a")
        shop.add(f"b{n}", intent="pi_b")
    assert (await shop.replay()).tone is Tone.OK
    for name in "ab":
        mine = [event for event in shop.service.got if event.startswith(f"evt_{name}")]
        assert mine == [f"evt_{name}{n}" for n in range(4)]
    assert shop.service.most > 1


async def test_a_refusal_holds_back_what_comes_after_it_for_the_same_object(shop: Shop) -> None:
    shop.at("signed")
    for name in ("a1", "a2"):
        shop.add(name, intent="pi_a")
    shop.add("b")
    shop.service.answers["evt_a1"] = 500
    card = await shop.replay()
    assert (card.tone, card.title) == (Tone.FAIL, "1 of 3 webhooks delivered to shop production")
    assert "Refused 1: answered 500 (evt_a1)" in body(card)
    assert "Not sent 1: evt_a1, about the same object, did not arrive (evt_a2)" in body(card)
    assert "evt_a2" not in shop.service.tried


async def test_what_was_refused_may_be_sent_again(shop: Shop, memory_records: Any) -> None:
    shop.at("signed").add("a")
    shop.service.answers["evt_a"] = 500
    assert (await shop.replay()).tone is Tone.FAIL
    shop.service.answers.clear()
    assert (await shop.replay()).tone is Tone.OK
    states = {key: row["state"] for key, row in memory_records.of("replay").items()}
    assert states == {"evt_a": "refused", "evt_a#2": "delivered"}


async def test_a_service_that_takes_nothing_is_left_in_peace(shop: Shop) -> None:
    shop.at("signed")
    for n in range(40):
        shop.add(f"{n:02}")
    shop.service.answers[""] = 500
    card = await shop.replay()
    assert 8 <= len(shop.service.tried) <= 16
    assert "none of the first" in body(card)


async def test_an_unknown_outcome_is_listed_and_sent_again_only_by_name(shop: Shop) -> None:
    shop.at("signed").add("a")
    shop.service.silent.add("evt_a")
    card = await shop.replay()
    assert (card.tone, "did not answer in time" in body(card)) == (Tone.UNKNOWN, True)
    assert [button.ask for button in card.buttons] == ["/replay-webhook shop production --again evt_a"]
    found = await shop.plan()
    assert "does not know whether it arrived (evt_a)" in found.nothing_to_do
    shop.service.silent.clear()
    assert (await shop.replay(since=None, again=("evt_a",))).tone is Tone.OK
    assert shop.service.tried == ["evt_a", "evt_a"]


async def test_an_unanswered_ask_at_stripe_is_unknown(shop: Shop) -> None:
    shop.at("asked").add("a")
    shop.payments.fail_next("/v1/events/evt_a/retry", "timeout")
    card = await shop.replay()
    assert (card.tone, "Stripe did not answer in time" in body(card)) == (Tone.UNKNOWN, True)


async def test_a_plan_asks_for_all_that_was_tried_at_once(shop: Shop, memory_records: Any) -> None:
    shop.at("asked")
    for n in range(12):
        shop.add(str(n))
    row = {"state": "refused", "run": "R-7", "at": datetime.now(UTC).isoformat(), "says": ""}
    await memory_records.claim("replay", PLACE, "evt_3", row)
    found = await shop.plan()
    assert len(found.binds["events"]) == 12  # type: ignore[arg-type]
    assert memory_records.asked == 2  # the first attempts at all, the second at one


async def test_a_row_that_a_crash_left_counts_as_unknown(shop: Shop, memory_records: Any) -> None:
    shop.at("signed").add("a")
    at = datetime.now(UTC).isoformat()
    await memory_records.claim("replay", PLACE, "evt_a", {"state": "sending", "run": "R-7", "at": at, "says": ""})
    assert "does not know whether it arrived" in (await shop.plan()).nothing_to_do
    assert shop.service.tried == []


async def test_asked_and_not_arrived_is_called_asked_and_may_be_asked_again_later(shop: Shop) -> None:
    shop.at("asked").add("a")
    shop.service.answers[""] = 500
    card = await shop.replay()
    assert (card.tone, "asked at Stripe, not there after 1 s" in body(card)) == (Tone.WARN, True)
    assert "asked at Stripe less than a minute ago" in (await shop.plan()).nothing_to_do
    shop.service.answers.clear()
    shop.ahead = timedelta(seconds=61)
    assert (await shop.replay()).tone is Tone.OK
    assert shop.service.tried == ["evt_a", "evt_a"]


@WAYS
async def test_two_runs_at_once_send_each_event_once(shop: Shop, way: str) -> None:
    shop.at(way)
    for n in range(10):
        shop.add(str(n))
    runs = [shop.running() for _ in range(3)]
    plans = [await plan(request(), running) for running in runs]
    cards = await asyncio.gather(*(execute(request(), made, run) for made, run in zip(plans, runs, strict=True)))
    assert sorted(shop.service.tried) == [f"evt_{n}" for n in range(10)]
    assert sum(int(card.title.split()[0]) for card in cards) == 10


async def test_two_runs_after_a_refusal_send_it_once_more_not_twice(shop: Shop) -> None:
    shop.at("signed").add("a")
    shop.service.answers["evt_a"] = 500
    await shop.replay()
    shop.service.answers.clear()
    runs = [shop.running() for _ in range(2)]
    plans = [await plan(request(), running) for running in runs]
    await asyncio.gather(*(execute(request(), made, run) for made, run in zip(plans, runs, strict=True)))
    assert shop.service.tried == ["evt_a", "evt_a"]


async def test_asked_events_carry_one_idempotency_key_per_attempt(shop: Shop) -> None:
    shop.at("asked").add("a")
    await shop.replay()
    keys = [one.idempotency_key for one in shop.payments.requests if one.method == "POST"]
    assert keys == ["7c01e9a0-0000-4000-8000-000000000042:evt_a:1"]


async def test_a_long_replay_has_steps_between_which_it_can_be_stopped(shop: Shop) -> None:
    shop.at("signed")
    for n in range(45):
        shop.add(f"{n:02}")
    running = shop.running()
    found = await plan(request(), running)
    await execute(request(), found, running)
    assert tuple(running.said) == found.steps == ("look up", "send 1–40", "send 41–45", "verify")


# --- pure parts ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tied:
    id: str
    ties: frozenset[str]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["1a", "2b", "3c"], ["1", "2", "3"]),
        (["1a", "2b", "3a"], ["13", "2"]),
        (["1a", "2b", "3ab", "4b"], ["1234"]),
        (["1", "2", "1"], ["11", "2"]),
        (["1ab", "2bc", "3cd", "4e"], ["123", "4"]),
        ([], []),
    ],
)
def test_events_that_share_an_object_form_one_chain(events: list[str], expected: list[str]) -> None:
    made = chains(Tied(text[0], frozenset(text[1:])) for text in events)
    assert ["".join(event.id for event in chain) for chain in made] == expected


@pytest.mark.parametrize(
    "line",
    [
        "/replay-webhook shop production --since 2h",
        "/replay-webhook shop production evt_1Qx",
        "/replay-webhook shop production --again evt_1 --again evt_2",
    ],
)
def test_the_lines_that_cards_offer_can_be_typed(a_catalog: Any, line: str) -> None:
    parsed = parse_line({COMMAND.name: COMMAND}, a_catalog, line, channel="", now=datetime.now(UTC))
    assert isinstance(parsed, Parsed)


def test_every_fate_has_its_words() -> None:
    assert set(replay_card._HEADS) == set(replay_card._TOLD) == set(Fate)


def test_both_commands_are_found() -> None:
    assert {"/rollback", "/replay-webhook"} <= set(commands.find())
