"""What one installation of the bot is made of; handed to every part of the engine."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from bot.db.bell import Bell
from bot.db.database import Pool
from bot.domain import schedule
from bot.domain.catalog import Catalog, Place
from bot.domain.command import Command, Verb
from bot.domain.people import People
from bot.domain.run import Run
from bot.providers.registry import Providers
from permissions.decide import Decision, decide
from permissions.model import Ask, Permission, Person, Risk, Scope
from permissions.policy import Policy


@cache
def zone_named(name: str) -> tzinfo | None:
    """None for a name that this machine does not know."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, LookupError):
        return None


@dataclass(slots=True)
class Installation:
    """One workspace, one catalog, one policy, one database."""

    pool: Pool
    bell: Bell
    commands: Mapping[str, Command]
    catalog: Catalog
    policy: Policy
    people: People
    providers: Providers
    team: str
    url: str = ""  # where people outside reach this bot
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    crowded_at: float = -math.inf  # when many requests last were in hand at once, monotonic
    rooms: Mapping[str, Collection[Place]] = field(default_factory=dict)  # kept fresh by `bot.serving.incidents`

    @property
    def catalog_here(self) -> Catalog:
        """What lines are read by: the channel of an open incident stands for its place, like those of the file."""
        return replace(self.catalog, rooms=self.rooms)

    @property
    def zone(self) -> tzinfo:
        """Of the people on call."""
        return self.policy.oncall.zone if self.policy.oncall else UTC

    def zone_of(self, person: str) -> tzinfo:
        """Of a time of day that this person types: their own; where nobody knows it, that of the people on call."""
        known = self.people.get(person)
        return (zone_named(known.zone) if known else None) or self.zone

    def verb(self, run: Run) -> Verb:
        """KeyError when the command is no longer installed."""
        return next(verb for verb in self.commands[run.command].verbs if verb.word == run.verb)

    def person(self, person: str, team: str) -> Person:
        """What is known of a person; an unknown one is refused by the policy."""
        known = self.people.get(person)
        return known if known and known.team_id == team else Person(person, team, person, known=False)

    def decide(self, ask: Ask) -> Decision:
        """As of now, unless the ask names its own time: some grants hold only at certain hours."""
        ask = ask if ask.at else replace(ask, at=self.clock())
        return decide(self.policy, ask, team_id=self.team, people=self.people.everyone())

    def decide_run(self, run: Run, *, risk: Risk | None = None) -> Decision:
        """By the policy; what the catalog schedules is decided by the catalog, because nobody asked for it."""
        if run.via == "schedule":
            return schedule.decide(self.catalog, run.text, risk or run.risk)
        return self.decide(self.ask(run, risk=risk))

    def ask(self, run: Run, *, risk: Risk | None = None) -> Ask:
        """The question that the policy answers for a run; `risk` when its plan raised it."""
        return Ask(
            self.person(run.actor, run.team),
            Permission(run.permission),
            risk or run.risk,
            self.scope(run.service, run.environment, run.channel),
            self.clock(),
        )

    def scope(self, service: str | None, environment: str | None, channel: str | None = None) -> Scope:
        return self.catalog.scope(service, environment, channel)
