"""The payment provider of the sandbox: accounts, webhook endpoints, events and their real signed deliveries.

It speaks enough of Stripe's API for the official SDK (`stripe_api` holds the routes). 127.0.0.1 only.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from bot.sandbox import stripe_store
from bot.sandbox.stripe_api import application
from bot.sandbox.stripe_objects import Object
from bot.sandbox.stripe_store import Account, Endpoint, Held, Request, Store

DELIVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One real POST to an endpoint. `status` None: no answer came, and `error` says why."""

    event_id: str
    endpoint: str
    at: datetime
    status: int | None
    error: str | None
    ms: int

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Fault = int | Literal["timeout", "timeout_after"]
"""A status to answer; no answer and nothing done; done, but no answer."""


def random_id(prefix: str) -> str:
    return prefix + secrets.token_hex(12)


def signature(body: bytes, secret: str, at: int) -> str:
    """The value of a Stripe-Signature header."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Payments:
    """State in memory, written to `folder` after every change; the next start finds it."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ids: Callable[[str], str] = random_id,
        retry_delay_s: float = 0.3,
    ) -> None:
        self.clock = clock
        self.ids = ids
        self.retry_delay_s = retry_delay_s
        self.store = Store()
        self.deliveries: list[Delivery] = []
        self.requests: list[Request] = []
        self.closing = asyncio.Event()
        self.url = ""
        self._file = folder / "payments.json"
        self._faults: list[tuple[str, Fault]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self._writer: ThreadPoolExecutor | None = None

    async def start(self, port: int = 0) -> None:
        self.store = await asyncio.to_thread(stripe_store.read, self._file)
        self._writer = ThreadPoolExecutor(1)
        self._session = ClientSession(timeout=ClientTimeout(total=DELIVERY_S))
        self._runner = web.AppRunner(application(self), shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.spawn(self._save_changes())

    async def close(self) -> None:
        self.closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()
        await self._write()
        if self._writer is not None:
            self._writer.shutdown()
            self._writer = None

    # What the world fills in

    def add_account(self, name: str, key: str, created: datetime) -> Account:
        account = Account(id=self.ids("acct_"), key=key, name=name, created=created)
        self.store.accounts[account.id] = account
        self.changed()
        return account

    def add_endpoint(
        self, account: Account, url: str, secret: str, created: datetime, *, listed: bool = True
    ) -> Endpoint:
        endpoint = Endpoint(
            id=self.ids("we_"), account=account.id, url=url, secret=secret, created=created, listed=listed
        )
        self.store.endpoints[endpoint.id] = endpoint
        self.changed()
        return endpoint

    def move_endpoint(self, endpoint: str, url: str) -> None:
        self.store.endpoints[endpoint] = replace(self.store.endpoints[endpoint], url=url)
        self.changed()

    def add_event(
        self,
        kind: str,
        subject: Object,
        created: datetime,
        *,
        endpoint: str,
        delivered: bool,
        event_id: str | None = None,
    ) -> str:
        """The id of an event that happened; nothing is sent. `deliver` sends it."""
        held = Held(
            id=event_id or self.ids("evt_"),
            kind=kind,
            account=self.store.endpoints[endpoint].account,
            endpoint=endpoint,
            subject=subject,
            created=created,
            number=len(self.store.events),
            pending=not delivered,
        )
        self.store.events[held.id] = held
        self.changed()
        return held.id

    def undelivered(self, endpoint: str | None = None) -> list[str]:
        return self.store.undelivered(endpoint)

    # Deliveries

    async def deliver(self, event_id: str) -> Delivery:
        """One signed POST now; a 2xx settles the event."""
        held = self.store.events[event_id]
        endpoint = self.store.endpoints[held.endpoint]
        at, begun = self.clock(), time.monotonic()
        status, error = await self._post(endpoint, json.dumps(held.shown(), indent=2).encode(), int(at.timestamp()))
        delivery = Delivery(event_id, endpoint.id, at, status, error, int((time.monotonic() - begun) * 1000))
        self.deliveries.append(delivery)
        if delivery.ok:
            self.store.settle(event_id)
            self.changed()
        return delivery

    def deliver_soon(self, event_id: str) -> None:
        self.spawn(self._deliver_later(event_id))

    async def _deliver_later(self, event_id: str) -> None:
        await asyncio.sleep(self.retry_delay_s)
        await self.deliver(event_id)

    async def _post(self, endpoint: Endpoint, body: bytes, at: int) -> tuple[int | None, str | None]:
        if self._session is None:
            raise RuntimeError("the payment provider is not started")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, endpoint.secret, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with self._session.post(endpoint.url, data=body, headers=headers) as reply:
                return reply.status, None
        except (ClientError, TimeoutError) as error:
            return None, str(error) or type(error).__name__

    # Faults for tests

    def fail_next(self, path_prefix: str, fault: Fault, times: int = 1) -> None:
        self._faults += [(path_prefix, fault)] * times

    def take_fault(self, path: str) -> Fault | None:
        for index, (prefix, fault) in enumerate(self._faults):
            if path.startswith(prefix):
                del self._faults[index]
                return fault
        return None

    # Its own tasks

    def changed(self) -> None:
        self._changed.set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self) -> None:
        """One writer, so that the last state is written last, also after a cancelled turn."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, stripe_store.write, self._file, self.store.dump())

    async def _save_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._write()
