"""A person types, others click, the thread shows: approvals."""

from bot.domain.run import State
from tests.support.company import DEV, GENERAL, OPS, Company
from tests.support.desk import Shelf


async def test_a_second_person_must_confirm_a_change_in_production(company: Company, shelf: Shelf) -> None:
    answer = await company.type("ana", "/poke because checkout answers 500")
    assert answer.status == 200
    card = await company.see("Poke shop production?")
    assert "checkout answers 500" in company.text(card)
    await company.click("ana", card, "approval.approve")
    refusal = await company.alone("ana", "You asked for this")
    assert "Ben" in company.text(refusal)
    assert "Chi" in company.text(refusal)
    copy = await company.dm("ben", "Poke shop production?")
    await company.click("ben", copy, "approval.approve")
    done = await company.see("Poked")
    assert done.ts == card.ts
    assert "approval.approve" not in str(done.blocks)
    settled = await company.slack.wait_for(lambda: company.settled("ben", copy, "approval.approve"), what="Ben's copy")
    print(company.text(settled))
    assert "Ben" in company.text(settled)
    assert shelf.executed == ["R-1"]
    await company.see("U0ANA", thread=card.ts)
