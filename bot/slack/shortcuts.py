"""The app's entries in the menu of a message: put it into a timeline, or open an incident with its words.

A form asks for text and time; what it gives back is recorded as every mark of a message is: once.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import structlog
from pydantic import Field

from bot.db import events, incidents, kept
from bot.db.bell import Bell
from bot.db.database import Connection, Pool
from bot.domain.card import Card, Tone
from bot.domain.event import Kind
from bot.domain.form import Choice, Form, Input
from bot.domain.incident import Incident, IncidentId
from bot.domain.invocation import Actor, Answer, Click, Invocation, Submission
from bot.domain.json import JsonObject
from bot.domain.kept import Content, at_of
from bot.domain.timeline import LinkedFile
from bot.domain.words import clean, quoted
from bot.slack.bound import Bound
from bot.slack.by_hand import May, incident_at
from bot.slack.messages import Message
from bot.slack.payloads import Id, Payload, delivery_key
from bot.slack.share import Press

log = structlog.get_logger()

ADD, OPEN = "timeline.add", "incident.open"
_TARGET = "note:"
_LONGEST = 1000
_TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d)[ T])?(\d\d?:\d\d(?::\d\d)?)(?: ?(UTC|Z))?", re.IGNORECASE)
_CLOCK = "%Y-%m-%d %H:%M:%S"


def shortcuts(commands: Container[str]) -> list[JsonObject]:
    """For the manifest."""
    found: list[JsonObject] = [_entry(ADD, "Add to timeline", "Put this message into an incident's timeline")]
    if "/incident" in commands:
        found.append(_entry(OPEN, "Open incident", "Declare an incident with this message as its title"))
    return found


def _entry(callback: str, name: str, description: str) -> JsonObject:
    return {"name": name, "type": "message", "callback_id": callback, "description": description}


class _Id(Payload):
    id: Id


class _User(_Id):
    team_id: str = ""


class ShortcutPayload(Payload):
    """A message shortcut (`message_action`)."""

    callback_id: str = Field(max_length=255)
    trigger_id: str = Field(min_length=1, max_length=200)
    team: _Id | None = None
    user: _User
    channel: _Id
    message: Message
    response_url: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(self.user.id, self.user.team_id or (self.team.id if self.team else ""))


class _Held(Payload):
    """What the form carries of its message until it comes back; at most 3,000 characters."""

    channel: str
    ts: str
    thread_ts: str
    author: str
    files: tuple[tuple[str, str], ...]
    incident: int
    said: str  # the digest of its words as the form shows them
    zone: str = "UTC"  # of the clock that the form shows


class Shortcuts:
    """Stands before the press: forms of its own end here, all else goes on."""

    def __init__(
        self,
        press: Press,
        pool: Pool,
        bell: Bell,
        receive: Callable[[Invocation], Awaitable[Answer]],
        *,
        team: Callable[[], str],
        may: May,
        zone_of: Callable[[str], tzinfo],
        bound: Bound,
    ) -> None:
        self._press = press
        self._pool = pool
        self._bell = bell
        self._receive = receive
        self._team = team
        self._may = may
        self._zone_of = zone_of
        self._bound = bound

    async def press(self, click: Click) -> Answer:
        return await self._press.press(click)

    async def chosen(self, body: Mapping[str, object], at: datetime) -> Answer:
        """Raises pydantic.ValidationError when it is no message shortcut."""
        payload = ShortcutPayload.model_validate(body)
        if payload.callback_id == OPEN:
            return await self._receive(_declared(payload, at))
        if payload.callback_id == ADD and payload.actor.team == self._team():
            return await self._asked(payload)
        return Answer(_told("That entry of the menu is not one of mine, or no longer."))

    async def _asked(self, payload: ShortcutPayload) -> Answer:
        found = await self._open_to(payload.user.id, payload.channel.id, payload.message.thread_ts or "")
        if not found:
            what = "There is no open incident whose timeline you may write."
            return Answer(_told(f"{what} Open one with /incident, or ask an operator."))
        form, held = _form(payload, found, str(self._zone_of(payload.user.id)))
        return Answer(form=replace(form, target=_TARGET + self._bound.bind(payload.user.id, held.model_dump_json())))

    async def _open_to(self, person: str, channel: str, thread_ts: str) -> list[Incident]:
        """That of the conversation, else those that go on and that this person may know and write."""
        async with self._pool.acquire() as connection:
            here = await incident_at(connection, channel, thread_ts)
            found = [here] if here else await incidents.ongoing(connection)
        return [one for one in found if one.known_to(person) and self._may(person, one)]

    async def submitted(self, submission: Submission) -> Answer:
        """Whatever we did not open for this person goes on as every form that is not one of ours does."""
        mine = submission.target.startswith(_TARGET) and submission.actor.team == self._team()
        said = self._bound.held(submission.actor.id, submission.target.removeprefix(_TARGET)) if mine else None
        if said is None:
            return await self._press.submitted(submission)
        held = _Held.model_validate_json(said)
        text = " ".join(submission.values.get("text", "").split())
        at = _read(submission.values.get("at", "").strip(), held, submission.received_at)
        if not text or at is None:
            like = f"Write it like 14:02 or 2026-11-20 14:02 ({held.zone}); 14:02Z is UTC."
            return Answer(wrong={"at": like} if text else {"text": "?"})
        return await self._kept(submission, held, text, at)

    async def _kept(self, submission: Submission, held: "_Held", text: str, at: datetime) -> Answer:
        """One mark of the message, whoever submits it how often; who may is asked again."""
        person, channel, ts = submission.actor.id, held.channel, held.ts
        chosen = _number(submission.values.get("incident") or str(held.incident))
        incident = await incidents.get(self._pool, IncidentId(chosen))
        if incident is None or not incident.known_to(person):
            return await self._refused(person, "That incident is not there any more.")
        if not self._may(person, incident):
            return await self._refused(person, "You may not write this timeline. Ask an operator to add it.")
        own = _digest(text) != held.said or at != _shown_at(ts)
        files = tuple(LinkedFile(name, url) for name, url in held.files)
        content = Content(held.author, text, files, held.thread_ts, "", own, at.isoformat() if own else "", chosen)
        async with self._pool.acquire() as connection, connection.transaction():
            if (wrong := await _there_already(connection, channel, ts, content)) is not None:
                return Answer(wrong={"text": wrong})
            told = f"{submission.received_at.timestamp():.6f}"
            if await kept.mark(connection, channel, ts, "shortcut", "", told, is_set=True):
                await kept.want(connection, channel, ts, person, content.to_json())
        self._bell.ring("kept", "outbox")
        return Answer()

    async def _refused(self, person: str, because: str) -> Answer:
        """Without the incident: who reads the log may not know of it either."""
        body: JsonObject = {"line": "Add to timeline", "because": because}
        await events.record(self._pool, Kind.REQUEST_REFUSED, actor=person, body=body)
        self._bell.ring("outbox")
        return Answer(wrong={"text": because})


async def _there_already(connection: Connection, channel: str, ts: str, content: Content) -> str | None:
    """Why this would be lost: a message counts once, so it stands elsewhere, or in other words, already."""
    one = await kept.locked(connection, channel, ts)
    if one is None or one.incident is None or one.state != "added":
        return None
    said: JsonObject = {**(one.content or {}), "permalink": ""}
    if said == content.to_json():
        return None  # the same form, delivered again
    there = await incidents.with_merged(connection, one.incident)
    if content.incident in there and not content.own_words:
        return None
    label = f"INC-{there[-1]}"
    return f"That message is in the timeline of {label} already: /timeline edit puts it right. Nothing was changed."


def _declared(payload: ShortcutPayload, at: datetime) -> Invocation:
    """The message's first words as the title; no question asked."""
    words = " ".join(payload.message.content.line.split()).replace('"', "'")[:120]
    delivery = delivery_key("action", f"{payload.trigger_id}:{OPEN}")
    text, channel = f'"{words}"', payload.channel.id
    return Invocation("/incident", text, payload.actor, channel, delivery, at, response_url=payload.response_url)


