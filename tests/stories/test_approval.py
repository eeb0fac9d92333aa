"""A person types, others click, the thread shows: approvals."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

from bot.domain.run import State
from bot.sandbox.workspace.things import Message
from permissions.model import Risk
from tests.support.company import CATALOG, OPS, POLICY, Company
from tests.support.desk import Shelf

Open = Callable[..., Awaitable[Company]]
APPROVE, DENY = "approval.approve", "approval.deny"
TWO_OF_ALL = (
    POLICY.replace("small-team", "strict")
    .replace("admin: [ben]", "admin: [ana, ben, chi]")
    .replace("operator: [admin, ana, chi]", "operator: [admin]")
)


async def test_a_second_person_must_confirm_a_change_in_production(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    assert "checkout answers 500" in company.text(card)
    await company.click("ana", card, APPROVE)
    refusal = await company.alone("ana", "You asked for this")
    assert "These can approve: Ben, Chi" in company.text(refusal)
    assert "Nothing was changed" in company.text(refusal)
    copy = await company.dm("ben", "Poke shop production?")
    await company.click("ben", copy, APPROVE)
    done = await company.see("Poked")
    assert done.ts == card.ts
    assert APPROVE not in str(done.blocks)
    settled = await company.becomes(copy, "approved by Ben", without=APPROVE)
    assert DENY not in str(settled.blocks)
    assert shelf.executed == ["R-1"]
    await company.see("<@U0ANA> R-1", thread=card.ts)


async def test_where_slack_has_five_commands_the_card_names_words_that_work(open_company: Open) -> None:
    company = await open_company(catalog=f"commands: five\n{CATALOG}")
    card = await company.asked()
    typed = re.search(r"/ops approve R-1 [0-9a-f]{6}", company.text(card))
    assert typed
    assert "`/approve" not in company.text(card)
    await company.type("ben", typed[0])
    await company.see("Poked")


async def test_the_same_person_twice_is_one_approver(open_company: Open, shelf: Shelf) -> None:
    shelf.raises = Risk.DESTRUCTIVE
    company = await open_company(policy=TWO_OF_ALL)
    card = await company.asked()
    await company.click("ben", card, APPROVE)
    await company.becomes(card, "1 of 2")
    await company.click("ben", card, APPROVE)
    note = await company.alone("ben", "You have answered R-1 already")
    assert "counts once" in company.text(note)
    assert shelf.executed == []
    await company.click("chi", card, APPROVE)
    done = await company.becomes(card, "Poked")
    assert "Ben, Chi" in company.text(done)
    assert shelf.executed == ["R-1"]


async def test_a_stranger_to_the_role_can_neither_approve_nor_deny(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    for action in (APPROVE, DENY):
        await company.click("eli", card, action)
        refusal = await company.alone("eli", "Your vote does not count here")
        assert "These can approve: Ben, Chi" in company.text(refusal)
    assert await company.happened("vote.refused") == ["U0ELI", "U0ELI"]
    assert (await company.run()).state is State.WAITING
    assert shelf.executed == []


async def test_a_denial_ends_the_request_in_every_copy(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    bens = await company.dm("ben", "Poke shop production?")
    chis = await company.dm("chi", "Poke shop production?")
    anas = await company.dm("ana", "waiting")
    await company.click("ben", bens, DENY)
    for copy in (card, bens, chis, anas):
        ended = await company.becomes(copy, "Denied by Ben", without=APPROVE)
        assert "Nothing was changed" in company.text(ended)
    assert "run.withdraw" not in str(ended.blocks)
    await company.see("<@U0ANA>", thread=card.ts)
    assert shelf.executed == []


async def test_the_button_of_before_a_restart_still_works(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    copy = await company.dm("ben", "Poke shop production?")
    await company.restart()
    await company.click("ben", copy, APPROVE)
    done = await company.becomes(card, "Poked", without=APPROVE)
    assert len([one for one in company.slack.messages(OPS) if "Poke" in one.text]) == 1, done
    assert shelf.executed == ["R-1"]


async def test_a_request_that_nobody_answers_expires_in_every_copy(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    bens = await company.dm("ben", "Poke shop production?")
    anas = await company.dm("ana", "waiting")
    await company.forward(timedelta(minutes=16))
    for copy in (card, bens, anas):
        ended = await company.becomes(copy, "Nobody answered in time", without=APPROVE)
        assert "run.withdraw" not in str(ended.blocks)
    told = await company.see("<@U0ANA>", thread=card.ts)
    assert "Nothing was changed" in company.text(told)
    assert (await company.run()).state is State.EXPIRED


async def test_a_click_on_an_old_card_says_that_it_came_too_late(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await company.forward(timedelta(minutes=16))
    await company.becomes(card, "expired", without=APPROVE)
    await company.click("ben", card, APPROVE)
    late = await company.alone("ben", "Too late")
    assert "has expired" in company.text(late)
    assert "Nothing was changed by your click" in company.text(late)
    assert shelf.executed == []


async def test_two_approvers_at_once_make_one_decision(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await asyncio.gather(company.click("ben", card, APPROVE), company.click("chi", card, APPROVE))
    done = await company.becomes(card, "Poked", without=APPROVE)
    winner = "Ben" if await company.happened("approval.granted") == ["U0BEN"] else "Chi"
    loser = "chi" if winner == "Ben" else "ben"
    assert f"approved {winner}" in company.text(done)
    late = await company.alone(loser, "Too late")
    assert "was approved already" in company.text(late)
    assert len(await company.happened("vote.cast")) == 1
    assert shelf.executed == ["R-1"]


async def test_an_approval_and_a_denial_at_once_make_one_decision(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await asyncio.gather(company.click("ben", card, APPROVE), company.click("chi", card, DENY))
    await company.becomes(card, without=APPROVE)
    granted, denied = await company.happened("approval.granted"), await company.happened("approval.denied")
    assert len(granted) + len(denied) == 1
    await company.alone("chi" if granted else "ben", "Too late")


async def test_a_double_click_runs_once(company: Company, shelf: Shelf) -> None:
    card = await company.asked()
    await company.click("ben", card, APPROVE, times=4)
    await company.becomes(card, "Poked")
    assert shelf.executed == ["R-1"]
    assert len(await company.happened("vote.cast")) == 1
    assert len(await company.happened("run.started")) == 1


async def test_the_reason_reaches_the_card_as_words_alone(company: Company) -> None:
    reason = "it <!channel> hurts <@U0BEN> & https://evil.example/x *now* `rm`"
    await company.slack.type("U0ANA", OPS, f"/poke because {reason}")
    card = await company.see("Poke shop production?")
    copy = await company.dm("ben", "Poke shop production?")
    for message in (card, copy):
        _pings_nobody(company, message)


async def test_what_people_are_called_pings_nobody(open_company: Open) -> None:
    company = await open_company()
    company.slack.add_person("U0MIA", "mia", "<!everyone> *Mia*")
    await company.slack.send_event(
        {
            "type": "user_change",
            "user": {"id": "U0MIA", "team_id": "T0LANTERN", "profile": {"display_name": "<!everyone>"}},
        }
    )
    card = await company.asked()
    await company.click("mia", card, APPROVE)
    refusal = await company.alone("mia", "Your vote does not count here")
    assert "<!everyone>" not in _parsed_by_slack(refusal)
    assert "&lt;!everyone&gt;" in refusal.text


def _pings_nobody(company: Company, message: Message) -> None:
    for token in ("<!channel", "<@U0BEN>", "<https://evil.example"):
        assert token not in _parsed_by_slack(message), token
    assert "hurts" in company.text(message)


def _parsed_by_slack(message: Message) -> str:
    """All words in which Slack looks for tokens: the text and every mrkdwn object."""
    return "\n".join([message.text, *_mrkdwn(message.blocks)])


def _mrkdwn(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield str(part["text"])
        for inner in part.values():
            yield from _mrkdwn(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _mrkdwn(inner)
