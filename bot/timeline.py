"""The projector: sealed events become timeline entries by their dense number, each once. It never tells anybody.

Entries and cursor are committed together, so a restart neither loses nor doubles one. One leader among the replicas;
should two believe to lead for a moment, the cursor's row lock lets the second one wait.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from bot.db import events, incidents, runs, timeline, untold
from bot.db.bell import Bell
from bot.db.database import AWAY, CLASHED, LIGHTLY, Connection, Pool
from bot.domain.event import Event, Kind, NewerVersion
from bot.domain.incident import Incident, IncidentId
from bot.domain.run import Run, RunId
from bot.domain.timeline import LOOK_BACK, NewEntry, concerns, earlier, entry_of, from_body, live, named

log = structlog.get_logger()

NAME = "timeline"
BATCH = 500
_POLL = 1.0
_ENTRIES = (Kind.TIMELINE_ADDED, Kind.TIMELINE_CORRECTED, Kind.TIMELINE_REMOVED)
_GATHER_S = 0.05  # under load one pass for many events, the first of them at once


@dataclass(slots=True)
class _Batch:
    """What one transaction knows and did."""

    connection: Connection
    incidents: list[Incident]
    runs: dict[RunId, Run | None] = field(default_factory=dict)
    changed: set[IncidentId] = field(default_factory=set)

    async def run(self, event: Event) -> Run | None:
        if event.run is None:
            return None
        if event.run not in self.runs:
            self.runs[event.run] = await runs.get(self.connection, event.run)
        return self.runs[event.run]

    async def learn(self, incident: IncidentId) -> Incident | None:
        """The incident as it is now, among those whose timelines grow."""
        found = await incidents.get(self.connection, incident)
        self.incidents = [one for one in self.incidents if one.id != incident] + ([found] if found else [])
        return found


class Projector:
    """`run` until cancelled, under `leader.lead`."""

    def __init__(self, pool: Pool, bell: Bell, names: Callable[[str], str]) -> None:
        self._pool = pool
        self._bell = bell
        self._names = names

    async def run(self) -> None:
        with self._bell.listener("sealed") as sealed:
            while True:
                try:
                    seen = await self.step()
                except (*AWAY, *CLASHED) as away:
                    log.warning("timeline.database_away", error=type(away).__name__)
                    seen = 0
                await asyncio.sleep(_GATHER_S if seen else 0)
                if seen < BATCH:
                    await sealed.wait(_POLL)

    async def step(self) -> int:
        """One batch of sealed events; how many they were."""
        async with self._pool.acquire() as connection, connection.transaction():
            number = await connection.fetchval(
                f"SELECT number, {LIGHTLY} FROM cursors WHERE name = $1 FOR UPDATE", NAME
            )
            found = await events.after(connection, number, BATCH)
            again = await untold.due(connection, NAME)
            if not found and not again:
                return 0
            batch = _Batch(connection, await incidents.told_of(connection))
            late = await events.numbered(connection, [number for _, number in again])
            for event in (*late, *found):
                is_late = ("event", event.number) in again
                if is_late or batch.incidents or _of_itself(event):
                    async with untold.guarded(connection, NAME, "event", event.number, again=is_late):
                        await self._project(batch, event)
            for incident in sorted(batch.changed):
                await incidents.touch(connection, incident)
            if found:
                await connection.execute("UPDATE cursors SET number = $2 WHERE name = $1", NAME, found[-1].number)
        if batch.changed:
            self._bell.ring("incidents")
        return len(found) + len(late)

    async def _project(self, batch: _Batch, event: Event) -> None:
        if event.erased:
            return
        match event.kind:
            case newer if newer.newer:
                raise NewerVersion(newer)
            case Kind.TIMELINE_ADDED:
                entry = from_body(event.body, event.actor)
                await self._write(batch, event, replace(entry, text=named(entry.text, self._names)))
            case Kind.TIMELINE_CORRECTED:
                text = named(str(event.body["text"]), self._names) if "text" in event.body else None
                await self._note(batch, event, await timeline.project_correction(batch.connection, event, text))
            case Kind.TIMELINE_REMOVED:
                await self._note(batch, event, await timeline.project_removal(batch.connection, event))
            case _ if "incident" in event.body:
                await self._of_incident(batch, event)
            case _:
                await self._of_all(batch, event)

    async def _write(self, batch: _Batch, event: Event, entry: NewEntry | None) -> None:
        if entry is None:
            return
        new = await timeline.project(batch.connection, entry, event)
        counted = event.kind is Kind.WEBHOOK_RECEIVED and not new
        if new or (counted and await timeline.recount(batch.connection, entry)):
            batch.changed.add(entry.incident)

    async def _note(self, batch: _Batch, event: Event, changed: bool) -> None:
        if changed:
            batch.changed.add(_incident_of(event))

    async def _of_incident(self, batch: _Batch, event: Event) -> None:
        incident = await batch.learn(_incident_of(event))
        if incident is None:
            return
        if event.kind is Kind.INCIDENT_OPENED:
            await incidents.begun(batch.connection, incident.id, event.number)
            await self._look_back(batch, event, incident)
        await self._write(batch, event, entry_of(event, None, incident, self._names))
        if event.kind is Kind.INCIDENT_MERGED:
            merged = event.body.get("merged")
            await timeline.copy_all(batch.connection, IncidentId(int(str(merged))), incident.id)
        await batch.learn(incident.id)
        batch.changed.add(incident.id)

    async def _look_back(self, batch: _Batch, opened: Event, incident: Incident) -> None:
        """What changed at its services in the hour before, marked as before the opening."""
        for event in await events.before(batch.connection, opened.number, incident.opened_at - LOOK_BACK):
            run = await batch.run(event)
            if earlier(event, run) and incident.concerns(event.service, event.environment):
                await self._write(batch, event, entry_of(event, run, incident, self._names, before=True))

    async def _of_all(self, batch: _Batch, event: Event) -> None:
        """A run, a change of health, a schedule: for every incident that it concerns."""
        run = await batch.run(event)
        for incident in list(batch.incidents):
            if live(event, incident) and concerns(event, run, incident):
                await self._write(batch, event, entry_of(event, run, incident, self._names))


def _of_itself(event: Event) -> bool:
    """It names its incident, or is about a timeline; everything else concerns those that are open, if any."""
    return "incident" in event.body or event.kind in _ENTRIES


def _incident_of(event: Event) -> IncidentId:
    return IncidentId(int(str(event.body["incident"])))
