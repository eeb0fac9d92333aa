"""Statuspage's API v1 over the bot's own HTTP client: at most one request a second, as its limit says.

Reads are repeated. A write is repeated only when it surely did not arrive; else `Unanswered`, and the caller looks.
"""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from bot.domain.errors import ProviderError
from bot.domain.json import JsonObject
from bot.domain.words import clean
from bot.providers.statuspage.models import Component, Incident, Page

GAP_S = 1.0
TRIES = 3
LONGEST_WAIT_S = 30.0
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_TOO_FAST = frozenset({420, 429})

Model = TypeVar("Model", bound=BaseModel)


class Unanswered(Exception):
    """Sent, perhaps taken, not answered."""


class StatuspageApi:
    """One page, one key."""

    def __init__(self, http: httpx.AsyncClient, api: str, page: str, token: str, token_name: str) -> None:
        self._http = http
        self._base = f"{api}/v1/pages/{page}"
        self._page = page
        self._headers = {"Authorization": f"OAuth {token}", "Accept": "application/json"}
        self._token_name = token_name
        self._turn = asyncio.Lock()
        self._free_at = 0.0

    # --- reading --------------------------------------------------------------------------------------------

    async def page(self) -> Page:
        return _read(Page, await self._get(""))

    async def components(self) -> Sequence[Component]:
        found: list[Component] = []
        for number in range(1, 21):
            some = _read_all(Component, await self._get("/components", page=number, per_page=100))
            found += some
            if len(some) < 100:
                break
        return found

    async def unresolved(self) -> Sequence[Incident]:
        return _read_all(Incident, await self._get("/incidents/unresolved", page=1, per_page=100))

    async def latest(self) -> Sequence[Incident]:
        """The newest first, resolved ones too."""
        return _read_all(Incident, await self._get("/incidents", page=1, limit=100))

    # --- writing --------------------------------------------------------------------------------------------

    async def create(self, incident: JsonObject) -> Incident:
        return _read(Incident, await self._write("POST", "/incidents", incident))

    async def change(self, incident: str, changes: JsonObject) -> Incident:
        return _read(Incident, await self._write("PATCH", f"/incidents/{incident}", changes))

    # --- one request ----------------------------------------------------------------------------------------

    async def _get(self, path: str, **query: int) -> httpx.Response:
        for left in reversed(range(TRIES)):
            try:
                reply = await self._ask("GET", path, params=query)
            except httpx.HTTPError as error:
                if not left:
                    raise ProviderError("statuspage", "Statuspage does not answer.", retryable=True) from error
                continue
            if reply.status_code < 500 or not left:
                return self._checked(reply)
        raise AssertionError

    async def _write(self, method: str, path: str, incident: JsonObject) -> httpx.Response:
        for left in reversed(range(TRIES)):
            try:
                reply = await self._ask(method, path, json={"incident": incident})
            except _NEVER_SENT as error:
                if not left:
                    raise ProviderError("statuspage", "Statuspage cannot be reached.", retryable=True) from error
                continue
            except httpx.HTTPError as error:
                raise Unanswered from error
            if reply.status_code >= 500:
                raise Unanswered
            return self._checked(reply)
        raise AssertionError

    async def _ask(
        self, method: str, path: str, *, json: JsonObject | None = None, params: dict[str, int] | None = None
    ) -> httpx.Response:
        """One after the other, a second apart. One that was refused as too fast was not taken: it is sent again."""
        async with self._turn:
            for left in reversed(range(TRIES)):
                await self._wait()
                reply = await self._http.request(
                    method,
                    self._base + path,
                    headers=self._headers,
                    json=json,
                    params=params or None,
                    timeout=_TIMEOUT,
                )
                if reply.status_code not in _TOO_FAST or not left:
                    return reply
                self._free_at = asyncio.get_running_loop().time() + _asked_to_wait(reply)
        raise AssertionError

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        if (left := self._free_at - loop.time()) > 0:
            await asyncio.sleep(left)
        self._free_at = loop.time() + GAP_S

    def _checked(self, reply: httpx.Response) -> httpx.Response:
        match reply.status_code:
            case 200 | 201:
                return reply
            case 401 | 403:
                raise ProviderError(
                    "statuspage",
                    f"Statuspage refuses the key in {self._token_name}.",
                    "Make one under Manage account → API info, and put it there.",
                )
            case 404:
                raise ProviderError(
                    "statuspage",
                    f"Statuspage knows no page {self._page} for this key, or what was asked for on it is gone.",
                    "Compare the catalog with the page's address; `watchkeeper doctor` looks too.",
                )
            case code if code in _TOO_FAST:
                raise ProviderError("statuspage", "Statuspage says that it is asked too often.", retryable=True)
            case code if code >= 500:
                raise ProviderError("statuspage", f"Statuspage answers {code}.", retryable=True)
            case code:
                raise ProviderError("statuspage", f"Statuspage refuses this ({code}): {_why(reply)}")


def _asked_to_wait(reply: httpx.Response) -> float:
    asked = reply.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_WAIT_S) if asked.isdigit() else GAP_S


def _why(reply: httpx.Response) -> str:
    try:
        told = reply.json()["error"]
    except (ValueError, KeyError, TypeError):
        return "it does not say why."
    return clean("; ".join(map(str, told)) if isinstance(told, list) else str(told), 200)


def _read(model: type[Model], reply: httpx.Response) -> Model:
    try:
        return model.model_validate_json(reply.content)
    except ValidationError as error:
        raise ProviderError("statuspage", "Statuspage's answer is not understood.", changed="unknown") from error


def _read_all(model: type[Model], reply: httpx.Response) -> Sequence[Model]:
    try:
        return [model.model_validate(one) for one in reply.json()]
    except (ValueError, TypeError) as error:
        raise ProviderError("statuspage", "Statuspage's answer is not understood.") from error
