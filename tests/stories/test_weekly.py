"""Monday's report: one card in the ops channel however many look, and the same on request for who may read it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.db import seal
from bot.domain import anchor as anchors
from bot.weekly import Weekly
from tests.stories.conftest import Open
from tests.support.company import CATALOG, GENERAL, POLICY, Company

TOLD = "The week "
OPS_CHANNEL = f"channels: {{ops: {GENERAL}}}\n{CATALOG}"
LIMITED = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, eli: U0ELI}
roles: {admin: [ben], operator: [admin, ana, chi], guest: [eli]}
grants:
  - {role: operator, may: [read, record, change], in: [shop]}
  - {role: admin, may: [read, record, change, destructive], in: [shop]}
  - {role: guest, may: [read], in: [shop/staging]}
"""


async def look(company: Company) -> None:
    """The round that comes by itself within seconds."""
    await Weekly(company.process.installation).look()


async def until_monday(company: Company, *, weeks: int = 1, and_then: timedelta = timedelta()) -> datetime:
    """PostgreSQL's clock stands where the report is due, or some time later."""
    now = await company.pool.fetchval("SELECT clock_now()")
    mondays = Weekly(company.process.installation).rule().after(now)
    due = [next(mondays) for _ in range(weeks)][-1]
    await company.forward(due - now + timedelta(seconds=1) + and_then)
    return due


async def told(company: Company, channel: str = GENERAL) -> int:
    await asyncio.gather(*(look(company) for _ in range(3)))
    return sum(TOLD in company.text(one) for one in company.slack.messages(channel))


async def states(company: Company) -> list[str]:
    rows = await company.pool.fetch("SELECT state FROM schedules WHERE schedule = 'weekly report' ORDER BY fire_at")
    return [row["state"] for row in rows]


@pytest.fixture
async def ops(open_company: Open) -> Company:
    company = await open_company(catalog=OPS_CHANNEL)
    await look(company)
    return company


async def test_monday_s_card_comes_once_however_many_look_and_survives_a_restart(ops: Company) -> None:
    await until_monday(ops)
    await asyncio.gather(*(look(ops) for _ in range(5)))
    card = ops.text(await ops.see(TOLD, GENERAL))
    assert "Nothing was asked of me; I watched 2 places, all fine." in card
    anchor = anchors.read(card.rpartition("audit log: ")[2].partition("`")[2].partition("`")[0])
    assert anchor is not None
    assert (await seal.verify(ops.pool, [anchor])).whole
    assert await told(ops) == 1
    await ops.restart()
    assert await told(ops) == 1
    assert (await states(ops), await ops.happened("report.weekly")) == (["begun", "fired"], ["watchkeeper"])
    await until_monday(ops)
    await look(ops)
    assert (await states(ops)) == ["begun", "fired", "fired"]


async def test_one_that_was_missed_is_made_up_for_within_a_day_and_skipped_later(ops: Company) -> None:
    await ops.process.stop()
    await until_monday(ops, weeks=2, and_then=timedelta(hours=20))
    await ops.start_bot()
    await ops.see(TOLD, GENERAL)
    assert (await states(ops)) == ["begun", "missed", "late"]
    await ops.process.stop()
    await until_monday(ops, and_then=timedelta(hours=25))
    await ops.start_bot()
    assert await told(ops) == 1
    assert (await states(ops)) == ["begun", "missed", "late", "missed"]


async def test_its_hour_is_that_of_the_people_on_call(open_company: Open) -> None:
    zone = "oncall: {rotation: [ana], handover: Mon 10:00 Asia/Tokyo}\n"
    company = await open_company(policy=zone + POLICY)
    assert Weekly(company.process.installation).rule().next(datetime(2026, 11, 20, tzinfo=UTC)) == datetime(
        2026, 11, 23, 0, tzinfo=UTC
    )


async def test_what_needs_doing_is_told_first_and_with_its_command(ops: Company) -> None:
    card = await ops.asked()
    await ops.forward(timedelta(minutes=4))
    await ops.type("ana", "/runs alone R-1 because checkout is down and nobody answers")
    await ops.becomes(card, "Poked")
    denied = await ops.asked("chi")
    await ops.type("ben", "/deny R-3 because a release is on its way")
    await ops.becomes(denied, "Denied")
    await ops.type("eli", "/poke shop production because I want to")
    await ops.becomes_known("chi", deleted=True)
    await until_monday(ops)
    await look(ops)
    text = ops.text(await ops.see(TOLD, GENERAL))
    first = text.index("To do, the most urgent first")
    assert first < text.index("/runs review R-1 fine") < text.index("chi left Slack") < text.index("Runs ")
    assert "denied by Ben: a release is on its way" in text
    assert "refused: Eli may not" in text
    assert "ran alone by Ana: *not looked at yet*" in text
    assert "C0" not in text


async def test_a_private_incident_is_told_to_those_in_it_alone(ops: Company) -> None:
    await ops.type("ana", "/incident a key leaked --private --severity sev2")
    await ops.ended()
    await until_monday(ops)
    await look(ops)
    assert "leaked" not in ops.text(await ops.see(TOLD, GENERAL))
    await ops.type("ana", "/ops report")
    assert "a key leaked" in ops.text(await ops.alone("ana", TOLD))
    await ops.type("chi", "/ops report")
    assert "leaked" not in ops.text(await ops.alone("chi", TOLD))


async def test_on_request_it_tells_only_of_places_that_one_may_look_at(open_company: Open) -> None:
    company = await open_company(policy=LIMITED)
    card = await company.asked()
    await company.click("ben", card, "approval.approve")
    await company.becomes(card, "Poked")
    await company.type("ben", "/ops report --since 2h")
    whole = company.text(await company.alone("ben", TOLD))
    assert "1 run" in whole
    assert "of one approval" in whole
    await company.type("eli", "/ops report")
    theirs = company.text(await company.alone("eli", TOLD))
    assert "Nothing was asked of me; I watched 1 place" in theirs
    assert "only places that you may look at" in theirs
    await company.type("mia", "/ops report")
    await company.alone("mia", "may not")


async def test_what_nobody_used_is_told_once_the_record_is_old_enough(ops: Company) -> None:
    await ops.type("ana", "/ops report")
    assert "Not used by anybody" not in ops.text(await ops.alone("ana", TOLD))
    await ops.forward(timedelta(days=91))
    await ops.type("ben", "/audit verify")
    await ops.ended(2)
    await ops.type("ana", "/ops report --since 1d")
    text = ops.text(await ops.alone("ana", "Not used by anybody"))
    assert "the role “operator”" in text
    assert "the role “admin”" in text
    assert "viewer" not in text
