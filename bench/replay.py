"""What `/replay-webhook` sends of ten thousand events in a second, against the receiver's own limit.

`python -m bench replay`. The receiver believes no unsigned event; it and the payment provider are one process
beside us. Bare: signed bodies, as many at once, nothing remembered. Ours asks the provider for each event, claims it
in PostgreSQL before it is sent and writes down afterwards how it ended.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
from aiohttp import ClientSession
from stripe import WebhookSignature

from bench.place import bench
from bench.table import Row
from bench.till import KEY, SECRET
from bot.db import database, migration
from bot.db.records import PostgresRecords
from bot.domain.catalog import Place
from bot.domain.replay import Fate, batches, chains
from bot.providers.stripe.client import StripeApi
from bot.providers.stripe.ledger import Ledger
from bot.providers.stripe.models import Route, StripeEvent
from bot.providers.stripe.replay import AT_ONCE, Sender
from bot.providers.stripe.webhooks import StripeWebhooks
from commands.replay_webhook import BATCH, MOST

EVENTS = 10_000


async def bare(url: str, events: Sequence[str]) -> float:
    """As many at once as ours."""
    bodies = iter([json.dumps({"id": event, "object": "event", "data": {"note": "x" * 400}}) for event in events])
    begun = time.perf_counter()

    async def some(session: ClientSession) -> None:
        for body in bodies:
            signature = WebhookSignature.generate_signature_header(body, SECRET, int(time.time()))
            async with session.post(f"{url}/hook", data=body, headers={"Stripe-Signature": signature}) as reply:
                assert reply.status == 200

    async with ClientSession() as session:
        await asyncio.gather(*(some(session) for _ in range(AT_ONCE)))
    return time.perf_counter() - begun


async def ours(pool: database.Pool, where: dict[str, str], events: Sequence[str]) -> float:
    """Runs of the most that one takes, one after another."""
    begun = time.perf_counter()
    async with httpx.AsyncClient(trust_env=False) as http:
        api = StripeApi(KEY, where["payments"], "$STRIPE_KEY", http)
        hook = f"{where['till']}/hook"
        webhooks = StripeWebhooks(api, http, hook, SECRET, "", None, lambda: datetime.now(UTC))
        for at in range(0, len(events), MOST):
            await _run(pool, webhooks, f"R-{at}", hook, events[at : at + MOST])
    return time.perf_counter() - begun


async def _run(pool: database.Pool, webhooks: StripeWebhooks, run: str, hook: str, events: Sequence[str]) -> None:
    kind, at = "payment_intent.succeeded", datetime.now(UTC)
    found = [StripeEvent(event, kind, at, 1, frozenset({event}), live=False) for event in events]
    ledger = Ledger(PostgresRecords(pool), Place("shop", "production"), run, webhooks.clock)
    sender = Sender(webhooks, ledger, Route("signed", hook), lambda key: f"{run}:{key}", frozenset(), timedelta(0))
    for batch in batches(chains(found), BATCH):
        await sender.send(batch, _nobody)
    assert [one for one in sender.results if one.fate is not Fate.DELIVERED] == []


async def _nobody() -> None:
    """Nobody is told."""


async def rows() -> list[Row]:
    till = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.till", str(EVENTS)), stdout=subprocess.PIPE, limit=2**22
    )
    try:
        assert till.stdout is not None
        where = json.loads(await till.stdout.readline())
        async with bench() as place, ClientSession() as session:
            pool = await database.connect(await place.database("replay"))
            try:
                await migration.migrate(pool)
                limit = EVENTS / await bare(where["till"], where["events"])
                await _taken(session, where["till"])
                sent = EVENTS / await ours(pool, where, where["events"])
                await _taken(session, where["till"])
            finally:
                await pool.close()
    finally:
        till.terminate()
        await till.wait()
    return [
        Row(f"replay of {EVENTS:,} webhooks: the receiver alone, {AT_ONCE} at once", f"{limit:.0f} a second"),
        Row(f"replay of {EVENTS:,} webhooks: ours", f"{sent:.0f} a second", f"{sent / limit:.0%} of that"),
    ]


async def _taken(session: ClientSession, till: str) -> None:
    """Every event arrived, once."""
    async with session.get(f"{till}/told") as reply:
        assert await reply.json() == {"taken": EVENTS, "twice": 0}
