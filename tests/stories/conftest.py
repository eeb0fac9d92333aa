"""A company with the strict workspace, the real bot and the made-up `/poke`, on a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.db.database import Pool
from tests.support.company import Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def open_company(pool: Pool, tmp_path: Path, shelf: Shelf) -> AsyncIterator[Open]:
    """A company with another catalog or policy than the usual one: `await open_company(policy=…)`."""
    async with AsyncExitStack() as stack:

        async def opened(**files: str) -> Company:
            command = shelf.command()
            company = Company(pool, tmp_path, {command.name: command}, **files)
            stack.push_async_callback(company.close)
            await company.open()
            return company

        yield opened


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company()
