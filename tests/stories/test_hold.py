"""solo: nobody else is asked, so what is destructive waits a minute with [Stop] before its first step."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.run import State
from bot.sandbox.workspace.things import Message
from permissions.model import Risk
from tests.stories.test_alone import says
from tests.support.company import POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
SOLO = POLICY.replace("small-team", "solo")
STOP = "run.cancel"


async def held(open_company: Open, shelf: Shelf) -> tuple[Company, Message]:
    """Ben has typed the place; it starts in a minute."""
    shelf.raises = Risk.DESTRUCTIVE
    company = await open_company(policy=SOLO)
    await company.type("ben", "/poke shop production")
    own = await company.alone("ben", "Poke shop production?")
    assert await says(company, "ben", own, "run.confirm", "shop production") == b""
    card = await company.see("unless it is stopped")
    assert (await company.run()).state is State.QUEUED
    return company, card


async def test_within_the_minute_it_is_stopped_and_nothing_happened(open_company: Open, shelf: Shelf) -> None:
    company, card = await held(open_company, shelf)
    await company.click("ben", card, STOP)
    stopped = await company.becomes(card, "Withdrawn by Ben", without=STOP)
    assert "nothing" in company.text(stopped)
    await company.forward(timedelta(minutes=2))
    assert (await company.ended()).state is State.WITHDRAWN
    assert shelf.executed == []


async def test_after_the_minute_it_runs_also_over_a_restart(open_company: Open, shelf: Shelf) -> None:
    company, card = await held(open_company, shelf)
    await company.restart()
    await company.forward(timedelta(seconds=50))
    assert await company.pool.fetchval("SELECT start_by - hold_until FROM runs") == timedelta(minutes=15)
    assert (await company.run()).state is State.QUEUED
    await company.forward(timedelta(seconds=11))
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]
