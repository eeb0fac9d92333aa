"""One address, asked several times: what it answered, and how fast. Only GET, and nothing of a body is kept."""

import asyncio
import errno
import json
import math
import ssl
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Literal
from urllib.parse import urlsplit

import httpx

from bot.domain.capability import Finding
from bot.domain.json import Json, canonical
from bot.domain.words import clean, span
from bot.providers.http.models import HealthCheck

_MOST_BODY = 1_000_000
_SILENT = 2  # tries without an answer after which more would only cost time
_HEADERS = {"User-Agent": "Watchkeeper", "Accept": "application/json, text/html;q=0.9, */*;q=0.5"}


@dataclass(frozen=True, slots=True)
class Try:
    """One request. wrong: empty when it was as wanted."""

    wrong: str
    took: timedelta
    answered: bool = True


@dataclass(frozen=True, slots=True)
class HttpCheck:
    asked: HealthCheck
    base: str
    http: httpx.AsyncClient
    slow: timedelta

    @property
    def name(self) -> str:
        return self.asked.title

    @property
    def deadline(self) -> timedelta:
        return self.asked.timeout * (_SILENT + 1)

    @property
    def url(self) -> str:
        return self.base.rstrip("/") + self.asked.path

    async def look(self) -> Finding:
        tries: list[Try] = []
        while len(tries) < self.asked.tries and sum(not one.answered for one in tries) < _SILENT:
            tries.append(await self._try())
        return judge(self.name, tries, self.slow)

    async def _try(self) -> Try:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self.asked.timeout.total_seconds()):
                wrong = await self._ask()
        except (TimeoutError, httpx.TimeoutException):
            return Try(f"gave no answer within {span(self.asked.timeout)}", self.asked.timeout, answered=False)
        except httpx.HTTPError as error:
            return Try(unreachable(error), timedelta(seconds=loop.time() - begun))
        return Try(wrong, timedelta(seconds=loop.time() - begun))

    async def _ask(self) -> str:
        async with self.http.stream(
            "GET", self.url, headers=_HEADERS, follow_redirects=self.asked.follow, timeout=None
        ) as answer:
            if answer.status_code != self.asked.status:
                return f"answers {answer.status_code}{_where(answer)}, wants {self.asked.status}"
            body = await _body(answer)
        return "; ".join(differences(body, self.asked)) if self.asked.expect else ""


def judge(name: str, tries: Sequence[Try], slow: timedelta) -> Finding:
    """One finding of all tries: at least half of them wrong is a failure, fewer a warning, slow answers one too."""
    wrong = [one for one in tries if one.wrong]
    took = sum((one.took for one in tries), timedelta())
    if wrong:
        says, count = Counter(one.wrong for one in wrong).most_common(1)[0]
        state: Literal["fail", "warn"] = "fail" if 2 * len(wrong) >= len(tries) else "warn"
        tally = f" ({count} of {len(tries)} tries)" if len(tries) > 1 else ""
        return Finding(name, state, f"{says}{tally}", "fails", took)
    usual = timedelta(seconds=median(one.took.total_seconds() for one in tries))
    late = percentile([one.took for one in tries], 95)
    if late > slow:
        return Finding(name, "warn", f"is slow: p95 {span(late)}, wants {span(slow)}", span(usual), took)
    return Finding(name, "ok", f"answers in {span(usual)}", span(usual), took)


def percentile(values: Sequence[timedelta], percent: float) -> timedelta:
    """Nearest rank."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


def differences(body: bytes, asked: HealthCheck) -> Iterator[str]:
    """What the JSON answer holds other than expected; only the expected fields are ever told."""
    try:
        data: Json = json.loads(body)
    except ValueError:
        yield f"answers {asked.status} without JSON"
        return
    for path, wanted in asked.expect.items():
        found, value = field(data, path)
        if not found:
            yield f"its answer has no {clean(path, 60)}"
        elif canonical(value) != canonical(wanted):
            yield f"{clean(path, 60)} is {_shown(value)}, wants {_shown(wanted)}"


def field(data: Json, path: str) -> tuple[bool, Json]:
    """The value at `supabase.serviceKey`; digits pick from a list."""
    for part in path.split("."):
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return False, None
    return True, data


def unreachable(error: httpx.HTTPError) -> str:
    """Why nothing was answered, in words; never with the address, which may hold a password."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted ({clean(cause.verify_message, 100)})"
        if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
            return "refuses connections"
        if isinstance(cause, OSError) and "Name or service not known" in str(cause):
            return "has a host name that is not found"
    if isinstance(error, httpx.ConnectError):
        refused = "All connection attempts failed" in str(error)
        return "refuses connections" if refused else f"cannot be reached ({clean(str(error), 120)})"
    if isinstance(error, httpx.TooManyRedirects):
        return "redirects in a circle"
    return f"broke off its answer ({type(error).__name__})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__


def _where(answer: httpx.Response) -> str:
    if not answer.is_redirect:
        return ""
    to = urlsplit(answer.headers.get("location", ""))
    host = f"{to.scheme}://{to.hostname}" if to.hostname else ""
    return f" to {clean(host + to.path, 100)}"


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MOST_BODY:
            break
    return bytes(body)


def _shown(value: Json) -> str:
    return f"“{clean(value, 40)}”" if isinstance(value, str) else clean(canonical(value), 40)
