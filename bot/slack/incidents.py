"""Keeps an incident's messages as they should be: header, timeline thread, whom it asks, reminders. Decides nothing.

A message's intent and which entries it tells are committed together: none is told twice, none is forgotten.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.db import database, followups, incident_report, incident_steps, incidents, postmortems, posts, timeline
from bot.db.bell import Bell
from bot.db.database import AWAY, CLASHED, Connection, Pool
from bot.db.incident_seen import see
from bot.db.posts import Intent
from bot.domain.card import Card, Tone
from bot.domain.catalog import Catalog
from bot.domain.incident import Followup, Incident, IncidentId, Role
from bot.domain.incident_card import announcement, call_card, entry_line, header_card, reminder_card
from bot.domain.postmortem import due_at as postmortem_due_at
from bot.domain.report_card import overdue_card
from bot.domain.timeline import TimelineEntry
from bot.domain.words import clean
from bot.slack.desired import DECIDE, END, THREAD
from bot.slack.mrkdwn import mrkdwn
from bot.slack.presence import Presence
from bot.slack.update_asks import tell_asks
from bot.slack.wanted import wanted

log = structlog.get_logger()

LINES = 25  # of the timeline, in one message
LENGTH = 8_000  # of a message, as Slack counts
PART = 2_800  # of one block
BATCH = 200
_REMIND_EVERY = timedelta(seconds=20)

OnCall = Callable[[datetime], Sequence[str]]


def header_key(incident: Incident) -> str:
    """One for each channel that it ever had."""
    return f"{incident.label}:header" if incident.room == 1 else f"{incident.label}:header:{incident.room}"


class IncidentTeller:
    """`run` until cancelled, under the follower's leader."""

    def __init__(
        self,
        pool: Pool,
        bell: Bell,
        wake: Callable[[], None],
        *,
        catalog: Callable[[], Catalog],
        names: Callable[[str], str],
        on_call: OnCall,
        commands: Container[str],
        presence: Presence[IncidentId] | None = None,
        poll: float = 1.0,
    ) -> None:
        self._pool = pool
        self._bell = bell
        self._wake = wake
        self._catalog = catalog
        self._names = names
        self._on_call = on_call
        self._commands = commands
        self._poll = poll
        self._presence = presence
        self._stirred: set[IncidentId] = set()  # whose people came or went
        self._reminded: datetime | None = None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_all())
            if self._presence is not None:
                tasks.create_task(self._presence.run(self._look_again))

    def _look_again(self, incident: IncidentId) -> None:
        """With the next step, also when nothing was recorded."""
        self._stirred.add(incident)

    async def _tell_all(self) -> None:
        with self._bell.listener("incidents") as rung:
            while True:
                try:
                    await self.step()
                    await self.remind()
                except (*AWAY, *CLASHED) as away:
                    log.warning("incidents.database_away", error=type(away).__name__)
                await rung.wait(self._poll)

    async def step(self) -> None:
        """Every incident whose messages may not be as they should."""
        stirred, self._stirred = self._stirred, set()
        async with self._pool.acquire() as connection, connection.transaction():
            for one in stirred:
                await incidents.touch(connection, one)
            found = await incidents.unshown(connection)
            for incident, version in found:
                if await self._guarded(connection, partial(self._show, incident=incident)):
                    await incidents.shown(connection, incident.id, version)
        if found:
            self._wake()

    async def _guarded(self, connection: Connection, work: Callable[[Connection], Awaitable[None]]) -> bool:
        """One that cannot be told must not silence the others; it is tried again."""
        try:
            async with connection.transaction():
                await work(connection)
        except (*AWAY, *CLASHED):
            raise
        except Exception:
            log.exception("incidents.failed")
            return False
        return True

    async def _show(self, connection: Connection, incident: Incident) -> None:
        await self._calls(connection, incident)
        await tell_asks(connection, incident, self._names, self._commands)
        if incident.place is None or incident.channel is None:
            return
        at = await database.now(connection)
        seen = await see(connection, incident, self._awake(incident, self._on_call(at)))
        card = header_card(incident, seen, self._names)
        await self._intend(connection, incident, header_key(incident), card, channel=incident.channel)
        await self._announce(connection, incident)
        await self._thread(connection, incident)

    def _awake(self, incident: Incident, on_call: Sequence[str]) -> list[str]:
        """Who is on call by name, and who of them is silent or away as long as nobody is on it."""
        about = self._about(incident, on_call)
        return [f"{clean(self._names(one))}{f' ({about[one]})' if about.get(one) else ''}" for one in on_call]

    def _about(self, incident: Incident, people: Sequence[str]) -> Mapping[str, str]:
        if self._presence is None:
            return {}
        if incident.acknowledged_at is not None or not incident.ongoing:
            self._presence.forget(incident.id)
            return {}
        return self._presence.of(incident.id, people)

    async def _announce(self, connection: Connection, incident: Incident) -> None:
        """One line in the service's channel, edited in place: those who are not invited learn of it."""
        service = self._catalog().services.get(incident.affected[0].service) if incident.affected else None
        if incident.place != "channel" or incident.private or service is None or not service.cards:
            return
        card = announcement(incident, self._names)
        await self._intend(connection, incident, f"{incident.label}:announced", card, channel=service.cards)

    async def _calls(self, connection: Connection, incident: Incident) -> None:
        """Whoever is on call gets a message of their own; it says so when somebody is on it."""
        quiet = incident.acknowledged_at is not None or not incident.ongoing
        for person in await incident_steps.called(connection, incident.id):
            card = call_card(incident, self._names)
            content = await wanted(connection, card, self._commands, None, open="true")
            key = f"{incident.label}:call:{person}"
            await posts.intend(connection, Intent(key, None, "dm", content, DECIDE, person=person, only_edit=quiet))

    async def _intend(
        self, connection: Connection, incident: Incident, key: str, card: Card, *, channel: str
    ) -> None:
        """Kept for good: a follow-up may be done, an entry put right months later, and that is an edit."""
        content = await wanted(connection, card, self._commands, None, open="true")
        await posts.intend(connection, Intent(key, None, "message", content, END, channel))

    # --- the thread -----------------------------------------------------------------------------------------

    async def _thread(self, connection: Connection, incident: Incident) -> None:
        """New entries join the last message while nobody has begun to send it: when they come fast they gather."""
        for key in await timeline.corrected_messages(connection, incident.id):
            await self._tell(connection, incident, key, await timeline.told_in(connection, key))
        waiting = await posts.open_reply(connection, header_key(incident))
        while new := await timeline.untold(connection, incident.id, BATCH):
            told = await timeline.told_in(connection, waiting) if waiting else []
            fitting = fit(told, new)
            if not fitting:
                waiting = None
                continue
            key = waiting or f"{incident.label}:timeline:{new[0].number}"
            await timeline.tell(connection, fitting, key)
            await self._tell(connection, incident, key, [*told, *fitting])
            waiting = key

    async def _tell(
        self, connection: Connection, incident: Incident, key: str, entries: Sequence[TimelineEntry]
    ) -> None:
        card = thread_card(entries)
        content = await wanted(connection, card, self._commands, None, open="true")
        await posts.intend(connection, Intent(key, None, "reply", content, THREAD, thread_key=header_key(incident)))

    # --- reminders ------------------------------------------------------------------------------------------

    async def remind(self) -> None:
        """Follow-ups and post-mortems that are due, to whoever has them, once a day."""
        async with self._pool.acquire() as connection, connection.transaction():
            now = await database.now(connection)
            if self._reminded is not None and timedelta() <= now - self._reminded < _REMIND_EVERY:
                return
            due, late, day = await followups.remind(connection), await self._late(connection), now.date().isoformat()
            for one in due:
                await self._guarded(connection, partial(self._remind, one=one, day=day))
            for overdue in late:
                await self._guarded(connection, partial(self._ask_for_postmortem, overdue=overdue, day=day))
        self._reminded = now
        if due or late:
            self._wake()

    async def _late(self, connection: Connection) -> list[postmortems.Overdue]:
        """First it is worked out for which resolved incidents a post-mortem is due."""
        for incident in await postmortems.unjudged(connection):
            report = await incident_report.report(connection, incident)
            await postmortems.judge(connection, incident, postmortem_due_at(report))
        return await postmortems.overdue(connection)

    async def _ask_for_postmortem(self, connection: Connection, overdue: postmortems.Overdue, day: str) -> None:
        incident = overdue.incident
        content = await wanted(connection, overdue_card(incident, overdue.due_at), self._commands, None)
        key, who = f"{incident.label}:postmortem:{day}", incident.role(Role.COMMANDER) or incident.opened_by
        await posts.intend(connection, Intent(key, None, "dm", content, END, person=who))

    async def _remind(self, connection: Connection, one: Followup, day: str) -> None:
        incident = await incidents.existing(connection, one.incident)
        content = await wanted(connection, reminder_card(incident, one), self._commands, None)
        key = f"{incident.label}:followup:{one.id}:{day}"
        await posts.intend(connection, Intent(key, None, "dm", content, END, person=one.owner or one.added_by))


def fit(told: Sequence[TimelineEntry], new: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """As many of the new entries as one message still takes; always one where it is empty."""
    room, fitting = LENGTH - sum(_length(one) for one in told), list[TimelineEntry]()
    for entry in new:
        room -= _length(entry)
        full = len(told) + len(fitting) >= LINES or room < 0
        if full and (told or fitting):
            break
        fitting.append(entry)
    return fitting


def thread_card(entries: Sequence[TimelineEntry]) -> Card:
    """One message of the timeline's thread, its lines in blocks that Slack takes whole."""
    parts: list[list[str]] = [[]]
    left = PART
    for line in map(entry_line, entries):
        left -= len(mrkdwn(line)) + 1
        if left < 0 and parts[-1]:
            parts.append([])
            left = PART - len(mrkdwn(line)) - 1
        parts[-1].append(line)
    lines = "\n".join(line for part in parts for line in part)
    return Card(Tone.INFO, "", lines, tuple("\n".join(part) for part in parts if part))


def _length(entry: TimelineEntry) -> int:
    return len(mrkdwn(entry_line(entry))) + 1