def _form(payload: ShortcutPayload, found: list[Incident], zone: str) -> tuple[Form, _Held]:
    content, ts = payload.message.content, payload.message.ts
    text = clean(" ".join(content.line.split()), _LONGEST)
    held = _Held(
        channel=payload.channel.id,
        ts=ts,
        thread_ts=content.thread_ts,
        author=content.author,
        files=tuple((file.name[:60], file.url[:200]) for file in content.files[:4]),
        incident=int(found[0].id),
        said=_digest(text),
        zone=zone,
    )
    choices = tuple(Choice(str(one.id), f"{one.label} {one.title}"[:70]) for one in found[:50])
    which = (Input("incident", "Incident", "choice", value=choices[-1].value, choices=choices),)
    where = f" of {found[0].label} {quoted(found[0].title, 60)}" if len(found) == 1 else ""
    form = Form(
        "Add to timeline",
        f"This becomes a line of the timeline{where}, with the message's author, link and files.",
        (
            *(which if len(found) > 1 else ()),
            Input("text", "What happened", value=text, longest=_LONGEST),
            Input("at", f"When ({zone})", value=_on_clock(ts, zone), longest=30),
        ),
        "Add",
        _TARGET,
    )
    return form, held


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _number(text: str) -> int:
    """0, which is no incident's, for what is no number of one."""
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0


def _shown_at(ts: str) -> datetime:
    """To the second, as the form shows it."""
    return at_of(ts).replace(microsecond=0)


def _on_clock(ts: str, zone: str) -> str:
    return _shown_at(ts).astimezone(ZoneInfo(zone)).strftime(_CLOCK)


def _read(text: str, held: _Held, now: datetime) -> datetime | None:
    """What was left as it stood is the message's own time, also in the hour that a clock shows twice."""
    if text == _on_clock(held.ts, held.zone):
        return _shown_at(held.ts)
    return when_of(text, now.astimezone(ZoneInfo(held.zone)))


def when_of(text: str, now: datetime) -> datetime | None:
    """14:02 is the last such time in the zone of `now`, 14:02Z in UTC; a date may stand before it. Never to come."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    try:
        clock = time.fromisoformat(found[2].zfill(5 if found[2].count(":") == 1 else 8))
        zone = UTC if found[3] else now.tzinfo
        day = datetime.fromisoformat(found[1]).date() if found[1] else now.astimezone(zone).date()
    except ValueError:
        return None
    at = datetime.combine(day, clock, zone).astimezone(UTC)
    if at > now and not found[1]:
        at = datetime.combine(day - timedelta(days=1), clock, zone).astimezone(UTC)
    return at if at <= now + timedelta(minutes=1) else None


def _told(what: str) -> Card:
    return Card(Tone.WARN, "", what, (what,))
