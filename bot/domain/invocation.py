"""What a person did, as the last values that came from Slack or a terminal. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.domain.card import Card
from bot.domain.form import Form

Via = Literal["slack", "terminal", "schedule"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Identity by ids only, never by a display name."""

    id: str
    team: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as typed. `delivery` is the key that makes a repeated delivery harmless (SHA-256, 32 bytes)."""

    command: str  # "/rollback"
    text: str
    actor: Actor
    channel: str
    delivery: bytes
    received_at: datetime
    via: Via = "slack"
    response_url: str = ""
    thread: str = ""  # ts of the thread that it was said in
    spoken: str = ""  # as it was written, where it came as a message: no form can be opened from one

    @property
    def typed(self) -> str:
        return self.spoken or f"{self.command} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Click:
    """A pressed button. `target` is what the button carried: believed only after it was looked up."""

    action: str
    target: str
    actor: Actor
    channel: str
    message: str  # ts of the message that held the button
    delivery: bytes
    received_at: datetime
    response_url: str = ""
    view: str = ""  # id of the view that held the button: an App Home, where there is no message


@dataclass(frozen=True, slots=True)
class Submission:
    """A filled-in `Form`: input → value. `target` is believed only after it was looked up."""

    target: str
    values: Mapping[str, str]
    actor: Actor
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person who did it sees at once, alone; None = the run's own messages will tell."""

    card: Card | None = None
    replace: bool = False  # put it in the place of the ephemeral message that was clicked
    run: int | None = None
    form: Form | None = None  # to be opened for whoever typed or clicked; in place of the one that was submitted
    wrong: Mapping[str, str] = field(default_factory=dict)  # input of the submitted form → what is wrong there
