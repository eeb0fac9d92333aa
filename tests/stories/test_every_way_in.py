"""Whoever has no standing any more, by every way in: nothing is asked, voted, opened or shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.console import ask
from bot.console.engine import Console, console
from bot.console.follow import Screen
from bot.console.outcome import Code
from bot.db import database
from bot.domain.run import RunId, State
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.things import BOT_USER, Delivery, Message
from tests.stories.conftest import Open
from tests.stories.test_forms import asked as form_for
from tests.support.company import GENERAL, OPS, POLICY, Company
from tests.support.desk import Shelf

WITHOUT_STANDING: list[dict[str, bool | str]] = [
    {"team_id": "T0OTHER"},
    {"is_restricted": True},
    {"is_ultra_restricted": True},
    {"deleted": True},
    {"is_bot": True},
]
ACTIONS = (
    *("approval.approve", "approval.deny", "approval.withdraw", "approval.hush", "run.confirm", "run.details"),
    *("run.cancel", "run.settle_done", "run.settle_not_done", "unvoted.alone", "unvoted.glass", "unvoted.review"),
    *("incident.ack", "incident.hush", "incident.resolve", "form.open", "ask", "home.more", "freeze.lift", "share"),
)


async def press(company: Company, card: Message, action: str, value: str) -> None:
    """A button that this card may never have had, signed all the same."""
    pressed = {"action_id": action, "value": value, "type": "button", "block_id": "b", "action_ts": "1.1"}
    chi = company.slack.state.people["U0CHI"]
    payload = payloads.message_click(company.slack.state, chi, card, pressed, Delivery())
    answer = await company.raw({"payload": {**payload, "trigger_id": f"1.{action}.{value}"}})
    assert answer.status == 200, (action, value)


@pytest.fixture
async def company(open_company: Open) -> Company:
    return await open_company(policy=f"{POLICY}terminal: {{chi: chi}}\n")


@asynccontextmanager
async def terminal(company: Company, url: str) -> AsyncIterator[Console]:
    """Chi's login on the host, which outlives Chi's standing in Slack."""
    pool = await database.connect(url, size=2)
    try:
        async with console(pool, "chi", company.records) as at:
            yield at
    finally:
        await pool.close()


async def choose(company: Company, card: Message) -> None:
    """Entries of a message's menu, and of the one for everywhere, which this app does not have."""
    chi = company.slack.state.people["U0CHI"]
    for callback in ("timeline.add", "incident.open", "ask", "approval.approve"):
        chosen = payloads.message_shortcut(company.slack.state, chi, card, callback, Delivery())
        everywhere = payloads.interaction("shortcut", chi, Delivery()) | {"callback_id": callback, "action_ts": "1.1"}
        for number, payload in enumerate((chosen, everywhere)):
            answer = await company.raw({"payload": {**payload, "trigger_id": f"1.{callback}.{number}"}})
            assert answer.status == 200, callback


async def sit_down(at: Console, digest: str) -> list[str]:
    """All that a terminal lets somebody do; what it says."""
    said: list[str] = []
    screen = Screen(said.append)
    told = [
        await ask.do(at, "/poke shop staging", None, "because I can", screen),
        await ask.do(at, "/incident checkout is down", None, "", screen),
        await ask.approve(at, RunId(1), digest, None, "", screen),
        await ask.deny(at, RunId(1), None, "because I can", screen),
    ]
    assert {one.code for one in told} <= {Code.FAILED, Code.USAGE}
    return said


async def check_untouched(company: Company, shelf: Shelf) -> None:
    """Everything is as it was but for refusals, and for what Ana looked at meanwhile."""
    assert (await company.run()).state is State.WAITING
    assert await company.pool.fetchval("SELECT count(*) FROM votes") == 0
    others = await company.pool.fetch(
        "SELECT text FROM runs WHERE id > 1 AND state <> 'refused' AND actor <> 'U0ANA'"
    )
    assert [row["text"] for row in others] == []
    assert await company.pool.fetchval("SELECT count(*) FROM incidents") == 0
    assert shelf.executed == []


@pytest.mark.parametrize("flags", WITHOUT_STANDING, ids=[str(flags) for flags in WITHOUT_STANDING])
async def test_nobody_without_standing_gets_anywhere(
    company: Company, database_url: str, shelf: Shelf, flags: dict[str, bool | str]
) -> None:
    card = await company.asked()
    run = await company.run()
    target = run.target
    form = await form_for(company, "ana", "/poke shop")
    await company.becomes_known("chi", **flags)
    before = len(company.slack.ephemerals("U0CHI"))
    for line in ("/poke because I can", "/approve R-1 because x", "/runs", "/incident checkout is down --private"):
        await company.type("chi", line)
    await company.type("chi", f"<@{BOT_USER}> poke because I can", GENERAL)
    await company.type("chi", "poke shop production because I can", company.slack.state.im("U0CHI").id)
    for action in ACTIONS:
        await press(company, card, action, target)
    await choose(company, card)
    async with terminal(company, database_url) as at:
        said = await sit_down(at, (run.digest or "")[:6])
    filled = {"@place": {"@place": {"type": "static_select", "selected_option": {"value": "shop production"}}}}
    submitted = payloads.submission(company.slack.state.people["U0CHI"], replace(form, state=filled), Delivery())
    assert (await company.raw({"payload": submitted})).status == 200
    await company.slack.open_home("U0CHI")
    await company.type("ana", "/runs")
    await company.see("newest first", OPS)
    told = " ".join(company.text(one) for one in company.slack.ephemerals("U0CHI")[before:])
    assert "checkout answers 500" not in told + " ".join(said)
    home = company.slack.home("U0CHI")
    assert "checkout answers 500" not in (str(home.blocks) if home else "")
    await check_untouched(company, shelf)


async def test_no_button_with_a_made_up_value_does_anything(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    token = (await company.run()).target.partition("-")[2]
    values = ("", "R-1", "1", "1-00000000", f"2-{token}", f"1-{token[:-1]}", f"I1-{token}", "x" * 1999, "1-\u0661")
    for action in ACTIONS:
        for value in values:
            await press(company, card, action, value)
    await check_untouched(company, shelf)
