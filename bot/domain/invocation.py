"""What a person did, as the last values that came from Slack or a terminal. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.card import Card

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
class Form:
    """One line to type before something dangerous starts. `target` names the run."""

    title: str  # at most 24 characters
    says: str
    label: str
    submit: str  # at most 24 characters
    target: str
    least: int = 1  # characters
    most: int = 300


@dataclass(frozen=True, slots=True)
class Submission:
    """A filled-in `Form`; `target` is believed only after it was looked up."""

    target: str
    typed: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person who did it sees at once, alone; None = the run's own messages will tell."""

    card: Card | None = None
    replace: bool = False  # put it in the place of the ephemeral message that was clicked
    run: int | None = None
    form: Form | None = None  # to be opened for whoever clicked
