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


async def test_one_that_fails_is_told_in_the_service_s_channel(company: Company, shop: str, shop_server: str) -> None:
    admin = await asyncpg.connect(shop_server)
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


async def test_two_schedulers_begin_a_schedule_once(company: Company) -> None:
    await company.pool.execute("DELETE FROM schedules")
    schedule = schedules(company.process.installation.catalog)[0]
    await asyncio.gather(*(Scheduler(company.process.installation).look(schedule) for _ in range(5)))
    assert await states(company) == ["begun"]


async def test_old_backups_go_by_themselves_and_it_is_on_record(open_company: Open, shop: str) -> None:
    company = await open_company(catalog=CATALOG.replace("keep: 30d, restore_test: weekly", "keep: 1d"))
    await look(company)
    folder = company.folder / "backups" / "shop" / "production"
    for night in (1, 2, 3):
        await until_night(company)
        await look(company)
        assert (await scheduled(company, night)).state is State.SUCCEEDED
    files = sorted(path.name.rpartition("-B-")[2] for path in folder.glob("*.dump"))
    assert "1.dump" not in files
    assert "3.dump" in files
    assert not list(folder.glob("*B-1.dump.sha256"))
    said = await company.pool.fetchval(
        """
        SELECT string_agg(p.body, '')
        FROM event_payloads p JOIN events e ON e.id = p.event_id
        WHERE e.kind = 'step.ended'
        """
    )
    assert ": B-1 (" in said
    await company.type("ana", "/backup status shop production")
    card = await company.see("1 day, then removed if a newer one is verified; last B-")
    assert "next" in company.text(card)


async def test_a_weekly_restore_test_keeps_its_evidence(company: Company) -> None:
    await until_night(company)
    await look(company)
    await scheduled(company, 1)
    tested = schedules(company.process.installation.catalog)[1]
    now = await company.pool.fetchval("SELECT clock_now()")
    # the nights until Sunday are made up for by one more backup; the test comes an hour after it
    await company.forward(tested.rule.next(now) - now + timedelta(seconds=1))
    await look(company)
    async with asyncio.timeout(20):
        runs = [await scheduled(company, number) for number in (2, 3)]
    (test,) = [run for run in runs if run.verb == "verify"]
    assert test.state is State.SUCCEEDED
    evidence = await company.pool.fetchval("SELECT value FROM records WHERE kind = 'restore test'")
    assert (evidence["result"], evidence["rows"], evidence["tables"]) == ("restores", 50, 1)
    assert len(evidence["sha256"]) == 64
    await company.type("ana", "/backup status shop production")
    await company.see("50 rows in 1 table")
