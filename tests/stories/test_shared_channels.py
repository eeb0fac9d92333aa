"""Channels shared with another company: what its people would read is told to whoever asked, alone."""

import asyncio

import pytest

from bot.db import events
from bot.domain.card import Card, Tone, to_json
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.slack import outsiders
from tests.stories.conftest import Open
from tests.stories.test_alone import ALONE, MINUTE, WHY, says
from tests.stories.test_approval import APPROVE
from tests.support.company import DEV, GENERAL, OPS, POLICY, Company


async def tells(company: Company, kind: str, channel: str = OPS, **more: object) -> None:
    answer = await company.slack.send_event({"type": kind, "channel": channel, **more})
    assert answer.status == 200


async def test_a_change_is_asked_decided_and_told_in_direct_messages(company: Company) -> None:
    company.slack.set_shared(OPS)
    await tells(company, "channel_shared", connected_team_id="T0OTHER")
    await company.type("ana", "/poke because checkout answers 500")
    await company.alone("ana", "it is in your direct messages")
    mine = await company.dm("ana", "It waits for 1 of")
    assert "run.withdraw" in str(mine.blocks)
    await company.click("ben", await company.dm("ben", "Poke shop production?"), APPROVE)
    await company.ended()
    await company.becomes(await company.dm("ben", "The result is in the direct messages of Ana"), without=APPROVE)
    await company.becomes(mine, "Poked", without="run.withdraw")
    await company.dm("ana", "<@U0ANA> R-1")
    await company.type("eli", "/runs shop production")
    answer = await company.alone("eli", "1 run of shop production")
    assert answer.channel == OPS
    assert "Share" not in str(answer.blocks)
    assert company.slack.messages(OPS) == []


async def test_a_channel_that_slack_was_not_asked_about_yet_is_looked_up_before_the_first_word(
    company: Company,
) -> None:
    for channel in (OPS, DEV, GENERAL):
        company.slack.set_shared(channel)
    await company.type("ana", "/poke because checkout answers 500")
    await company.dm("ana", "Poke shop production: It waits for 1 of Ben, Chi")
    await company.type("eli", "/runs shop production", DEV)
    assert (await company.alone("eli", "1 run of shop production")).channel == DEV
    await company.type("chi", "/runs shop production", GENERAL)
    await company.click("chi", await company.alone("chi", "1 run of shop production"), "Share")
    await company.alone("chi", "Nothing was posted: ")
    await company.click("chi", await company.alone("chi", "1 run of shop production"), "Share")
    assert [company.slack.messages(channel) for channel in (OPS, DEV, GENERAL)] == [[], [], []]


async def test_what_stands_in_a_channel_that_becomes_shared_is_not_touched_any_more(company: Company) -> None:
    root = await company.asked()
    company.slack.set_shared(OPS)
    await tells(company, "channel_shared", connected_team_id="T0OTHER")
    await company.click("ben", await company.dm("ben", "Poke shop production?"), APPROVE)
    await company.ended()
    await company.dm("ana", "approved by Ben")
    assert company.slack.now(root) == root
    assert company.slack.messages(OPS, thread=root.ts) == []


async def test_where_the_policy_lists_the_channel_all_is_told_as_elsewhere(open_company: Open) -> None:
    company = await open_company(policy=f"{POLICY}shared_channels: [{OPS}]\n")
    company.slack.set_shared(OPS)
    await tells(company, "channel_shared", connected_team_id="T0OTHER")
    await company.asked()
    await company.type("eli", "/runs shop production")
    await company.see("1 run of shop production")


async def test_a_channel_of_several_workspaces_of_one_organisation_is_our_own(company: Company) -> None:
    company.slack.add_channel(OPS, "shop-ops", members=[company.slack.bot_user, "U0ANA"], is_org_shared=True)
    await tells(company, "channel_shared", connected_team_id="T0SISTER")
    async with asyncio.timeout(10):
        while await company.pool.fetchval("SELECT shared FROM channels"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await company.asked()


async def test_what_is_shared_no_more_is_spoken_in_again(company: Company) -> None:
    await tells(company, "channel_shared", connected_team_id="T0OTHER")
    await tells(company, "channel_unshared", previously_connected_team_id="T0OTHER", is_ext_shared=False)
    await company.asked()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"type": "channel_shared", "channel": "C1"}, ("C1", True)),
        ({"type": "channel_unshared", "channel": "C1", "is_ext_shared": False}, ("C1", False)),
        ({"type": "channel_unshared", "channel": "C1", "is_ext_shared": True}, ("C1", True)),
        ({"type": "channel_unshared", "channel": "C1"}, ("C1", True)),
        ({"type": "channel_shared"}, None),
        ({"type": "channel_shared", "channel": "C\0"}, None),
        ({"type": "channel_shared", "channel": "C1" * 2000}, None),
        ({"type": "channel_rename", "channel": "C1"}, None),
    ],
)
def test_what_an_event_says(event: dict[str, object], said: tuple[str, bool] | None) -> None:
    assert outsiders.heard(event) == said


