"""One signed POST for each update: X-Watchkeeper-Signature: t=<unix>,v1=<hmac>, as docs/webhooks.md shows.

Its `id` is the same when it is sent again, so that the receiver counts it once. Redirects are not followed: the
catalog's address was reviewed, another one was not.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from bot.domain.errors import ProviderError
from bot.domain.json import JsonObject
from bot.domain.outward import PublicUpdate

TRIES = 3
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class StatusWebhook:
    """`bot.domain.capability.StatusPage`."""

    http: httpx.AsyncClient
    url: str
    secret: str
    clock: Callable[[], datetime]

    @property
    def name(self) -> str:
        return f"the webhook at {urlsplit(self.url).hostname}"

    def binds(self) -> JsonObject:
        return {"status_webhook": self.url}

    async def tell(self, update: PublicUpdate) -> str:
        """Empty: a webhook says no address where it can be read."""
        sent = False
        for _ in range(TRIES):
            try:
                reply = await self._post(update)
            except _NEVER_SENT:
                continue
            except httpx.HTTPError:
                sent = True
                continue
            if reply < 500:
                return self._checked(reply)
            sent = True
        what = "answered nothing that says it took the words" if sent else "cannot be reached"
        raise ProviderError(
            "status_webhook",
            f"{self.name.capitalize()} {what}.",
            "Posting again is safe where it keeps the ids that it has seen.",
            changed="unknown" if sent else "nothing",
            retryable=True,
        )

    async def _post(self, update: PublicUpdate) -> int:
        """The status alone: what the other side says is not read."""
        body = json.dumps(_body(update), ensure_ascii=False).encode()
        stamp = str(int(self.clock().timestamp()))
        signature = hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Watchkeeper-Signature": f"t={stamp},v1={signature}",
            "Idempotency-Key": update.key,
        }
        async with self.http.stream(
            "POST", self.url, content=body, headers=headers, timeout=_TIMEOUT, follow_redirects=False
        ) as reply:
            return reply.status_code

    def _checked(self, status: int) -> str:
        if 200 <= status < 300:
            return ""
        why = "sends elsewhere, which is not followed" if 300 <= status < 400 else f"refuses this ({status})"
        raise ProviderError(
            "status_webhook",
            f"{self.name.capitalize()} {why}.",
            "Write its last address and the right secret into the catalog.",
        )


def _body(update: PublicUpdate) -> JsonObject:
    """`says`, `id`, `kind`: what the bot's own generic webhook reads; the rest is for a page."""
    return {
        "id": update.key,
        "kind": "status",
        "says": update.text,
        "incident": update.marker,
        "title": update.title,
        "status": update.state,
        "severity": update.severity.value,
        "next_update_at": update.next_at.isoformat() if update.next_at else None,
    }
