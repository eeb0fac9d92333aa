"""Incidents for the commands: what whoever asked may know of them, and what they do about them.

Everything is decided again for the incident's own place; each change is one transaction with its event.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.db import database, followups, incident_report, incident_steps, incidents, timeline
from bot.db.database import Connection
from bot.db.incident_seen import failing, see
from bot.domain.card import Card, Tone
from bot.domain.incident import Affected, Followup, Incident, IncidentId, IncidentState, NewIncident, Role, Severity
from bot.domain.incident_card import (
    followup_line,
    followups_card,
    header_card,
    none_such,
    not_so,
    opened_card,
    overview_card,
    resolved_card,
    said,
    timeline_card,
    unchanged,
)
from bot.domain.run import Run, RunId
from bot.domain.timeline import NewEntry, TimelineEntry
from bot.domain.words import bold, channel, clean, code, when
from bot.engine.changing import change
from bot.engine.installation import Installation
from bot.engine.knowing import may_know
from bot.engine.outward import EngineOutward
from bot.engine.security import EngineSecurity
from permissions.decide import Deny
from permissions.model import (
    INCIDENT_READ,
    INCIDENT_UPDATE,
    TIMELINE_READ,
    TIMELINE_WRITE,
    Ask,
    Permission,
    Risk,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants it, from where; run: the request that it is, None for a pressed button."""

    actor: str
    team: str
    channel: str
    at: datetime
    run: RunId | None = None

    @classmethod
    def by(cls, run: Run) -> "Asked":
        return cls(run.actor, run.team, run.channel, run.created_at, run.id)


TYPED = "typed"


