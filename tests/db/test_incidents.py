"""Incidents: whoever writes about one at the same moment waits for nobody who waits for them."""

import asyncio
from datetime import UTC, datetime

from bot.db import incidents, timeline
from bot.db.database import Pool
from bot.domain.event import Event, Kind
from bot.domain.incident import Affected, NewIncident, Severity
from bot.domain.timeline import NewEntry

NEW = NewIncident("checkout answers 500", Severity.SEV2, (Affected("shop", "production"),))


async def test_a_person_and_the_projector_write_about_one_incident_at_the_same_moment(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        incident, _ = await incidents.open_(connection, NEW, by="U0ANA", team="T0", asked_in="C0", run=None)
    entry = NewEntry(incident.id, "typed", "R-1", incident.opened_at, "looking", "U0ANA")
    event = Event(1, 1, Kind.TIMELINE_ADDED, None, "U0ANA", None, None, datetime.now(UTC), entry.body())
    async with pool.acquire() as person, pool.acquire() as projector:

        async def says() -> None:
            async with person.transaction():
                await incidents.update(person, incident, "still looking", by="U0CHI")
                await begun.wait()
                await incidents.acknowledge(person, incident, "U0CHI")

        async def projects() -> None:
            async with projector.transaction():
                await timeline.project(projector, entry, event)
                begun.set()
                await incidents.touch(projector, incident.id)

        begun = asyncio.Event()
        await asyncio.gather(says(), projects())
    now = await incidents.existing(pool, incident.id)
    assert (now.acknowledged_by, now.summary) == ("U0CHI", "still looking")
