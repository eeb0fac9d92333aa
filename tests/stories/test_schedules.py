"""Backups by themselves: due at night, one run for each night, quiet when it went well, told when it did not."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from bot.domain.run import Run, State
from bot.domain.schedule import schedules
from bot.schedule import Scheduler
from tests.stories.conftest import Open
from tests.support.company import Company

CATALOG = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}
    environments:
      production:
        postgres: {url: $SHOP_DB, scratch: $SCRATCH, backup: {daily: "03:30", keep: 30d, restore_test: weekly}}
      staging: {protected: false}
"""


@pytest.fixture
async def shop(postgres: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The service's database, named by $SHOP_DB."""
    name = f"nightly_{abs(hash(request.node.name)) % 10**9}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    uri = postgres.replace("/postgres?", f"/{name}?")
    own = await asyncpg.connect(uri)
    await own.execute("CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 50) n")
    await own.close()
    monkeypatch.setenv("SHOP_DB", uri)
    monkeypatch.setenv("SCRATCH", postgres)
    return uri


@pytest.fixture
async def company(open_company: Open, shop: str) -> Company:
    company = await open_company(catalog=CATALOG)
    await look(company)
    return company


async def look(company: Company) -> None:
    """The scheduler's round, now: it would come by itself within a second."""
    for schedule in schedules(company.process.installation.catalog):
        await Scheduler(company.process.installation).look(schedule)


async def until_night(company: Company, *, and_then: timedelta = timedelta(), nights: int = 1) -> None:
    """PostgreSQL's clock stands where the backup is due, or some time later."""
    now = await company.pool.fetchval("SELECT clock_now()")
    nightly = schedules(company.process.installation.catalog)[0].rule.after(now)
    due = [next(nightly) for _ in range(nights)][-1]
    await company.forward(due - now + timedelta(seconds=1) + and_then)


async def scheduled(company: Company, number: int = 1) -> Run:
    run = await company.ended(number)
    assert run.via == "schedule"
    return run


async def states(company: Company, name: str = "backup") -> list[str]:
    rows = await company.pool.fetch(
        "SELECT state FROM schedules WHERE schedule LIKE $1 || ' %' ORDER BY fire_at", name
    )
    return [row["state"] for row in rows]


async def test_the_night_s_backup_runs_once_is_audited_and_tells_nobody(company: Company) -> None:
    await until_night(company)
    run = await scheduled(company)
    assert (run.text, run.actor, run.state) == ("/backup db shop production", "watchkeeper", State.SUCCEEDED)
    requests = await company.pool.fetch("SELECT actor FROM events WHERE kind = 'request.received'")
    assert [row["actor"] for row in requests] == ["watchkeeper"]
    body = await company.pool.fetchval(
        "SELECT p.body FROM event_payloads p JOIN events e ON e.id = p.event_id WHERE e.kind = 'request.received'"
    )
    assert (
        "The catalog schedules it for shop production, daily at 03:30 UTC. (catalog, postgres.backup.daily)" in body
    )
    assert (await states(company)) == ["begun", "fired"]
    await company.type("ana", "/backup status")
    await company.see("shop production: last backup")
    assert not [one for one in company.slack.messages("C0SHOPOPS") if "is backed up" in company.text(one)]


async def test_one_that_fails_is_told_in_the_service_s_channel(company: Company, shop: str, postgres: str) -> None:
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"DROP DATABASE {urlsplit(shop).path[1:]} WITH (FORCE)")
    await admin.close()
    await until_night(company)
    assert (await scheduled(company)).state is State.FAILED
    card = await company.see("The server has no such database.")
    assert "Nothing was changed." in company.text(card)
    assert "<@" not in company.text(card)


async def test_a_night_that_was_missed_is_made_up_for_once_and_older_ones_are_reported(company: Company) -> None:
    await company.process.stop()
    await until_night(company, nights=3, and_then=timedelta(hours=4))
    await company.start_bot()
    card = await company.see("the scheduled backup was missed 2 times")
    assert "It runs now for the newest." in company.text(card)
    assert (await scheduled(company)).state is State.SUCCEEDED
    assert (await states(company)) == ["begun", "missed", "missed", "late"]


async def test_what_left_the_catalog_since_is_not_run(company: Company) -> None:
    company.process.worker.drain()
    await until_night(company)
    await look(company)
    await company.process.stop()
    text = CATALOG.replace(', backup: {daily: "03:30", keep: 30d, restore_test: weekly}', "")
    (company.folder / "catalog.yml").write_text(text)
    await company.start_bot()
    run = await scheduled(company)
    assert run.state is State.REFUSED
    assert "the catalog does not schedule it any more" in run.because


async def test_two_schedulers_fire_one_night_once(company: Company) -> None:
    await until_night(company)
    schedule = schedules(company.process.installation.catalog)[0]
    twins = [Scheduler(company.process.installation) for _ in range(5)]
    await asyncio.gather(*(twin.look(schedule) for twin in twins))
    await scheduled(company)
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1
