"""Completes what was marked for a timeline, asking Slack for its text and its link, and adds it once.

The row was written before, so a crash loses nothing; Slack being away delays it. Nothing of a message elsewhere
is kept.
"""

from datetime import datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.db import incidents, kept, timeline
from bot.db.bell import Bell
from bot.db.database import AWAY, Connection, Pool
from bot.db.kept import Kept
from bot.domain.incident import Incident, IncidentId
from bot.domain.kept import Content, at_of, from_json
from bot.domain.timeline import NewEntry
from bot.slack.by_hand import incident_at
from bot.slack.messages import message_of
from bot.slack.people import SLACK_AWAY
from bot.slack.send import error_name

log = structlog.get_logger()

_POLL = 2.0
_LONGEST = timedelta(minutes=5)
_NOT_THERE = {"message_not_found", "thread_not_found"}
_NOT_OURS = {"channel_not_found", "not_in_channel", "is_archived", "missing_scope", "no_permission"}


class Gone(Exception):
    """The message is not there."""


class Keeper:
    """`run` until cancelled, under `leader.lead`."""

    def __init__(self, pool: Pool, client: AsyncWebClient, bell: Bell) -> None:
        self._pool = pool
        self._client = client
        self._bell = bell

    async def run(self) -> None:
        with self._bell.listener("kept") as rung:
            while True:
                try:
                    await self.step()
                except AWAY as away:
                    log.warning("kept.database_away", error=type(away).__name__)
                await rung.wait(_POLL)

    async def step(self) -> None:
        for one in await kept.due(self._pool):
            try:
                await self._complete(one)
            except SLACK_AWAY as error:
                if isinstance(error, AWAY) and not isinstance(error, SlackApiError):
                    log.warning("kept.away", error=type(error).__name__)
                await self._failed(one, error)

    async def _failed(self, one: Kept, error: BaseException) -> None:
        name = error_name(error) if isinstance(error, SlackApiError) else ""
        if name in _NOT_OURS:
            log.warning("kept.out_of_reach", channel=one.channel, error=name)
        await kept.later(self._pool, one, min(_LONGEST, timedelta(seconds=2 ** min(one.attempts, 8))))

    async def _complete(self, one: Kept) -> None:
        try:
            content = from_json(one.content) if one.content else await self._asked(one)
            permalink = content.permalink or await self._link(one)
        except Gone:
            await self._drop(one)
            return
        await self._add(one, content, permalink)

    async def _asked(self, one: Kept) -> Content:
        """`conversations.replies` gives a message whether it stands in a thread or not."""
        try:
            answer = await self._client.conversations_replies(
                channel=one.channel, ts=one.ts, latest=one.ts, oldest=one.ts, inclusive=True, limit=10
            )
        except SlackApiError as error:
            if error_name(error) in _NOT_THERE:
                raise Gone from error
            raise
        found = [message for message in map(message_of, answer["messages"]) if message and message.ts == one.ts]
        if not found:
            raise Gone
        return found[0].content

    async def _link(self, one: Kept) -> str:
        try:
            answer = await self._client.chat_getPermalink(channel=one.channel, message_ts=one.ts)
        except SlackApiError as error:
            if error_name(error) in _NOT_THERE:
                raise Gone from error
            if error_name(error) in _NOT_OURS and one.content:
                return ""  # the bot is not in that channel: what was handed over stands without its link
            raise
        return str(answer["permalink"])

    async def _incident(self, connection: Connection, one: Kept, content: Content) -> Incident | None:
        if content.incident:
            chosen = IncidentId(content.incident)
            return await incidents.get(connection, (await incidents.with_merged(connection, chosen))[-1])
        return await incident_at(connection, one.channel, content.thread_ts)

    async def _drop(self, one: Kept) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            now = await kept.locked(connection, one.channel, one.ts)
            if now is not None and now.state == "wanted":
                await kept.settle(connection, now, "deleted", content=None)

    async def _add(self, one: Kept, asked: Content, permalink: str) -> None:
        """As it is recorded by now: an edit, a deletion or an un-pin may have come meanwhile."""
        async with self._pool.acquire() as connection, connection.transaction():
            now = await kept.locked(connection, one.channel, one.ts)
            if now is None or now.state != "wanted":
                return
            if not await kept.marked(connection, now.channel, now.ts):
                await kept.settle(connection, now, "gone", content=now.content)
                return
            content = from_json(now.content) if now.content else asked
            incident = await self._incident(connection, now, content)
            if incident is None:
                await kept.settle(connection, now, "elsewhere", content=None)
                return
            whole = {**content.to_json(), "permalink": permalink}
            entry = NewEntry(
                incident.id,
                *now.source,
                datetime.fromisoformat(content.at) if content.at else at_of(now.ts),
                content.line,
                content.author,
                permalink,
                content.files,
                typed=content.own_words,
            )
            await timeline.add(connection, entry, actor=now.by)
            if now.incident == incident.id:  # it comes back after it was gone: it may have been edited meanwhile
                await timeline.correct(
                    connection, incident.id, by=now.by, source=now.source, text=content.line, files=content.files
                )
            await kept.settle(connection, now, "added", incident=incident.id, content=whole)
        self._bell.ring("outbox")
