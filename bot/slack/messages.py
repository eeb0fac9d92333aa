"""Slack's messages and the events about them, validated: what a timeline needs of each, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, ValidationError

from bot.domain.kept import Content, readable
from bot.domain.timeline import LinkedFile
from bot.domain.words import clean
from bot.slack.payloads import Payload

_MOST_FILES = 20


class _File(Payload):
    name: str | None = None
    title: str | None = None
    permalink: str | None = None


class _Edited(Payload):
    ts: str = "0"


class _Attachment(Payload):
    fallback: str | None = None
    title: str | None = None
    text: str | None = None


class Message(Payload):
    """docs.slack.dev: "message event"; also as an item of a pin, in a message shortcut and from conversations.*."""

    ts: str = Field(pattern=r"^\d{1,12}\.\d{1,9}$")
    user: str | None = None
    bot_id: str | None = None
    username: str | None = None
    text: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    edited: _Edited = Field(default_factory=_Edited)
    files: list[_File] = Field(default_factory=list)
    attachments: list[_Attachment] = Field(default_factory=list)

    @property
    def content(self) -> Content:
        author = self.user or clean(self.username or "", 60) or "an app"
        return Content(author, self._words, tuple(_linked(file) for file in self.files[:_MOST_FILES]),
                       self.thread_ts or "")  # fmt: skip

    @property
    def _words(self) -> str:
        if self.text:
            return readable(self.text)
        first = next(iter(self.attachments), _Attachment())
        return readable(first.title or first.fallback or first.text or "")


def _linked(file: _File) -> LinkedFile:
    return LinkedFile(clean(file.title or file.name or "a file", 120), file.permalink or "")


class _Item(Payload):
    type: str = ""
    channel: str | None = None
    ts: str | None = None
    message: Message | None = None


class _Event(Payload):
    type: str
    subtype: str | None = None
    user: str | None = None
    inviter: str | None = None
    channel: str | None = None
    channel_id: str | None = None
    reaction: str = ""
    item: _Item = Field(default_factory=_Item)
    message: Message | None = None
    deleted_ts: str | None = None
    event_ts: str = Field(default="0", pattern=r"^\d{1,12}(\.\d{1,9})?$")


What = Literal["marked", "unmarked", "uploaded", "edited", "deleted", "joined"]
PUSHPINS = ("pushpin", "round_pushpin")


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event says about one message of a channel (ts empty: about the channel)."""

    what: What
    channel: str
    ts: str
    person: str
    how: Literal["pushpin", "pin", "upload"]
    told: str
    message: Message | None = None
    inviter: str = ""


def heard(event: Mapping[str, object]) -> Heard | None:
    """None: nothing that concerns a timeline, looked at and forgotten. Most messages are."""
    if event.get("type") == "message" and event.get("subtype") not in _SUBTYPES:
        return None
    try:
        known = _Event.model_validate(event)
        return _OF[known.type](known) if known.type in _OF else None
    except ValidationError:
        return None


def message_of(value: object) -> Message | None:
    try:
        return Message.model_validate(value)
    except ValidationError:
        return None


def _reaction(event: _Event) -> Heard | None:
    item = event.item
    if event.reaction not in PUSHPINS or item.type != "message" or not (item.channel and item.ts and event.user):
        return None
    what: What = "marked" if event.type == "reaction_added" else "unmarked"
    return Heard(what, item.channel, item.ts, event.user, "pushpin", event.event_ts)


def _pin(event: _Event) -> Heard | None:
    """One pin a message, whoever set it."""
    message, channel = event.item.message, event.channel_id or event.item.channel
    if message is None or not channel or not event.user:
        return None
    what: What = "marked" if event.type == "pin_added" else "unmarked"
    return Heard(what, channel, message.ts, event.user, "pin", event.event_ts, message)


def _message(event: _Event) -> Heard | None:
    if not event.channel:
        return None
    match event.subtype:
        case "message_deleted" if event.deleted_ts:
            return Heard("deleted", event.channel, event.deleted_ts, event.user or "", "pin", event.event_ts)
        case "message_changed" if event.message:
            what: What = "deleted" if event.message.subtype == "tombstone" else "edited"
            author = event.message.user or ""
            return Heard(what, event.channel, event.message.ts, author, "pin", event.event_ts, event.message)
        case _:
            return None


def _joined(event: _Event) -> Heard | None:
    if not event.channel or not event.user:
        return None
    return Heard("joined", event.channel, "", event.user, "pin", event.event_ts, inviter=event.inviter or "")


_SUBTYPES = ("file_share", "message_changed", "message_deleted")
_OF = {
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "pin_added": _pin,
    "pin_removed": _pin,
    "message": _message,
    "member_joined_channel": _joined,
}


def uploaded(event: Mapping[str, object]) -> Heard | None:
    """A message that shares files is itself the event."""
    message = message_of(event) if event.get("subtype") == "file_share" else None
    channel = event.get("channel")
    if message is None or not isinstance(channel, str) or not message.files or not message.user:
        return None
    return Heard("uploaded", channel, message.ts, message.user, "upload", message.ts, message)
