"""Who may not: forged buttons, other workspaces, guests, people who left; each is told so, and nothing changes."""

import pytest

from bot.domain.run import FINAL, State
from bot.sandbox.workspace.things import Delivery
from tests.support.company import Company
from tests.support.desk import Shelf

APPROVE, DENY = "approval.approve", "approval.deny"


async def check_untouched(company: Company, shelf: Shelf, *, refused: int = 1) -> None:
    """R-1 still waits, nobody's vote counts, nothing ran, and each refusal is in the audit log."""
    assert (await company.run()).state is State.WAITING
    assert await company.happened("vote.cast") == []
    assert len(await company.happened("vote.refused")) == refused
    assert shelf.executed == []


FORGED = (
    "R-1",
    "1",
    "1-00000000",
    "999-00000000",
    "1-'; DROP TABLE runs; --",
    '{"run": 1, "approved": true}',
    "",
    "9" * 200,
)


async def test_a_forged_value_is_refused_and_audited(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    for number, value in enumerate(FORGED, start=1):
        answer = await company.click("ben", card, APPROVE, value=value)
        assert answer.status == 200, value
        note = company.text(await company.whispered("ben", number))
        assert "not one of mine" in note, value
        assert "Nothing was changed" in note
    await check_untouched(company, shelf, refused=len(FORGED))


async def test_the_token_of_one_request_does_not_open_another(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await company.type("chi", "/poke shop staging")
    await company.alone("chi", "Poke shop staging?")
    theirs = (await company.run(2)).target.partition("-")[2]
    await company.click("ben", card, APPROVE, value=f"1-{theirs}")
    await company.alone("ben", "not one of mine")
    await check_untouched(company, shelf)


async def test_a_forged_offer_asks_for_nothing(company: Company) -> None:
    await company.type("ana", "/poke --dry-run")
    plan = await company.alone("ana", "only the plan")
    await company.click("ana", plan, "ask", value="/poke shop production")
    await company.alone("ana", "not one of mine")
    await company.click("ana", plan, "ask")
    await company.see("Poke shop production?")
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 2


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"team_id": "T0OTHER"}, "for people of this workspace only"),
        ({"is_restricted": True}, "guests may not"),
        ({"is_ultra_restricted": True}, "guests may not"),
        ({"deleted": True}, "the account is deactivated"),
        ({"is_bot": True}, "bots may not"),
    ],
)
@pytest.mark.parametrize("action", [APPROVE, DENY])
async def test_an_approver_who_has_no_standing_any_more_is_told_so(
    company: Company, shelf: Shelf, flags: dict[str, bool | str], says: str, action: str
) -> None:
    card = await company.asked()
    await company.becomes_known("ben", **flags)
    await company.click("ben", card, action)
    refusal = await company.alone("ben", says)
    assert "Nothing was changed" in company.text(refusal)
    await check_untouched(company, shelf)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"team_id": "T0OTHER"}, "only people of this workspace"),
        ({"is_restricted": True}, "guests may not"),
        ({"deleted": True}, "the account is deactivated"),
    ],
)
async def test_a_command_of_somebody_without_standing_is_refused(
    company: Company, shelf: Shelf, flags: dict[str, bool | str], says: str
) -> None:
    await company.becomes_known("ana", **flags)
    await company.type("ana", "/poke because I can")
    refusal = await company.alone("ana", says)
    assert "policy.yml" in company.text(refusal)
    assert (await company.run()).state is State.REFUSED
    assert shelf.planned == 0


async def test_somebody_whom_slack_has_not_described_yet_is_looked_up_first(company: Company) -> None:
    company.slack.add_person("U0NEW", "new", "New Here")
    await company.type("new", "/poke because I am new")
    refusal = await company.alone("new", "may not")
    assert "viewers may only look" in company.text(refusal)
    assert "New" in company.text(refusal)


async def test_somebody_new_is_neither_refused_nor_let_in_while_slack_is_away(company: Company, shelf: Shelf) -> None:
    company.slack.add_person("U0ZOE", "zoe", "Zoe Quinn")
    company.slack.faults.down("refuse")
    await company.type("zoe", "/health shop staging")
    await company.type("ana", "/runs")
    await company.ended(2)  # a later request of somebody known is not held up
    assert (await company.run(1)).state not in FINAL
    company.slack.faults.up()
    assert (await company.ended(1)).state is State.SUCCEEDED


async def test_a_click_without_any_team_belongs_to_nobody(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    run = await company.run()
    payload = {
        "type": "block_actions",
        "user": {"id": "U0BEN"},
        "trigger_id": "1.2.3",
        "actions": [{"action_id": "approval.approve", "value": run.target, "type": "button", "block_id": "b"}],
        "container": {"channel_id": card.channel, "message_ts": card.ts},
    }
    answer = await company.raw({"payload": payload})
    assert answer.status == 200
    await check_untouched(company, shelf)


async def test_names_are_never_believed(company: Company, shelf: Shelf) -> None:
    await company.type(
        "eli", "/poke because x", delivery=Delivery(form={"user_name": "ben", "channel_name": "shop-ops"})
    )
    await company.alone("eli", "Eli may not")
    assert shelf.planned == 0


async def test_a_command_from_another_team_is_refused_whatever_the_user_id(company: Company, shelf: Shelf) -> None:
    await company.type("ana", "/poke because x", delivery=Delivery(team_id="T0OTHER"))
    await company.alone("ana", "only people of this workspace")
    assert shelf.planned == 0


async def test_a_workspace_within_a_grid_works_as_any_other(company: Company, shelf: Shelf) -> None:
    grid = Delivery(enterprise_id="E0LANTERN")
    await company.type("ana", "/poke because x", delivery=grid)
    card = await company.see("Poke shop production?")
    await company.click("ben", card, APPROVE, delivery=grid)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"team_id": "T0OTHER"}, "for people of this workspace only"),
        ({"is_restricted": True}, "guests may not"),
        ({"deleted": True}, "the account is deactivated"),
    ],
)
async def test_details_are_shown_to_nobody_who_may_not_look(
    company: Company, flags: dict[str, bool | str], says: str
) -> None:
    card = await company.asked()
    await company.click("mia", card, "run.details")
    await company.alone("mia", "R-1: ")
    await company.becomes_known("eli", **flags)
    await company.click("eli", card, "run.details")
    refusal = await company.alone("eli", says)
    assert len(company.slack.ephemerals("U0ELI")) == 1
    assert "checkout answers 500" not in company.text(refusal)
