"""Reads sealed events and keeps Slack's messages as they should be. Never decides anything, never changes a run.

Intents and the cursor are committed together: a restart neither loses nor doubles a message.
"""

import asyncio
from collections.abc import Callable, Container, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot.db import (
    channels,
    database,
    events,
    incidents,
    offers,
    partials,
    posts,
    reply_urls,
    untold,
)
from bot.db.bell import Bell
from bot.db.database import AWAY, CLASHED, Connection, Pool, Rows
from bot.db.posts import Intent
from bot.domain import card as cards
from bot.domain import policy_card
from bot.domain.card import Card, Tone
from bot.domain.catalog import Catalog
from bot.domain.command import Command
from bot.domain.event import Event, Kind, NewerVersion
from bot.domain.json import JsonObject
from bot.domain.run import ACTIVE, Run, RunId
from bot.domain.waves import called
from bot.domain.words import clean
from bot.slack import announce, monitors
from bot.slack.deliver import Deliverer
from bot.slack.desired import (
    END,
    THREAD,
    Desired,
    Seen,
    among_ourselves,
    desired,
    has_root,
    thread_lines,
    thread_of,
    told_alone,
    waits_for_people,
    where,
)
from bot.slack.elsewhere import ON_CALL, OPS
from bot.slack.offer import offer_form
from bot.slack.outsiders import Listed
from bot.slack.presence import Presence
from bot.slack.seen import see_all
from bot.slack.send import Sender
from bot.slack.spoken import spoken
from bot.slack.unvoted import unvoted
from bot.slack.wanted import wanted

log = structlog.get_logger()

NAME = "slack"
BATCH = 500
FORGET_EVERY_S = 300
GATHER_S = 0.02  # under load what happens to a run is told together, the first of it at once
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_TOLD_BESIDES = frozenset(
    {
        *(Kind.HEALTH_CHANGED, Kind.WEBHOOK_RECEIVED, Kind.SCHEDULE_MISSED, Kind.REQUEST_PARTIAL),
        *(Kind.POLICY_CHANGED, Kind.POLICY_REFUSED, *announce.OWN, *announce.FREEZES),
    }
)
LINES = 25  # of a thread, in one message
ALERT = 0


