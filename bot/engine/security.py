"""What only security incidents have: their checklist, the suspected time; and inviting people, which all have."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.db import incident_checklist as table
from bot.db.database import Connection
from bot.domain.card import Card
from bot.domain.incident import Incident, IncidentId
from bot.domain.incident_card import none_such, said, unchanged
from bot.domain.security import STEPS, number_of, step_of
from bot.domain.words import clean, code, when
from bot.engine.changing import change
from bot.engine.installation import Installation
from bot.engine.short import note
from permissions.model import INCIDENT_UPDATE, Permission

Pick = Callable[[IncidentId | None, Permission], Awaitable[Incident | Card]]
Aloud = Callable[[Incident, Card], Card]


class EngineSecurity:
    """`bot.domain.capability.Security`, for whoever asked."""

    def __init__(self, installation: Installation, actor: str, pick: Pick, aloud: Aloud) -> None:
        self._at = installation
        self._actor = actor
        self._pick = pick
        self._aloud = aloud

    async def invite(self, incident: IncidentId | None, person: str) -> Card:
        found = await self._pick(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found
        who = clean(self._at.people.name(person))

        async def invited(connection: Connection) -> bool:
            return await table.invite(connection, found, person, by=self._actor)

        if await change(self._at, invited):
            return self._aloud(found, said(found, f"{who} is part of {found.label} now, and learns of its channel."))
        return self._aloud(found, unchanged(found, f"{who} is part of it already."))

    async def tick(self, incident: IncidentId | None, number: int, *, done: bool) -> Card:
        found, step = await self._of_security(incident, number)
        if isinstance(found, Card):
            return found

        async def ticked(connection: Connection) -> bool:
            return await table.tick(connection, found, step, done=done, by=self._actor)

        if await change(self._at, ticked):
            what = f"Step {number} is {'done' if done else 'to be done again'}: {dict(STEPS)[step]}."
            return self._aloud(found, said(found, what))
        so = "done already" if done else "not done"
        return self._aloud(found, unchanged(found, f"Step {number} is {so}."))

    async def take(self, incident: IncidentId | None, number: int, person: str) -> Card:
        found, step = await self._of_security(incident, number)
        if isinstance(found, Card):
            return found
        who = clean(self._at.people.name(person))

        async def taken(connection: Connection) -> bool:
            await table.invite(connection, found, person, by=self._actor)
            return await table.take(connection, found, step, person, by=self._actor)

        if await change(self._at, taken):
            return self._aloud(found, said(found, f"{who} has step {number}: {dict(STEPS)[step]}."))
        what = f"Step {number} is {who}'s already, or done."
        return self._aloud(found, unchanged(found, what))

    async def suspect(self, incident: IncidentId | None, at: datetime) -> Card:
        found, _ = await self._of_security(incident, number_of("restore"))
        if isinstance(found, Card):
            return found

        async def suspected(connection: Connection) -> bool:
            return await table.suspect(connection, found, at, by=self._actor)

        await change(self._at, suspected)
        when_ = f"{when(at, 'date')} ({at:%Y-%m-%d %H:%M} UTC)"
        what = f"It is thought to have begun {when_}: the checklist names the last verified backup before."
        return self._aloud(found, said(found, what))

    async def _of_security(self, incident: IncidentId | None, number: int) -> tuple[Incident | Card, str]:
        found = await self._pick(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found, ""
        step = step_of(number)
        if found.type != "security":
            how = f"{code('/incident … --type security')} opens one that has."
            return none_such(f"{found.label} has no checklist.", how), ""
        if step is None:
            return note(f"There is no step {number}.", f"The checklist has 1 to {len(STEPS)}."), ""
        return found, step
