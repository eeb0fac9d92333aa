"""When Slack is down: the same engine from a terminal, audited as such, and told in Slack when it is back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.console import ask
from bot.console.ask import Told
from bot.console.engine import Console, NeverStarted, console
from bot.console.follow import Screen
from bot.console.outcome import Code
from bot.db import database
from bot.db.database import Pool
from bot.domain.approval import Approval
from bot.domain.run import Run, RunId, State
from tests.support.company import DEV, OPS, POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE = "approval.approve"
SEATS = f"{POLICY}terminal: {{ana: ana, ben: ben, root: [ana, ben]}}\n"


@dataclass
class Seat:
    """Somebody at a terminal of the company; what they read is in `text`."""

    at: Console
    lines: list[str] = field(default_factory=list)
    typed: str | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def screen(self) -> Screen:
        return Screen(self.lines.append)

    async def do(self, line: str, name: str | None = None, because: str = "checkout answers 500") -> Told:
        return await ask.do(self.at, line, name, because, self.screen)

    async def watch(self, number: int) -> Told:
        return await ask.watch(self.at, RunId(number), self.screen, self._confirm, patient=False)

    async def approve(self, number: int, digest: str, name: str | None = None) -> Told:
        return await ask.approve(self.at, RunId(number), digest, name, "", self.screen)

    async def _confirm(self, _run: Run, _approval: Approval) -> str | None:
        return self.typed


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company(policy=SEATS)


Sit = Callable[[str], AbstractAsyncContextManager[Seat]]


@pytest.fixture
def seat(company: Company, database_url: str) -> Sit:
    """`async with seat("ana") as ana`: another process on the same database."""

    @asynccontextmanager
    async def opened(login: str) -> AsyncIterator[Seat]:
        pool = await database.connect(database_url, size=4)
        try:
            async with console(pool, login, company.records) as at:
                yield Seat(at)
        finally:
            await pool.close()

    return opened


async def digest(company: Company, number: int = 1) -> str:
    run = await company.reaches(number, State.WAITING)
    assert run.digest is not None
    return run.digest[:6]


async def test_two_people_at_their_terminals_while_slack_is_down_and_slack_tells_it_later(
    company: Company, shelf: Shelf, seat: Sit
) -> None:
    company.slack.faults.down()
    async with seat("ana") as ana, seat("ben") as ben:
        asked = await ana.do("/poke shop production")
        assert asked.code is Code.WAITING
        watching = asyncio.create_task(ana.watch(1))
        plan = await digest(company)
        voted = await ben.approve(1, plan)
        assert voted.code is Code.DONE
        done = await asyncio.wait_for(watching, 20)
    assert (done.code, shelf.executed) == (Code.DONE, ["R-1"])
    for words in (
        "Poke shop production?",
        f"/approve R-1 {plan}",
        "Ben approved (1 of 1) at the terminal",
        "fetch",
        "Poked",
    ):
        assert words in ana.text, words
    company.slack.faults.up()
    await company.forward(timedelta(seconds=20))
    card = await company.see("Poked")
    await company.see("asked by <@U0ANA> at the terminal (login ana)", thread=card.ts)
    await company.see("Ben approved (1 of 1) at the terminal (login ben)", thread=card.ts)
    await company.see("<@U0ANA> R-1", thread=card.ts)
    vias = await company.pool.fetch("SELECT via FROM runs UNION ALL SELECT via FROM votes")
    assert [row["via"] for row in vias] == ["terminal", "terminal:ben"]


async def test_a_login_that_stands_for_nobody_is_refused_and_audited(company: Company, seat: Sit) -> None:
    async with seat("eve") as eve, seat("ana") as ana:
        refused = await eve.do("/poke shop production", "ana")
        other = await ana.do("/poke shop production", "ben")
    assert (refused.code, refused.run, other.code) == (Code.FAILED, None, Code.FAILED)
    assert "The login eve stands for nobody of the policy" in eve.text
    assert "terminal: {eve: [ana]}" in eve.text
    assert "policy.yml:" in eve.text
    assert "The login ana may act as Ana, not as ben" in ana.text
    assert await company.happened("request.refused") == ["terminal:eve", "terminal:ana"]
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_one_login_is_one_pair_of_eyes(company: Company, shelf: Shelf, seat: Sit) -> None:
    async with seat("root") as root:
        assert (await root.do("/poke shop production")).code is Code.USAGE
        assert "Say who: --as ana" in root.text
        await root.do("/poke shop production", "ana")
        no = await root.approve(1, await digest(company), "ben")
        assert no.code is Code.FAILED
        assert "share a login of the terminal with Ana" in root.text
    card = await company.see("Poke shop production?")
    await company.click("ben", card, APPROVE)
    await company.alone("ben", "share a login of the terminal")
    await company.click("chi", card, APPROVE)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]
    assert await company.happened("vote.refused") == ["U0BEN", "U0BEN"]


async def test_who_asked_cannot_approve_nor_is_another_plan_approved(
    company: Company, shelf: Shelf, seat: Sit
) -> None:
    await company.asked()
    async with seat("ana") as ana, seat("ben") as ben:
        assert (await ana.approve(1, await digest(company))).code is Code.FAILED
        assert "You asked for this" in ana.text
        assert (await ben.approve(1, "000000")).code is Code.FAILED
        assert "it is another plan" in ben.text
        denied = await ask.deny(ben.at, RunId(1), None, "not now", ben.screen)
        assert denied.code is Code.DONE
    assert (await company.ended()).state is State.DENIED
    assert shelf.executed == []


async def test_a_plan_of_ones_own_is_confirmed_at_the_terminal(company: Company, shelf: Shelf, seat: Sit) -> None:
    async with seat("ana") as ana:
        await ana.do("poke shop staging")
        left = await ana.watch(1)
        assert left.code is Code.WAITING
        ana.typed = ""
        assert (await ana.watch(1)).code is Code.DONE
    assert shelf.executed == ["R-1"]
    assert company.slack.ephemerals("U0ANA") == []
    assert DEV != OPS


async def test_what_is_not_understood_is_a_wrong_use(company: Company, seat: Sit) -> None:
    async with seat("ana") as ana:
        wrong = await ana.do("poke shop moon", because="")
    assert (wrong.code, wrong.run) == (Code.USAGE, None)
    assert "Nothing was changed" in ana.text


async def test_runs_are_listed_and_shown(company: Company, seat: Sit) -> None:
    await company.asked()
    await company.reaches(1, State.WAITING)
    async with seat("root") as root:
        code, found = await ask.list_runs(root.at, None, 5, root.screen)
        shown = await ask.show_run(root.at, RunId(1), None, root.screen)
        missing = await ask.show_run(root.at, RunId(9), None, root.screen)
    assert (code, len(found), shown.code, missing.code) == (Code.DONE, 1, Code.DONE, Code.FAILED)
    assert "R-1  waiting  Ana" in root.text
    assert "checkout answers 500" in root.text


async def test_without_a_worker_it_is_recorded_and_said(company: Company, seat: Sit) -> None:
    company.process.worker.drain()
    await company.pool.execute("UPDATE workers SET ended_at = statement_timestamp()")
    async with seat("ana") as ana:
        await ana.do("poke shop production")
        told = await ana.watch(1)
        await ask.say_if_nobody_works(ana.at, ana.screen)
    assert told.code is Code.WAITING
    assert "no worker is running" in ana.text


async def test_a_bot_that_never_ran_knows_nobody(pool: Pool) -> None:
    with pytest.raises(NeverStarted):
        async with console(pool, "ana"):
            pass
