"""One change at a time: waiting, the turn, cancelling, interruption and settling, as the thread shows them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.domain.capability import Running
from bot.domain.run import State
from bot.sandbox.workspace.things import Message
from tests.support.company import DEV, OPS, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE = "approval.approve"


class Gate:
    """Holds a run at the end of one of its steps."""

    def __init__(self, shelf: Shelf, step: str) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        shelf.between[step] = self._pass

    async def _pass(self, _: Running) -> None:
        self.reached.set()
        await self.open.wait()


@pytest.fixture
def gate(shelf: Shelf) -> Gate:
    return Gate(shelf, "fetch")


async def running(company: Company, gate: Gate) -> Message:
    """R-1 of Ana, approved by Ben, in the middle of its first step."""
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await asyncio.wait_for(gate.reached.wait(), 5)
    return await company.becomes(card, "running", without=APPROVE)


async def waiting_behind(company: Company) -> Message:
    """R-2 of Chi, approved by Ana, waiting for R-1."""
    await company.type("chi", "/poke because the queue grows")
    card = await company.see("the queue grows")
    await company.click("ana", card, APPROVE)
    return await company.becomes(card, "waiting its turn", without=APPROVE)


async def test_the_second_waits_knows_for_whom_and_is_told_of_its_turn(
    company: Company, shelf: Shelf, gate: Gate
) -> None:
    await running(company, gate)
    card = await waiting_behind(company)
    for words in ("R-1", "/poke shop production", "Ana", "checkout answers 500", "since", "starts by itself"):
        assert words in company.text(card), words
    await company.see("waits its turn behind R-1", thread=card.ts)
    assert shelf.executed == ["R-1"]
    gate.open.set()
    await company.becomes(card, "Poked")
    told = await company.see("your turn", thread=card.ts)
    assert "<@U0CHI>" in told.text
    assert shelf.executed == ["R-1", "R-2"]


async def test_another_place_does_not_wait(company: Company, shelf: Shelf, gate: Gate) -> None:
    await running(company, gate)
    await company.type("chi", "/poke shop staging", DEV)
    plan = await company.alone("chi", "Poke shop staging?")
    gate.open.set()
    await company.click("chi", plan, "run.confirm")
    await company.see("R-2", OPS)
    await company.slack.wait_for(lambda: shelf.executed == ["R-1", "R-2"], what="both")


async def test_a_waiting_run_can_be_withdrawn_and_the_next_gets_its_place(
    company: Company, shelf: Shelf, gate: Gate
) -> None:
    await running(company, gate)
    card = await waiting_behind(company)
    await company.click("eli", card, "run.withdraw")
    await company.alone("eli", "Only the person who asked")
    await company.click("chi", card, "run.withdraw")
    ended = await company.becomes(card, "withdrawn", without="run.withdraw")
    assert "Nothing was changed" in company.text(ended)
    gate.open.set()
    await company.see("Poked")
    assert shelf.executed == ["R-1"]


async def test_a_run_is_cancelled_between_its_steps(company: Company, shelf: Shelf, gate: Gate) -> None:
    card = await running(company, gate)
    await company.click("eli", card, "run.cancel")
    refused = await company.alone("eli", "may not")
    assert "Nothing was changed" in company.text(refused)
    await company.click("chi", card, "run.cancel")
    await company.alone("chi", "R-1 will stop before its next step")
    await company.becomes(card, "Chi asked", without="run.cancel")
    gate.open.set()
    ended = await company.becomes(card, "cancelled")
    assert "Cancelled by Chi after “fetch”, before “switch”" in company.text(ended)
    assert "Something was changed" in company.text(ended)
    assert (await company.run()).state is State.CANCELLED


async def test_an_interrupted_run_keeps_its_lock_until_somebody_settles_it(
    open_company: Open, shelf: Shelf, gate: Gate
) -> None:
    company = await open_company(drain_s=0.05)
    card = await running(company, gate)
    await company.restart()
    ended = await company.becomes(card, "interrupted", without="run.cancel")
    assert "fetch" in company.text(ended)
    await company.see("<@U0ANA>", thread=card.ts)
    waiting = await waiting_behind(company)
    assert "R-1" in company.text(waiting)
    await company.click("eli", ended, "run.settle_not_done")
    await company.alone("eli", "may not")
    await company.click("ben", ended, "run.settle_not_done")
    await company.alone("ben", "R-1 is settled as not done")
    settled = await company.becomes(card, "Settled as not done by Ben", without="run.settle")
    assert "Nothing" in company.text(settled)
    gate.open.set()
    await company.becomes(waiting, "Poked")
    assert shelf.executed == ["R-1", "R-2"]


async def test_what_was_approved_is_what_runs_or_nothing_does(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    shelf.target = "beefbee"
    await company.click("ben", card, APPROVE)
    ended = await company.becomes(card, "not what was approved any more", without=APPROVE)
    for words in ("4c1d2a7", "beefbee", "Nothing was changed", "Ask again"):
        assert words in company.text(ended), words
    assert shelf.executed == []


async def test_alone_in_staging_the_person_who_asked_presses_the_button(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke because I try it", DEV)
    plan = await company.alone("ana", "Poke shop staging?")
    assert "I try it" in company.text(plan)
    assert company.slack.messages(DEV) == []
    await company.click("ana", plan, "Poke shop staging")
    await company.see("Poked")
    await company.becomes(plan, without="run.confirm")
    assert shelf.executed == ["R-1"]


async def test_a_plan_of_ones_own_that_has_expired_says_so_at_the_click(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke because I try it", DEV)
    plan = await company.alone("ana", "Poke shop staging?")
    await company.forward(timedelta(minutes=11))
    await company.click("ana", plan, "run.confirm")
    late = await company.alone("ana", "Too late")
    assert "has expired" in company.text(late)
    assert "Nothing was changed by your click" in company.text(late)
    assert shelf.executed == []


async def test_a_plan_of_ones_own_can_be_dropped(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke because I try it", DEV)
    plan = await company.alone("ana", "Poke shop staging?")
    await company.click("ana", plan, "Cancel")
    await company.alone("ana", "withdrawn")
    assert (await company.run()).state is State.WITHDRAWN
    assert shelf.executed == []


async def test_only_who_asked_can_press_a_plan_of_their_own(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke because I try it", DEV)
    plan = await company.alone("ana", "Poke shop staging?")
    await company.click("ben", plan, "run.confirm")
    await company.alone("ben", "Only the person who asked")
    assert shelf.executed == []


async def test_the_requester_withdraws_in_their_own_message(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    bens = await company.dm("ben", "Poke shop production?")
    anas = await company.dm("ana", "waiting")
    await company.click("ana", anas, "Withdraw")
    for copy in (card, bens, anas):
        ended = await company.becomes(copy, "Withdrawn by Ana", without=APPROVE)
        assert "run.withdraw" not in str(ended.blocks)
    await company.click("ben", bens, APPROVE, value=(await company.run()).target)
    late = await company.alone("ben", "Too late")
    assert "was withdrawn" in company.text(late)
    assert shelf.executed == []


async def test_settling_is_handed_over_and_both_are_told(open_company: Open, shelf: Shelf, gate: Gate) -> None:
    company = await open_company(drain_s=0.05)
    card = await running(company, gate)
    await company.restart()
    await company.becomes(card, "interrupted", without="run.cancel")
    await company.type("ana", "/runs hand-over R-1 <@U0ELI>")
    await company.alone("ana", "Eli may not settle runs")
    await company.type("ana", "/runs hand-over R-1 <@U0CHI> because my shift ends")
    mine = await company.dm("chi", "You settle R-1 now")
    await company.dm("ana", "Chi settles R-1 now")
    await company.see("instead of <@U0ANA>: “my shift ends”", thread=card.ts)
    await company.type("ben", "/runs hand-over R-1 <@U0BEN>")
    await company.dm("chi", "Ben settles R-1 now")
    assert await company.happened("lock.handed_over") == ["U0ANA", "U0BEN"]
    await company.click("ben", await company.dm("ben", "You settle R-1 now"), "run.settle_not_done")
    await company.becomes(mine, "nothing for you to do", without="run.settle")


async def test_a_turn_is_given_away_and_both_are_told(company: Company, shelf: Shelf, gate: Gate) -> None:
    await running(company, gate)
    second = await waiting_behind(company)
    await company.type("ben", "/poke because the disk fills")
    third = await company.see("the disk fills")
    await company.click("ana", third, APPROVE)
    await company.becomes(third, "waiting its turn", without=APPROVE)
    await company.type("chi", "/runs give-turn R-3 R-2")
    await company.alone("chi", "does not wait behind")
    await company.type("chi", "/runs give-turn R-2 R-3")
    await company.see("<@U0CHI> R-3 goes first now", thread=second.ts)
    await company.see("<@U0BEN> goes before R-2 now", thread=third.ts)
    gate.open.set()
    await company.becomes(second, "Poked")
    assert shelf.executed == ["R-1", "R-3", "R-2"]
