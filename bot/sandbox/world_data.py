"""What people bought in the Lantern Shop and what the payment provider told of it. Pure but for the two writers."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from bot.sandbox import stripe_objects as shape
from bot.sandbox.payments import Payments

_PRICES = {"harbour": 4900, "moth": 3200, "ember": 1450, "tide": 2750}
_VAT = {"GB": 20, "IE": 23, "FR": 20, "DE": 19}
_NAMES = (
    "ada",
    "bram",
    "cleo",
    "dov",
    "esra",
    "finn",
    "gwen",
    "hugo",
    "ines",
    "jana",
    "kofi",
    "lena",
    "milo",
    "noor",
)
_TOLD = timedelta(days=6)  # how far back the provider's list of delivered events goes


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    sku: str
    quantity: int
    country: str
    created: datetime
    email: str
    session: str
    intent: str
    paid: datetime | None

    @property
    def total(self) -> int:
        return _PRICES[self.sku] * self.quantity

    @property
    def vat(self) -> int:
        percent = _VAT[self.country]
        return self.total * percent // (100 + percent)


@dataclass(frozen=True, slots=True)
class Told:
    """One event about one order."""

    event_id: str
    kind: str
    order: Order
    at: datetime


LOST = (  # six events that met a broken shop: which waiting order, what happened, how long ago
    (0, "payment_intent.succeeded", timedelta(minutes=14)),
    (1, "payment_intent.payment_failed", timedelta(minutes=11, seconds=40)),
    (1, "payment_intent.succeeded", timedelta(minutes=10, seconds=25)),
    (2, "checkout.session.completed", timedelta(minutes=7, seconds=10)),
    (3, "payment_intent.succeeded", timedelta(minutes=4, seconds=5)),
    (4, "payment_intent.succeeded", timedelta(minutes=1, seconds=30)),
)
WAITING = 5  # orders placed just before the release that nobody could settle


def orders(seed: int, count: int, now: datetime, *, waiting: int) -> list[Order]:
    """`count` orders over 38 days; the newest `waiting` of them, minutes old, are not paid yet."""
    rng = random.Random(seed)  # noqa: S311 - made-up customers
    minutes = sorted((rng.uniform(26, 38 * 24 * 60) for _ in range(count - waiting)), reverse=True)
    old = [_order(rng, number, now - timedelta(minutes=ago), now) for number, ago in enumerate(minutes, start=1)]
    fresh = [_order(rng, len(old) + 1 + index, now - timedelta(minutes=22 - index), None) for index in range(waiting)]
    return old + fresh


def told(seed: int, history: Sequence[Order]) -> list[Told]:
    """The payment event of every paid order."""
    rng = random.Random(seed + 1)  # noqa: S311
    return [
        Told(_token(rng, "evt_"), "payment_intent.succeeded", order, order.paid)
        for order in history
        if order.paid is not None
    ]


def lost(seed: int, history: Sequence[Order], now: datetime) -> list[Told]:
    """The six undelivered events. Two are about one payment intent: declined, then paid. Their order matters."""
    rng = random.Random(seed + 2)  # noqa: S311
    waiting = [order for order in history if order.paid is None][-WAITING:]
    return [Told(_token(rng, "evt_"), kind, waiting[index], now - ago) for index, kind, ago in LOST]


async def fill(database_url: str, history: Sequence[Order], events: Sequence[Told]) -> None:
    """Orders, and the events that the shop has seen."""
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        async with connection.transaction():
            await _copy_orders(connection, history)
            await connection.copy_records_to_table(
                "stripe_webhook_events",
                records=[(t.event_id, t.kind, t.order.id, t.at) for t in events],
                columns=["event_id", "type", "order_id", "received_at"],
            )
    finally:
        await connection.close()


def tell(payments: Payments, endpoint: str, events: Sequence[Told], *, delivered: bool, since: datetime) -> None:
    for event in events:
        if event.at >= since - _TOLD:
            payments.add_event(
                event.kind, subject(event), event.at, endpoint=endpoint, delivered=delivered, event_id=event.event_id
            )


def subject(event: Told) -> shape.Object:
    """The object of the event as the provider renders it."""
    order = event.order
    about = {"order": str(order.id), "sku": order.sku}
    if event.kind == "checkout.session.completed":
        return shape.checkout_session(order.session, order.intent, order.total, order.created, metadata=about)
    status = "succeeded" if event.kind == "payment_intent.succeeded" else "requires_payment_method"
    return shape.payment_intent(order.intent, order.total, order.created, status=status, metadata=about)


def _order(rng: random.Random, number: int, created: datetime, now: datetime | None) -> Order:
    """`now` None: it waits for its payment. Else nine of ten were paid within minutes."""
    paid = created + timedelta(seconds=rng.uniform(20, 400)) if now is not None and rng.random() < 0.9 else None
    return Order(
        id=number,
        sku=rng.choice(list(_PRICES)),
        quantity=rng.choice((1, 1, 1, 2, 2, 3)),
        country=rng.choice(("GB", "GB", "GB", "IE", "FR", "DE")),
        created=created,
        email=f"{rng.choice(_NAMES)}{number}@example.com",
        session=_token(rng, "cs_test_"),
        intent=_token(rng, "pi_"),
        paid=paid,
    )


async def _copy_orders(connection: asyncpg.Connection, history: Sequence[Order]) -> None:
    records = [
        (
            order.id,
            order.sku,
            order.quantity,
            order.country,
            order.total,
            order.vat,
            order.email,
            order.session,
            order.intent,
            order.paid is not None,
            order.paid,
            order.created,
        )
        for order in history
    ]
    columns = (
        "id sku quantity country total_pence vat_pence email checkout_session payment_intent paid paid_at created_at"
    )
    await connection.copy_records_to_table("orders", records=records, columns=columns.split())
    await connection.execute(f"ALTER TABLE orders ALTER COLUMN id RESTART WITH {len(history) + 1}")


def _token(rng: random.Random, prefix: str) -> str:
    return prefix + "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789", k=24))
