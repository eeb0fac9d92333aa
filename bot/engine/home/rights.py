"""What this person may do, for each service, from the policy."""

from collections.abc import Iterator, Mapping

from bot.domain.catalog import Place, ServiceEntry
from bot.domain.command import Command, Verb
from bot.domain.home import Section, said
from bot.domain.menu import Entry, How, example_at
from bot.domain.words import bold, code
from bot.engine.home.looking import Looking
from permissions.decide import Allow, Decision, Deny, NeedsApproval, decide
from permissions.model import Ask

SHOWN = 8
_WORDS: Mapping[How, str] = {
    "at once": "at once",
    "shows a plan first": "after your own look at the plan",
    "needs approval": "once others approve",
}


async def rights(looking: Looking) -> Section:
    services = list(looking.at.catalog.services.values())
    cards = [said(text) for service in services[:SHOWN] if (text := _of_service(looking, service))]
    none = "The policy gives you nothing here. An admin can change policy.yml."
    left = f"{len(services) - SHOWN} more services · " if len(services) > SHOWN else ""
    why = code("/can rollback shop production")
    return Section(
        "What you may do", tuple(cards) or (said(none),), f"{left}why, and who else can: for example {why}"
    )


def _of_service(looking: Looking, service: ServiceEntry) -> str:
    """Its environments, each with what is open there, and one example."""
    lines, example = [], ""
    for environment in service.environments:
        place = Place(service.name, environment)
        entries = list(_entries(looking, place))
        if told := _told(entries):
            lines.append(f"{bold(environment)} {told}")
            example = example or _example(entries, place)
    return "\n".join([bold(service.name), *lines, example]).strip() if lines else ""


def _entries(looking: Looking, place: Place) -> Iterator[Entry]:
    for command in looking.at.commands.values():
        entry = Entry(command, {verb: _how(looking, verb, place) for verb in command.verbs})
        if entry.open and not entry.governing:
            yield entry


def _how(looking: Looking, verb: Verb, place: Place) -> How:
    at = looking.at
    scope = at.scope(place.service, place.environment)
    ask = Ask(looking.person, verb.permission, verb.risk, scope, looking.now)
    return _in_a_word(decide(at.policy, ask, team_id=at.team, people={}))


def _in_a_word(decision: Decision) -> How:
    match decision:
        case Allow():
            return "at once"
        case NeedsApproval(rule=rule):
            return "needs approval" if rule.need else "shows a plan first"
        case Deny():
            return "no"


def _told(entries: list[Entry]) -> str:
    """At once `/health`, `/logs` · once others approve `/rollback`."""
    by_how: dict[How, list[str]] = {}
    for entry in sorted(entries, key=lambda one: one.command.name):
        for name, how in _names(entry.command, entry.how):
            by_how.setdefault(how, []).append(code(name))
    return " · ".join(f"{words} {', '.join(by_how[how])}" for how, words in _WORDS.items() if how in by_how)


def _names(command: Command, how: Mapping[Verb, How]) -> Iterator[tuple[str, How]]:
    """The command alone where all its verbs are alike."""
    if len(set(how.values())) == 1:
        yield command.name, next(iter(how.values()))
        return
    for verb, one in how.items():
        yield f"{command.name} {verb.word}".strip(), one


def _example(entries: list[Entry], place: Place) -> str:
    """Something that changes the place, where they may; else a look."""
    verbs = [verb for entry in entries for verb, how in entry.how.items() if how != "no"]
    first = sorted(verbs, key=lambda verb: (verb.risk.harmless, verb.risk.rank))[:1]
    return "".join(f"For example {code(example_at(verb, place))}" for verb in first)
