"""Brings signed requests to the app and records what it answered. It knows nothing of what they say."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.workspace.things import Answer, Delivery, Json

PATIENCE_S = 3.0
FORM = "application/x-www-form-urlencoded"


class Courier:
    """One HTTP session towards the app. Slack waits three seconds, then tells the person `operation_timeout`."""

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        self._secret = secret
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=True)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def sign(self, body: bytes, ts: int | str | None = None, secret: str | None = None) -> dict[str, str]:
        """The headers that prove a request to come from here."""
        stamp = str(int(self._clock()) if ts is None else ts)
        base = b"v0:" + stamp.encode() + b":" + body
        digest = hmac.new((secret or self._secret).encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def deliver(self, form: Mapping[str, str], delivery: Delivery, urls: tuple[str, ...]) -> Answer:
        """A form, signed; as often as told, all at once, to each URL in turn."""
        body = urlencode({**form, **delivery.form}).encode()
        return await self.post(body, FORM, delivery, urls)

    async def post(
        self, body: bytes, kind: str, delivery: Delivery, urls: tuple[str, ...], more: Mapping[str, str] | None = None
    ) -> Answer:
        stamp = int(self._clock() - delivery.age_s)
        headers = {**self.sign(body, stamp, delivery.signing_secret), "Content-Type": kind, **(more or {})}
        targets = delivery.to or urls
        async with asyncio.TaskGroup() as group:
            sent = [
                group.create_task(self.send(targets[n % len(targets)], body, headers, delivery.patience_s))
                for n in range(delivery.times)
            ]
        first, *others = (task.result() for task in sent)
        return with_others(first, tuple(others))

    async def send(self, url: str, body: bytes, headers: Mapping[str, str], patience_s: float = PATIENCE_S) -> Answer:
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(patience_s):
                status, answer, got = await self._send(url, body, headers)
        except TimeoutError:
            return Answer(0, b"", time.perf_counter() - begun, "operation_timeout")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, str(error).encode(), time.perf_counter() - begun, "dispatch_failed")
        error_name = None if status == 200 else "dispatch_failed"
        return Answer(status, answer, time.perf_counter() - begun, error_name, got)

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        if self._session is None:
            raise OSError("the workspace is not started")
        agent = {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        async with self._session.post(
            url, data=body, headers={**agent, **headers}, allow_redirects=False
        ) as response:
            return response.status, await response.read(), {k.lower(): v for k, v in response.headers.items()}


def with_others(first: Answer, others: tuple[Answer, ...]) -> Answer:
    return Answer(first.status, first.body, first.elapsed_s, first.error, first.headers, others)


def headline(answer: Answer) -> Json:
    """The answer in a few words, for a dump."""
    return {"status": answer.status, "error": answer.error, "ms": round(answer.elapsed_s * 1000)}