class Follower:
    """One leader among the replicas runs `work` (`bot.db.leader`); it owns its tasks and stops when cancelled."""

    def __init__(
        self,
        pool: Pool,
        sender: Sender,
        *,
        catalog: Callable[[], Catalog],
        names: Callable[[str], str],
        commands: Mapping[str, Command],
        bell: Bell,
        poll: float = 1.0,
        presence: Presence[RunId] | None = None,
        listed: Listed = frozenset[str],
        on_duty: Callable[[], Sequence[str]] = tuple[str, ...],
    ) -> None:
        self._pool = pool
        self._catalog = catalog
        self._names = names
        self._commands = commands
        self._bell = bell
        self._poll = poll
        self._presence = presence
        self._listed = listed
        say = spoken(commands, lambda: catalog().commands)
        self._deliverer = Deliverer(pool, sender, say, listed, lambda: catalog().ops or "", on_duty)
        self.duties: list[Callable[[], Coroutine[object, object, None]]] = []  # others' work under the same leader
        self._overdue: dict[RunId, datetime] = {}  # runs whose card turns orange then

    def wake(self) -> None:
        """There is something new to send."""
        self._deliverer.wake()

    async def work(self) -> None:
        """Until cancelled. A database that is away only delays it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._deliverer.run())
            tasks.create_task(self._deliverer.outsiders.keep_asking(self._bell))
            tasks.create_task(self._follow())
            tasks.create_task(self._forget())
            for duty in self.duties:
                tasks.create_task(duty())
            if self._presence is not None:
                tasks.create_task(self._presence.run(self._look_again))

    async def _forget(self) -> None:
        """Reply addresses, offers and old messages leave when their time is over."""
        while True:
            with suppress(*AWAY):
                await reply_urls.forget(self._pool)
                await offers.forget(self._pool)
                await posts.forget(self._pool)
                await partials.forget(self._pool)
            await asyncio.sleep(FORGET_EVERY_S)

    async def _follow(self) -> None:
        with self._bell.listener("sealed") as sealed:
            fresh = False
            while True:
                try:
                    if not fresh:
                        await self._look_again_at_active_runs()
                        fresh = True
                    told = await self.step()
                except (*AWAY, *CLASHED) as away:
                    log.warning("follow.database_away", error=type(away).__name__)
                    told = 0
                await asyncio.sleep(GATHER_S if told else 0)
                if told < BATCH:
                    await sealed.wait(self._poll)

    async def step(self) -> int:
        """One batch of events into intents; how many they were."""
        async with self._pool.acquire() as connection, connection.transaction():
            number = await posts.cursor(connection, NAME)
            batch = await events.after(connection, number, BATCH)
            now = await database.now(connection)
            dirty = {event.run for event in batch if event.run is not None}
            dirty |= {run for run, due in self._overdue.items() if due <= now}
            again = await untold.due(connection, NAME)
            runs = sorted(dirty | {RunId(number) for of, number in again if of == "run"})
            await self._tell(connection, runs, now, again)
            late = await events.numbered(connection, [number for of, number in again if of == "event"])
            for event in (*late, *batch):
                if not event.erased and (event.kind in _TOLD_BESIDES or event.kind.newer):
                    late_one = ("event", event.number) in again
                    async with untold.guarded(connection, NAME, "event", event.number, again=late_one):
                        await self._tell_besides(connection, event)
            if batch:
                await posts.advance(connection, NAME, batch[-1].number)
        if runs or batch or late:
            self._deliverer.wake()
        return len(batch)

    async def _tell_besides(self, connection: Connection, event: Event) -> None:
        """What is told of an event besides the messages of its run."""
        match event.kind:
            case newer if newer.newer:
                raise NewerVersion(newer)
            case Kind.HEALTH_CHANGED:
                await self._alert(connection, event)
            case Kind.WEBHOOK_RECEIVED:
                await monitors.tell(connection, event, self._catalog(), self._commands)
            case Kind.SCHEDULE_MISSED:
                await self._missed(connection, event)
            case Kind.POLICY_CHANGED | Kind.POLICY_REFUSED:
                await self._policy(connection, event)
            case Kind.BOT_AWAY | Kind.REPORT_WEEKLY | Kind.TELLING_FAILED:
                await announce.own(connection, event, self._catalog(), self._commands)
            case Kind.REQUEST_PARTIAL:
                await offer_form(connection, event, self._commands)
            case _:
                await self._freeze(connection, event)

    def _look_again(self, run: RunId) -> None:
        """With the next batch, also without an event of its own."""
        self._overdue[run] = _LONG_AGO

    async def _look_again_at_active_runs(self) -> None:
        """After a restart: cards of running runs still turn orange in time."""
        found = await self._pool.fetch(
            "SELECT id FROM runs WHERE state IN ('running', 'verifying') ORDER BY id LIMIT 500"
        )
        self._overdue |= {RunId(row["id"]): _LONG_AGO for row in found}

    # --- runs -----------------------------------------------------------------------------------------------

    async def _tell(
        self, connection: Connection, dirty: Sequence[RunId], now: datetime, again: Container[tuple[str, int]]
    ) -> None:
        """All together, in few statements; where one of them cannot be told, each by itself."""
        try:
            async with connection.transaction():
                await self._runs(connection, dirty, now)
        except (*AWAY, *CLASHED):
            raise
        except Exception:
            for run in dirty:
                async with untold.guarded(connection, NAME, "run", run, again=("run", run) in again):
                    await self._runs(connection, [run], now)
        else:
            for run in dirty:
                if ("run", run) in again:
                    await untold.told(connection, NAME, "run", run)

    async def _runs(self, connection: Connection, dirty: Sequence[RunId], now: datetime) -> None:
        for run in dirty:
            self._overdue.pop(run, None)
        found = await see_all(connection, dirty, now)
        if not found:
            return
        rooms = await incidents.channels_among(connection, {seen.run.channel for seen in found})
        shared = await channels.shared(connection, but=self._listed())
        intents: list[Intent] = []
        for seen in found:
            self._watch_the_clock(seen)
            messages = self._messages(replace(seen, about=self._about(seen)), rooms, shared)
            intents += [await self._intent(connection, message, seen.run) for message in messages]
        await posts.intend_all(connection, intents)
        keys = {intent.key for intent in intents}
        await posts.drop_others(connection, dirty, keys)
        for seen in found:
            if has_root(seen) and f"{seen.run.label}:root" in keys:
                await self._thread(connection, seen)

    def _messages(self, seen: Seen, rooms: Container[str], shared: Container[str]) -> list[Desired]:
        """rooms: the channels of incidents, where all see what is told. shared: where people of others would."""
        run = seen.run
        at = where(run, self._catalog(), self._commands.get(run.command))
        at = replace(at, public=True) if run.channel in rooms else at
        at = among_ourselves(at, run, shared)
        messages = [*desired(seen, at, self._name), *unvoted(seen, at, self._name)]
        return [*told_alone(messages, seen, at)] if at.alone else messages

    def _about(self, seen: Seen) -> Mapping[str, str]:
        """Who is silent or away, of those who were asked and may still answer."""
        if self._presence is None:
            return {}
        if seen.approval is None or not seen.approval.need or not waits_for_people(seen):
            self._presence.forget(seen.run.id)
            return {}
        return self._presence.of(seen.run.id, called(seen.approval))

    def _watch_the_clock(self, seen: Seen) -> None:
        run, usual = seen.run, seen.plan.usual if seen.plan else None
        if run.state in ACTIVE and run.started_at is not None and usual and seen.now <= run.started_at + usual:
            self._overdue[run.id] = run.started_at + usual

    async def _intent(self, rows: Rows, message: Desired, run: Run) -> Intent:
        thread = thread_of(message, run)
        content = await wanted(rows, message.card, self._commands, run.service, file=message.file, thread=thread)
        return Intent(
            message.key,
            run.id,
            message.kind,
            content,
            message.priority,
            message.channel,
            message.person,
            message.thread_key,
            message.only_edit,
        )

    async def _thread(self, connection: Connection, seen: Seen) -> None:
        """New lines join the last message while nobody has begun to send it: under load they gather there."""
        run = seen.run
        new = thread_lines(seen, await posts.told_upto(connection, run.id), self._name)
        waiting = await posts.open_thread(connection, run.id)
        while new:
            told = _lines(waiting.wanted) if waiting and len(_lines(waiting.wanted)) < LINES else []
            key = waiting.key if waiting and told else f"{run.label}:thread:{new[0][0]}"
            now, new = new[: LINES - len(told)], new[LINES - len(told) :]
            lines = [*told, *(line for _, line in now)]
            text = "\n".join(lines)
            content = await wanted(
                connection, Card(Tone.INFO, "", text, (text,)), self._commands, None, lines=lines, upto=now[-1][0]
            )
            await posts.intend(
                connection, Intent(key, run.id, "thread", content, THREAD, thread_key=f"{run.label}:root")
            )
            waiting = None

    def _name(self, person: str) -> str:
        return clean(self._names(person))

    # --- the policy -----------------------------------------------------------------------------------------

    async def _policy(self, connection: Connection, event: Event) -> None:
        """What changes for people, or that a broken file was refused: once in each channel where runs are shown."""
        card = policy_card.told(event)
        if card is None:
            return
        content = await wanted(connection, card, self._commands, None, elsewhere=OPS)
        channels = dict.fromkeys(service.cards for service in self._catalog().services.values() if service.cards)
        for channel in channels:
            key = f"policy:{event.number}:{channel}"
            await posts.intend(connection, Intent(key, None, "message", content, END, channel))

    async def _freeze(self, connection: Connection, event: Event) -> None:
        await announce.freeze(connection, event, self._catalog(), self._commands, self._name)

    # --- schedules ------------------------------------------------------------------------------------------

    async def _missed(self, connection: Connection, event: Event) -> None:
        """What should have run by itself and did not: once, in the service's channel."""
        service = self._catalog().services.get(event.service or "")
        body = event.body.get("card")
        if service is None or not service.cards or not isinstance(body, dict):
            return
        content = await wanted(connection, cards.from_json(body), self._commands, event.service, elsewhere=OPS)
        key = f"missed:{event.number}"
        await posts.intend(connection, Intent(key, None, "message", content, END, service.cards))

    # --- alerts ---------------------------------------------------------------------------------------------

    async def _alert(self, connection: Connection, event: Event) -> None:
        """One message while a place fails, edited as it changes; when more fails a new one: edits notify nobody."""
        service = self._catalog().services.get(event.service or "")
        body = event.body.get("card")
        if service is None or not service.cards or not isinstance(body, dict):
            return
        failing = event.body.get("state") != "recovered"
        known = await posts.open_alert(connection, event.service or "", event.environment or "")
        if known is None and not failing:
            return
        if known is not None and event.body.get("state") == "worse":
            await posts.close_alert(connection, known.key)
            known = None
        place = f"{event.service} {event.environment}"
        key = known.key if known else f"alert:{place}:{event.number}"
        card = cards.from_json(body)
        open_ = "true" if failing else "false"
        content = await wanted(
            connection, card, self._commands, event.service, alert=place, open=open_, elsewhere=ON_CALL
        )
        await posts.intend(connection, Intent(key, None, "message", content, ALERT, service.cards))
        if known is not None:
            says = str(event.body.get("says") or "") if failing else card.text
            await self._changed(connection, event, key, Card(card.tone, "", says, (says,)))

    async def _changed(self, connection: Connection, event: Event, key: str, told: Card) -> None:
        """A short word in the alert's thread: who follows it is notified."""
        content = await wanted(connection, told, self._commands, event.service)
        reply = Intent(f"{key}:changed:{event.number}", None, "thread", content, END, thread_key=key)
        await posts.intend(connection, reply)


def _lines(content: JsonObject) -> Sequence[str]:
    lines = content.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list) else []
