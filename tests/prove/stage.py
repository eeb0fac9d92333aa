"""One PostgreSQL server, and the towns on it, for the length of a trial; whatever happens nothing is left."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

from tests.prove.town import Town
from tests.support.server import Server, ensure_servant


class Stage:
    """`town` opens one more, with a database of its own."""

    def __init__(self, server: Server, folder: Path, stack: AsyncExitStack) -> None:
        self.server = server
        self._folder = folder
        self._stack = stack
        self._numbers = count(1)
        self.towns: list[Town] = []

    async def town(self, lanes: int, *, lease_s: float | None = None, socket: bool = False) -> Town:
        name = f"town{next(self._numbers)}"
        places = tuple(f"lane{number}" for number in range(1, lanes + 1))
        town = Town(self.server, name, self._folder / name, lanes=places, lease_s=lease_s, socket=socket)
        self._stack.push_async_callback(town.close)
        await town.open()
        self.towns.append(town)
        return town


@asynccontextmanager
async def opened() -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="wk-prove-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(ensure_servant)
        server = Server(folder / "server")
        await asyncio.to_thread(server.create)
        await asyncio.to_thread(server.start)
        try:
            async with AsyncExitStack() as stack:
                yield Stage(server, folder, stack)
        finally:
            await asyncio.to_thread(server.stop)
