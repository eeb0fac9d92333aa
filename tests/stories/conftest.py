"""A company with the strict workspace, the real bot and the made-up `/poke`, on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.database import Pool
from tests.support.company import Company
from tests.support.desk import Shelf


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def company(pool: Pool, tmp_path: Path, shelf: Shelf) -> AsyncIterator[Company]:
    command = shelf.command()
    company = Company(pool, tmp_path, {command.name: command})
    await company.open()
    yield company
    await company.close()
