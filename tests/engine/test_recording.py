"""What writes our own records alone takes effect in order, wholly or not at all; and it is known which."""

import asyncio
from dataclasses import replace

import pytest

import commands
from bot.db import incidents, runs
from bot.domain.parse import Parsed
from bot.domain.run import Run, State
from bot.engine import endings, intake
from bot.worker import take_back
from tests.support.desk import Desk

ANA = "U0ANA"


@pytest.fixture
async def war_room(desk: Desk) -> Desk:
    """With our own commands, and INC-1 open."""
    desk.installation.commands = commands.find()
    await desk.asked(ANA, "/incident checkout answers 500 --severity sev3")
    return desk


async def happened(desk: Desk, kind: str) -> int:
    count: int = await desk.pool.fetchval("SELECT count(*) FROM events WHERE kind = $1", kind)
    return count


async def test_a_note_whose_bot_was_killed_in_the_middle_is_written_once_by_the_next(
    war_room: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object, **__: object) -> Run | None:
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(endings, "after_running", killed)
        with pytest.raises(asyncio.CancelledError):
            await war_room.asked(ANA, "/timeline customers call since two")
    assert await happened(war_room, "timeline.added") == 0
    async with war_room.pool.acquire() as connection:
        await take_back(connection, war_room.worker, "it died")
    await war_room.work()
    run = await war_room.run(2)
    assert (run.state, run.changed) == (State.SUCCEEDED, "something")
    assert await happened(war_room, "timeline.added") == 1
    assert (await war_room.events(run)).count("run.started") == 1


async def test_what_fails_takes_its_writing_with_it(war_room: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> bool:
        raise RuntimeError("out of ink")

    monkeypatch.setattr(incidents, "acknowledge", broken)  # the last that an update does
    run = await war_room.asked(ANA, "/incident update payments work again")
    assert (run.state, run.changed) == (State.FAILED, "nothing")
    assert await happened(war_room, "incident.updated") == 0


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("/incident severity sev3", "nothing"),
        ("/incident severity sev2", "something"),
        ("/incident investigating", "nothing"),
        ("/incident resolve", "something"),
        ("/incident update INC-9 it is slow", "nothing"),
        ("/incident checkout answers 500 --severity sev3", "nothing"),
        ("/timeline remove 7", "nothing"),
        ("/incident followup done 4", "nothing"),
        ("/incident step 1 done", "nothing"),
        ("/approve R-1 abcdef", "nothing"),
        ("/runs cancel R-1", "nothing"),
        ("/freeze lift shop", "nothing"),
        ("/freeze shop", "nothing"),
        ("/freeze shop because of the audit", "something"),
    ],
)
async def test_what_stood_so_already_changed_nothing(war_room: Desk, line: str, changed: str) -> None:
    run = await war_room.asked("U0BEN", line)
    assert (run.state, run.changed) == (State.SUCCEEDED, changed)


async def test_lines_about_an_incident_take_effect_in_the_order_in_which_they_came(war_room: Desk) -> None:
    for line in ("/incident severity sev1", "/timeline it grows", "/incident resolve", "/timeline show"):
        await war_room.type(ANA, line)
    for number in range(2, 6):
        (claimed,) = await runs.claim(war_room.pool, war_room.worker, 8)
        assert claimed.id == number
        assert await runs.claim(war_room.pool, war_room.worker, 8) == [], "its turn has not come"
        await war_room.life.advance(claimed)
    assert (await war_room.run(4)).changed == "something"


async def test_what_came_first_is_written_first_however_long_its_judging_takes(
    war_room: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def placed(_: object, __: object, parsed: Parsed, ___: str) -> Parsed:
        for _turn in range(20 if "first" in parsed.line else 0):
            await asyncio.sleep(0)
        return parsed

    monkeypatch.setattr(intake, "placed", placed)
    lines = ("/timeline the first", "/timeline the second")
    await asyncio.gather(*(war_room.type(ANA, line) for line in lines))
    assert [(await war_room.run(number)).text for number in (2, 3)] == list(lines)


async def test_a_slow_one_keeps_only_its_own_incident_waiting(war_room: Desk) -> None:
    await war_room.type(ANA, "/incident severity sev1")
    await war_room.type(ANA, "/can /health")
    assert [run.command for run in await runs.claim(war_room.pool, war_room.worker, 8)] == ["/incident", "/can"]


async def test_a_note_is_put_back_on_the_writers_clock_and_its_answer_says_both(war_room: Desk) -> None:
    war_room.people.people[ANA] = replace(war_room.people.people[ANA], zone="Asia/Tokyo")
    run = await war_room.asked(ANA, "/timeline it began --at 2026-11-19T14:02")
    assert run.request["at"] == "2026-11-19T05:02:00+00:00"
    assert "2026-11-19 05:02 UTC" in str(run.outcome)


async def test_what_one_person_alone_is_answered_stands_in_no_event(war_room: Desk) -> None:
    run = await war_room.asked(ANA, "/incident link")
    assert run.outcome is not None
    assert "/incidents/" in str(run.outcome)
    written = str(await war_room.pool.fetch("SELECT body FROM event_payloads"))
    assert "/incidents/" not in written + run.because
