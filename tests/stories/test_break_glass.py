"""Breaking the glass replaces votes and nothing else: everyone is told, and somebody else reviews it within a day."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.run import State
from permissions.model import Risk
from tests.stories.test_alone import FINE, WHY, says
from tests.support.company import POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
GLASS = "unvoted.glass"
BEN_HOLDS_IT = f"{POLICY}break_glass: {{roles: [admin], in: [protected]}}\n".replace(
    "admin: [ben]", "admin: [ben, mia]"
).replace("eli: U0ELI", "eli: U0ELI, mia: U0MIA")


async def declared(company: Company) -> None:
    """An incident is under way, and is no rehearsal."""
    await company.pool.execute(
        "INSERT INTO incidents (title, severity, opened_by, team, shown)"
        " VALUES ('checkout is down', 'sev1', 'U0BEN', 'T0LANTERN', 1)"
    )


async def test_at_three_in_the_morning_an_admin_breaks_the_glass(open_company: Open, shelf: Shelf) -> None:
    shelf.raises = Risk.DESTRUCTIVE
    company = await open_company(policy=BEN_HOLDS_IT)
    await company.type("ben", "/poke shop production because checkout answers 500")
    mine = await company.dm("ben", "waiting")
    await company.click("ben", mine, GLASS)
    await company.alone("ben", "only while an incident of shop production is open")
    await declared(company)
    assert await says(company, "ben", mine, GLASS, WHY) == b""
    loud = await company.see("Ben broke the glass: Poke shop production")
    mias = await company.dm("mia", "Ben broke the glass: Poke")
    done = await company.see("Poked")
    assert WHY in company.text(loud)
    assert "by broken glass" in company.text(done)
    assert shelf.executed == ["R-1"]
    assert await company.happened("approval.broken_glass") == ["U0BEN"]
    await company.forward(timedelta(hours=24))
    await company.see("Review R-1: Poke shop production")
    await company.click("ben", loud, FINE)
    await company.alone("ben", "somebody else looks at it")
    await company.click("mia", mias, FINE)
    await company.becomes(loud, "Mia: it was fine", without=FINE)
    assert await company.happened("review.done") == ["U0MIA"]


async def test_who_does_not_hold_it_has_no_button_and_no_word_for_it(open_company: Open) -> None:
    company = await open_company(policy=BEN_HOLDS_IT)
    await company.asked()
    assert GLASS not in str((await company.dm("ana", "waiting")).blocks)
    await company.type("ana", f"/runs break-glass R-1 because {WHY}")
    await company.alone("ana", "The policy does not allow breaking the glass here")
    assert (await company.run()).state is State.WAITING
    await company.type("ben", "/can rollback shop production")
    await company.alone("ben", "At once by breaking the glass")


async def test_it_replaces_no_denial_and_not_the_digest(open_company: Open, shelf: Shelf) -> None:
    company = await open_company(policy=BEN_HOLDS_IT)
    await company.type("ben", "/poke shop production because checkout answers 500")
    card = await company.see("Poke shop production?")
    await company.click("chi", card, "approval.deny")
    await company.becomes(card, "Denied by Chi")
    await company.type("ben", f"/runs break-glass R-1 because {WHY}")
    await company.alone("ben", "was denied already")
    await company.type("ben", "/poke shop production because it still answers 500")
    again = await company.see("Poke shop production?")
    assert again.ts != card.ts
    await declared(company)
    shelf.target = "9f8e7d6"
    await company.type("ben", f"/runs break-glass R-3 because {WHY}")
    await company.becomes(again, "target was 4c1d2a7, now 9f8e7d6")
    assert shelf.executed == []


async def test_a_role_that_lost_it_meanwhile_starts_nothing(open_company: Open, shelf: Shelf) -> None:
    company = await open_company(policy=BEN_HOLDS_IT)
    await company.type("ben", "/poke shop production because checkout answers 500")
    mine = await company.dm("ben", "waiting")
    (company.folder / "policy.yml").write_text(BEN_HOLDS_IT.replace("roles: [admin], in", "roles: [operator], in"))
    (company.folder / "policy.yml").write_text(BEN_HOLDS_IT.replace("break_glass", "#"))
    company.process.hang_up()
    await company.becomes(mine, "waiting", without=GLASS)
    await company.type("ben", f"/runs break-glass R-1 because {WHY}")
    await company.alone("ben", "does not allow breaking the glass")
    assert shelf.executed == []
