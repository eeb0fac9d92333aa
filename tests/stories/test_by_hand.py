"""What people put into a timeline in Slack: once however often delivered, followed as it changes, never elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.db import incidents, timeline
from bot.domain.incident import Affected, Incident, NewIncident, Severity
from bot.domain.timeline import TimelineEntry
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.shapes import api_person
from bot.sandbox.workspace.things import Delivery, Message
from bot.slack.shortcuts import when_of
from tests.support.company import GENERAL, OPS, Company

ROOM = "C0INCROOM"


class Room:
    """An incident with a channel of its own, and what its timeline says."""

    def __init__(self, company: Company, incident: Incident) -> None:
        self.company = company
        self.slack = company.slack
        self.incident = incident

    async def said(self, who: str, text: str, channel: str = ROOM) -> Message:
        await self.slack.type(f"U0{who.upper()}", channel, text)
        return self.slack.messages(channel)[-1]

    async def settled(self) -> None:
        """Everything that was heard is completed, sealed and projected."""
        with self.company.process.bell.listener("sealed") as sealed:
            async with asyncio.timeout(10):
                while await self.company.pool.fetchval(
                    "SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM kept_messages WHERE state = 'wanted')"
                    " OR (SELECT max(number) FROM event_seals) > (SELECT number FROM cursors WHERE name = 'timeline')"
                ):
                    await sealed.wait(0.05)

    async def entries(self, *, hidden: bool = False) -> list[TimelineEntry]:
        await self.settled()
        found = await timeline.of_incident(self.company.pool, self.incident.id, hidden=hidden)
        return [one for one in found if one.source != "event"]

    async def texts(self) -> list[str]:
        return [one.text for one in await self.entries()]

    async def again(self, event: dict[str, Any], times: int) -> None:
        answer = await self.slack.send_event(event, event_id="Ev0SAME", times=times)
        assert {answer.status, *(one.status for one in answer.others)} == {200}


async def opened(
    company: Company, place: str, channel: str, root: str | None = None, title: str = "checkout answers 500"
) -> Incident:
    new = NewIncident(title, Severity.SEV2, (Affected("shop", "production"),))
    async with company.pool.acquire() as connection, connection.transaction():
        found, _ = await incidents.open_(connection, new, by="U0ANA", team="T0LANTERN", asked_in=OPS, run=None)
        await connection.execute(
            "UPDATE incidents SET place = $2, channel = $3, root_ts = $4 WHERE id = $1",
            found.id,
            place,
            channel,
            root,
        )
        return await incidents.existing(connection, found.id)


@pytest.fixture
async def room(company: Company) -> Room:
    members = [Workspace.bot_user, "U0ANA", "U0BEN", "U0CHI", "U0ELI"]
    company.slack.add_channel(ROOM, "inc-checkout", members=members)
    return Room(company, await opened(company, "channel", ROOM))


async def test_one_reaction_delivered_three_times_is_one_entry_with_the_messages_own_time(room: Room) -> None:
    message = await room.said("ben", "@eli sees errors in <https://logs.example|the logs> & more")
    item = {"type": "message", "channel": ROOM, "ts": message.ts}
    told = {"type": "reaction_added", "user": "U0ANA", "reaction": "pushpin", "item": item, "event_ts": message.ts}
    await room.again(told, 3)
    await room.slack.deeds.react("U0BEN", message, "pushpin")
    (entry,) = await room.entries()
    assert entry.text.startswith("@Eli sees errors in ")
    assert "<@" not in entry.text
    assert "&amp;" not in entry.text
    assert entry.occurred_at == datetime.fromtimestamp(float(message.ts), UTC)
    assert (entry.author, entry.typed) == ("U0BEN", False)
    assert entry.permalink.endswith(message.ts.replace(".", ""))
    assert await room.company.pool.fetchval("SELECT count(*) FROM events WHERE kind = 'timeline.added'") == 1


async def test_a_pin_and_a_pushpin_of_one_message_are_one_entry_until_the_last_is_gone(room: Room) -> None:
    message = await room.said("ben", "database is full")
    deeds = room.slack.deeds
    steps: list[tuple[Callable[[], Awaitable[object]], bool]] = [
        (lambda: deeds.pin("U0ANA", message), True),
        (lambda: deeds.react("U0BEN", message, "pushpin"), True),
        (lambda: deeds.react("U0CHI", message, "pushpin"), True),
        (lambda: deeds.unpin("U0BEN", message), True),
        (lambda: deeds.unreact("U0BEN", message, "pushpin"), True),
        (lambda: deeds.unreact("U0CHI", message, "pushpin"), False),
        (lambda: deeds.pin("U0BEN", message), True),
    ]
    for number, (step, shown) in enumerate(steps):
        await step()
        assert (number, await room.texts()) == (number, ["database is full"] if shown else [])
    assert len(await room.entries(hidden=True)) == 1


async def test_what_is_edited_or_deleted_is_followed_and_its_history_kept(room: Room) -> None:
    message, other = await room.said("ben", "disk is ful"), await room.said("eli", "never mind")
    for one in (message, other):
        await room.slack.deeds.pin("U0ANA", one)
    assert await room.texts() == ["disk is ful", "never mind"]
    await room.slack.deeds.edit("U0BEN", message, "disk is full since 14:02")
    await room.slack.deeds.delete("U0ELI", other)
    assert await room.texts() == ["disk is full since 14:02"]
    assert [one.hidden for one in await room.entries(hidden=True)] == ["", "source"]
    history = await timeline.corrections(room.company.pool, room.incident.id)
    assert history[0].before["text"] == "disk is ful"


async def test_what_is_edited_or_deleted_after_a_merge_is_followed_where_it_goes_on(room: Room) -> None:
    message, other = await room.said("ben", "disk is ful"), await room.said("eli", "password is umbrella")
    for one in (message, other):
        await room.slack.deeds.pin("U0ANA", one)
    await room.settled()
    merged = room.incident
    room.incident = await opened(room.company, "channel", "C0OTHER", title="everything is slow")
    async with room.company.pool.acquire() as connection, connection.transaction():
        assert await incidents.merge(connection, merged, room.incident, by="U0ANA")
    assert await room.texts() == ["disk is ful", "password is umbrella"]
    await room.slack.deeds.edit("U0BEN", message, "disk is full since 14:02")
    await room.slack.deeds.delete("U0ELI", other)
    assert await room.texts() == ["disk is full since 14:02"]


async def test_an_un_pin_that_is_heard_before_its_pin_counts(room: Room) -> None:
    """Slack delivers again what failed, so the older event may come last."""
    message = await room.said("ben", "database is full")
    item = {"type": "message", "channel": ROOM, "ts": message.ts}
    told = {"user": "U0ANA", "reaction": "pushpin", "item": item}
    await room.slack.send_event({**told, "type": "reaction_removed", "event_ts": "1800000002.000100"})
    await room.slack.send_event({**told, "type": "reaction_added", "event_ts": "1800000001.000100"})
    assert await room.texts() == []


async def test_uploads_and_joins_are_entries_with_names_and_links_of_files(room: Room) -> None:
    await room.slack.deeds.upload("U0BEN", room.slack.state.channels[ROOM], "checkout.png", b"\x89PNG", "")
    await room.slack.deeds.join("U0MIA", room.slack.state.channels[ROOM])
    upload, join = await room.entries()
    assert (upload.text, upload.author) == ("shared checkout.png", "U0BEN")
    assert [file.name for file in upload.files] == ["checkout.png"]
    assert upload.files[0].url.endswith("/checkout.png")
    assert join.text == "@mia joined"


async def test_what_happens_elsewhere_is_not_written(room: Room) -> None:
    before = await room.company.pool.fetchval("SELECT count(*) FROM deliveries")
    message = await room.said("ben", "lunch?", GENERAL)
    deeds = room.slack.deeds
    await deeds.pin("U0ANA", message)
    await deeds.react("U0ANA", message, "pushpin")
    await deeds.edit("U0BEN", message, "lunch at one?")
    await deeds.delete("U0BEN", message)
    await deeds.react("U0ANA", await room.said("ben", "fine"), "thumbsup")
    await deeds.join("U0MIA", room.slack.state.channels[GENERAL])
    assert await room.company.pool.fetchval("SELECT count(*) FROM deliveries") == before
    assert await room.company.pool.fetchval("SELECT count(*) FROM kept_messages") == 0


async def test_who_may_not_write_a_timeline_marks_nothing(room: Room) -> None:
    await room.company.becomes_known("gus", is_restricted=True)
    message = await room.said("ben", "database is full")
    for person in ("U0GUS", "U0ELI"):
        await room.slack.deeds.react(person, message, "pushpin")
    assert await room.texts() == []


async def test_while_slack_is_away_the_intent_waits_and_a_restart_loses_nothing(room: Room) -> None:
    message = await room.said("ben", "database is full")
    room.slack.faults.down()
    await room.slack.deeds.react("U0ANA", message, "pushpin")
    assert await room.company.pool.fetchval("SELECT state FROM kept_messages") == "wanted"
    await room.company.restart()
    room.slack.faults.up()
    await room.company.pool.execute("UPDATE kept_messages SET due_at = statement_timestamp()")
    room.company.process.bell.ring("kept")
    assert await room.texts() == ["database is full"]


async def test_in_a_threads_incident_only_its_thread_counts(company: Company) -> None:
    await company.slack.type("U0ANA", OPS, "INC-1 checkout answers 500")
    root = company.slack.messages(OPS)[-1]
    room = Room(company, await opened(company, "thread", OPS, root.ts))
    inside = company.slack.state.post(OPS, "U0BEN", "in the thread", thread_ts=root.ts)
    outside = company.slack.state.post(OPS, "U0BEN", "beside it")
    for message in (inside, outside):
        await company.slack.deeds.react("U0ANA", message, "pushpin")
    assert await room.texts() == ["in the thread"]
    assert await company.pool.fetchval("SELECT content FROM kept_messages WHERE state = 'elsewhere'") is None


async def shortcut(room: Room, who: str, message: Message) -> str:
    """The form that the entry of the menu opens."""
    answer = await room.slack.shortcut(f"U0{who.upper()}", message, "timeline.add")
    assert answer.status == 200
    view = await room.slack.wait_for(lambda: next(iter(room.slack.views(f"U0{who.upper()}")), None), what="the form")
    return view.id


async def test_the_menu_of_a_message_puts_it_there_once_however_often_it_is_submitted(room: Room) -> None:
    message = await room.said("ben", "database is full")
    form = await shortcut(room, "ana", message)
    answer = await room.slack.submit("U0ANA", form, {}, delivery=Delivery(times=3))
    assert [answer.error, *(one.error for one in answer.others)] == [None] * 3
    await room.slack.deeds.pin("U0BEN", message)
    await room.slack.deeds.unpin("U0BEN", message)
    (entry,) = await room.entries()
    assert (entry.text, entry.author, entry.typed) == ("database is full", "U0BEN", False)
    assert entry.occurred_at == datetime.fromtimestamp(float(message.ts), UTC)


async def test_from_the_menu_it_may_be_told_otherwise_and_at_another_time(room: Room) -> None:
    message = await room.said("ben", "it is full", GENERAL)
    form = await shortcut(room, "ana", message)
    wrong = await room.slack.submit("U0ANA", form, {"text": "Disk full", "at": "soon"})
    assert "14:02" in str(wrong.body)
    assert (await room.slack.submit("U0ANA", form, {"text": "Disk full", "at": "2026-11-20 14:02"})).error is None
    (entry,) = await room.entries()
    assert (entry.text, entry.typed) == ("Disk full", True)
    assert entry.occurred_at == datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
    await room.slack.deeds.edit("U0BEN", message, "no, it is fine")
    assert await room.texts() == ["Disk full"]


async def test_the_menu_shows_and_reads_times_on_the_writers_own_clock(room: Room) -> None:
    person = {**api_person(room.slack.state.people["U0ANA"], 0), "tz": "Asia/Tokyo"}
    await room.slack.send_event({"type": "user_change", "user": person})
    message = await room.said("ben", "it is full")
    form = await shortcut(room, "ana", message)
    view = room.slack.views("U0ANA")[0]
    shown = datetime.fromtimestamp(float(message.ts), ZoneInfo("Asia/Tokyo"))
    assert "When (Asia/Tokyo)" in str(view.body)
    assert f"{shown:%Y-%m-%d %H:%M:%S}" in str(view.body)
    wrong = await room.slack.submit("U0ANA", form, {"at": "soon"})
    assert "(Asia/Tokyo); 14:02Z is UTC" in str(wrong.body)
    assert (await room.slack.submit("U0ANA", form, {"at": "2026-11-20 14:02"})).error is None
    (entry,) = await room.entries()
    assert entry.occurred_at == datetime(2026, 11, 20, 5, 2, tzinfo=UTC)


async def test_other_words_for_what_stands_there_already_are_not_lost_in_silence(room: Room) -> None:
    message = await room.said("ben", "database is full")
    form = await shortcut(room, "ana", message)
    await room.slack.deeds.pin("U0BEN", message)
    assert await room.texts() == ["database is full"]
    answer = await room.slack.submit("U0ANA", form, {"text": "Disk full since two"})
    assert b"in the timeline of INC-1 already" in answer.body
    assert (await room.slack.submit("U0ANA", form, {"text": "database is full"})).body == b""
    assert await room.texts() == ["database is full"]


async def test_who_may_not_write_is_told_so(room: Room) -> None:
    message = await room.said("ben", "database is full")
    await room.slack.shortcut("U0ELI", message, "timeline.add")
    await room.company.alone("eli", "whose timeline you may write")
    assert room.slack.views("U0ELI") == []


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("14:02", "UTC", "2026-11-20 14:02:00"),
        ("14:02:30 utc", "UTC", "2026-11-20 14:02:30"),
        ("23:59", "UTC", "2026-11-19 23:59:00"),
        ("2026-11-19 03:07", "UTC", "2026-11-19 03:07:00"),
        ("2026-11-21 03:07", "UTC", None),
        ("25:00", "UTC", None),
        ("soon", "UTC", None),
        ("14:02", "Asia/Tokyo", "2026-11-20 05:02:00"),
        ("00:10", "Asia/Tokyo", "2026-11-19 15:10:00"),
        ("14:02Z", "Asia/Tokyo", "2026-11-20 14:02:00"),
        ("23:59", "America/New_York", "2026-11-20 04:59:00"),
        ("2026-11-20 09:30", "America/New_York", "2026-11-20 14:30:00"),
        ("2026-11-20 11:00", "America/New_York", None),
    ],
)
def test_a_time_is_read_as_the_last_such_time(text: str, zone: str, at: str | None) -> None:
    found = when_of(text, datetime(2026, 11, 20, 15, 0, tzinfo=UTC).astimezone(ZoneInfo(zone)))
    assert (f"{found:%Y-%m-%d %H:%M:%S}" if found else None) == at
