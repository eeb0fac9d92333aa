"""The policy as its owner reviews it in the terminal: explained, asked, tried on real requests. Changes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.db import people as people_table
from bot.db import runs
from bot.db.database import Rows
from bot.domain import parse
from bot.domain.catalog import Catalog
from bot.domain.command import Command
from bot.domain.errors import BadRequest
from bot.domain.fields import Kind, fields_of
from bot.domain.parse import EPOCH, Parsed
from bot.domain.run import Run
from bot.files import Files
from permissions.decide import Deny, NeedsApproval, decide, sentence
from permissions.eligible import People
from permissions.explain import Section, explain
from permissions.gaps import gaps
from permissions.model import Ask, Permission, Person
from permissions.phrases import without_votes
from permissions.policy import Policy
from permissions.simulation import Otherwise, Past, simulate
from permissions.survey import TEAM, Thing, kinds_of_people, survey
from permissions.wording import capital

SHOWN = 20


def things(commands: Mapping[str, Command]) -> list[Thing]:
    """Everything that the installed commands can be asked for."""
    verbs = [verb for command in commands.values() for verb in command.verbs]
    return [
        Thing(verb.permission, verb.risk, any(field.kind is Kind.SERVICE for field in fields_of(verb.request)))
        for verb in verbs
    ]


def explained(files: Files) -> tuple[Section, ...]:
    return explain(files.policy, files.catalog.protection(), things(files.commands))


def thin(files: Files) -> list[str]:
    """Rights that nobody holds and people whom nobody can replace."""
    return gaps(files.policy, survey(files.policy, files.catalog.protection(), things(files.commands)))


# May somebody do that?


@dataclass(frozen=True, slots=True)
class Answer:
    may: bool
    lines: tuple[str, ...]


def can(files: Files, person: str, line: str, *, channel: str, at: datetime) -> Answer:
    """By the files alone: Slack is not asked whether somebody has left. Raises BadRequest."""
    people = kinds_of_people(files.policy)
    who = _person(files.policy, people, person)
    parsed = parse.parse_line(files.commands, files.catalog, line, channel=channel, now=EPOCH)
    if not isinstance(parsed, Parsed):
        raise BadRequest("Name a command with its service and environment.", "", "rollback shop production")
    place = parsed.place
    scope = files.catalog.scope(place.service if place else None, place.environment if place else None, channel)
    ask = Ask(who, parsed.verb.permission, parsed.verb.risk, scope, at)
    decision = decide(files.policy, ask, team_id=TEAM, people=people)
    lines = [sentence(decision)]
    if isinstance(decision, NeedsApproval) and decision.rule.need:
        voters = [capital(files.policy.names.get(one, people[one].name)) for one in decision.approvers]
        lines.append(f"These could approve: {', '.join(voters) or 'nobody'}.")
        lines += without_votes(decision)
    return Answer(not isinstance(decision, Deny), tuple(lines))


def _person(policy: Policy, people: Mapping[str, Person], name: str) -> Person:
    """By the policy's name or a Slack id; an id that the policy does not name is any other member's."""
    slack_id = policy.people.get(name.lower().removeprefix("@"), name)
    if slack_id in people:
        return people[slack_id]
    if slack_id[:1] in "UW" and slack_id[1:].isalnum() and slack_id.isupper():
        return Person(slack_id, TEAM, slack_id)
    known = f"It names {', '.join(policy.people)}; `everyone` is any other member."
    raise BadRequest(f"{policy.file} names nobody called '{name}'.", known, "")


# What would have been decided otherwise?


@dataclass(frozen=True, slots=True)
class Simulation:
    requests: int
    otherwise: Sequence[Otherwise]

    def lines(self) -> Iterator[str]:
        """3 of the last 200 requests would be decided otherwise: …"""
        count = len(self.otherwise)
        of = f"the last {self.requests} request{'s' * (self.requests != 1)}"
        if not self.requests:
            yield "No request is recorded yet: there is nothing to try it on."
        elif not count:
            yield f"None of {of} would be decided otherwise."
        else:
            yield f"{count} of {of} would be decided otherwise:"
        yield from (f"  {one}" for one in self.otherwise[:SHOWN])
        if count > SHOWN:
            yield f"  and {count - SHOWN} more."


async def tried(rows: Rows, current: Policy, new: Policy, catalog: Catalog, last: int) -> Simulation:
    """Decides the last recorded requests by both, for the people as they are known now and the places of now."""
    found = await runs.newest(rows, last)
    people = {person.id: person for person in await people_table.everyone(rows)}
    known = await people_table.fact(rows, "workspace")
    team = str(known.get("team")) if isinstance(known, dict) else ""
    past = list(_past(found, catalog, people, current, new))
    return Simulation(len(past), simulate(current, new, past, people, team_id=team))


def _past(found: Iterable[Run], catalog: Catalog, people: People, current: Policy, new: Policy) -> Iterator[Past]:
    for run in found:
        if run.via == "schedule":
            continue  # the catalog decides those
        known = people.get(run.actor)
        person = known if known and known.team_id == run.team else Person(run.actor, run.team, run.actor, known=False)
        name = capital(current.names.get(run.actor) or new.names.get(run.actor) or person.name)
        scope = catalog.scope(run.service, run.environment, run.channel)
        ask = Ask(person, Permission(run.permission), run.risk, scope, run.created_at)
        yield Past(f"{run.label} {name} {run.text}", ask)
