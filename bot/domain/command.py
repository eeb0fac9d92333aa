"""A command as one record: from it come parser, help, manifest entry and permission matrix. Pure.

A verb's request is a frozen dataclass; each field is one of the kinds below and says so by its type and, where
it needs more, by `Arg` in an Annotated. Order is free because names of services, environments and words are disjoint.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NewType

from bot.domain.capability import Look, Running
from bot.domain.card import Card
from bot.domain.incident import IncidentId
from bot.domain.plan import Plan
from bot.domain.run import Lock, RunId
from permissions.model import Permission, Risk

Service = NewType("Service", str)
Environment = NewType("Environment", str)
Release = NewType("Release", str)  # PREVIOUS or 7–40 hex digits
EventRef = NewType("EventRef", str)  # evt_…
Digits = NewType("Digits", str)  # the first 6 digits of a plan's digest
CommandLine = NewType("CommandLine", str)  # the rest of the line, itself a command: /can rollback shop production
RunRef = RunId  # written R-42
IncidentRef = IncidentId  # written INC-7
PersonRef = NewType("PersonRef", str)  # <@U…>
Words = NewType("Words", str)  # the rest of the line, as it stands
Moment = NewType("Moment", datetime)  # typed as 14:02 (the last one) or 2026-11-20T14:02Z, stored as the instant
Day = NewType("Day", str)  # 2026-12-01
Since = NewType("Since", datetime)  # typed as "2h", stored as the instant it meant
Until = NewType("Until", datetime)  # to come: typed as "18:00" or "2h", stored as the instant it meant

Frozen = Literal["always", "if destructive", "never"]
"""Whether a freeze of its place stops a verb: deploys always, what mends (rollback, restart, replay) never."""

PREVIOUS = Release("previous")


@dataclass(frozen=True, slots=True)
class Arg:
    """How a field is typed. Without it: the field's type decides and its name is its placeholder."""

    help: str = ""
    option: str = ""  # "--to": given by name; without it the value stands free in the line
    words: tuple[str, ...] = ()  # a closed set of words (`approve`, `table`)
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a command can do, with its own request, permission, risk and lock.

    plan: reads only and never runs the service's code; None for what looks or records (it runs at once). What it
    takes over from a vendor or a service goes through `clean`, `code` or `quoted` of `bot.domain.words`.
    execute: gets the request, the plan (an empty one when there is none) and the handle of the run.
    """

    word: str  # "" for the command's main verb
    request: type[Any]
    plan: Callable[[Any, Look], Awaitable[Plan]] | None
    execute: Callable[[Any, Plan, Running], Awaitable[Card]]
    permission: Permission
    risk: Risk
    help: str
    example: str
    lock: Lock | None = None
    deadline: timedelta = timedelta(minutes=15)
    answers: Literal["public", "private", "here"] = "public"
    """private: only who asked sees it. here: answered where it was asked, never rooted in the service's channel."""
    frozen: Frozen = "if destructive"
    ours: bool = False
    """It writes our own records alone, within a moment: its effect and its end are one transaction."""
    of_incident: bool = False  # its place is that of the incident which it names, or in whose channel it is typed

    def __post_init__(self) -> None:
        """What changes something may need votes or a click, and they are given for a plan."""
        if self.plan is None and not self.risk.harmless:
            says = f"`{self.example}` is of the risk '{self.risk}' and makes no plan, so nobody could confirm it."
            raise ValueError(f"{says} Give it a plan, or the risk 'record' if it writes our own records alone.")


def at_once(
    word: str,
    request: type[Any],
    execute: Callable[[Any, Plan, Running], Awaitable[Card]],
    permission: Permission,
    help_: str,
    example: str,
    *,
    ours: bool = True,
) -> Verb:
    """What makes no plan and is answered where it was asked: it looks (`…:read`), or records."""
    risk = Risk.READ if permission.endswith(":read") else Risk.RECORD
    ours = ours and risk is Risk.RECORD
    return Verb(word, request, None, execute, permission, risk, help_, example, answers="here", ours=ours)


def word_of_one(
    word: str,
    request: type[Any],
    execute: Callable[[Any, Plan, Running], Awaitable[Card]],
    permission: Permission,
    help_: str,
    example: str,
) -> Verb:
    """Somebody's word about requests and rules, recorded; only they see the answer."""
    risk = Risk.RECORD
    return Verb(word, request, None, execute, permission, risk, help_, example, answers="private", ours=True)


@dataclass(frozen=True, slots=True)
class OfIncident:
    """A request that names an incident and nothing more; else it is the one of the channel."""

    incident: IncidentRef | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One slash command, without its slash in `name` nowhere: `/rollback`."""

    name: str
    help: str
    verbs: tuple[Verb, ...]
    sets: frozenset[Literal["five", "core", "all"]] = field(default_factory=lambda: frozenset({"core", "all"}))
    bare: str = ""  # the verb that the name alone means

    @property
    def word(self) -> str:
        """The name without its slash, as it is typed after /ops."""
        return self.name.removeprefix("/")
