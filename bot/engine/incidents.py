"""Incidents for the commands: what whoever asked may know of them, and what they do about them."""

from collections.abc import Sequence

from bot.db import incidents, timeline
from bot.domain.incident import Incident, IncidentId
from bot.domain.run import Run
from bot.domain.timeline import NewEntry, TimelineEntry
from bot.engine.installation import Installation
from permissions.policy import roles_of

ADMIN = "admin"


class EngineIncidents:
    """`bot.domain.capability.Incidents`, for the actor of one run."""

    def __init__(self, installation: Installation, run: Run) -> None:
        self._at = installation
        self._run = run

    async def here(self) -> Incident | None:
        return self._known(await incidents.at_channel(self._at.pool, self._run.channel))

    async def find(self, incident: IncidentId) -> Incident | None:
        return self._known(await incidents.get(self._at.pool, incident))

    async def ongoing(self) -> Sequence[Incident]:
        return [one for one in await incidents.ongoing(self._at.pool) if self._known(one)]

    async def listed(self, limit: int = 20) -> Sequence[Incident]:
        return [one for one in await incidents.listed(self._at.pool, limit) if self._known(one)]

    async def entries(self, incident: IncidentId, *, hidden: bool = False) -> Sequence[TimelineEntry]:
        known = await self.find(incident)
        return await timeline.of_incident(self._at.pool, incident, hidden=hidden) if known else []

    async def add(self, entry: NewEntry) -> None:
        await timeline.add(self._at.pool, entry, actor=self._run.actor)
        self._at.bell.ring("outbox")

    def _known(self, incident: Incident | None) -> Incident | None:
        """None when this person may not know of it: a private one is for those who were brought in, and admins."""
        if incident is None or incident.known_to(self._run.actor):
            return incident
        roles = roles_of(self._at.policy, self._at.person(self._run.actor, self._run.team))
        return incident if ADMIN in roles else None