class EngineIncidents:
    """`bot.domain.capability.Incidents`, for whoever asked."""

    def __init__(self, installation: Installation, asked: Asked) -> None:
        self._at = installation
        self._by = asked

    @property
    def outward(self) -> EngineOutward:
        return EngineOutward(self._at, self._by.at)

    @property
    def security(self) -> EngineSecurity:
        return EngineSecurity(self._at, self._by.actor, self.pick, self.aloud)

    # --- reading --------------------------------------------------------------------------------------------

    async def here(self) -> Incident | None:
        return self.known(await incidents.at_channel(self._at.pool, self._by.channel))

    async def find(self, incident: IncidentId) -> Incident | None:
        return self.known(await incidents.get(self._at.pool, incident))

    async def ongoing(self) -> Sequence[Incident]:
        return [one for one in await incidents.ongoing(self._at.pool) if self.known(one)]

    async def listed(self, limit: int = 20) -> Sequence[Incident]:
        return [one for one in await incidents.listed(self._at.pool, limit) if self.known(one)]

    async def entries(self, incident: IncidentId, *, hidden: bool = False) -> Sequence[TimelineEntry]:
        known = await self.find(incident)
        return await timeline.of_incident(self._at.pool, incident, hidden=hidden) if known else []

    async def add(self, entry: NewEntry) -> None:
        await timeline.add(self._at.pool, entry, actor=self._by.actor)
        self._at.bell.ring("outbox")

    async def overview(self, *, everything: bool = False) -> Card:
        found = await self.listed(30) if everything else await self.ongoing()
        return overview_card(found, self._name, everything=everything)

    async def show(self, incident: IncidentId | None) -> Card:
        found = await self.pick(incident, INCIDENT_READ)
        if isinstance(found, Card):
            return found
        seen = await see(self._at.pool, found, [clean(self._name(one)) for one in self._on_call(await self._now())])
        return self.aloud(found, header_card(found, seen, self._name))

    async def timeline(self, incident: IncidentId | None) -> Card:
        found = await self.pick(incident, TIMELINE_READ)
        if isinstance(found, Card):
            return found
        entries = await timeline.of_incident(self._at.pool, found.id)
        return self.aloud(found, timeline_card(found, entries, self._name))

    async def followups(self, incident: IncidentId | None) -> Card:
        """Of this incident; outside any incident's channel every open one that this person may know of."""
        here = await self.here() if incident is None else await self.find(incident)
        if here is None and incident is not None:
            return _unknown(incident)
        found = await followups.listed(self._at.pool, here.id if here else None)
        named = await incidents.of_ids(self._at.pool, {one.incident for one in found})
        known = {one.id for one in named if self.known(one)}
        return followups_card([one for one in found if one.incident in known], here, self._name)

    # --- changing -------------------------------------------------------------------------------------------

    async def open(self, new: NewIncident, guessed: bool) -> Card:
        new = replace(new, affected=await self._places(new.affected))
        if guessed and await self._production_fails(new.affected):
            new = replace(new, severity=Severity.SEV2)
        by, on_call = self._by, self._on_call(await self._now())

        async def opened(connection: Connection) -> tuple[Incident, bool]:
            incident, fresh = await incidents.open_(
                connection, new, by=by.actor, team=by.team, asked_in=by.channel, run=by.run
            )
            if fresh and not new.test and new.type != "security":
                await incidents.bring_in(connection, incident.id, on_call[:1])
            return incident, fresh

        incident, fresh = await change(self._at, opened)
        return self.aloud(incident, opened_card(incident, fresh or incident.opened_by == by.actor))

    async def move(self, incident: IncidentId | None, to: IncidentState, note: str = "") -> Card:
        found = await self.pick(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found

        async def moved(connection: Connection) -> Incident | None:
            return await incidents.move(connection, found.id, to, by=self._by.actor, note=note)

        now = await self._acted(moved)
        if now is None:
            return self.aloud(found, not_so(await self._again(found), to.value))
        return self.aloud(now, await self._moved(now))

    async def _moved(self, now: Incident) -> Card:
        if now.state is not IncidentState.RESOLVED:
            return said(now, f"{bold(now.label)} is {now.state.value}.", _elsewhere(now))
        return resolved_card(now, await incident_report.report(self._at.pool, now))

    async def severity(self, incident: IncidentId | None, to: Severity) -> Card:
        found = await self.pick(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found

        async def changed(connection: Connection) -> Incident | None:
            return await incidents.set_severity(connection, found, to, by=self._by.actor)

        now = await self._acted(changed)
        if now is None:
            return self.aloud(found, not_so(await self._again(found), to.label))
        return self.aloud(now, said(now, f"{bold(now.label)} is {to.label} now, it was {found.severity.label}."))

    async def role(self, incident: IncidentId | None, role: Role, person: str) -> Card:
        found = await self._going_on(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found

        async def given(connection: Connection) -> Incident | None:
            return await incidents.set_role(connection, found, role.value, person, by=self._by.actor)

        now = await self._acted(given)
        who = clean(self._name(person)) if person else "Nobody"
        if now is None and (there := self._merged(await self._again(found))):
            return there
        if now is None:
            return self.aloud(found, unchanged(found, f"{who} is {role.value} already."))
        former = found.role(role)
        after = f" It was {clean(self._name(former))} before." if former else ""
        return self.aloud(now, said(now, f"{who} is {role.value} of {now.label}.{after}"))

    async def update(self, incident: IncidentId | None, text: str) -> Card:
        found = await self._going_on(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found

        async def told(connection: Connection) -> Incident | None:
            return await incidents.update(connection, found, text, by=self._by.actor)

        if await self._acted(told) is None:
            return await self.update(found.id, text)  # merged meanwhile: says where it goes on
        return _alone(found, "The header says so now, and the timeline keeps it.")

    async def merge(self, duplicate: IncidentId, into: IncidentId | None) -> Card:
        found, target = await self.pick(duplicate, INCIDENT_UPDATE), await self.pick(into, INCIDENT_UPDATE)
        if isinstance(found, Card) or isinstance(target, Card):
            return found if isinstance(found, Card) else target if isinstance(target, Card) else _unknown(duplicate)
        if found.private and not target.private:
            return none_such(
                f"{found.label} is private.", f"{target.label} is not: what is known there would be told."
            )

        async def merged(connection: Connection) -> bool:
            return found.id != target.id and await incidents.merge(connection, found, target, by=self._by.actor)

        if not await change(self._at, merged):
            return self.aloud(found, not_so(await self._again(found), f"a part of {target.label}"))
        return self.aloud(
            target, said(target, f"{found.label} goes on as {bold(target.label)}, with all that it told.")
        )

    async def note(self, incident: IncidentId | None, text: str, at: datetime | None, *, public: bool) -> Card:
        found = await self._going_on(incident, TIMELINE_WRITE)
        if isinstance(found, Card):
            return found
        moment = at or self._by.at
        source = f"R-{self._by.run}"
        actor = self._by.actor
        await self.add(NewEntry(found.id, TYPED, source, moment, text, actor, public=public, typed=True))
        return _alone(found, f"Noted {_both(at) if at else f'at {when(moment)}'}.")

    async def correct(
        self, incident: IncidentId | None, number: int, text: str, at: datetime | None, public: bool | None
    ) -> Card:
        found = await self._going_on(incident, TIMELINE_WRITE)
        if isinstance(found, Card):
            return found
        if await timeline.numbered(self._at.pool, found.id, number) is None:
            return _no_entry(found, number)
        await timeline.correct(
            self._at.pool,
            found.id,
            by=self._by.actor,
            number=number,
            text=text or None,
            occurred_at=at,
            public=public,
        )
        self._at.bell.ring("outbox")
        when_ = f" It was {_both(at)}." if at else ""
        return _alone(found, f"Entry #{number} is put right.{when_}", "What it said before is kept.")

    async def remove(self, incident: IncidentId | None, number: int) -> Card:
        found = await self._going_on(incident, TIMELINE_WRITE)
        if isinstance(found, Card):
            return found
        entry = await timeline.numbered(self._at.pool, found.id, number)
        if entry is None or entry.hidden == "person":
            return _no_entry(found, number)
        await timeline.remove(self._at.pool, found.id, by=self._by.actor, number=number)
        self._at.bell.ring("outbox")
        return _alone(found, f"Entry #{number} is shown no longer.", "It is kept, with who removed it.")

    async def add_followup(self, incident: IncidentId | None, text: str, owner: str, due: date | None) -> Card:
        found = await self._going_on(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found
        by = self._by

        async def added(connection: Connection) -> Followup:
            return await followups.add(connection, found, text, owner, due, by=by.actor, run=by.run)

        one = await change(self._at, added)
        return self.aloud(found, said(found, f"Noted: {followup_line(one, self._name)}."))

    async def finish_followup(self, number: int) -> Card:
        one = await followups.get(self._at.pool, number)
        found = await self.pick(one.incident, INCIDENT_UPDATE) if one and await self.find(one.incident) else None
        if found is None:
            return none_such(
                f"There is no follow-up #{number}.", f"{code('/incident followup list')} shows what is left."
            )
        if isinstance(found, Card):
            return found

        async def finished(connection: Connection) -> Followup | None:
            return await followups.finish(connection, number, by=self._by.actor)

        done = await change(self._at, finished)
        if done is None:
            return self.aloud(found, unchanged(found, f"Follow-up #{number} was done already."))
        return self.aloud(found, said(found, f"Follow-up #{number} is done."))

    # --- buttons --------------------------------------------------------------------------------------------

    async def acknowledge(self, found: Incident) -> Card:
        """Somebody pressed [I'm on it]."""
        refusal = self._refusal(found, INCIDENT_UPDATE)
        if refusal is not None:
            return refusal
        if not found.ongoing:
            return _over(found)

        async def on_it(connection: Connection) -> bool:
            return await incidents.acknowledge(connection, found, self._by.actor)

        if await change(self._at, on_it):
            return said(found, f"You are on {found.label}.", "Nobody else is asked.")
        now = await self._again(found)
        if not now.ongoing:
            return _over(now)
        who = clean(self._name(now.acknowledged_by or ""))
        return said(now, f"{who} is on it already.", "You are part of it too now.", Tone.INFO)

    async def hush(self, found: Incident) -> Card:
        """Somebody pressed [I know: stop asking]: nobody further is asked."""
        refusal = self._refusal(found, INCIDENT_UPDATE)
        if refusal is not None:
            return refusal

        async def stopped(connection: Connection) -> bool:
            await incidents.touch(connection, found.id)
            return await incident_steps.hush(connection, found.id, self._by.actor)

        if await change(self._at, stopped):
            return said(found, "I ask nobody further to come.", f"{found.label} stays open.")
        return unchanged(found, "I had stopped asking already.")

    # --- small steps ----------------------------------------------------------------------------------------

    async def pick(self, incident: IncidentId | None, permission: Permission) -> Incident | Card:
        """The incident that is meant, if this person may do that to it; else the card that says why not."""
        if incident is not None:
            found = await self.find(incident)
            if found is None:
                return _unknown(incident)
        else:
            chosen = await self._meant()
            if isinstance(chosen, Card):
                return chosen
            found = chosen
        return self._refusal(found, permission) or found

    async def _meant(self) -> Incident | Card:
        """The channel's own; elsewhere the only one that is open."""
        here = await self.here()
        if here is not None:
            return here
        found = await self.ongoing()
        if len(found) == 1:
            return found[0]
        if not found:
            return none_such("No incident is open.", f"{code('/incident list --all')} shows those before.")
        names = ", ".join(code(one.label) for one in found[:5])
        return none_such("Which incident?", f"Put one of {names} before your words, or type it in its channel.")

    async def _going_on(self, incident: IncidentId | None, permission: Permission) -> Incident | Card:
        """For what a merged one keeps no more: nobody reads it there."""
        found = await self.pick(incident, permission)
        return found if isinstance(found, Card) else self._merged(found) or found

    def _merged(self, found: Incident) -> Card | None:
        if found.merged_into is None:
            return None
        there = f"INC-{found.merged_into}"
        return self.aloud(
            found,
            unchanged(
                found,
                f"{found.label} was merged into {there}. Say {code(there)} in your line, or type it in that one's "
                "channel.",
            ),
        )

    def _refusal(self, found: Incident, permission: Permission) -> Card | None:
        place = found.affected[0] if found.affected else Affected("")
        scope = self._at.scope(place.service or None, place.environment or None, self._by.channel)
        risk = Risk.READ if permission in (INCIDENT_READ, TIMELINE_READ) else Risk.RECORD
        verdict = self._at.decide(Ask(self._at.person(self._by.actor, self._by.team), permission, risk, scope))
        if isinstance(verdict, Deny):
            refused = said(found, verdict.because.sentence, verdict.next_step, Tone.STOPPED)
            return replace(refused, private=True, unchanged=True)
        return None

    def known(self, incident: Incident | None) -> Incident | None:
        """None when this person may not know of it: a private one is for those who were brought in, and admins."""
        if incident is None or may_know(self._at, incident, self._at.person(self._by.actor, self._by.team)):
            return incident
        return None

    def aloud(self, incident: Incident, card: Card) -> Card:
        """In a private incident's own channel everybody may know."""
        own = incident.place == "channel" and incident.channel == self._by.channel
        return replace(card, private=incident.private and not own)

    async def _acted(self, work: Callable[[Connection], Awaitable[Incident | None]]) -> Incident | None:
        """Whoever does something about it is on it."""

        async def both(connection: Connection) -> Incident | None:
            done = await work(connection)
            if done is not None and done.ongoing:
                await incidents.acknowledge(connection, done, self._by.actor)
            return done

        return await change(self._at, both)

    async def _again(self, found: Incident) -> Incident:
        return await incidents.get(self._at.pool, found.id) or found

    async def _places(self, affected: tuple[Affected, ...]) -> tuple[Affected, ...]:
        """A service without its environment is meant where an alarm is on, else where it is protected."""
        if not affected or affected[0].environment:
            return affected
        service = self._at.catalog.services[affected[0].service]
        hurt = {place.partition(" ")[2] for place, _ in await failing(self._at.pool, affected)}
        protected = [name for name, entry in service.environments.items() if entry.protected]
        names = [name for name in protected if name in hurt] or sorted(hurt) or protected
        return tuple(Affected(service.name, name) for name in names) or affected

    async def _production_fails(self, affected: Sequence[Affected]) -> bool:
        """An alarm of the watch is on at a protected place of these services."""
        hurt = {place for place, _ in await failing(self._at.pool, affected)}
        return any(str(place) in hurt and self._at.catalog.at(place).protected for place in self._at.catalog.places())

    def _on_call(self, now: datetime) -> Sequence[str]:
        return self._at.policy.oncall.order(now) if self._at.policy.oncall else ()

    async def _now(self) -> datetime:
        return await database.now(self._at.pool)

    def _name(self, person: str) -> str:
        return self._at.people.name(person)


def _over(incident: Incident) -> Card:
    return unchanged(incident, f"{incident.label} is {incident.state.value} already.")


def _elsewhere(incident: Incident) -> str:
    """Of one that has just lost its channel."""
    if incident.channel is not None or incident.former_channel is None:
        return ""
    return f"{channel(incident.former_channel)} was put away: another one is made, and everybody invited again."


def _both(at: datetime) -> str:
    """In the zone in which it is stored, and in the reader's, which is the writer's."""
    return f"at {at:%Y-%m-%d %H:%M} UTC ({when(at, 'date')} for you)"


def _alone(incident: Incident, what: str, more: str = "") -> Card:
    """To who asked: everybody else reads in the header or the thread what came of it."""
    return replace(said(incident, what, more), private=True)


def _unknown(incident: IncidentId) -> Card:
    return none_such(
        f"There is no INC-{incident}, or it is not for you.", f"{code('/incident list')} shows those open."
    )


def _no_entry(incident: Incident, number: int) -> Card:
    return none_such(
        f"{incident.label} has no entry #{number}.", f"{code(f'/timeline show {incident.label}')} has them."
    )