async def health(company: Company, state: str, says: str) -> None:
    card = Card(Tone.OK if state == "recovered" else Tone.FAIL, says, says, (says,))
    body: JsonObject = {"state": state, "says": says, "card": to_json(card)}
    await events.record(company.pool, Kind.HEALTH_CHANGED, body=body, service="shop", environment="production")
    company.process.bell.ring("outbox")


async def test_an_alert_goes_to_who_is_on_call_and_says_there_when_it_is_over(open_company: Open) -> None:
    company = await open_company(policy=f"{POLICY}oncall: {{rotation: [chi, ben]}}\n")
    company.slack.set_shared(OPS)

    await health(company, "failing", "2 of 9 checks fail")
    told = await company.dm("chi", "2 of 9 checks fail")
    await health(company, "recovered", "9 of 9 checks pass")
    await company.becomes(told, "9 of 9 checks pass")
    assert company.slack.messages(OPS) == []


ADMINS = POLICY.replace("admin: [ben]", "admin: [ben, chi]")


async def test_an_alert_goes_to_every_admin_where_nobody_is_on_call(open_company: Open) -> None:
    company = await open_company(policy=ADMINS)
    company.slack.set_shared(OPS)
    await health(company, "failing", "2 of 9 checks fail")
    told = [await company.dm(one, "2 of 9 checks fail") for one in ("ben", "chi")]
    await health(company, "recovered", "9 of 9 checks pass")
    for one in told:
        await company.becomes(one, "9 of 9 checks pass")
        await company.see("9 of 9 checks pass", one.channel, thread=one.ts)
    await health(company, "failing", "1 of 9 checks fails")
    assert len({(await company.dm(one, "1 of 9 checks fails")).ts for one in ("ben", "chi")}) == 2
    assert company.slack.messages(OPS) == []


async def test_a_freeze_is_told_in_the_ops_channel_or_else_to_the_admins(open_company: Open) -> None:
    company = await open_company(
        catalog=f"channels: {{ops: {GENERAL}}}\n{TWO}", policy=ADMINS.replace("in: [shop]", "in: [shop, mail]")
    )
    company.slack.set_shared(OPS)
    company.slack.set_shared(DEV)
    await company.type("chi", "/freeze all --for 2h because release day")
    told = await company.see("Everything is frozen", GENERAL)
    await company.type("chi", "/freeze lift R-1")
    await company.see("The freeze of everything is lifted", GENERAL)
    await company.becomes(told, "was frozen", without="Lift it")
    assert len(company.slack.messages(GENERAL)) == 2
    company.slack.set_shared(GENERAL)
    await tells(company, "channel_shared", GENERAL, connected_team_id="T0OTHER")
    await company.type("chi", "/freeze all --for 2h because release day")
    mine = [await company.dm(one, "Everything is frozen") for one in ("ben", "chi")]
    await company.type("chi", "/freeze lift R-3")
    for one in mine:
        await company.becomes(one, "was frozen", without="Lift it")
    for who in ("ben", "chi"):
        await company.dm(who, "The freeze of everything is lifted")
    assert [len(company.slack.dms(f"U0{one}")) for one in ("BEN", "CHI")] == [2, 2]
    assert [len(company.slack.messages(one)) for one in (OPS, DEV, GENERAL)] == [0, 0, 2]


async def test_that_somebody_went_on_alone_is_told_the_admins(company: Company) -> None:
    company.slack.set_shared(OPS)
    await tells(company, "channel_shared", connected_team_id="T0OTHER")
    await company.type("ana", "/poke because checkout answers 500")
    await company.dm("ana", "It waits for 1 of")
    await company.forward(3 * MINUTE)
    offer = await company.dm("ana", "Nobody has answered")
    assert await says(company, "ana", offer, ALONE, WHY) == b""
    assert WHY in company.text(await company.dm("ben", "Ana goes on alone: Poke shop production"))
    assert company.slack.messages(OPS) == []


TWO = f"""
services:
  shop: {{channels: {{cards: {OPS}}}, environments: {{production: {{}}}}}}
  mail: {{channels: {{cards: {DEV}}}, environments: {{production: {{}}}}}}
"""
