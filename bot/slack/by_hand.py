"""What people put into an incident's timeline in Slack: 📌 or a pin, uploads, joins; edits and deletions follow.

Only in an incident's channel or thread is anything written; elsewhere an event is looked at and forgotten.
"""

from collections.abc import Callable, Mapping
from typing import assert_never

import structlog

from bot.db import incidents, kept, timeline
from bot.db.bell import Bell
from bot.db.database import Connection
from bot.domain.incident import Incident, IncidentId
from bot.domain.kept import Content, at_of, from_json
from bot.domain.timeline import NewEntry
from bot.slack import messages
from bot.slack.messages import Heard

log = structlog.get_logger()

May = Callable[[str, Incident], bool]
"""Whether a person may write into the timeline of an incident."""


class ByHand:
    """`record` runs in the transaction that claims the event."""

    def __init__(self, bell: Bell, bot_user: Callable[[], str], may: May) -> None:
        self._bell = bell
        self._bot_user = bot_user
        self._may = may

    def heard(self, event: Mapping[str, object]) -> Heard | None:
        """From memory alone: most events are nobody's business here."""
        found = messages.uploaded(event) or messages.heard(event)
        if found is None or found.what not in ("joined", "uploaded"):
            return found
        return None if self._bot_user() in (found.person, found.inviter) else found  # our own deeds are events

    async def concerned(self, connection: Connection, heard: Heard) -> bool:
        """Whether it is about an incident's conversation, or a message that is kept. Reads only."""
        if heard.what in ("edited", "deleted"):
            return await kept.known(connection, heard.channel, heard.ts)
        found = await self._incident(connection, heard)
        if heard.what == "unmarked":  # also what is not kept: it may be heard before what it takes back
            return found is not None or await kept.known(connection, heard.channel, heard.ts)
        if found is None:
            return heard.what == "marked" and await incidents.threads_in(connection, heard.channel)
        return heard.what == "joined" or self._allowed(heard.person, found)

    async def record(self, connection: Connection, heard: Heard) -> None:
        match heard.what:
            case "marked" | "uploaded":
                await self._keep(connection, heard)
            case "unmarked":
                await self._let_go(connection, heard)
            case "edited":
                await self._edit(connection, heard)
            case "deleted":
                await self._delete(connection, heard)
            case "joined":
                await self._join(connection, heard)
            case other:
                assert_never(other)

    def rung(self) -> None:
        """After the commit."""
        self._bell.ring("kept", "outbox")

    async def _incident(self, connection: Connection, heard: Heard) -> Incident | None:
        thread = heard.message.thread_ts if heard.message else None
        return await incident_at(connection, heard.channel, thread or "")

    def _allowed(self, person: str, incident: Incident) -> bool:
        allowed = self._may(person, incident)
        if not allowed:
            log.info("timeline.mark_ignored", person=person, incident=incident.label)
        return allowed

    async def _keep(self, connection: Connection, heard: Heard) -> None:
        person = heard.person if heard.how == "pushpin" else ""
        if await kept.mark(connection, heard.channel, heard.ts, heard.how, person, heard.told, is_set=True):
            content = heard.message.content.to_json() if heard.message else None
            await kept.want(connection, heard.channel, heard.ts, heard.person, content)

    async def _let_go(self, connection: Connection, heard: Heard) -> None:
        """Taken away only with the last mark."""
        person = heard.person if heard.how == "pushpin" else ""
        one = await kept.locked(connection, heard.channel, heard.ts)
        newer = await kept.mark(connection, heard.channel, heard.ts, heard.how, person, heard.told, is_set=False)
        if one is None or not newer or await kept.marked(connection, heard.channel, heard.ts):
            return
        if one.state == "added" and one.incident is not None:
            await _remove(connection, one, one.incident, heard.person)
        if one.state in ("added", "wanted"):
            await kept.settle(connection, one, "gone", content=one.content)

    async def _edit(self, connection: Connection, heard: Heard) -> None:
        """The newest edit counts, in whatever order they come."""
        one = await kept.locked(connection, heard.channel, heard.ts)
        if one is None or heard.message is None or float(heard.message.edited.ts) <= one.edited:
            return
        before = from_json(one.content) if one.content else None
        if before is None or before.own_words:
            return
        now = heard.message.content
        whole = Content(
            before.author,
            now.text,
            now.files,
            before.thread_ts,
            before.permalink,
            at=before.at,
            incident=before.incident,
        )
        await kept.edited(connection, one, whole.to_json(), float(heard.message.edited.ts))
        if one.incident is not None and one.state in ("added", "gone"):
            for told in await incidents.with_merged(connection, one.incident):
                await timeline.correct(
                    connection, told, by=heard.person, source=one.source, text=whole.line, files=whole.files
                )

    async def _delete(self, connection: Connection, heard: Heard) -> None:
        """It stays in the history of the timeline, struck out, and cannot come back."""
        one = await kept.locked(connection, heard.channel, heard.ts)
        if one is None or one.state == "deleted":
            return
        if one.state == "added" and one.incident is not None:
            by = heard.person or (from_json(one.content).author if one.content else one.by)
            await _remove(connection, one, one.incident, by)
        await kept.settle(connection, one, "deleted", content=one.content)

    async def _join(self, connection: Connection, heard: Heard) -> None:
        incident = await self._incident(connection, heard)
        if incident is not None:
            text = f"<@{heard.person}> joined"
            entry = NewEntry(incident.id, "join", heard.person, at_of(heard.told), text, heard.person)
            await timeline.add(connection, entry, actor=heard.person)


async def _remove(connection: Connection, one: kept.Kept, incident: IncidentId, by: str) -> None:
    for told in await incidents.with_merged(connection, incident):
        await timeline.remove(connection, told, by=by, source=one.source, how="source")


async def incident_at(connection: Connection, channel: str, thread_ts: str) -> Incident | None:
    """The incident whose channel or thread this is; a duplicate's belongs to the one that it was merged into."""
    found = await incidents.at_channel(connection, channel)
    if found is None and thread_ts:
        found = await incidents.at_thread(connection, channel, thread_ts)
    if found is None or found.merged_into is None:
        return found
    return await incidents.existing(connection, (await incidents.with_merged(connection, found.id))[-1])
