"""Socket Mode: Slack's requests over connections that the bot opens itself, for installations without a URL.

The next connection stands before the last one is given up, and that is read until Slack ends it: told to go, the
bot loses no request. Every connection begins from nothing (ticket, HTTP session, socket); nothing stale survives.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import metrics
from bot.domain.json import JsonObject
from bot.slack.backoff import wait_s
from bot.slack.envelope import Envelopes, Frame
from bot.slack.link import Link
from bot.slack.send import error_name

log = structlog.get_logger()

MOST = 4  # links that this process holds at once, of the ten that Slack allows an app
_FINAL = {"account_inactive", "forbidden_team", "invalid_auth", "missing_scope", "no_permission", "not_authed"}
_FINAL |= {"not_allowed_token_type", "token_expired", "token_revoked"}
_REASONS = {"warning", "refresh_requested", "link_disabled", "too_many_websockets"}
_AWAY = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. `stale`: a link that says nothing so long is given up; `deaf`: after so long we are not ready."""

    ping: float = 5.0
    stale: float = 20.0
    deaf: float = 60.0
    connect: float = 10.0
    linger: float = 30.0
    first_wait: float = 1.0
    longest_wait: float = 30.0
    acknowledge: float = 3.0
    stop: float = 5.0


class SwitchedOff(Exception):
    """Socket Mode is over for good: nothing that the bot could do by itself brings it back."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Slack takes no connection of Socket Mode any more ({why}). Nothing more arrives. {_REMEDY}"
        )


_REMEDY = (
    "Look at the Slack app: Socket Mode must be enabled, and SLACK_APP_TOKEN an app-level token (xapp-…) of this app "
    "with connections:write. For HTTP instead: unset SLACK_APP_TOKEN and set SLACK_SIGNING_SECRET. Then start again."
)


class SocketMode:
    """`run` holds a link until `stop`; it raises SwitchedOff when there can be none any more."""

    def __init__(
        self,
        client: AsyncWebClient,
        token: str,
        envelopes: Envelopes,
        *,
        times: Times = Times(),
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._token = token
        self._envelopes = envelopes
        self._times = times
        self._clock = clock
        self._chance = chance
        self._links: list[Link] = []
        self._opened: deque[float] = deque(maxlen=32)
        self._failures = 0
        self._not_before = clock()
        self._heard = clock()
        self._over: SwitchedOff | None = None
        self._news = asyncio.Event()
        self._owned: set[asyncio.Task[None]] = set()
        self._in_hand: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._stopped = False
        self.linked = asyncio.Event()

    # --- what others ask ----------------------------------------------------------------------------------------

    def silent_s(self) -> float:
        """Since anything at all was last heard from Slack."""
        return self._clock() - max([self._heard, *(link.heard for link in self._links)])

    def problems(self) -> list[str]:
        if self._over is not None:
            return [str(self._over)]
        if not self.linked.is_set():
            return ["Socket Mode: no connection to Slack yet; trying on"]
        if self.silent_s() > self._times.deaf:
            return [f"Socket Mode is deaf: nothing heard from Slack for {self.silent_s():.0f} s; connecting anew"]
        return []

    # --- life ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        if self._stopped:
            return
        self._keeping = asyncio.create_task(self._keep())
        try:
            await asyncio.wait({self._keeping})
            if not self._keeping.cancelled():
                self._keeping.result()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """No new link; what is in hand is answered, then every link is closed."""
        self._stopped = True
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._let_go()

    async def _let_go(self) -> None:
        try:
            async with asyncio.timeout(self._times.stop):
                while self._in_hand:
                    await asyncio.wait(set(self._in_hand))
        except TimeoutError:
            log.warning("socket.left_unanswered", envelopes=len(self._in_hand))
        await asyncio.gather(*(link.close() for link in list(self._links)), return_exceptions=True)
        for task in self._owned | self._in_hand:
            task.cancel()
        await asyncio.gather(*self._owned, *self._in_hand, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            if self._over is not None:
                raise self._over
            if not any(link.usable and not link.leaving for link in self._links):
                await self._link_up()
            await self._look_after()

    async def _look_after(self) -> None:
        """One beat, or less when there is news: give up what is stale, ping the rest."""
        self._news.clear()
        try:
            async with asyncio.timeout(self._times.ping):
                await self._news.wait()
        except TimeoutError:
            for link in list(self._links):
                if self._clock() - link.heard > self._times.stale:
                    log.warning("socket.stale", silent_s=round(self._clock() - link.heard, 1))
                    link.lost = True
                    self._own(self._owned, link.close())
                else:
                    await link.ping()

    # --- one more link ------------------------------------------------------------------------------------------

    async def _link_up(self) -> None:
        await asyncio.sleep(self._wait_s())
        self._opened.append(self._clock())
        try:
            url = await self._ticket()
            link = await Link.to(url, self._clock, self._times.connect)
        except _AWAY as error:
            self._not_linked(error)
            return
        self._links.append(link)
        hello = asyncio.Event()
        self._own(self._owned, self._read(link, hello))
        await self._greeted(link, hello)

    async def _greeted(self, link: Link, hello: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._times.connect):
                await hello.wait()
        except TimeoutError:
            log.warning("socket.no_hello")
        if not link.greeted:  # one that was greeted and sent away at once is still read until Slack ends it
            self._failures += 1
            self._own(self._owned, link.close())
            return
        self._failures = 0
        self.linked.set()
        log.info("socket.linked", links=len(self._links))
        for old in [one for one in self._links if one is not link]:
            self._own(self._owned, self._retire(old))

    def _wait_s(self) -> float:
        now, times = self._clock(), self._times
        ours = wait_s(self._failures, self._opened, now, self._chance(), times.first_wait, times.longest_wait)
        return max(ours, self._not_before - now)

    async def _ticket(self) -> str:
        """The URL of one connection; only encrypted, unless Slack itself is a sandbox on this machine."""
        try:
            answer = await self._client.apps_connections_open(app_token=self._token)
        except SlackApiError as error:
            if (why := error_name(error)) in _FINAL:
                self._over = SwitchedOff(why)
            raise
        url = str(answer["url"])
        wanted = "ws" if urlsplit(self._client.base_url).scheme == "http" else "wss"
        if urlsplit(url).scheme != wanted:
            raise OSError(f"Slack gave no {wanted}:// address")
        return url

    def _not_linked(self, error: BaseException) -> None:
        self._failures += 1
        told = error.response if isinstance(error, SlackApiError) else None
        why = error_name(error) if isinstance(error, SlackApiError) else ""
        why = why or type(error).__name__
        if told is not None and str(told.headers.get("Retry-After", "")).isdigit():
            self._not_before = self._clock() + int(told.headers["Retry-After"])
        log.warning("socket.not_linked", why=why, failures=self._failures, silent_s=round(self.silent_s(), 1))
        metrics.SOCKET_FAILURES.labels(why).inc()

    # --- what comes over a link ---------------------------------------------------------------------------------

    async def _read(self, link: Link, hello: asyncio.Event) -> None:
        try:
            async for frame in link.frames():
                match frame.type:
                    case "hello":
                        metrics.SOCKET_CONNECTIONS.set(frame.num_connections)
                        link.greeted = True
                        hello.set()
                    case "disconnect":
                        self._told_to_go(link, frame.reason)
                        hello.set()
                    case _:
                        self._own(self._in_hand, self._handle(link, frame))
        finally:
            self._heard = max(self._heard, link.heard)
            self._links.remove(link)
            hello.set()
            self._news.set()
            await link.close()

    def _told_to_go(self, link: Link, reason: str) -> None:
        log.info("socket.told_to_go", reason=reason)
        metrics.SOCKET_FAREWELLS.labels(reason if reason in _REASONS else "other").inc()
        link.leaving = True
        if reason == "link_disabled":
            self._over = SwitchedOff(reason)
            log.error("socket.switched_off", remedy=_REMEDY)
        if reason == "too_many_websockets":  # the next one would be refused as well: make room first
            for old in [one for one in self._links if one.leaving]:
                self._own(self._owned, old.close())
        self._news.set()

    async def _retire(self, link: Link) -> None:
        """Slack ends it; if it does not, or if we hold too many, we do."""
        if len(self._links) < MOST:
            await asyncio.sleep(self._times.linger)
        await link.close()

    async def _handle(self, link: Link, frame: Frame) -> None:
        begun = self._clock()
        words = await self._envelopes.acknowledge(frame)
        if words is None:
            metrics.SOCKET_ENVELOPES.labels("left to come again").inc()
            return
        sent = await self._say(link, words)
        metrics.SOCKET_ENVELOPES.labels("acknowledged" if sent else "unheard").inc()
        metrics.ACKNOWLEDGED.labels("socket").observe(self._clock() - begun)

    async def _say(self, link: Link, words: JsonObject) -> bool:
        """Over the link it came by, or the newest when that is going or gone: Slack knows the envelope by its id."""
        try:
            async with asyncio.timeout(self._times.acknowledge):
                while True:
                    for one in sorted((link, *reversed(self._links)), key=lambda one: one.leaving):
                        if await one.say(words):
                            return True
                    await asyncio.sleep(0.05)
        except TimeoutError:
            log.warning("socket.acknowledgement_lost")
            return False

    def _own(self, tasks: set[asyncio.Task[None]], work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(_log_failure)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("socket.task_failed", exc_info=error)
