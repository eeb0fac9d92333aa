"""Payment webhooks: verify the signature, then record the event and its effect in one transaction, once."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass

import asyncpg

from .checkout import quote
from .store import Connection, Pool

TOLERANCE_S = 300
ORDER_EVENTS = {
    "checkout.session.completed": True,
    "payment_intent.succeeded": True,
    "payment_intent.payment_failed": False,
    "charge.refunded": False,
}


class BadSignature(Exception):
    """The webhook is not from the payment provider, or is too old."""


@dataclass(frozen=True, slots=True)
class Received:
    event_id: str
    duplicate: bool
    order_id: int | None


def verify(body: bytes, header: str, secret: str) -> None:
    """Raises BadSignature. Header: t=<unix seconds>,v1=<hex>[,v1=<hex>…]."""
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    signatures = [value for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not times[0].isdecimal() or not signatures:
        raise BadSignature("the Stripe-Signature header is missing or malformed")
    wanted = hmac.new(secret.encode(), times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(wanted.encode(), given.encode()) for given in signatures):
        raise BadSignature("the signature does not match")
    if abs(time.time() - int(times[0])) > TOLERANCE_S:
        raise BadSignature("the signature is older than 300 s")


async def receive(pool: Pool, body: bytes) -> Received:
    event = json.loads(body)
    async with pool.acquire() as connection, connection.transaction():
        return await _record(connection, event["id"], event["type"], event["data"]["object"])


async def _record(connection: Connection, event_id: str, kind: str, subject: dict[str, object]) -> Received:
    order = await _order_of(connection, subject)
    order_id = None if order is None else int(order["id"])
    fresh = await connection.fetchval(
        """
        INSERT INTO stripe_webhook_events (event_id, type, order_id)
        VALUES ($1, $2, $3)
        ON CONFLICT (event_id) DO NOTHING
        RETURNING event_id
        """,
        event_id,
        kind,
        order_id,
    )
    if fresh is None:
        return Received(event_id, True, order_id)
    if order is not None and kind in ORDER_EVENTS:
        await _settle(connection, order, paid=ORDER_EVENTS[kind])
    return Received(event_id, False, order_id)


async def _order_of(connection: Connection, subject: dict[str, object]) -> asyncpg.Record | None:
    """The order of a payment intent, a charge of one, or a checkout session."""
    intent = subject["id"] if subject.get("object") == "payment_intent" else subject.get("payment_intent")
    return await connection.fetchrow(
        """
        SELECT id, sku, quantity, country
        FROM orders
        WHERE payment_intent = $1 OR checkout_session = $2
        FOR UPDATE
        """,
        intent,
        subject["id"],
    )


async def _settle(connection: Connection, order: asyncpg.Record, *, paid: bool) -> None:
    """The VAT is fixed at the moment of payment."""
    price = quote(order["sku"], order["quantity"], order["country"])
    await connection.execute(
        """
        UPDATE orders
        SET paid = $2, paid_at = CASE WHEN $2 THEN now() END, vat_pence = $3
        WHERE id = $1
        """,
        order["id"],
        paid,
        price.vat_pence,
    )
