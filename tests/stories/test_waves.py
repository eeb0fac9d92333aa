"""Who is asked when: on-call first, everyone at a third, a last call at three quarters; nobody is lost on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.sandbox.workspace.things import Message
from bot.worker import sweep
from tests.support.company import OPS, POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE, STOP = "approval.approve", "approval.stop"
MINUTE = timedelta(minutes=1)
BEN_ON_CALL = POLICY.replace("grants:", "oncall: {rotation: [ana, ben, chi]}\ngrants:")


def dms(company: Company, who: str, words: str) -> list[Message]:
    return [one for one in company.slack.dms(f"U0{who.upper()}") if words in company.text(one)]


async def escalated(company: Company, times: int) -> None:
    """Until so many waves are recorded."""
    async with asyncio.timeout(10):
        with company.process.bell.listener("sealed") as sealed:
            while len(await company.happened("approval.escalated")) < times:
                await sealed.wait(1)


async def test_on_call_is_asked_first_then_everyone_then_those_who_are_silent_again(open_company: Open) -> None:
    company = await open_company(policy=BEN_ON_CALL)
    card = await company.asked()
    bens = await company.dm("ben", "Poke shop production?")
    assert "Ben (on call)" in company.text(card)
    assert "everyone who may approve is asked (Chi)" in company.text(card)
    assert dms(company, "chi", "Poke") == []
    await company.forward(5 * MINUTE)
    chis = await company.dm("chi", "Poke shop production?")
    await company.becomes(card, "last call")
    await company.see("Chi asked too", thread=card.ts)
    await company.forward(timedelta(minutes=6.5))
    last = await company.dm("ben", "Last call: Poke shop production?")
    assert last.ts != bens.ts
    chis_last = await company.dm("chi", "Last call")
    await company.click("chi", chis_last, APPROVE)
    for copy in (bens, chis, last, chis_last):
        await company.becomes(copy, "approved by Chi", without=APPROVE)


async def test_whom_no_message_reaches_gives_way_at_once(open_company: Open) -> None:
    company = await open_company(policy=BEN_ON_CALL)
    company.slack.add_person("U0BEN", "ben", "Ben Okafor", deleted=True)  # the bot has not heard of it
    card = await company.asked()
    await company.dm("chi", "Poke shop production?")
    await company.see("Ben could not be reached: Chi asked too", thread=card.ts)
    assert len(await company.happened("approval.escalated")) == 1


async def test_who_knows_is_asked_no_more_and_may_still_answer(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    bens = await company.dm("ben", "Poke shop production?")
    await company.click("ben", bens, STOP, times=2)
    await company.becomes(bens, "You know of it", without=STOP)
    await company.becomes(card, "Ben, knows")
    assert await company.happened("approval.stopped") == ["U0BEN"]
    assert await company.happened("vote.cast") == []
    await company.forward(12 * MINUTE)
    await company.dm("chi", "Last call")
    assert dms(company, "ben", "Last call") == []
    await company.click("ben", bens, APPROVE)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]


async def test_whoever_may_answers_from_the_channel_before_they_are_asked(open_company: Open, shelf: Shelf) -> None:
    company = await open_company(policy=BEN_ON_CALL)
    card = await company.asked()
    await company.click("chi", card, APPROVE)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]
    assert dms(company, "chi", "Poke") == []


async def test_each_wave_happens_once_on_any_number_of_replicas_and_after_a_restart(open_company: Open) -> None:
    company = await open_company(policy=BEN_ON_CALL)
    await company.asked()
    await company.dm("ben", "Poke shop production?")
    await company.process.stop()
    await company.forward(13 * MINUTE)
    installation = company.process.installation
    await asyncio.gather(*(sweep(installation) for _ in range(4)))
    await company.start_bot()
    await company.dm("chi", "Poke shop production?")
    await company.dm("ben", "Last call")
    await escalated(company, 1)
    assert dms(company, "chi", "Last call") == []
    assert len([one for one in company.slack.messages(OPS) if "Poke" in company.text(one)]) == 1
