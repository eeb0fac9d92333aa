"""One PostgreSQL server on TCP for these tests, a database and a fleet of bot processes for each."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.fleet import Fleet
from tests.support.server import Server

_NUMBERS = count(1)


class OpenFleet(Protocol):
    async def __call__(self, *environments: str) -> Fleet: ...


@pytest.fixture(scope="session")
def server(postgres: str) -> Iterator[Server]:
    """`postgres`, the embedded server, has made the system user that PostgreSQL runs as where we are root."""
    with tempfile.TemporaryDirectory(prefix="wk-tcp-", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder) / "server")
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
async def open_fleet(server: Server, tmp_path: Path) -> AsyncIterator[OpenFleet]:
    async with AsyncExitStack() as stack:

        async def open_one(*environments: str) -> Fleet:
            number = next(_NUMBERS)
            fleet = Fleet(server, f"fleet{number}", tmp_path / f"fleet{number}", *environments)
            stack.push_async_callback(fleet.close)
            await fleet.open()
            return fleet

        yield open_one


@pytest.fixture
async def fleet(open_fleet: OpenFleet) -> Fleet:
    return await open_fleet()
