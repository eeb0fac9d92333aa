"""Who is silent or away is shown beside who was asked, and changes nothing about who is asked."""

import time
from collections.abc import Awaitable, Callable

from tests.stories.test_incident import ON_CALL, header, placed
from tests.support.company import Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]


async def test_do_not_disturb_and_presence_are_shown_and_skip_nobody(company: Company, shelf: Shelf) -> None:
    company.slack.set_silent("U0BEN", time.time() + 3600)
    company.slack.set_away("U0CHI")
    card = await company.asked()
    told = await company.becomes(card, "silent until")
    assert "Ben, silent until" in company.text(told)
    await company.becomes(card, "Chi, away")
    await company.click("ben", await company.dm("ben", "Poke shop production?"), "approval.approve")
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]


async def test_what_slack_does_not_say_is_not_shown_and_nothing_waits_for_it(company: Company) -> None:
    company.slack.set_silent("U0BEN", time.time() + 3600)
    for method in ("dnd.teamInfo", "users.getPresence"):
        company.slack.faults.fail(method, "ratelimited", times=9)
    card = await company.asked()
    await company.dm("ben", "Poke shop production?")
    await company.slack.wait_for(
        lambda: [call for call in company.slack.calls if call.method == "users.getPresence"] or None,
        what="presence to be asked for",
    )
    assert "silent" not in company.text(company.slack.now(card) or card)


async def test_an_incidents_header_says_who_is_awake_until_somebody_is_on_it(
    open_company: Open,
) -> None:
    company = await open_company(policy=ON_CALL)
    company.slack.set_away("U0ANA")
    company.slack.set_silent("U0BEN", time.time() + 3600)
    await company.type("chi", "/incident checkout answers 500")
    card = await header(company, await placed(company))
    told = company.text(await company.becomes(card, "on call is Ana (away), then Ben (silent until"))
    assert told.count("Chi") >= 1
    await company.click("chi", card, "incident.ack")
    await company.becomes(card, "On it* Chi", without="(away)")
