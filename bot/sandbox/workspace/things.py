"""What a workspace holds: people, channels, messages, views, files. Values only; `state.py` is who changes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

# This whole room is the boundary: it speaks raw JSON on both sides, as Slack does.
Json: TypeAlias = dict[str, Any]
Blocks: TypeAlias = list[Json]

TEAM = "T0LANTERN"
TEAM_DOMAIN = "lantern-shop"
BOT_USER = "U0WATCH"
BOT = "B0WATCH"
APP = "A0WATCH"
BOT_NAME = "watchkeeper"

ChannelKind = Literal["channel", "private", "im"]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace, or a stranger from another one (then `team_id` is not ours)."""

    id: str
    name: str
    real_name: str
    title: str = ""
    color: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    team_id: str = TEAM
    tz: str = "Europe/London"


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation. For an `im`, `person` is who talks with the bot there."""

    id: str
    name: str
    kind: ChannelKind = "channel"
    members: frozenset[str] = frozenset()
    topic: str = ""
    is_ext_shared: bool = False
    is_org_shared: bool = False
    is_archived: bool = False
    created: int = 0
    creator: str = BOT_USER
    person: str = ""

    def with_members(self, more: frozenset[str]) -> "Channel":
        return replace(self, members=self.members | more)


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file; it exists for people only once it is shared somewhere."""

    id: str
    name: str
    title: str
    size: int
    user: str
    created: float
    content: bytes = b""
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands now; an edit makes a new value with the same `ts`."""

    ts: str
    channel: str
    user: str
    text: str
    at: float
    blocks: Blocks = field(default_factory=list)
    attachments: Blocks = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    edited: str | None = None
    ephemeral_to: str | None = None
    broadcast: bool = False
    files: tuple[File, ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pinned: bool = False

    @property
    def by_bot(self) -> bool:
        return self.user == BOT_USER

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class View:
    """A modal or a home tab that one person sees."""

    id: str
    person: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    state: Json = field(default_factory=dict)
    response_channel: str = ""

    @property
    def kind(self) -> str:
        return str(self.body["type"])

    @property
    def blocks(self) -> Blocks:
        blocks: Blocks = self.body["blocks"]
        return blocks


@dataclass(frozen=True, slots=True)
class Usergroup:
    """A named group of people, like @oncall."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call as it came, with what was answered."""

    method: str
    arguments: Json
    response: Json
    at: float
    status: int = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app answered to one delivery. `error` is what a person would be told.

    `others` are the answers to its repetitions.
    """

    status: int
    body: bytes
    elapsed_s: float
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    others: tuple["Answer", ...] = ()

    def json(self) -> Json | None:
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How to deliver one command, click or form otherwise than Slack does on a good day.

    `times` sends the same bytes again, all at once; `to` sends to these URLs in turn instead of the request URL;
    a given `trigger_id` makes the delivery a repetition of an earlier one.
    """

    trigger_id: str | None = None
    times: int = 1
    to: tuple[str, ...] = ()
    thread_ts: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None
    signing_secret: str | None = None
    age_s: float = 0.0
    patience_s: float = 3.0
    form: Mapping[str, str] = field(default_factory=dict)
