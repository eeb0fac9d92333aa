"""Every form of the bot, sent back by who should not, about what it was not opened for, or changed: nothing happens.

The forms: a request's place and fields, a command's choice, the place typed before something destructive, the
sentence of going on alone, of broken glass, of a review, and "Add to timeline".
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.run import State
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.things import Answer, Delivery, Person, View
from tests.stories.test_alone import ALONE, WHY, offered
from tests.stories.test_by_hand import Room, opened, room, shortcut
from tests.stories.test_forms import asked as form_for
from tests.support.company import GENERAL, Company
from tests.support.desk import Shelf

__all__ = ["room"]

NOT_OURS = "belongs to nothing that waits"
FILLED = {
    "typed": "shop production",
    "text": "the disk is full",
    "at": "14:02",
    "@place": "shop production",
    "@verb": "db",
}


def filled(**others: str) -> dict[str, Any]:
    fields = {**FILLED, **others}
    return {name: {name: {"type": "plain_text_input", "value": value}} for name, value in fields.items()}


async def sends(company: Company, who: str, view: View, target: str, **values: str) -> Answer:
    """Signed as Slack signs it: what is in it is made up."""
    person: Person = company.slack.state.people[f"U0{who.upper()}"]
    forged = replace(view, person=person.id, body={**view.body, "private_metadata": target}, state=filled(**values))
    answer = await company.raw({"payload": payloads.submission(person, forged, Delivery(team_id=person.team_id))})
    assert answer.status == 200, (who, target)
    return answer


async def check_unwritten(room: Room, refused: list[str], kind: str = "vote.refused") -> None:
    assert await room.company.pool.fetchval("SELECT count(*) FROM kept_messages") == 0
    assert await room.entries() == []
    assert await room.company.happened(kind) == refused


def changes(target: str) -> list[str]:
    """Of what the form carries; each would say something false in somebody's name."""
    note, tag, held = target.split(":", 2)
    said = json.loads(held)
    others = [
        *({**said, "author": "U0MIA"}, {**said, "ts": "1800000001.000100"}, {**said, "channel": GENERAL}),
        *({**said, "incident": 2}, {**said, "zone": "../../etc/passwd"}, {**said, "said": ""}, {**said, "ts": "x"}),
        {**said, "files": [["report.pdf", "https://evil.example/"]]},
    ]
    return [
        *(f"{note}:{tag}:{json.dumps(one)}" for one in others),
        *(f"{note}:{tag[:-1]}:{held}", f"{note}::{held}", f"{note}:{held}", f"{note}:{tag}", f"{note}:{tag}:null"),
        *("note:", "note:1-00000000", f"{tag}:{held}", f"NOTE:{tag}:{held}", "x" * 3000, "note:\ud800:{}"),
    ]


async def test_a_changed_form_of_the_timeline_writes_nothing_in_nobodys_name(room: Room) -> None:
    message = await room.said("ben", "database is full")
    await opened(room.company, "channel", "C0OTHER", title="everything is slow")
    await shortcut(room, "ana", message)
    (view,) = room.slack.views("U0ANA")
    forged = changes(view.body["private_metadata"])
    for one in forged:
        assert NOT_OURS in str((await sends(room.company, "ana", view, one)).json())
    await check_unwritten(room, ["U0ANA"] * len(forged))


async def test_a_form_of_the_timeline_is_of_whom_it_was_opened_for(room: Room) -> None:
    """Ben may write there as well, Eli and Mia may not; whoever they are, it is Ana's."""
    message = await room.said("ben", "database is full")
    await shortcut(room, "ana", message)
    (view,) = room.slack.views("U0ANA")
    for who in ("ben", "eli", "mia"):
        assert NOT_OURS in str((await sends(room.company, who, view, view.body["private_metadata"])).json())
    await check_unwritten(room, ["U0BEN", "U0ELI", "U0MIA"])


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({"deleted": True}, "request.refused"),
        ({"is_restricted": True}, "request.refused"),
        ({"team_id": "T0OTHER"}, "vote.refused"),
    ],
    ids=["left", "guest", "elsewhere"],
)
async def test_who_lost_their_standing_with_the_form_open_writes_nothing(
    room: Room, flags: dict[str, Any], kind: str
) -> None:
    message = await room.said("ben", "database is full")
    await shortcut(room, "ana", message)
    (view,) = room.slack.views("U0ANA")
    await room.company.becomes_known("ana", **flags)
    answer = await sends(room.company, "ana", view, view.body["private_metadata"])
    assert "errors" in str(answer.json())
    await check_unwritten(room, ["U0ANA"], kind)


