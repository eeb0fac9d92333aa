"""An engine with one made-up command on a real database; `Desk` does by hand what worker and Slack do."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.db import events, runs
from bot.domain.capability import Look, Running
from bot.domain.card import Card, Tone
from bot.domain.command import Command, Environment, Frozen, Service, Verb
from bot.domain.invocation import Actor, Answer, Invocation
from bot.domain.plan import Plan
from bot.domain.run import Lock, Run, RunId
from bot.engine.govern import EngineGovern
from bot.engine.installation import Installation
from bot.engine.intake import Intake
from bot.engine.life import Life
from bot.engine.votes import Votes
from permissions import model
from permissions.model import Person, Risk

TEAM = "T0"
POLICY = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, eli: U0ELI}
roles: {admin: [ben], operator: [admin, ana, chi], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], in: [shop]}
  - {role: admin, may: [record, change, destructive], in: [shop]}
"""
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Poke:
    service: Service
    environment: Environment


@dataclass(slots=True)
class Shelf:
    """What the made-up command's plan and execution do; tests set it."""

    target: str = "4c1d2a7"
    raises: Risk | None = None
    nothing_to_do: str = ""
    error: Exception | None = None
    steps: tuple[str, ...] = ("fetch", "switch")
    between: dict[str, Callable[[Running], Awaitable[None]]] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    planned: int = 0
    frozen: Frozen = "if destructive"
    before_plan: Callable[[], Awaitable[None]] | None = None

    async def plan(self, request: Poke, look: Look) -> Plan:
        self.planned += 1
        if self.before_plan:
            await self.before_plan()
        return Plan(
            f"Poke {request.service} {request.environment}",
            f"to {self.target}",
            "Approve poke",
            "Poke now",
            {"target": self.target},
            raises=self.raises,
            nothing_to_do=self.nothing_to_do,
            steps=self.steps,
        )

    async def execute(self, request: Poke, plan: Plan, running: Running) -> Card:
        self.executed.append(running.run.label)
        for name in self.steps:
            async with running.step(name) as step:
                await step.say(f"doing {name}")
                if name in self.between:
                    await self.between[name](running)
        if self.error:
            raise self.error
        return Card(Tone.OK, "Poked", "Poked. Something changed.")

    def command(self) -> Command:
        verb = Verb(
            "",
            Poke,
            self.plan,
            self.execute,
            model.DEPLOY_ROLLBACK,
            Risk.CHANGE,
            "Poke it",
            "/poke shop production",
            lock=Lock.DEPLOY,
            frozen=self.frozen,
        )
        return Command("/poke", "Poke a service", (verb,))


class KnownPeople:
    """People whom Slack has described a moment ago."""

    def __init__(self, *people: Person) -> None:
        self.people = {person.id: person for person in people}
        self.stale: set[str] = set()
        self.refreshed: list[str] = []

    def get(self, person: str) -> Person | None:
        return self.people.get(person)

    def everyone(self) -> Mapping[str, Person]:
        return self.people

    def name(self, person: str) -> str:
        known = self.people.get(person)
        return known.name if known else person

    def fresh(self, person: str, now: datetime) -> bool:
        return person in self.people and person not in self.stale

    async def refresh(self, person: str) -> bool:
        self.refreshed.append(person)
        self.stale.discard(person)
        return True


class Desk:
    """Types, votes and lets a worker take one turn after another; no clock but PostgreSQL's."""

    def __init__(self, installation: Installation, shelf: Shelf, people: KnownPeople, worker: int) -> None:
        self.installation = installation
        self.shelf = shelf
        self.people = people
        self.worker = worker
        self.pool = installation.pool
        self.votes = Votes(installation)
        self.govern = EngineGovern(installation, self.votes)
        self.intake = Intake(installation)
        self.life = Life(installation, self.govern, worker)

    async def type(self, actor: str, line: str, *, delivery: str = "", team: str = TEAM) -> Answer:
        command, _, text = line.partition(" ")
        key = hashlib.sha256((delivery or str(next(_NUMBERS))).encode()).digest()
        return await self.intake.receive(Invocation(command, text, Actor(actor, team), "C0", key, datetime.now(UTC)))

    async def asked(self, actor: str, line: str) -> Run:
        """Typed and planned: the run as it now waits."""
        answer = await self.type(actor, line)
        assert answer.run is not None
        await self.work()
        return await self.run(answer.run)

    async def work(self) -> None:
        """A worker claims and advances until nothing is left to claim."""
        while claimed := await runs.claim(self.pool, self.worker):
            await self.life.advance(*claimed)

    async def run(self, number: int | None) -> Run:
        assert number is not None
        run = await runs.get(self.pool, RunId(number))
        assert run is not None
        return run

    async def events(self, run: Run) -> list[str]:
        return [event.kind.value for event in await events.of_run(self.pool, run.id)]

    async def forward(self, length: timedelta) -> None:
        await self.pool.execute("UPDATE clock SET ahead = ahead + $1", length)
