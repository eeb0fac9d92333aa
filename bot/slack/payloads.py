"""The boundary: what Slack sent, validated; ids only, names are never read."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.domain.invocation import Actor, Click, Invocation, Submission
from bot.domain.parse import UMBRELLA

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

_ID = "[A-Z0-9]{1,40}"
Id = Annotated[str, Field(pattern=f"^{_ID}$")]
"""Of a person, a workspace, a channel, as Slack writes them; what looks otherwise is nobody's."""


def slack_id(value: object) -> str:
    """The same, of an event; empty where it is none."""
    return value if isinstance(value, str) and re.fullmatch(_ID, value) else ""


class Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        """PostgreSQL holds no zero bytes and no half characters; Slack sends none."""
        return _UNSTORABLE.sub("", value) if isinstance(value, str) else value


class SlashPayload(Payload):
    """A slash command (docs.slack.dev: "Implementing slash commands"); `is_enterprise_install` is a string there."""

    team_id: Id
    channel_id: Id
    user_id: Id
    command: str = Field(min_length=2, max_length=60)
    text: str = ""
    response_url: str = ""
    trigger_id: str = Field(min_length=1, max_length=200)


class _User(Payload):
    id: Id
    team_id: str = ""


class _Team(Payload):
    id: Id


class _Container(Payload):
    channel_id: str = ""
    message_ts: str = ""
    view_id: str = ""


class _Action(Payload):
    action_id: str = Field(min_length=1, max_length=255)
    value: str = Field(default="", max_length=2000)


class ActionPayload(Payload):
    """A pressed button (`block_actions`)."""

    team: _Team | None = None
    user: _User
    container: _Container = Field(default_factory=_Container)
    actions: list[_Action] = Field(min_length=1)
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str = ""


class Said(Payload):
    """A message in which the bot is named, or one in its own conversation (`app_mention`, `message.im`)."""

    type: Literal["app_mention", "message"]
    subtype: str = ""
    bot_id: str = ""
    user: Id
    user_team: str = ""
    team: str = ""
    channel: Id
    channel_type: str = ""
    text: str = ""
    ts: str = Field(min_length=1, max_length=40)
    thread_ts: str = ""
    edited: object = None

    @property
    def by_person(self) -> bool:
        """Said just now by somebody: no bot's own words, no edit, no notice of Slack's."""
        return not self.bot_id and self.edited is None and self.subtype in ("", "file_share", "thread_broadcast")

    @property
    def directly(self) -> bool:
        return self.channel_type == "im"


class SaidPayload(Payload):
    team_id: str = ""
    is_ext_shared_channel: bool = False
    event_id: str = Field(min_length=1, max_length=100)
    event: Said

    @property
    def team(self) -> str:
        """Of whoever said it; in a channel that is shared with others, only what Slack says of the person counts."""
        shared = "" if self.is_ext_shared_channel else self.team_id
        return self.event.user_team or self.event.team or shared


class _Option(Payload):
    value: str = ""


class _Field(Payload):
    value: str | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] = Field(default_factory=list)
    selected_user: str | None = None

    @property
    def text(self) -> str:
        """What was filled in, as it would be typed."""
        if self.selected_user:
            return f"<@{self.selected_user}>"
        chosen = self.selected_option or next(iter(self.selected_options), None)
        return (chosen.value if chosen else self.value) or ""


class _State(Payload):
    values: dict[str, dict[str, _Field]] = Field(default_factory=dict)


class _Block(Payload):
    type: str = ""
    block_id: str = ""


class _View(Payload):
    blocks: list[_Block] = Field(default_factory=list)
    private_metadata: str = Field(default="", max_length=3000)
    state: _State = Field(default_factory=_State)


class ViewPayload(Payload):
    """A submitted form (`view_submission`)."""

    team: _Team | None = None
    user: _User
    view: _View


def submission(body: Mapping[str, object], received_at: datetime) -> Submission:
    """Each block of the form holds one value."""
    payload = ViewPayload.model_validate(body)
    team = payload.user.team_id or (payload.team.id if payload.team else "")
    fields = payload.view.state.values.items()
    values = {name: field.text for name, block in fields for field in block.values() if field.text}
    return Submission(payload.view.private_metadata, values, Actor(payload.user.id, team), received_at)


def inputs(body: Mapping[str, object]) -> list[str]:
    """The blocks of a submitted form that can show what is wrong, from the top; none where we cannot read it."""
    try:
        blocks = ViewPayload.model_validate(body).view.blocks
    except ValidationError:
        return []
    return [block.block_id for block in blocks if block.type == "input"]


def invocation(body: Mapping[str, object], received_at: datetime) -> Invocation:
    """Raises pydantic.ValidationError when a field is missing."""
    payload = SlashPayload.model_validate(body)
    return Invocation(
        command=payload.command,
        text=payload.text,
        actor=Actor(payload.user_id, payload.team_id),
        channel=payload.channel_id,
        delivery=delivery_key("command", payload.trigger_id),
        received_at=received_at,
        response_url=payload.response_url,
    )


def spoken(payload: SaidPayload, text: str, received_at: datetime) -> Invocation:
    """What follows the bot's name is what follows `/ops`; `help` alone asks for the menu, as nothing does."""
    said = payload.event
    return Invocation(
        command=UMBRELLA,
        text="" if text.lower() == "help" else text,
        actor=Actor(said.user, payload.team),
        channel=said.channel,
        delivery=delivery_key("said", payload.event_id),
        received_at=received_at,
        thread=said.thread_ts if said.thread_ts != said.ts else "",
        spoken=f"@watchkeeper {text}".strip(),
    )


def click(body: Mapping[str, object], received_at: datetime) -> Click:
    """The person's own team counts; a click without any team id belongs to nobody we know."""
    payload = ActionPayload.model_validate(body)
    team = payload.user.team_id or (payload.team.id if payload.team else "")
    action = payload.actions[0]
    return Click(
        action=action.action_id.partition(":")[0],
        target=action.value,
        actor=Actor(payload.user.id, team),
        channel=payload.container.channel_id,
        message=payload.container.message_ts,
        delivery=delivery_key("action", f"{payload.trigger_id}:{action.action_id}"),
        received_at=received_at,
        response_url=payload.response_url,
        view=payload.container.view_id,
    )


def delivery_key(kind: str, value: str) -> bytes:
    """SHA-256, so that no trigger_id is stored."""
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "replace")).digest()
