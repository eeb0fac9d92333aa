"""The bot was away: it says so once, with what became of the time; a restart is not worth a word."""

import asyncio
from datetime import timedelta

import pytest

from bot.alive import Alive
from bot.domain.run import State
from tests.stories.conftest import Open
from tests.support.company import CATALOG, Company

TOLD = "I was away for"


async def away(company: Company, length: timedelta = timedelta(minutes=7)) -> None:
    """As if the last beat had been so long ago."""
    await Alive(company.process.installation).look()
    await company.process.stop()
    await company.pool.execute("UPDATE alive SET at = statement_timestamp() - $1::interval", length)


async def said(company: Company, words: str = TOLD) -> int:
    return sum(words in company.text(one) for one in company.slack.messages("C0SHOPOPS"))


async def test_nothing_was_missed_and_it_is_said_once_however_many_look(company: Company) -> None:
    await away(company)
    await company.start_bot()
    card = await company.see(f"{TOLD} 7 min")
    assert "Nothing missed." in company.text(card)
    assert "did not reach me" in company.text(card)
    await asyncio.gather(*(Alive(company.process.installation).look() for _ in range(4)))
    await company.restart()
    await company.asked("ana")
    assert await said(company) == 1


async def test_a_restart_is_not_worth_a_word(company: Company) -> None:
    await away(company, timedelta(seconds=40))
    await company.start_bot()
    await Alive(company.process.installation).look()
    await company.asked("ana")
    assert await said(company) == 0
    assert await company.happened("bot.away") == []


async def test_what_needs_somebody_and_what_still_waits_is_named(company: Company) -> None:
    await company.asked("ana")
    await company.pool.execute("UPDATE runs SET created_at = created_at - interval '10 minutes'")
    await away(company)
    await company.start_bot()
    card = company.text(await company.see(TOLD))
    assert "Still waits for approval" in card
    assert "R-1" in card
    assert (await company.run(1)).state is State.WAITING


async def test_the_database_being_away_is_called_that(company: Company) -> None:
    alive = Alive(company.process.installation)
    await alive.look()
    await company.process.stop()
    before = await company.pool.fetchval("UPDATE alive SET at = at - interval '5 minutes' RETURNING at")
    alive._last = before
    await alive.look()
    await company.start_bot()
    await company.see("The database could not be reached for 5 min")


@pytest.mark.parametrize("channel", ["C0GENERAL"])
async def test_an_ops_channel_is_told_where_the_catalog_names_one(open_company: Open, channel: str) -> None:
    company = await open_company(catalog=f"channels: {{ops: {channel}}}\n{CATALOG}")
    await away(company)
    await company.start_bot()
    await company.see(TOLD, channel)
    assert await said(company) == 0
