"""The service's own table of processed events, on a real PostgreSQL."""

import asyncpg
import pytest

from bot.domain.errors import ProviderError
from bot.providers.postgres.address import address
from bot.providers.postgres.seen import held


@pytest.fixture
async def database(database_url: str) -> str:
    connection = await asyncpg.connect(database_url)
    await connection.execute("""CREATE TABLE "Events" (event_id text PRIMARY KEY)""")
    await connection.execute("""INSERT INTO "Events" VALUES ('evt_1'), ('evt_2')""")
    await connection.close()
    return database_url


async def test_only_asked_keys_that_are_there_come_back(database: str) -> None:
    assert await held(address(database, "$SHOP_DB"), "Events.event_id", ["evt_2", "evt_3"]) == {"evt_2"}


async def test_a_table_that_is_not_there_is_an_error_without_the_address(database: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await held(address(database, "$SHOP_DB"), "nothing.event_id", ["evt_1"])
    assert "nothing.event_id cannot be read" in str(caught.value)
    assert "postgresql://" not in str(caught.value)


async def test_a_database_that_is_away_is_an_error_without_the_password() -> None:
    with pytest.raises(ProviderError) as caught:
        await held(address("postgresql://shop:hunter2@127.0.0.1:1/shop", "$SHOP_DB"), "events.event_id", ["evt_1"])
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("column", ['events"; DROP TABLE x; --.id', "events.id id", "events.", "a.b.c.d", "event_id"])
async def test_only_plain_names_reach_the_question(database: str, column: str) -> None:
    with pytest.raises(ProviderError, match="not the name"):
        await held(address(database, "$SHOP_DB"), column, ["evt_1"])
