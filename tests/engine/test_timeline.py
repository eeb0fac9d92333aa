"""The projector on a real database: each sealed event once, in order, whoever tries again."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.db import audit_log, events, incident_steps, incidents, seal, timeline
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.domain.event import Kind, Wanted
from bot.domain.incident import Affected, Incident, IncidentId, IncidentState, NewIncident, Severity
from bot.domain.json import JsonObject
from bot.domain.timeline import NewEntry, TimelineEntry
from bot.timeline import Projector

AT = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
NEW = NewIncident("checkout answers 500", Severity.SEV2, (Affected("shop", "production"),))
NAMES = {"U0ANA": "Ana"}


async def opened(pool: Pool, new: NewIncident = NEW) -> tuple[Incident, bool]:
    async with pool.acquire() as connection, connection.transaction():
        return await incidents.open_(connection, new, by="U0ANA", team="T0", asked_in="C0", run=None)


async def projected(pool: Pool) -> None:
    """All that is recorded becomes entries, by two projectors that both believe to lead."""
    while await seal.seal(pool):
        pass
    twins = [Projector(pool, Bell(pool), lambda person: NAMES.get(person, person)) for _ in range(2)]
    while any(await asyncio.gather(*(twin.step() for twin in twins))):
        pass


async def entries(pool: Pool, incident: IncidentId, *, hidden: bool = False) -> list[TimelineEntry]:
    return await timeline.of_incident(pool, incident, hidden=hidden)


def note(incident: Incident, source_id: str, text: str, at: datetime = AT) -> NewEntry:
    return NewEntry(incident.id, "pin", source_id, at, text, "U0ANA")


async def health(pool: Pool, text: str, service: str = "shop") -> None:
    body: JsonObject = {"state": "failing", "card": {"text": text}}
    await events.record(pool, Kind.HEALTH_CHANGED, service=service, environment="production", body=body)


async def test_the_same_source_told_three_times_is_one_entry(pool: Pool) -> None:
    incident, _ = await opened(pool)
    for _ in range(3):
        await timeline.add(pool, note(incident, "C0.1", "<@U0ANA> sees it"), actor="U0ANA")
        await projected(pool)
    found = await entries(pool, incident.id)
    assert [entry.text for entry in found] == ["@Ana sees it", "Ana opened it as SEV2: checkout answers 500"]


async def test_an_entry_that_could_not_be_written_follows_and_is_said_to_be_missing_after_many_tries(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> bool:
        raise KeyError

    await opened(pool)
    with monkeypatch.context() as defect:
        defect.setattr(timeline, "project", broken)
        await projected(pool)
        for _ in range(9):
            await pool.execute("UPDATE clock SET ahead = ahead + interval '1 hour'")
            await projected(pool)
    incident, _ = await opened(pool, replace(NEW, title="another"))
    assert await pool.fetchval("SELECT count(*) FROM events WHERE kind = 'telling.failed'") == 1
    with monkeypatch.context() as defect:
        defect.setattr(timeline, "project", broken)
        await projected(pool)
    await pool.execute("UPDATE clock SET ahead = ahead + interval '5 s'")
    await projected(pool)
    assert [entry.text for entry in await entries(pool, incident.id)] == ["Ana opened it as SEV2: another"]


async def test_what_a_newer_version_recorded_is_listed_waits_for_it_and_holds_nothing_up(pool: Pool) -> None:
    incident, _ = await opened(pool)
    body = f'{{"incident": {incident.id}}}'
    await pool.execute("SELECT record_event('incident.teleported', NULL, 'U0ANA', NULL, NULL, $1)", body)
    await timeline.add(pool, note(incident, "C0.1", "the next one"), actor="U0ANA")
    await projected(pool)
    assert (await entries(pool, incident.id))[0].text == "the next one"
    assert await pool.fetchval("SELECT count(*) FROM untold WHERE error = 'NewerVersion'") == 1
    found = await audit_log.found(pool, Wanted(), 9, None)
    assert "incident.teleported" in [event.kind for event in found]


async def test_health_belongs_to_it_from_an_hour_before_until_it_is_resolved(pool: Pool) -> None:
    await health(pool, "long ago")
    await pool.execute("UPDATE clock SET ahead = ahead + interval '61 minutes'")
    await health(pool, "just before")
    await health(pool, "elsewhere", "blog")
    incident, _ = await opened(pool)
    await health(pool, "meanwhile")
    async with pool.acquire() as connection, connection.transaction():
        await incidents.move(connection, incident.id, IncidentState.RESOLVED, by="U0ANA")
    await pool.execute("UPDATE clock SET ahead = ahead + interval '1 minute'")
    await health(pool, "afterwards")
    await projected(pool)
    told = [(entry.text, entry.before) for entry in await entries(pool, incident.id)]
    assert told == [
        ("just before", True),
        ("Ana opened it as SEV2: checkout answers 500", False),
        ("meanwhile", False),
        ("Ana says it is resolved (was investigating)", False),
    ]


async def test_a_correction_keeps_what_was_and_a_removed_entry_its_row(pool: Pool) -> None:
    incident, _ = await opened(pool)
    await timeline.add(pool, note(incident, "C0.1", "it began at two"), actor="U0ANA")
    earlier = AT - timedelta(minutes=5)
    await timeline.correct(pool, incident.id, by="U0BEN", number=2, text="it began at three", occurred_at=earlier)
    await timeline.remove(pool, incident.id, by="U0BEN", number=1)
    await projected(pool)
    (left,) = await entries(pool, incident.id)
    assert (left.text, left.occurred_at, left.corrected) == ("it began at three", earlier, True)
    assert len(await entries(pool, incident.id, hidden=True)) == 2
    history = await timeline.corrections(pool, incident.id)
    assert [(one.number, one.by, one.before.get("text"), one.after.get("text")) for one in history] == [
        (2, "U0BEN", "it began at two", "it began at three"),
        (1, "U0BEN", None, None),
    ]


async def test_what_was_unpinned_returns_with_its_pin_and_what_a_person_removed_does_not(pool: Pool) -> None:
    incident, _ = await opened(pool)
    for how, comes_back in (("source", True), ("person", False)):
        await timeline.add(pool, note(incident, f"C0.{how}", how), actor="U0ANA")
        await timeline.remove(pool, incident.id, by="U0ANA", source=("pin", f"C0.{how}"), how=how)  # type: ignore[arg-type]
        await timeline.add(pool, note(incident, f"C0.{how}", how), actor="U0ANA")
        await projected(pool)
        assert (how in [entry.text for entry in await entries(pool, incident.id)]) is comes_back


async def test_declared_twice_within_a_minute_is_one_incident_and_later_another(pool: Pool) -> None:
    (first, fresh), (again, twice) = await asyncio.gather(opened(pool), opened(pool))
    assert (first.id, {fresh, twice}) == (again.id, {True, False})
    await pool.execute("UPDATE clock SET ahead = ahead + interval '2 minutes'")
    later, _ = await opened(pool)
    assert later.id != first.id


async def test_a_duplicate_is_merged_with_all_that_it_told(pool: Pool) -> None:
    incident, _ = await opened(pool)
    other, _ = await opened(pool, NewIncident("blog is slow", Severity.SEV3, (Affected("blog"),)))
    await health(pool, "blog hurts", "blog")
    await projected(pool)
    async with pool.acquire() as connection, connection.transaction():
        assert await incidents.merge(connection, other, incident, by="U0ANA")
    async with pool.acquire() as connection, connection.transaction():
        assert not await incidents.merge(connection, other, incident, by="U0ANA")
    await health(pool, "blog still hurts", "blog")
    await projected(pool)
    texts = [entry.text for entry in await entries(pool, incident.id)]
    assert "blog hurts" in texts
    assert "blog still hurts" in texts
    assert texts.count(f"Ana merged {other.label} into it") == 1


async def test_a_step_of_its_life_is_taken_once_and_only_where_it_may(pool: Pool) -> None:
    incident, _ = await opened(pool)

    async def moved(to: IncidentState) -> bool:
        async with pool.acquire() as connection, connection.transaction():
            return await incidents.move(connection, incident.id, to, by="U0ANA") is not None

    assert await moved(IncidentState.IDENTIFIED)
    assert not await moved(IncidentState.IDENTIFIED)
    assert not await moved(IncidentState.CLOSED)
    assert sorted(await asyncio.gather(*(moved(IncidentState.RESOLVED) for _ in range(5)))) == [False] * 4 + [True]
    assert await moved(IncidentState.INVESTIGATING)
    found = await incidents.get(pool, incident.id)
    assert found is not None
    assert found.resolved_at is None


async def test_who_is_brought_in_while_others_are_being_invited_is_invited_too(pool: Pool) -> None:
    incident, _ = await opened(pool)
    await incident_steps.end_step(pool, incident.id, "channel", "done")
    ana = await incident_steps.uninvited(pool, incident.id)
    async with pool.acquire() as joining, joining.transaction():
        await incidents.bring_in(joining, incident.id, ["U0BEN"])
        ending = asyncio.ensure_future(invited(pool, incident, ana))
        await asyncio.wait({ending}, timeout=0.1)
    await ending
    assert await incident_steps.uninvited(pool, incident.id) == ["U0BEN"]
    assert [step for _, step, _, _ in await incident_steps.due_steps(pool)] == ["invite"]
    await invited(pool, incident, ["U0BEN"])
    assert [step for _, step, _, _ in await incident_steps.due_steps(pool)] == ["topic"]


async def invited(pool: Pool, incident: Incident, people: list[str]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await incident_steps.invited(connection, incident.id, people)
        await incident_steps.end_invites(connection, incident.id)
