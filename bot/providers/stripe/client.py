"""Stripe's API through the official SDK: what we read, and the one thing we ask for (a delivery again).

Only reads are repeated by the SDK. A request that may have been sent and was not answered is never called a failure.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import httpx
import stripe
from pydantic import BaseModel, ValidationError
from stripe import HTTPXClient, StripeClient

from bot.domain.errors import Changed, ProviderError
from bot.domain.words import clean
from bot.providers.stripe.models import (
    EVENT_ID,
    Account,
    Endpoint,
    EndpointPage,
    EventPage,
    EventReply,
    StripeEvent,
    event_of,
)

READ_RETRIES = 2
MOST_EVENTS = 5000
_TIMEOUT_S = 8.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

Model = TypeVar("Model", bound=BaseModel)


class _Shared(HTTPXClient):
    """The SDK's requests over the bot's own client, which its owner closes.

    The SDK's own request gives httpx a body in a way that httpx has deprecated.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        super().__init__(timeout=_TIMEOUT_S)
        self._shared = http

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | bytes | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            reply = await self._shared.request(
                method, url, headers=headers, content=post_data or None, timeout=_TIMEOUT_S
            )
        except httpx.HTTPError as error:
            self._handle_request_error(error)
        return reply.content, reply.status_code, reply.headers


class StripeApi:
    """One account's key at one address."""

    def __init__(self, key: str, api: str | None, key_name: str, http: httpx.AsyncClient) -> None:
        self._key_name = key_name
        shared = _Shared(http)
        self._client = (
            StripeClient(key, http_client=shared, base_addresses={"api": api}, max_network_retries=0)
            if api
            else StripeClient(key, http_client=shared, max_network_retries=0)
        )

    async def account(self) -> Account:
        """403 (PermissionDenied below) means that the key is valid and may not read the account."""
        return await self._get("/v1/account", Account)

    async def undelivered(self, since: datetime, until: datetime) -> tuple[StripeEvent, ...]:
        """Events that Stripe could not deliver to every endpoint, oldest first; it keeps 30 days."""
        created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        found = [event async for event in self._pages(created)]
        found.reverse()  # events of one second keep Stripe's order
        return tuple(sorted(found, key=lambda event: event.created))

    async def event(self, event_id: str) -> StripeEvent:
        return event_of(await self._get(_event_path(event_id), EventReply))

    async def payload(self, event_id: str) -> str:
        """The event as Stripe writes it: the body of a self-signed delivery."""
        with self._told(sent="nothing"):
            reply = await self._client.raw_request_async(
                "get", _event_path(event_id), max_network_retries=READ_RETRIES
            )
            return str(reply.body)

    async def endpoints(self) -> tuple[Endpoint, ...]:
        found: list[Endpoint] = []
        more = True
        while more:
            after = {"starting_after": found[-1].id} if found else {}
            page = await self._get("/v1/webhook_endpoints", EndpointPage, limit=100, **after)
            found += page.data
            more = page.has_more and bool(page.data)
        return tuple(found)

    async def ask(self, event_id: str, endpoint: str, key: str) -> None:
        """Ask Stripe to deliver the event to that endpoint again; it answers before it delivers.

        `POST /v1/events/{id}/retry` is what Stripe's own command-line tool sends for `events resend`.
        """
        with self._told(sent="unknown"):
            await self._client.raw_request_async(
                "post",
                f"{_event_path(event_id)}/retry",
                webhook_endpoint=endpoint,
                idempotency_key=key,
                max_network_retries=0,
            )

    async def _pages(self, created: dict[str, int]) -> AsyncIterator[StripeEvent]:
        after: dict[str, str] = {}
        for _ in range(MOST_EVENTS // 100):
            page = await self._get(
                "/v1/events", EventPage, delivery_success=False, created=created, limit=100, **after
            )
            for reply in page.data:
                yield event_of(reply)
            if not page.has_more or not page.data:
                return
            after = {"starting_after": page.data[-1].id}
        raise TooMany

    async def _get(self, path: str, model: type[Model], **params: object) -> Model:
        with self._told(sent="nothing"):
            reply = await self._client.raw_request_async("get", path, max_network_retries=READ_RETRIES, **params)
        try:
            return model.model_validate(reply.data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ProviderError(
                "stripe", f"Stripe's answer to {path} is not understood ({where}: {first['msg']})."
            ) from error

    @contextmanager
    def _told(self, *, sent: Changed) -> Iterator[None]:
        """Stripe's errors in our words. `sent`: what an unanswered request may have changed."""
        try:
            yield
        except stripe.AuthenticationError as error:
            raise KeyRefused(self._key_name) from error
        except stripe.PermissionError as error:
            raise PermissionDenied(self._key_name) from error
        except stripe.RateLimitError as error:
            raise ProviderError(
                "stripe", "Stripe says: too many requests (429).", "Try again in a minute.", retryable=True
            ) from error
        except stripe.InvalidRequestError as error:
            raise Refused(error.http_status or 400, clean(error.user_message or "", 300)) from error
        except stripe.APIConnectionError as error:
            raise _unanswered(error, sent) from error
        except stripe.StripeError as error:
            status = error.http_status or 0
            raise ProviderError(
                "stripe",
                f"Stripe answers {status}." if status else "Stripe's answer is not understood.",
                "See status.stripe.com.",
                changed=sent if status >= 500 or not status else "nothing",
                retryable=True,
            ) from error


class TooMany(ProviderError):
    """More events than we read: the oldest would be missing, so none are given."""

    def __init__(self) -> None:
        super().__init__("stripe", f"More than {MOST_EVENTS:,} events are undelivered.", "Choose a shorter time.")


class KeyRefused(ProviderError):
    """Stripe refuses the key."""

    def __init__(self, key_name: str) -> None:
        super().__init__(
            "stripe", f"Stripe refuses the key in {key_name} (401).", f"Put a valid key into {key_name} and restart."
        )


class PermissionDenied(ProviderError):
    """The key is valid and lacks a right."""

    def __init__(self, key_name: str) -> None:
        super().__init__(
            "stripe",
            f"The key in {key_name} may not do this at Stripe (403).",
            "A restricted key needs to read events and webhook endpoints; a delivery again needs a secret key.",
        )


class Refused(ProviderError):
    """Stripe refused the request, for a reason of its own."""

    def __init__(self, status: int, says: str) -> None:
        self.status = status
        super().__init__("stripe", f"Stripe refuses ({status}): {says or 'no reason given'}")


def _unanswered(error: stripe.APIConnectionError, sent: Changed) -> ProviderError:
    if isinstance(error.__cause__, _NEVER_SENT):
        return ProviderError("stripe", "Stripe cannot be reached.", "Try again.", retryable=True)
    return ProviderError(
        "stripe", "Stripe did not answer in time.", "See status.stripe.com.", changed=sent, retryable=True
    )


def _event_path(event_id: str) -> str:
    if not EVENT_ID.fullmatch(event_id):
        raise ProviderError("stripe", f"{clean(event_id, 40)} is not the id of an event.", "It looks like evt_1Qx….")
    return f"/v1/events/{event_id}"
