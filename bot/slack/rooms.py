"""Where an incident is talked about: its channel, invitations, topic, bookmark and pin; each step once, from rows.

A step is written down before Slack is asked and marked after it answered. What happened in between is looked for by
name: a crash never makes two channels.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.db import incident_steps, incidents, posts
from bot.db.bell import Bell
from bot.db.database import AWAY, Pool
from bot.db.posts import Intent
from bot.domain.card import Card, Tone
from bot.domain.catalog import Catalog
from bot.domain.channel_name import channel_name, cut
from bot.domain.incident import Incident, IncidentState
from bot.domain.incident_card import title_of
from bot.domain.json import JsonObject
from bot.slack.desired import ANSWER
from bot.slack.incidents import header_key
from bot.slack.mrkdwn import without_references
from bot.slack.outsiders import READ_ALONG, Outsiders
from bot.slack.send import Later, Refused, Sender, SendError
from bot.slack.wanted import wanted

log = structlog.get_logger()

NAMES = 20  # tries before a thread must do
PATIENCE = 8  # failed attempts of what would only be nice to have
_FORBIDDEN = frozenset(
    {
        "restricted_action",
        "missing_scope",
        "no_permission",
        "access_denied",
        "user_is_restricted",
        "not_allowed_token_type",
    }
    | {"team_access_not_granted", "too_many_convos_for_team", "accesslimited", "org_login_required"}
)
_THERE_ALREADY = frozenset({"already_in_channel", "cant_invite_self", "already_pinned", "too_many_pins"})


class Rooms:
    """`run` until cancelled, under the follower's leader."""

    def __init__(
        self,
        pool: Pool,
        sender: Sender,
        client: AsyncWebClient,
        bell: Bell,
        *,
        catalog: Callable[[], Catalog],
        bot_user: Callable[[], str],
        outsiders: Outsiders,
        poll: float = 1.0,
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._outsiders = outsiders
        self._client = client
        self._bell = bell
        self._catalog = catalog
        self._bot_user = bot_user
        self._poll = poll

    async def run(self) -> None:
        with self._bell.listener("incidents") as rung:
            while True:
                try:
                    more = await self.step()
                except AWAY as away:
                    log.warning("rooms.database_away", error=type(away).__name__)
                    more = False
                if not more:
                    await rung.wait(self._poll)

    async def step(self) -> bool:
        """What is due of every incident, one step each; True when anything was done."""
        done = False
        for incident, step, tried, attempts in await incident_steps.due_steps(self._pool):
            done = await self._guarded(await incidents.existing(self._pool, incident), step, tried, attempts) or done
        return done

    async def _guarded(self, incident: Incident, step: str, tried: str, attempts: int) -> bool:
        wait = min(30.0, 0.5 * 2.0**attempts)
        try:
            await self._take(incident, step, tried)
        except SendError as error:
            wait = max(wait, error.wait_s) if isinstance(error, Later) else wait
            if isinstance(error, Refused) and attempts >= PATIENCE and step != "channel":
                log.warning("rooms.gave_up", incident=incident.label, step=step, error=error.error)
                await incident_steps.end_step(self._pool, incident.id, step, "failed", error.error)
                return True
            log.info("rooms.later", incident=incident.label, step=step, error=error.error)
            await incident_steps.later(self._pool, incident.id, step, error.error, wait)
        except (*AWAY, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("rooms.failed", incident=incident.label, step=step)
            await incident_steps.later(self._pool, incident.id, step, "unexpected", 30.0)
        else:
            return True
        return False

    async def _take(self, incident: Incident, step: str, tried: str) -> None:
        match step:
            case "channel":
                await self._place(incident, tried)
            case "invite":
                await self._invite(incident)
            case incidents.ARCHIVE:
                await self._archive(incident)
            case "pin":
                await self._pin(incident)
            case _ if await self._read_along(incident):
                await self._done(incident, step, READ_ALONG, "skipped")
            case "topic":
                await self._topic(incident)
            case _:
                await self._bookmark(incident)

    async def _read_along(self, incident: Incident) -> bool:
        """Whether people of another company would see what we write on its channel."""
        return incident.channel is not None and await self._outsiders.read_along(incident.channel)

    async def _done(self, incident: Incident, step: str, note: str = "", state: str = "done") -> None:
        await incident_steps.end_step(self._pool, incident.id, step, state, note)
        self._bell.ring("incidents", "outbox")

    # --- the channel ----------------------------------------------------------------------------------------

    async def _place(self, incident: Incident, tried: str) -> None:
        if incident.place is not None:
            await self._done(incident, "channel")
            return
        thread_in = await self._thread_in(incident)
        if incident.severity > self._catalog().channel_from and thread_in:
            await self._settle(incident, "thread", thread_in, "")
            return
        try:
            channel, name = await self._create(incident, tried)
        except Refused as refused:
            if refused.error not in _FORBIDDEN or not thread_in:
                await self._nowhere(incident)
                raise
            log.warning("rooms.no_channel", incident=incident.label, error=refused.error)
            await self._settle(incident, "thread", thread_in, refused.error)
        else:
            await self._settle(incident, "channel", channel, name)

    async def _nowhere(self, incident: Incident) -> None:
        """Whoever opened it learns, once, why there is no channel yet and what to do; I keep trying."""
        says = f"Slack does not let me make a channel for {title_of(incident)}."
        do = "Ask an admin of the workspace to let apps create channels; it follows by itself."
        content = await wanted(self._pool, Card(Tone.WARN, "", f"{says} {do}", (f"{says}\n{do}",)), (), None)
        key = f"{incident.label}:nowhere"
        await posts.intend(self._pool, Intent(key, None, "dm", content, ANSWER, person=incident.opened_by))

    async def _thread_in(self, incident: Incident) -> str:
        """The service's channel, or where it was asked; a private one is talked about nowhere but in its own."""
        if incident.private:
            return ""
        service = self._catalog().services.get(incident.affected[0].service) if incident.affected else None
        asked_in = incident.asked_in if incident.asked_in.startswith(("C", "G")) else ""
        channel = (service.cards if service else None) or asked_in
        return "" if channel and await self._outsiders.read_along(channel) else channel

    async def _settle(self, incident: Incident, place: str, channel: str, name: str) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await incident_steps.settle_place(connection, incident, place, channel, name)
            await incident_steps.end_step(connection, incident.id, "channel", "done", name)
        self._bell.ring("incidents", "outbox")

    async def _create(self, incident: Incident, tried: str) -> tuple[str, str]:
        """(channel, its name). A name whose creation had no answer is looked for before another one is made."""
        for again in range(1, NAMES + 1):
            title = f"s{incident.id}" if incident.type == "security" else incident.title
            name = channel_name(incident.opened_at.date(), title, again, test=incident.test)
            mine = name == tried
            if tried and not mine and again == 1:
                name, mine = tried, True
            await incident_steps.trying(self._pool, incident.id, "channel", name)
            try:
                answer = await self._sender.call(
                    "conversations.create", self._client.conversations_create, name=name, is_private=incident.private
                )
            except Refused as refused:
                if refused.error != "name_taken":
                    raise
                found = await self._ours(name, private=incident.private) if mine else None
                if found is not None:
                    return found, name
            else:
                return str(cast("JsonObject", answer["channel"])["id"]), name
        raise Refused("restricted_action")

    async def _ours(self, name: str, *, private: bool) -> str | None:
        """A channel of this name and kind that we made and that belongs to no other incident."""
        cursor = ""
        while True:
            answer = await self._sender.call(
                "conversations.list",
                self._client.conversations_list,
                True,
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=999,
                cursor=cursor or None,
            )
            for one in cast("Sequence[JsonObject]", answer["channels"]):
                mine = one.get("creator") == self._bot_user() and bool(one.get("is_private")) == private
                if one.get("name") == name and mine:
                    taken = await incidents.at_channel(self._pool, str(one["id"]))
                    return None if taken else str(one["id"])
            cursor = str(cast("Mapping[str, object]", answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None

    # --- what belongs into it -------------------------------------------------------------------------------

    async def _invite(self, incident: Incident) -> None:
        """At most a hundred at once; whoever cannot be invited is left out, the others come."""
        people = await incident_steps.uninvited(self._pool, incident.id)
        if incident.place == "channel" and people:
            try:
                await self._ask_in(incident, people)
            except Refused:
                for person in people:
                    await self._alone(incident, person)
        async with self._pool.acquire() as connection, connection.transaction():
            await incident_steps.invited(connection, incident.id, people)
            await incident_steps.end_invites(connection, incident.id)
        self._bell.ring("incidents", "outbox")

    async def _alone(self, incident: Incident, person: str) -> None:
        try:
            await self._ask_in(incident, [person])
        except Refused as refused:
            if refused.error not in _THERE_ALREADY:
                log.warning("rooms.not_invited", incident=incident.label, person=person, error=refused.error)

    async def _ask_in(self, incident: Incident, people: Sequence[str]) -> None:
        method = self._client.conversations_invite
        await self._sender.call(
            "conversations.invite", method, True, channel=incident.channel, users=",".join(people), force=True
        )

    async def _topic(self, incident: Incident) -> None:
        if incident.place == "channel":
            parts = (f"{incident.name} {incident.severity.label}", incident.where, incident.title)
            topic = without_references(cut(" · ".join(part for part in parts if part)))
            method = self._client.conversations_setTopic
            await self._sender.call("conversations.setTopic", method, True, channel=incident.channel, topic=topic)
        await self._done(incident, "topic")

    async def _bookmark(self, incident: Incident) -> None:
        """The service's own address; without one there is nothing to mark."""
        links = [
            (str(entry.place), entry.url)
            for service in self._catalog().services.values()
            for entry in service.environments.values()
            if entry.url and incident.concerns(service.name, entry.place.environment)
        ]
        if incident.place == "channel" and links:
            title, link = links[0]
            method = self._client.bookmarks_add
            try:
                await self._sender.call(
                    "bookmarks.add", method, True, channel_id=incident.channel, title=title, type="link", link=link
                )
            except Refused as refused:
                log.info("rooms.no_bookmark", incident=incident.label, error=refused.error)
        await self._done(incident, "bookmark")

    async def _archive(self, incident: Incident) -> None:
        """Only while it still is closed: a reopened one has no such step any more."""
        if incident.place == "channel" and incident.state is IncidentState.CLOSED:
            method = self._client.conversations_archive
            await incident_steps.trying(self._pool, incident.id, incidents.ARCHIVE, incident.channel or "")
            try:
                await self._sender.call("conversations.archive", method, True, channel=incident.channel)
            except Refused as refused:
                if refused.error != "already_archived":
                    raise
        await self._done(incident, incidents.ARCHIVE)

    async def _pin(self, incident: Incident) -> None:
        """The header, once it is there; in a service's own channel it is not pinned."""
        header = await posts.get(self._pool, header_key(incident))
        if header is not None and header.state == "gone":
            await self._done(incident, "pin", header.error, "failed")  # what comes after it does not wait for ever
            return
        if header is None or header.ts is None:
            await incident_steps.later(self._pool, incident.id, "pin", "the header is not there yet", 0.3)
            return
        await incident_steps.rooted(self._pool, incident.id, header.ts)
        if incident.place == "channel" and not await self._read_along(incident):
            method = self._client.pins_add
            try:
                await self._sender.call("pins.add", method, True, channel=header.channel, timestamp=header.ts)
            except Refused as refused:
                if refused.error not in _THERE_ALREADY:
                    log.info("rooms.not_pinned", incident=incident.label, error=refused.error)
        await self._done(incident, "pin")
