"""What is typed where clicks fail: votes, runs, locks, the audit log; the same engine, the same record."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.capability import Running
from bot.domain.run import State
from tests.stories.conftest import Open
from tests.support.company import OPS, Company
from tests.support.desk import Shelf

APPROVE = "approval.approve"


async def digits(company: Company) -> str:
    run = await company.run()
    assert run.digest is not None
    return run.digest[:6]


async def test_an_approval_can_be_typed_as_the_card_says(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    line = f"/approve R-1 {await digits(company)}"
    assert line in company.text(card)
    await company.type("ben", line)
    await company.alone("ben", "Your approval of R-1 is recorded")
    done = await company.becomes(card, "Poked", without=APPROVE)
    assert "approved Ben" in company.text(done)
    assert shelf.executed == ["R-1"]


@pytest.mark.parametrize(
    ("who", "line", "says"),
    [
        ("ana", "/approve R-1 {digits}", "You asked for this"),
        ("ben", "/approve R-1 000000", "it is another plan"),
        ("eli", "/approve R-1 {digits}", "may not"),
        ("eli", "/deny R-1 because no", "may not"),
        ("ben", "/approve R-99 000000", "R-99"),
        ("ben", "/deny R-99", "R-99"),
        ("ben", "/runs cancel R-99", "There is no R-99"),
        ("eli", "/runs cancel R-1", "may not"),
        ("ben", "/runs settle R-1 done", "needs no settling"),
        ("eli", "/runs settle R-1 done", "may not"),
    ],
)
async def test_what_may_not_be_done_by_clicking_may_not_be_typed(
    company: Company, shelf: Shelf, who: str, line: str, says: str
) -> None:
    await company.asked()
    await company.type(who, line.format(digits=await digits(company)))
    told = await company.alone(who, says)
    assert "Nothing was changed" in company.text(told)
    assert (await company.run()).state is State.WAITING
    assert shelf.executed == []


async def test_the_reason_of_a_denial_reaches_whoever_asked(company: Company) -> None:
    card = await company.asked()
    await company.type("ben", "/deny R-1 because a release is on its way <!channel>")
    ended = await company.becomes(card, "a release is on its way", without=APPROVE)
    assert "Denied by Ben" in company.text(ended)
    assert "<!channel>" not in ended.text
    told = await company.see("<@U0ANA> R-1", thread=card.ts)
    assert "a release is on its way" in company.text(told)
    line = await company.see("👎", thread=card.ts)
    assert "a release is on its way" in company.text(line)
    assert "a release is on its way" in company.text(await company.becomes(await company.dm("ana", "Poke"), "Denied"))


async def test_runs_tell_what_there_was_and_one_run_tells_all(company: Company) -> None:
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    await company.type("eli", "/runs")
    listed = await company.see("newest first")
    for words in ("R-1", "/poke shop production", "Ana", "succeeded"):
        assert words in company.text(listed), words
    await company.type("eli", "/runs show R-1")
    shown = await company.alone("eli", "R-1: Poke shop production")
    for words in ("checkout answers 500", "U0BEN", "fetch", "switch", "approved"):
        assert words in company.text(shown), words


async def test_a_run_is_cancelled_by_typing(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await company.type("ana", "/runs cancel R-1 because found it")
    await company.alone("ana", "R-1 is withdrawn")
    await company.becomes(card, "Withdrawn by Ana", without=APPROVE)
    assert shelf.executed == []


async def test_locks_name_holder_and_who_waits(company: Company, shelf: Shelf) -> None:
    reached, gate = asyncio.Event(), asyncio.Event()

    async def hold(_: Running) -> None:
        reached.set()
        await gate.wait()

    shelf.between["fetch"] = hold
    await company.type("eli", "/runs locks")  # what looks is a run too
    await company.see("No lock is held")
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await asyncio.wait_for(reached.wait(), 5)
    await company.type("chi", "/poke because the queue grows")
    second = await company.see("the queue grows")
    await company.click("ana", second, APPROVE)
    await company.becomes(second, "waiting its turn")
    await company.forward(timedelta(minutes=2))
    await company.type("eli", "/runs locks because I want to know")
    told = await company.see("1 lock held")
    for words in ("shop production", "R-2", "Ana", "R-3"):
        assert words in company.text(told), words
    gate.set()
    await company.becomes(second, "Poked")


async def test_the_audit_log_tells_who_did_what_and_is_whole(company: Company) -> None:
    card = await company.asked()
    await company.click("eli", card, APPROVE)
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    await company.type("ben", "/audit")
    log = await company.alone("ben", "newest first")
    for words in ("vote refused", "vote cast", "run started", "Eli", "Ben", "Ana"):
        assert words in company.text(log), words
    await company.type("ben", "/audit verify")
    report = await company.see("The audit log is whole")
    assert "every one sealed and unchanged" in company.text(report)


LIMITED = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, eli: U0ELI}
roles: {admin: [ben], operator: [admin, ana, chi], guest: [eli]}
grants:
  - {role: operator, may: [read, record, change], in: [shop]}
  - {role: admin, may: [read, record, change, destructive], in: [shop]}
  - {role: guest, may: [read], in: [shop/staging]}
"""


async def test_the_log_is_filtered_and_leafed_through(open_company: Open) -> None:
    company = await open_company(policy=LIMITED)
    await company.type("ana", "/poke shop staging because staging first")
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "Poked")
    await company.type("ben", "/audit --kind vote --since 2h")
    votes = company.text(await company.alone("ben", "about vote"))
    assert "vote cast" in votes
    assert "run started" not in votes
    await company.type("ben", "/audit --run R-2 --last 3")
    told = company.text(await company.alone("ben", "3 entries of R-2"))
    assert "run ended" in told
    assert "request received" not in told
    await company.type("ben", "/audit all --last 2")
    newest = await company.alone("ben", "2 entries of the audit log")
    await company.click("ben", newest, "ask", value=None)
    assert "before No." in company.text(await company.alone("ben", "2 entries before No."))
    await company.type("eli", "/audit all --last 50")
    theirs = company.text(await company.alone("eli", "of the audit log"))
    assert "shop staging" in theirs
    assert "shop production" not in theirs
    await company.type("eli", "/audit all R-2")
    assert "R-2" in company.text(await company.alone("eli", "There are no entries of R-2"))


async def test_tampering_with_the_record_is_told_to_whoever_verifies(company: Company) -> None:
    await company.asked()
    await company.pool.execute("ALTER TABLE events DISABLE TRIGGER USER")
    await company.pool.execute("UPDATE events SET actor = 'U0CHI' WHERE kind = 'request.received'")
    await company.type("ben", "/audit verify")
    told = await company.see("The audit log is broken")
    assert "tell an admin now" in company.text(told)
    assert company.slack.messages(OPS)
    await company.pool.execute("UPDATE events SET actor = 'U0ANA' WHERE kind = 'request.received' AND run_id = 1")
