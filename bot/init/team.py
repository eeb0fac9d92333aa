"""The questions about people: who may do what; on a second run, who came and who left."""

import re
from collections.abc import Mapping, Sequence

from bot.init import ask, compose, edit
from bot.init.plan import Team
from bot.slack.survey import Member
from permissions.presets import DEFAULT_PRESET, PRESETS

_TAKEN = frozenset({"admin", "operator", "viewer", "everyone"})
_SHOWN = 40


def first(members: Mapping[str, Member]) -> str:
    """A whole policy.yml."""
    people = _listed(members)
    admins: list[Member] = []
    while not admins:
        admins = ask.some_of(people, _words, "Who may do everything (admins)? Numbers or names")
    others = ask.some_of(people, _words, "Who else may change things (operators)? Empty: nobody")
    named = names([*admins, *(one for one in others if one not in admins)])
    team = Team(
        {name: id_ for id_, name in named.items()},
        tuple(named[one.id] for one in admins),
        tuple(named[one.id] for one in others if one not in admins),
        _preset(len(named)),
    )
    return compose.policy(team)


def again(text: str, people: Mapping[str, str], roles: Sequence[str], members: Mapping[str, Member]) -> str:
    """The policy with what changed since. people: name → Slack id, as the file has them."""
    for name, id_ in people.items():
        found = members.get(id_)
        if found is None or found.is_deactivated:
            left = "has left the workspace" if found else "is not in this workspace"
            if ask.yes(f"{name} ({id_}) {left}. Take them out of policy.yml?", True):
                text = edit.without_person(text, name)
    ask.say(f"  policy.yml names {', '.join(people)}.")
    if not ask.yes("Add people?"):
        return text
    new = _listed({id_: one for id_, one in members.items() if id_ not in people.values()})
    for member in ask.some_of(new, _words, "Whom? Numbers or names. Empty: nobody"):
        name = names([member], taken=people)[member.id]
        role = ask.until(lambda word: _role(word, roles), f"Role of {name} ({', '.join(roles)})", "operator")
        text = edit.with_role(edit.with_person(text, name, member.id), role, name)
    return text


def names(members: Sequence[Member], taken: Mapping[str, str] | None = None) -> dict[str, str]:
    """Slack id → the name that the policy and the cards use."""
    used = {*_TAKEN, *(taken or {})}
    found: dict[str, str] = {}
    for member in members:
        base = re.sub(r"[^a-z0-9.-]+", "-", member.handle.lower()).strip("-.")[:30] or member.id.lower()
        name = next(one for one in (base, *(f"{base}-{number}" for number in range(2, 99))) if one not in used)
        used.add(name)
        found[member.id] = name
    return found


def _listed(members: Mapping[str, Member]) -> list[Member]:
    people = sorted((one for one in members.values() if one.counts), key=lambda one: one.handle.lower())
    for number, one in enumerate(people[:_SHOWN], 1):
        ask.say(f"    {number:>2}  {one.handle:<16} {one.name}")
    if len(people) > _SHOWN:
        ask.say(f"        and {len(people) - _SHOWN} more: type their names")
    return people


def _words(member: Member) -> Sequence[str]:
    return member.handle, member.name, member.id, member.name.partition(" ")[0]


def _preset(people: int) -> str:
    ask.say(
        "  How are changes to production approved?",
        "    solo        nobody else is asked: your own click, and typed words for what is destructive",
        "    small-team  one other operator says yes within 15 minutes; an admin for what is destructive",
        "    strict      one other operator; two people, one of them an admin, for what is destructive",
    )
    return ask.until(_known_preset, "Preset", "solo" if people == 1 else DEFAULT_PRESET)


def _known_preset(word: str) -> str:
    if word not in PRESETS:
        raise ValueError(f"Type {', '.join(PRESETS)}.")
    return word


def _role(word: str, roles: Sequence[str]) -> str:
    if word not in roles:
        raise ValueError(f"Type one of {', '.join(roles)}.")
    return word
