"""The same bot without a URL: what people type and click comes over connections that the bot opened itself."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.domain.run import State
from bot.sandbox.workspace.things import Delivery
from tests.support.company import Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE = "approval.approve"


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company(socket=True)


async def test_a_second_person_confirms_a_change_without_any_url(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    assert "checkout answers 500" in company.text(card)
    await company.click("ana", card, APPROVE)
    await company.alone("ana", "You asked for this")
    copy = await company.dm("ben", "Poke shop production?")
    assert (await company.click("ben", copy, APPROVE)).status == 200
    done = await company.becomes(card, "Poked", without=APPROVE)
    assert done.ts == card.ts
    assert shelf.executed == ["R-1"]
    assert company.process.port == 0, "nobody can reach it"


async def test_the_acknowledgement_carries_the_answer_and_help_works(company: Company) -> None:
    answer = await company.type("ana", "/poke help")
    assert answer.status == 200
    assert "Poke" in str(answer.json())
    await company.alone("ana", "Poke")


async def test_a_command_and_a_click_that_come_twice_have_one_effect(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke because checkout answers 500", delivery=Delivery(times=3))
    card = await company.see("Poke shop production?")
    await company.click("ben", card, APPROVE, times=3)
    await company.ended()
    assert shelf.executed == ["R-1"]
    assert await company.happened("request.received") == ["U0ANA"]


async def test_an_approval_is_not_lost_while_slack_sends_the_connection_away(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    ws = company.slack
    told = await ws.socket.disconnect("warning")
    async with asyncio.TaskGroup() as group:
        clicks = [group.create_task(company.click(who, card, APPROVE)) for who in ("ben", "chi", "ben", "eli")]
    assert [click.result().status for click in clicks] == [200] * 4
    await ws.wait_for(lambda: any(line.greeted and line not in told for line in ws.socket.lines), what="a new one")
    await ws.socket.release(told)
    assert (await company.type("ana", "/runs")).status == 200
    await company.ended()
    assert shelf.executed == ["R-1"]


async def test_a_person_who_left_is_known_at_once(company: Company) -> None:
    await company.becomes_known("chi", deleted=True)
    await company.asked()
    await company.type("chi", "/poke because I was here")
    await company.alone("chi", "")
    assert (await company.run()).state is State.WAITING
    assert await company.happened("request.received") == ["U0ANA"]


async def test_a_disabled_link_stops_the_bot_and_says_what_to_do(company: Company) -> None:
    await company.slack.socket.disconnect("link_disabled")
    async with asyncio.timeout(5):
        await company.process.stopping.wait()
    assert "Socket Mode must be enabled" in str(company.process.failed)
    assert "SLACK_APP_TOKEN" in " ".join(await company.process.problems())
