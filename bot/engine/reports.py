"""An incident on its way out: files, read-only links, its post-mortem, figures. Who may have it is decided first."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.db import files, incident_links, incident_report, incident_stats, incidents, postmortems
from bot.domain import report_card as cards
from bot.domain.card import Card
from bot.domain.event import Kind
from bot.domain.incident import Incident, IncidentId
from bot.domain.incident_link import signed
from bot.domain.incident_markdown import PICTURE
from bot.domain.incident_picture import picture
from bot.domain.incident_report import IncidentReport
from bot.domain.incident_stats import stats_card
from bot.domain.postmortem import Postmortem
from bot.domain.run import RunId
from bot.engine.changing import change
from bot.engine.incidents import Asked, EngineIncidents
from bot.engine.installation import Installation
from bot.report.export import Form, export
from bot.report.postmortem import WrongTemplate, draft
from bot.report.typeset import pdf
from permissions.model import INCIDENT_READ, INCIDENT_UPDATE, POSTMORTEM_WRITE

Files = Sequence[tuple[str, bytes]]


class EngineReports:
    """`bot.domain.capability.Reports`, for whoever asked by a run: files go into their own conversation."""

    def __init__(self, installation: Installation, asked: Asked, known: EngineIncidents) -> None:
        self._at = installation
        self._by = asked
        self._incidents = known

    async def export(self, incident: IncidentId | None, form: Form, *, public: bool) -> Card:
        found = await self._incidents.pick(incident, INCIDENT_READ)
        if isinstance(found, Card):
            return found
        report = await incident_report.report(self._at.pool, found, whole=not public)
        made = await asyncio.to_thread(export, report, form, self._name)
        await self._hand_over([(made.name, made.content)])
        await self._record(Kind.INCIDENT_EXPORTED, found, form=form, whole=not public)
        return self._incidents.aloud(found, cards.exported_card(found, made.name, len(report.entries)))

    async def link(self, incident: IncidentId | None, until: datetime | None) -> Card:
        """until: None = a day from now."""
        found = await self._incidents.pick(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found
        key = await incident_links.key(self._at.pool, found.id)
        ends = until or self._by.at + timedelta(hours=24)
        await self._record(Kind.INCIDENT_LINKED, found, until=ends.astimezone(UTC).isoformat())
        return cards.link_card(found, f"{self._at.url}/incidents/{signed(found.id, ends, key or b'')}", ends)

    async def revoke_links(self, incident: IncidentId | None) -> Card:
        found = await self._incidents.pick(incident, INCIDENT_UPDATE)
        if isinstance(found, Card):
            return found
        await incident_links.revoke(self._at.pool, found.id)
        await self._record(Kind.INCIDENT_LINKED, found, revoked=True)
        return self._incidents.aloud(found, cards.revoked_card(found))

    async def stats(self, months: int) -> Card:
        known = [
            one for one in await incident_stats.since(self._at.pool, months) if self._incidents.known(one.incident)
        ]
        return stats_card(known, months)

    # --- post-mortem ----------------------------------------------------------------------------------------

    async def postmortem(self, incident: IncidentId | None) -> Card:
        found = await self._incidents.pick(incident, POSTMORTEM_WRITE)
        if isinstance(found, Card):
            return found
        report = await incident_report.report(self._at.pool, found)
        said = await postmortems.get(self._at.pool, found.id)
        text, wrong = await self._draft(report, said)
        typeset = await asyncio.to_thread(
            pdf,
            text,
            {PICTURE: picture(report)},
            running_title=f"Post-mortem of {found.label}",
            made_at=report.made_at,
        )
        name = f"{found.label.lower()}-postmortem"
        await self._hand_over([(f"{name}.md", text.encode()), (f"{name}.pdf", typeset)])
        await self._record(Kind.INCIDENT_EXPORTED, found, form="post-mortem", whole=True)
        return self._incidents.aloud(found, cards.postmortem_card(found, report, said, wrong))

    async def say(self, incident: IncidentId | None, part: postmortems.Part, text: str) -> Card:
        found = await self._incidents.pick(incident, POSTMORTEM_WRITE)
        if isinstance(found, Card):
            return found
        await change(self._at, partial(postmortems.say, incident=found, part=part, text=text, by=self._by.actor))
        return self._incidents.aloud(found, cards.said_card(found, part))

    async def finish(self, incident: IncidentId | None) -> Card:
        found = await self._incidents.pick(incident, POSTMORTEM_WRITE)
        if isinstance(found, Card):
            return found
        fresh = await change(self._at, partial(postmortems.finish, incident=found, by=self._by.actor))
        return self._incidents.aloud(found, cards.finished_card(found, fresh=fresh))

    async def _draft(self, report: IncidentReport, said: Postmortem) -> tuple[str, str]:
        """The draft, and what is wrong with the company's own template: then ours is used."""
        own = self._at.catalog.postmortem_template
        wrong = ""
        if own:
            try:
                template = await asyncio.to_thread(Path(own).read_text)
                return await asyncio.to_thread(draft, report, said, self._name, template=template), ""
            except (OSError, UnicodeDecodeError) as error:
                wrong = f"{own} cannot be read ({type(error).__name__})"
            except WrongTemplate as error:
                wrong = f"{own}, {error}"
        return await asyncio.to_thread(draft, report, said, self._name), wrong

    # --- small steps ----------------------------------------------------------------------------------------

    async def _hand_over(self, made: Files) -> None:
        """As files of the run: whoever asked gets them in their own conversation."""
        for name, content in made:
            await files.add(self._at.pool, RunId(self._by.run or 0), name, content)

    async def _record(self, kind: Kind, incident: Incident, **body: str | bool) -> None:
        await incidents.record(self._at.pool, kind, incident, self._by.actor, {**body})
        self._at.bell.ring("outbox")

    def _name(self, person: str) -> str:
        return self._at.people.name(person)
