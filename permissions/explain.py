"""The whole policy in plain sentences, grouped so that its owner can review it in two minutes. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from permissions import terminal
from permissions.gaps import gaps
from permissions.model import Risk, Scope
from permissions.phrases import how, names, place, upper, what, who
from permissions.policy_file import Services
from permissions.rules import EVERYONE, Glass, Policy
from permissions.survey import Cell, Thing, survey
from permissions.wording import capital, listed, members, places, rights

_PRESETS = {
    "solo": "one person: nobody else is asked; what is destructive is typed out, with a fresh backup",
    "small-team": "a change in a protected environment needs one other person, what is destructive an admin",
    "strict": "a change needs an approver, what is destructive two of them, one an admin, with a fresh backup",
}


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    lines: tuple[str, ...]


def explain(policy: Policy, services: Services, things: Iterable[Thing]) -> tuple[Section, ...]:
    """From the whole to its parts: the preset, who is who, each place, what is denied, what deserves a look."""
    cells = survey(policy, services, things)
    sections = [
        Section("In short", tuple(_short(policy))),
        Section("Who is who", tuple(_people(policy))),
        *_places(policy, cells),
        Section("Denied, whatever is granted", tuple(_denials(policy))),
        Section("Worth a look", (*map(str, policy.warnings), *gaps(policy, cells))),
    ]
    return tuple(section for section in sections if section.lines)


def _short(policy: Policy) -> Iterator[str]:
    yield f"Preset {policy.preset}: {_PRESETS[policy.preset]}."
    yield "What is not granted is refused. A denial beats every grant. Guests and bots may do nothing."
    yield "Nobody approves what they asked for themselves; an approver needs the same right at the same place."
    if policy.glass:
        yield f"{glass_words(policy, policy.glass)} [{policy.glass.where}]"
    if policy.shared_channels:
        listing = listed(sorted(policy.shared_channels), "and")
        yield f"The bot speaks in {listing} even if another company reads there. [{policy.where('shared_channels')}]"


def glass_words(policy: Policy, glass: Glass) -> str:
    """Break glass: admins (Ana and Ben) may go on without votes in shop."""
    people = frozenset[str]().union(*(policy.roles.get(role, frozenset()) for role in glass.roles))
    roles = listed([members(role) for role in sorted(glass.roles)], "and")
    at = f" in {places(glass.places)}" if glass.places else ""
    return (
        f"Break glass: {roles} ({names(policy, people) or 'nobody'}) may go on without votes{at}, with what they may "
        "ask for anyway. They say why, everyone is told, somebody else reviews it within 24 h."
    )


# Who is who


def _people(policy: Policy) -> Iterator[str]:
    for role in _by_weight(policy):
        inside = names(policy, policy.roles[role])
        groups = [f"the members of {group}" for group, roles in policy.roles_by_group.items() if role in roles]
        everyone = ["every member of the workspace"] if role in policy.roles_of_everyone else []
        told = listed([part for part in ([inside] if not everyone else []) + groups + everyone if part], "and")
        yield f"{upper(members(role))}: {told or 'nobody'}."
    idle = [slack_id for slack_id in policy.names if not policy.roles_by_person[slack_id] - policy.roles_of_everyone]
    if idle:
        yield f"In no role of their own: {names(policy, idle)}."
    yield from terminal.told(policy)
    if policy.oncall:
        order = listed([capital(policy.names[slack_id]) for slack_id in policy.oncall.rotation], "then")
        handover = f", handed over {policy.oncall.handover}" if policy.oncall.handover else ""
        yield f"On call: {order}{handover}."


def _by_weight(policy: Policy) -> list[str]:
    """Small roles first: they are those that may most."""
    open_last = [(role in policy.open_roles, len(policy.roles[role]), role) for role in policy.roles]
    return [role for _, _, role in sorted(open_last)]


# Places


def _places(policy: Policy, cells: Iterable[Cell]) -> Iterator[Section]:
    """Places where the same holds stand together."""
    by_scope: dict[Scope, list[Cell]] = {}
    for cell in cells:
        by_scope.setdefault(cell.scope, []).append(cell)
    alike: dict[tuple[bool, tuple[str, ...]], list[Scope]] = {}
    for scope, there in by_scope.items():
        alike.setdefault((scope.protected, tuple(_lines(policy, there))), []).append(scope)
    for (protected, lines), scopes in alike.items():
        heading = place(scopes)
        kind = "protected" if protected else "not protected"
        yield Section(f"{heading} ({kind})" if heading else "About no one service", lines)


def _lines(policy: Policy, cells: list[Cell]) -> Iterator[str]:
    """One sentence for all that the same people may do in the same way."""
    alike: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        alike.setdefault((frozenset(cell.holders.items()), how(cell.rule), cell.approvers), []).append(cell)
    told: set[Risk] = set()
    for group in sorted(alike.values(), key=_height):
        if group[0].holders:
            yield from _sentences(policy, group, told)
            told |= {cell.thing.risk for cell in group}
    nobody = [cell.thing for cell in cells if not cell.holders]
    if nobody:
        yield f"Nobody may {what(nobody, 'or', told)}."


def _height(group: list[Cell]) -> tuple[int, bool]:
    """From looks to what is destructive; single things before the rest of their risk."""
    return max(cell.thing.risk.rank for cell in group), any(cell.thing.is_any for cell in group)


def _sentences(policy: Policy, group: list[Cell], told: set[Risk]) -> Iterator[str]:
    """One for each condition under which some of them may."""
    first, deeds = group[0], what([cell.thing for cell in group], besides=told)
    for bound in dict.fromkeys(first.holders.values()):
        people = frozenset(one for one, condition in first.holders.items() if condition == bound)
        only = f", only {bound}," if bound else ""
        confirmed = "" if first.rule is None and first.thing.risk is Risk.READ else f" {how(first.rule)}"
        sentence = f"{who(policy, people)} may {deeds}{only}{confirmed}{_answered(policy, first, people)}"
        yield f"{upper(sentence.rstrip(','))}. [{_lines_of(group, people)}]"


def _lines_of(group: list[Cell], people: frozenset[str]) -> str:
    """policy.yml:8, 9; preset small-team"""
    given = {where for cell in group for one in people for where in cell.where[one]}
    rules = {cell.rule.where for cell in group if cell.rule}
    files: dict[str, list[int]] = {}
    for file, _, line in (where.rpartition(":") for where in given | rules if ":" in where):
        files.setdefault(file, []).append(int(line))
    told = [f"{file}:{', '.join(map(str, sorted(numbers)))}" for file, numbers in files.items()]
    return "; ".join([*told, *sorted(where for where in rules if ":" not in where)])


def _answered(policy: Policy, cell: Cell, people: frozenset[str]) -> str:
    """Who can approve, where that is neither the whole role nor those who may ask."""
    if cell.rule is None or not cell.rule.need:
        return ""
    if not cell.approvers:
        return "; at present nobody could approve"
    if cell.approvers in (people, policy.roles.get(cell.rule.from_role)):
        return ""
    return f"; {names(policy, cell.approvers, 'or')} can approve"


# The rest


def _denials(policy: Policy) -> Iterator[str]:
    for denial in policy.denials:
        people = [capital(name) for slack_id, name in policy.names.items() if slack_id in denial.people]
        whom = listed([*people, *(members(role) for role in sorted(denial.roles))], "and")
        at = f" in {places(denial.places)}" if denial.places else ""
        may = "nobody may" if EVERYONE in denial.roles else f"{whom} may not"
        yield f"{upper(may)} {rights([denial.may])}{at}: {denial.because.rstrip('.')}. [{denial.where}]"
