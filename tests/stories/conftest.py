"""A company with the strict workspace, the real bot and the made-up `/poke`, on a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.db.database import Pool
from bot.slack import pace
from tests.support.company import Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's own pace towards Slack is proven elsewhere; waiting for it here would take minutes."""
    monkeypatch.setattr(pace, "POSTS_PER_S", 100.0)
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
