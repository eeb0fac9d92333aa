"""Nobody answers: whoever asked goes on alone, everyone reads why, and somebody else looks at it in the morning."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.run import State
from bot.sandbox.workspace.things import Message
from tests.support.company import OPS, POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
MINUTE = timedelta(minutes=1)
ALONE, FINE, TALK = "unvoted.alone", "review.fine", "review.talk"
WHY = "checkout is down and nobody answers"


async def offered(company: Company) -> Message:
    await company.asked()
    await company.dm("ana", "waiting")
    await company.forward(3 * MINUTE)
    return await company.dm("ana", "Nobody has answered")


async def says(company: Company, who: str, message: Message, button: str, words: str) -> bytes:
    """Presses the button and fills in the form that it opens."""
    await company.click(who, message, button)
    person = f"U0{who.upper()}"
    view = await company.slack.wait_for(
        lambda: next(iter(reversed(company.slack.views(person))), None), what=f"a form for {who}"
    )
    answer = await company.slack.submit(person, view.id, {"typed": words})
    assert answer.status == 200
    return answer.body


async def test_nobody_answers_so_she_goes_on_alone_and_another_reviews_it(company: Company, shelf: Shelf) -> None:
    offer = await offered(company)
    assert b"in one sentence" in await says(company, "ana", offer, ALONE, "too    short")
    assert (await company.run()).state is State.WAITING
    assert await says(company, "ana", offer, ALONE, WHY) == b""
    loud = await company.see("Ana goes on alone: Poke shop production")
    done = await company.see("Poked")
    assert WHY in company.text(loud)
    assert "<!" not in loud.text
    assert loud.ts != done.ts
    assert "alone, without votes" in company.text(done)
    assert shelf.executed == ["R-1"]
    assert await company.happened("approval.alone") == ["U0ANA"]
    assert await company.happened("approval.granted") == []
    await company.becomes(await company.dm("ben", "Poke shop production"), "Ana went on alone", without="approve")
    await company.forward(timedelta(days=4))
    asked = await company.see("Review R-1: Poke shop production")
    bens = await company.dm("ben", "Review R-1")
    await company.type("chi", "/runs")
    await company.see("R-1 went on alone, by Ana")
    await company.click("ana", asked, FINE)
    assert "You ran it" in company.text(await company.alone("ana", "somebody else looks at it"))
    assert await says(company, "ben", bens, TALK, "the release notes said not to") == b""
    for copy in (asked, bens, loud):
        await company.becomes(copy, "Ben: needs a talk", without=FINE)
    await company.dm("ana", "it needs a talk")
    await company.click("chi", asked, FINE)
    assert "reviewed already, by Ben" in company.text(await company.alone("chi", "counts once"))
    assert await company.happened("review.done") == ["U0BEN"]


async def test_an_answer_in_between_wins_and_she_is_told(company: Company, shelf: Shelf) -> None:
    offer = await offered(company)
    await company.click("ana", offer, ALONE)
    view = await company.slack.wait_for(lambda: next(iter(company.slack.views("U0ANA")), None), what="a form")
    await company.click("ben", await company.dm("ben", "Poke"), "approval.deny")
    answer = await company.slack.submit("U0ANA", view.id, {"typed": WHY})
    assert b"was denied already" in answer.body
    await company.becomes(offer, "no longer open", without=ALONE)
    assert (await company.ended()).state is State.DENIED
    assert shelf.executed == []
    assert await company.happened("approval.alone") == []


async def test_a_review_is_asked_again_each_working_day_until_it_is_done(company: Company) -> None:
    await says(company, "ana", await offered(company), ALONE, WHY)
    await company.ended()
    for times in (1, 2):
        await company.forward(timedelta(days=4))
        await asked_for_review(company, times)
    await company.type("ben", "/runs review R-1 fine")
    await company.alone("ben", "Your review of R-1 is recorded")
    assert await company.happened("review.done") == ["U0BEN"]


async def asked_for_review(company: Company, times: int) -> None:
    def found() -> bool | None:
        asked = [one for one in company.slack.messages(OPS) if "Review R-1" in company.text(one)]
        return len(asked) == times or None

    await company.slack.wait_for(found, what=f"request {times} for a review")


async def test_where_the_policy_has_no_such_way_nobody_goes_alone(open_company: Open) -> None:
    company = await open_company(policy=f"{POLICY}approvals: [{{risk: change, in: protected, need: 1}}]")
    await company.asked()
    await company.forward(10 * MINUTE)
    await company.type("ana", f"/runs alone R-1 because {WHY}")
    await company.alone("ana", "The policy does not allow going on alone here")
    assert await company.happened("approval.alone_offered") == []


async def test_too_early_and_by_somebody_else_it_is_refused(company: Company) -> None:
    await company.asked()
    await company.type("ana", f"/runs alone R-1 because {WHY}")
    await company.alone("ana", "You may go on alone from")
    await company.type("ben", f"/runs alone R-1 because {WHY}")
    await company.alone("ben", "Only the person who asked")
    assert (await company.run()).state is State.WAITING


async def test_at_the_same_moment_one_of_them_decides(company: Company, shelf: Shelf) -> None:
    offer = await offered(company)
    await company.click("ana", offer, ALONE)
    view = await company.slack.wait_for(lambda: next(iter(company.slack.views("U0ANA")), None), what="a form")
    bens, chis = await company.dm("ben", "Poke"), await company.dm("chi", "Poke")
    await asyncio.gather(
        company.slack.submit("U0ANA", view.id, {"typed": WHY}),
        company.click("ben", bens, "approval.approve"),
        company.click("chi", chis, "approval.deny"),
    )
    await company.ended()
    ways = [len(await company.happened(f"approval.{how}")) for how in ("alone", "granted", "denied")]
    assert sorted(ways) == [0, 0, 1]
    assert shelf.executed == ([] if ways[2] else ["R-1"])
