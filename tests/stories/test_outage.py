"""Slack away delays words, never work or records; PostgreSQL away starts nothing, and nobody is lied to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from bot.domain.run import State
from tests.support.company import GENERAL, OPS, Company
from tests.support.desk import Shelf

APPROVE = "approval.approve"
Away = Callable[[], AbstractAsyncContextManager[None]]
IN_TIME_S = 2.5


@pytest.fixture
def away(postgres: str, database_url: str) -> Away:
    """PostgreSQL as after a crash of its machine: connections broken, and none can be made."""
    socket = Path(parse_qs(urlsplit(postgres).query)["host"][0]) / ".s.PGSQL.5432"
    name = urlsplit(database_url).path.strip("/")

    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        admin = await asyncpg.connect(postgres)
        hidden = socket.rename(socket.with_name("hidden"))
        try:
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            yield
        finally:
            hidden.rename(socket)
            await admin.close()

    return away


@asynccontextmanager
async def hanging(company: Company) -> AsyncIterator[None]:
    """PostgreSQL answers nobody who wants to write a delivery or an approval."""
    async with company.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("LOCK TABLE deliveries, approvals IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            await transaction.rollback()


async def test_slack_away_during_approval_and_run_delays_only_the_words(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    copy = await company.dm("ben", "Poke shop production?")
    company.slack.faults.down()
    answer = await company.click("ben", copy, APPROVE)
    assert answer.status == 200
    run = await company.ended(1)
    assert run.state is State.SUCCEEDED
    assert shelf.executed == ["R-1"]
    assert APPROVE in str(company.slack.messages(OPS)[0].blocks)
    company.slack.faults.up()
    await company.forward(timedelta(seconds=20))
    done = await company.becomes(card, "Poked", without=APPROVE)
    assert "approved Ben" in company.text(done)
    await company.becomes(copy, "approved by Ben", without=APPROVE)
    await company.see("<@U0ANA>", thread=card.ts)


async def test_a_request_typed_while_slack_is_away_is_asked_once_it_is_back(company: Company) -> None:
    company.slack.faults.down("refuse")
    answer = await company.type("ana", "/poke because checkout answers 500")
    assert (answer.status, answer.error) == (200, None)
    await company.reaches(1, State.WAITING)
    company.slack.faults.up()
    await company.forward(timedelta(seconds=20))
    await company.see("Poke shop production?")
    await company.dm("ben", "Poke shop production?")
    assert (await company.run()).state is State.WAITING


@pytest.mark.parametrize("how", ["reset_after_apply", 503, "reset", "fatal_error"])
async def test_a_post_whose_answer_is_lost_is_there_once(company: Company, how: str | int) -> None:
    company.slack.faults.fail("chat.postMessage", how)
    await company.type("ana", "/poke because checkout answers 500")
    await company.slack.wait_for(lambda: [c for c in company.slack.calls if c.method == "chat.postMessage"])
    await company.forward(timedelta(seconds=5))
    card = await company.see("Poke shop production?")
    for who in ("ben", "chi", "ana"):
        await company.dm(who, "Poke shop production")
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    assert len(company.slack.messages(OPS)) == 1
    assert [len(company.slack.dms(f"U0{who}")) for who in ("ANA", "BEN", "CHI")] == [1, 1, 1]


async def test_a_slow_slack_does_not_slow_the_answer_to_a_command(company: Company) -> None:
    company.slack.faults.late("*", 5)
    answers = [await company.type("ana", "/poke because slow"), await company.type("eli", "/poke because slow")]
    assert all(answer.elapsed_s < 1 for answer in answers)
    company.slack.faults.clear()


async def test_the_bot_starts_without_slack_and_goes_on_when_it_is_back(company: Company) -> None:
    company.slack.faults.down()
    await company.restart()
    assert await company.process.problems() == []
    await company.type("ana", "/poke because checkout answers 500")
    await company.reaches(1, State.WAITING)
    company.slack.faults.up()
    await company.forward(timedelta(seconds=20))
    await company.see("Poke shop production?")


async def test_when_postgresql_hangs_everybody_is_answered_in_time_and_truly(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    event = {"type": "user_change", "user": {"id": "U0MIA", "team_id": "T0LANTERN"}}
    async with hanging(company):
        typed, clicked, told = await asyncio.gather(
            company.type("chi", "/poke because the queue grows"),
            company.click("ben", card, APPROVE),
            company.slack.send_event(event, event_id="Ev1"),
        )
    assert (typed.status, clicked.status, told.status) == (200, 200, 503)
    assert max(typed.elapsed_s, clicked.elapsed_s, told.elapsed_s) < IN_TIME_S
    for who in ("chi", "ben"):
        note = await company.alone(who, "I do not know whether this was recorded")
        assert "/runs" in company.text(note)
    again = await company.slack.send_event(event, event_id="Ev1", retry_num=1)
    assert again.status == 200
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 1
    assert (await company.run()).state is State.WAITING
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]


async def test_when_postgresql_is_away_nothing_starts_and_it_goes_on_by_itself(
    company: Company, shelf: Shelf, away: Away
) -> None:
    card = await company.asked()
    async with away():
        typed, clicked, told = await asyncio.gather(
            company.type("chi", "/poke because the queue grows"),
            company.click("ben", card, APPROVE),
            company.slack.send_event({"type": "team_join", "user": {"id": "U0NEW"}}),
        )
        assert await company.process.problems() == ["the database is away"]
    assert (typed.status, clicked.status, told.status) == (200, 200, 503)
    assert max(typed.elapsed_s, clicked.elapsed_s, told.elapsed_s) < IN_TIME_S
    await company.alone("chi", "I do not know whether this was recorded")
    await company.alone("ben", "I do not know whether this was recorded")
    assert shelf.executed == []
    assert await company.process.problems() == []
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]


async def test_a_channel_without_the_bot_is_told_to_whoever_asked(company: Company) -> None:
    people = [f"U0{one}" for one in ("ANA", "BEN", "CHI", "ELI")]
    company.slack.add_channel(OPS, "shop-ops", members=people)
    await company.type("ana", "/poke shop production because checkout answers 500", GENERAL)
    told = await company.dm("ana", "/invite")
    assert f"<#{OPS}>" in company.text(told)
    await company.dm("ben", "Poke shop production?")
    company.slack.add_channel(OPS, "shop-ops", members=[company.slack.bot_user, *people])
    await company.pool.execute("UPDATE posts SET retry_at = statement_timestamp()")
    await company.see("Poke shop production?")
    await company.alone("ana", "it is in")
    assert len([one for one in company.slack.dms("U0ANA") if "/invite" in company.text(one)]) == 1


async def test_postgresql_away_when_slack_says_who_we_are_is_asked_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, adopted = company.process.workspace, asyncio.Event()
    adopt, answers = workspace._adopt, iter([asyncpg.ConnectionDoesNotExistError()])

    async def once_away(named: dict[str, str | None]) -> None:
        for error in answers:
            raise error
        await adopt(named)
        adopted.set()

    monkeypatch.setattr(workspace, "_adopt", once_away)
    await workspace.identify()
    assert adopted.is_set()
    assert company.process.failed is None
