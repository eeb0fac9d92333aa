"""One connection of Socket Mode: frames in, acknowledgements and pings out. It decides nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import structlog
from pydantic import ValidationError

from bot import metrics
from bot.connecting import connector
from bot.domain.json import JsonObject
from bot.slack.envelope import Frame

log = structlog.get_logger()

SEND_S = 2.0
CLOSE_S = 2.0


class Link:
    """`heard` is when anything last came, pongs included. It owns its HTTP session: each link begins from nothing."""

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, clock: Callable[[], float]
    ) -> None:
        self._session = session
        self._socket = socket
        self._clock = clock
        self.heard = clock()
        self.greeted = False
        self.leaving = False
        self.lost = False

    @classmethod
    async def to(cls, url: str, clock: Callable[[], float], patience_s: float) -> "Link":
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=patience_s)
        session = aiohttp.ClientSession(connector=connector(), timeout=timeout, trust_env=url.startswith("wss:"))
        try:
            async with asyncio.timeout(patience_s):
                closing = aiohttp.ClientWSTimeout(ws_close=CLOSE_S)
                return cls(session, await session.ws_connect(url, autoping=False, timeout=closing), clock)
        except BaseException:
            await session.close()
            raise

    @property
    def usable(self) -> bool:
        return not (self.lost or self._socket.closed)

    async def frames(self) -> AsyncIterator[Frame]:
        """Until the other side ends it, or the network does."""
        async for message in self._socket:
            self.heard = self._clock()
            metrics.SOCKET_HEARD.set_to_current_time()
            if message.type is aiohttp.WSMsgType.PING:
                await self._try(self._socket.pong(message.data))
            elif message.type is aiohttp.WSMsgType.TEXT and (frame := _frame(message.data)) is not None:
                yield frame
        self.lost = True

    async def say(self, words: JsonObject) -> bool:
        """Whether it went out, as far as this side can know."""
        return self.usable and await self._try(self._socket.send_json(words))

    async def ping(self) -> None:
        if self.usable:
            await self._try(self._socket.ping())

    async def _try(self, sending: Awaitable[None]) -> bool:
        try:
            async with asyncio.timeout(SEND_S):
                await sending
        except (aiohttp.ClientError, OSError, TimeoutError):
            self.lost = True
            return False
        return True

    async def close(self) -> None:
        self.lost = True
        try:
            await self._socket.close()
        finally:
            await self._session.close()


def _frame(text: str) -> Frame | None:
    try:
        return Frame.model_validate_json(text)
    except ValidationError as error:
        log.warning("socket.frame_malformed", fields=[".".join(map(str, e["loc"])) for e in error.errors()])
        return None
