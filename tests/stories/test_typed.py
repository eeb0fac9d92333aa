"""What destroys something where nobody else must agree: the place is typed before it starts."""

from datetime import UTC, datetime

import pytest

from bot.domain.invocation import Actor, Submission
from bot.domain.run import State
from bot.engine.press import Press
from permissions.model import Risk
from tests.support.company import Company
from tests.support.desk import Shelf


async def asked(company: Company, shelf: Shelf) -> str:
    """Ben asks, presses the button, and gets the form: its id."""
    shelf.raises = Risk.DESTRUCTIVE
    await company.type("ben", "/poke shop staging")
    plan = await company.alone("ben", "Poke shop staging?")
    await company.click("ben", plan, "run.confirm")
    views = company.slack.views
    view = await company.slack.wait_for(lambda: next(iter(views("U0BEN")), None), what="the form")
    assert "Type “shop staging” to start it" in str(view.body)
    assert shelf.executed == []
    return view.id


async def test_a_wrong_name_changes_nothing_and_the_right_one_starts_it(company: Company, shelf: Shelf) -> None:
    form = await asked(company, shelf)
    wrong = await company.slack.submit("U0BEN", form, {"typed": {"typed": "shop production"}})
    assert "That is not “shop staging”" in str(wrong.json())
    assert (await company.run(1)).state is State.WAITING
    right = await company.slack.submit("U0BEN", form, {"typed": {"typed": " Shop  staging "}})
    assert right.error is None
    await company.see("Poked", channel="C0SHOPOPS")
    assert shelf.executed == ["R-1"]


async def test_a_form_sent_twice_starts_it_once(company: Company, shelf: Shelf) -> None:
    form = await asked(company, shelf)
    await company.slack.submit("U0BEN", form, {"typed": {"typed": "shop staging"}})
    await company.see("Poked", channel="C0SHOPOPS")
    assert await company.process.votes.confirm((await company.run(1)).id, "U0BEN", "shop staging") is not None
    assert shelf.executed == ["R-1"]


@pytest.mark.parametrize(("ours", "theirs"), [("T0LANTERN", "T0OTHER"), ("T0LANTERN", ""), ("", "")])
async def test_a_form_from_elsewhere_starts_nothing_and_is_audited(
    company: Company, shelf: Shelf, ours: str, theirs: str
) -> None:
    await asked(company, shelf)
    bot = company.process
    bot.installation.team = ours
    press = Press(bot.installation, bot.intake, bot.votes, bot.govern)
    target = (await company.run(1)).target
    sent = Submission(target, {"typed": "shop staging"}, Actor("U0BEN", theirs), datetime.now(UTC))
    told = await press.submitted(sent)
    assert "Nothing was changed" in str(told.wrong)
    assert (await company.run(1)).state is State.WAITING
    assert await company.happened("vote.refused") == ["U0BEN"]


async def test_whoever_has_lost_the_right_cannot_start_their_own_plan(company: Company, shelf: Shelf) -> None:
    form = await asked(company, shelf)
    await company.becomes_known("ben", is_restricted=True)
    told = await company.slack.submit("U0BEN", form, {"typed": {"typed": "shop staging"}})
    assert "guest" in str(told.json())
    assert (await company.run(1)).state is State.WAITING
    assert await company.happened("vote.refused") == ["U0BEN"]
    assert shelf.executed == []
