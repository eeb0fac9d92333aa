"""A cable of the harness between a bot and what it talks to: whole, stalled, cut. It may be tapped."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

CHUNK = 1 << 16


class Tap(Protocol):
    """Sees the bytes of one connection before they go on. What it does not return (it may raise) never arrives."""

    async def sent(self, data: bytes) -> None: ...
    async def answered(self, data: bytes) -> None: ...


class Lost(Exception):
    """The bytes of this connection go nowhere any more."""


class Wire:
    """One listening port for one target."""

    def __init__(self, port: int, tap: Callable[[], Tap] | None = None) -> None:
        self._target = port
        self._tap = tap
        self._server: asyncio.Server | None = None
        self._whole = asyncio.Event()
        self._cut = False
        self._mute = False
        self._links: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._aways: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self) -> None:
        self._whole.set()
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()
        for task in list(self._links):
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    # trouble

    def stall(self) -> None:
        """Bytes stop where they are, both ways; new connections get no answer."""
        self._whole.clear()

    def cut(self) -> None:
        """Present connections break, new ones break at once."""
        self._cut = True
        self.reset()

    def mute(self) -> None:
        """What is sent arrives; instead of the answer the connection breaks."""
        self._mute = True

    def reset(self) -> None:
        """Present connections break, with all that was under way; new ones are well."""
        for writer in list(self._writers):
            writer.transport.abort()

    def sever(self) -> None:
        """The far side is told at once; the near side finds what was on its way to it, and then the end."""
        for writer in list(self._aways):
            writer.transport.abort()

    def mend(self, *, lose: bool = False) -> None:
        """lose: what stood still meanwhile is gone, as after a silence that a firewall made."""
        if lose:
            self.reset()
        self._cut = self._mute = False
        self._whole.set()

    # inside

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        self._writers.add(writer)
        try:
            await self._through(reader, writer)
        except (OSError, Lost, asyncio.IncompleteReadError):
            pass
        finally:
            self._links.discard(task)
            self._writers.discard(writer)
            writer.close()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._whole.wait()
        if self._cut:
            return
        there, away = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(away)
        self._aways.add(away)
        tap = self._tap() if self._tap else None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, away, tap.sent if tap else None))
                group.create_task(self._carry(there, writer, tap.answered if tap else None, back=True))
        except* (OSError, Lost):
            pass
        finally:
            self._writers.discard(away)
            self._aways.discard(away)
            away.close()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        seen: Callable[[bytes], Awaitable[None]] | None,
        *,
        back: bool = False,
    ) -> None:
        while data := await reader.read(CHUNK):
            await self._whole.wait()
            if back and self._mute:
                raise Lost
            if seen is not None:
                await seen(data)
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
        raise Lost
