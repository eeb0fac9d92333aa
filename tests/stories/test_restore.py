"""Putting a backup back: planned, approved by another admin, a fresh one first, switched at once, the old kept."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from bot.domain.errors import ProviderError
from bot.domain.run import State
from bot.providers.postgres import Facts, Postgres
from bot.sandbox.workspace.things import Message
from tests.stories.conftest import Open
from tests.support.company import POLICY, Company

pytestmark = pytest.mark.heavy

CATALOG = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}
    environments:
      production:
        postgres: {url: $SHOP_DB, scratch: $SCRATCH}
      staging: {protected: false}
"""
APPROVE = "approval.approve"
TWO_ADMINS = POLICY.replace("admin: [ben]", "admin: [ben, chi]")


@pytest.fixture
async def company(open_company: Open, shop: str) -> Company:
    """B-1 is made, then half of the orders are lost."""
    company = await open_company(catalog=CATALOG, policy=TWO_ADMINS)
    await company.type("ben", "/backup db shop production")
    assert (await company.ended(1)).state is State.SUCCEEDED
    await ask(shop, "DELETE FROM orders WHERE id > 25 RETURNING 1")
    return company


async def ask(uri: str, sql: str) -> object:
    connection = await asyncpg.connect(uri)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def names(shop: str) -> list[str]:
    """The databases of this service on its server."""
    found = await ask(shop, "SELECT array_agg(datname::text ORDER BY datname) FROM pg_database")
    assert isinstance(found, list)
    own = urlsplit(shop).path[1:]
    return [name for name in sorted(found) if name == own or name.startswith(f"{own}_")]


async def planned(company: Company, line: str = "/backup restore shop production latest") -> Message:
    await company.type("ben", line)
    return await company.see("Restore B-1")


async def test_a_backup_is_put_back_after_another_admin_agreed_and_the_old_database_is_kept(
    company: Company, shop: str
) -> None:
    card = await planned(company)
    told = company.text(card)
    assert "public.orders 25 now, 50 in the backup" in told
    assert "a fresh backup" in told
    await company.click("ben", card, APPROVE)
    await company.alone("ben", "You asked for this")
    assert await ask(shop, "SELECT count(*) FROM orders") == 25
    await company.click("chi", card, APPROVE)
    done = company.text(await company.becomes(card, "is back at B-1"))
    run = await company.ended(2)
    assert (run.state, run.changed, run.lock) == (State.SUCCEEDED, "something", "data")
    name = urlsplit(shop).path[1:]
    assert await names(shop) == [name, f"{name}_before_r2"]
    assert f"{name}_before_r2" in done
    assert "B-2 is the backup of it" in done
    assert await ask(shop, "SELECT count(*) FROM orders") == 50
    rows = await company.pool.fetchval("SELECT value -> 'rows' FROM records WHERE kind = 'backup' AND key = 'B-2'")
    assert rows == {"public.orders": 25}


async def test_a_database_that_is_silent_after_the_switch_is_never_called_untouched(
    company: Company, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: Postgres) -> Facts:
        raise ProviderError("postgres", "The database has no connection left.")

    card = await planned(company)
    monkeypatch.setattr(Postgres, "facts", silent)
    await company.click("chi", card, APPROVE)
    done = company.text(await company.becomes(card, "is back at B-1"))
    assert "it does not answer yet: The database has no connection left." in done
    assert "untouched" not in done
    assert len(await names(shop)) == 2


async def test_into_a_new_one_leaves_the_database_in_use_alone(company: Company, shop: str) -> None:
    card = await planned(company, "/backup restore shop production B-1 --into new")
    assert "nothing: a new database on the same server" in company.text(card)
    await company.click("chi", card, APPROVE)
    done = company.text(await company.becomes(card, "is restored into"))
    own, new = await names(shop)
    assert new.startswith(f"{own}_restored_")
    assert new in done
    assert await ask(shop, "SELECT count(*) FROM orders") == 25
    assert await ask(shop.replace(f"/{own}?", f"/{new}?"), "SELECT count(*) FROM orders") == 50
    assert await company.pool.fetchval("SELECT count(*) FROM records WHERE kind = 'backup'") == 1


async def test_without_a_fresh_backup_nothing_is_put_back(company: Company, shop: str) -> None:
    """A table whose file is gone: the dump fails, and so does the run, before anything is touched."""
    card = await planned(company)
    folder = await ask(shop, "SHOW data_directory")
    await ask(shop, "CREATE TABLE torn AS SELECT n FROM generate_series(1, 100) n")
    await ask(shop, "CHECKPOINT")
    file = await ask(shop, "SELECT pg_relation_filepath('torn')")
    await asyncio.to_thread((Path(str(folder)) / str(file)).unlink)
    await company.click("chi", card, APPROVE)
    ended = company.text(await company.becomes(card, "was not restored"))
    assert "its database was not touched" in ended
    assert "/backup restore shop production B-1 --into new" in ended
    assert (await company.ended(2)).state is State.FAILED
    assert await names(shop) == [urlsplit(shop).path[1:]]
    assert await ask(shop, "SELECT count(*) FROM orders") == 25
    await ask(shop, "DROP TABLE torn")


async def test_a_file_that_was_changed_is_not_put_back(company: Company, shop: str) -> None:
    card = await planned(company, "/backup restore shop production B-1 --into new")
    (path,) = (company.folder / "backups" / "shop" / "production").glob("*.dump")
    path.write_bytes(path.read_bytes() + b"!")
    await company.click("chi", card, APPROVE)
    ended = company.text(await company.becomes(card, "was not restored"))
    assert "is not what was written" in ended
    assert await names(shop) == [urlsplit(shop).path[1:]]


async def test_latest_is_the_one_that_was_approved_or_nothing(company: Company, shop: str) -> None:
    card = await planned(company)
    await company.forward(timedelta(seconds=2))
    await company.type("ben", "/backup db shop production")
    await company.ended(3)
    await company.click("chi", card, APPROVE)
    run = await company.ended(2)
    assert run.state is State.VOIDED
    assert "backup was B-1, now B-3" in run.because
    assert await ask(shop, "SELECT count(*) FROM orders") == 25


async def test_the_bot_never_restores_what_it_runs_on(
    company: Company, shop: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company.process.stop()
    monkeypatch.setenv("SHOP_DB", database_url)
    await company.start_bot()
    await company.type("ben", "/backup restore shop production B-1")
    card = await company.alone("ben", "holds the records of a Watchkeeper itself")
    assert "Nothing was changed" in company.text(card)
    assert (await company.ended(2)).state is State.FAILED


async def test_an_operator_may_not_and_a_word_that_is_no_backup_is_refused(company: Company) -> None:
    answer = await company.type("eli", "/backup restore shop production latest")
    assert answer.status == 200
    await company.alone("eli", "Eli may not restore a backup of shop production")
    await company.type("ben", "/backup restore shop production yesterday")
    await company.alone("ben", "yesterday")
    assert await company.pool.fetchval("SELECT count(*) FROM approvals") == 0