async def test_no_choice_but_a_known_incident_is_taken(room: Room) -> None:
    """A private one that Ana is not in is answered as one that is not there."""
    message = await room.said("ben", "database is full")
    hidden = await opened(room.company, "channel", "C0HIDDEN", title="a leak")
    await room.company.pool.execute("UPDATE incidents SET private = true WHERE id = $1", hidden.id)
    await room.company.pool.execute("DELETE FROM incident_people WHERE incident_id = $1", hidden.id)
    await shortcut(room, "ana", message)
    (view,) = room.slack.views("U0ANA")
    made_up = (str(hidden.id), "99", "x", "-1", "9" * 40, "\u0661", "1; DROP TABLE incidents")
    said = [
        (await sends(room.company, "ana", view, view.body["private_metadata"], incident=one)).json()
        for one in made_up
    ]
    assert {str(one) for one in said} == {str(said[0])}
    assert "not there any more" in str(said[0])
    await check_unwritten(room, ["U0ANA"] * len(made_up), "request.refused")


async def test_a_form_of_the_timeline_that_is_replayed_later_is_one_entry(room: Room) -> None:
    message = await room.said("ben", "database is full")
    await shortcut(room, "ana", message)
    (view,) = room.slack.views("U0ANA")
    values = {"text": "database is full", "at": "2026-11-20 14:02"}
    for _ in range(2):
        assert (await sends(room.company, "ana", view, view.body["private_metadata"], **values)).body == b""
        assert await room.texts() == ["database is full"]
    other = {**values, "text": "all is well"}
    await sends(room.company, "ana", view, view.body["private_metadata"], **other)
    assert await room.texts() == ["database is full"]


async def test_no_form_of_a_run_is_taken_from_anybody_else(company: Company, shelf: Shelf) -> None:
    """Those of the place, of going on alone, of broken glass and of a review, and purposes that do not exist."""
    offer = await offered(company)
    await company.click("ana", offer, ALONE)
    view = await company.slack.wait_for(lambda: next(iter(company.slack.views("U0ANA")), None), what="a form")
    run = await company.run()
    await company.becomes_known("chi", is_restricted=True)
    await company.becomes_known("mia", team_id="T0OTHER")
    sent: list[str] = []
    for purpose in ("", "alone:", "glass:", "talk:"):
        for who in ("ben", "chi", "eli", "mia"):
            await sends(company, who, view, f"{purpose}{run.target}", typed=WHY)
            sent.append(f"U0{who.upper()}")
    for target in (f"confirm:{run.target}", f"note:{run.target}", f"alone:alone:{run.target}", "alone:1-00000000"):
        assert NOT_OURS in str((await sends(company, "ana", view, target, typed=WHY)).json())
        sent.append("U0ANA")
    assert (await company.run()).state is State.WAITING
    assert shelf.executed == []
    assert [one for one in await company.happened("vote.refused") if one != "watchkeeper"] == sent
    for kind in ("approval.alone", "approval.broken_glass", "approval.granted", "review.done", "vote.cast"):
        assert await company.happened(kind) == []


async def test_going_on_alone_is_refused_to_who_lost_the_right_with_the_form_open(
    company: Company, shelf: Shelf
) -> None:
    await company.click("ana", await offered(company), ALONE)
    view = await company.slack.wait_for(lambda: next(iter(company.slack.views("U0ANA")), None), what="a form")
    await company.becomes_known("ana", deleted=True)
    answer = await sends(company, "ana", view, view.body["private_metadata"], typed=WHY)
    assert "deactivated" in str(answer.json())
    assert await company.happened("vote.refused") == ["U0ANA"]
    assert shelf.executed == []


async def test_no_form_of_a_request_is_taken_from_anybody_else(company: Company, shelf: Shelf) -> None:
    """That of a place, and that of the choice before it; a button's or a run's token opens neither."""
    place = await form_for(company, "ana", "/poke because x")
    await company.slack.close_view("U0ANA", place.id)
    choice = await form_for(company, "ana", "/backup shop")
    await company.becomes_known("chi", is_restricted=True)
    await company.becomes_known("mia", team_id="T0OTHER")
    sent: list[str] = []
    for view in (place, choice):
        target = view.body["private_metadata"]
        for who in ("ben", "chi", "eli", "mia"):
            assert NOT_OURS in str((await sends(company, who, view, target)).json())
            sent.append(f"U0{who.upper()}")
        for other in (f"alone:{target}", f"note:{target}", target[:-1], target.upper(), "'; --", "1-00000000", "\0"):
            assert NOT_OURS in str((await sends(company, "ana", view, other)).json())
            sent.append("U0ANA")
    assert await company.pool.fetchval("SELECT count(*) FROM runs") == 0
    assert await company.happened("vote.refused") == sent
    assert shelf.executed == []
