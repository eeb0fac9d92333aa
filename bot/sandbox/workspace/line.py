"""One connection of Socket Mode as Slack holds it: it sends frames, answers pings, and can fall silent."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientError, WSMsgType, web

from bot.sandbox.workspace.things import Json

SEND_S = 1.0


class Line:
    """`silent`: half open. The other side may still believe in it; nothing comes out and nothing is heard.

    Without a socket it is a ghost: an earlier connection that Slack has not given up yet.
    """

    def __init__(
        self, socket: web.WebSocketResponse | None = None, transport: asyncio.Transport | None = None
    ) -> None:
        self._socket = socket
        self._transport = transport
        self.silent = socket is None
        self.greeted = socket is None

    @property
    def cuttable(self) -> bool:
        return self._socket is not None

    async def say(self, frame: Json) -> None:
        if self.silent or self._socket is None or self._socket.closed:
            return
        try:
            async with asyncio.timeout(SEND_S):
                await self._socket.send_json(frame)
        except (ClientError, OSError, TimeoutError):
            return

    async def texts(self) -> AsyncIterator[str]:
        """What the app says, until it is gone; pings are answered on the way."""
        if self._socket is None:
            return
        async for message in self._socket:
            if self.silent:
                continue
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                yield str(message.data)

    async def close(self) -> None:
        """With a farewell; a silent one just ends."""
        if self.silent:
            self.cut()
        elif self._socket is not None and not self._socket.closed:
            await self._socket.close()

    def cut(self) -> None:
        """The network breaks: no farewell."""
        if self._transport is not None:
            self._transport.abort()
