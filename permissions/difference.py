"""What changes for people between two policies, in words: first what the file says, then what it comes to. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from permissions import terminal
from permissions.explain import glass_words
from permissions.model import Scope
from permissions.phrases import how, names, place, upper, what, who
from permissions.policy_file import Services
from permissions.rules import EVERYONE, Policy
from permissions.survey import Cell, Thing, survey
from permissions.wording import capital, listed

_Key = tuple[Scope, Thing]


def differences(before: Policy, after: Policy, services: Services, things: Iterable[Thing]) -> list[str]:
    """A sentence each. `services` are those of now; equal policies differ in nothing."""
    things = list(things)
    then = {(cell.scope, cell.thing): cell for cell in survey(before, services, things)}
    pairs = [(then[cell.scope, cell.thing], cell) for cell in survey(after, services, things)]
    return [
        *_written(before, after),
        *_gained(before, after, pairs),
        *_lost(before, after, pairs),
        *_bound(after, pairs),
        *_confirmed(pairs),
        *_approvers(before, after, pairs),
        *_denials(before, after),
    ]


# What the file says


def _written(before: Policy, after: Policy) -> Iterator[str]:
    if before.preset != after.preset:
        yield f"The preset is {after.preset}; it was {before.preset}."
    yield from _people(before, after)
    for role in sorted({*before.roles, *after.roles}):
        yield from _members(before, after, role)
    yield from terminal.changed(before, after)
    if before.oncall != after.oncall:
        rotation = after.oncall.rotation if after.oncall else ()
        order = listed([capital(after.names[slack_id]) for slack_id in rotation], "then")
        yield f"On call: {order}." if order else "Nobody is on call any more."
    yield from _glass(before, after)
    for channel in sorted(after.shared_channels - before.shared_channels):
        yield f"The bot speaks in {channel} now, even if another company reads there."
    for channel in sorted(before.shared_channels - after.shared_channels):
        yield f"The bot does not speak in {channel} any more while another company reads there."


def _glass(before: Policy, after: Policy) -> Iterator[str]:
    was, now = ((p.glass.roles, p.glass.places) if p.glass else None for p in (before, after))
    if was != now:
        yield glass_words(after, after.glass) if after.glass else "Nobody can break the glass any more."


def _people(before: Policy, after: Policy) -> Iterator[str]:
    for name, slack_id in after.people.items():
        if name not in before.people:
            yield f"{capital(name)} ({slack_id}) is named now."
        elif before.people[name] != slack_id:
            yield f"{capital(name)} is {slack_id} now; it was {before.people[name]}."
    for name in before.people:
        if name not in after.people:
            yield f"{capital(name)} is not named any more."


def _members(before: Policy, after: Policy, role: str) -> Iterator[str]:
    if role not in after.roles:
        yield f"The role {role} is gone."
        return
    if role not in before.roles:
        yield f"The role {role} is new: {names(after, _inside(after, role)) or 'nobody'}."
        return
    new, gone = _inside(after, role) - _inside(before, role), _inside(before, role) - _inside(after, role)
    if new:
        yield f"Now in {role}: {names(after, new)}."
    if gone:
        yield f"No longer in {role}: {names(before, gone)}."


def _inside(policy: Policy, role: str) -> frozenset[str]:
    groups = {group for group, roles in policy.roles_by_group.items() if role in roles}
    return policy.roles[role] | groups | ({EVERYONE} if role in policy.roles_of_everyone else set())


def _denials(before: Policy, after: Policy) -> Iterator[str]:
    """A denial that changes nothing today still binds who is granted something tomorrow."""
    reasons = {denial.because for denial in before.denials}
    for denial in after.denials:
        if denial.because not in reasons:
            yield f"New denial: {denial.because.rstrip('.')} ({denial.where})."
    for denial in before.denials:
        if denial.because not in {denial.because for denial in after.denials}:
            yield f"No longer denied: {denial.because.rstrip('.')}."


# What it comes to

_Pairs = list[tuple[Cell, Cell]]
_Change = tuple[frozenset[str], str]
"""Whom it concerns, and how."""


def _gained(before: Policy, after: Policy, pairs: _Pairs) -> Iterator[str]:
    found = {
        (now.scope, now.thing): (_without(now, was, before), "at once" if now.rule is None else how(now.rule))
        for was, now in pairs
    }
    for (people, confirmed), deeds in _together(found, "and"):
        yield f"{upper(who(after, people))} may now {deeds}, {confirmed}."


def _lost(before: Policy, after: Policy, pairs: _Pairs) -> Iterator[str]:
    found = {(now.scope, now.thing): (_without(was, now, after), "") for was, now in pairs}
    for (people, _), deeds in _together(found, "or"):
        yield f"{upper(who(before, people))} may no longer {deeds}."


def _without(one: Cell, other: Cell, policy: Policy) -> frozenset[str]:
    """Who may in the one and not in the other; whom the other's policy does not name is like everybody else there."""
    surveyed = {*policy.names, *policy.roles_by_group, EVERYONE}
    strangers = set() if EVERYONE not in other.holders else one.holders.keys() - surveyed
    return frozenset(one.holders.keys() - other.holders.keys() - strangers)


def _bound(after: Policy, pairs: _Pairs) -> Iterator[str]:
    """Hours and channels that were added or taken away."""
    found = {}
    for was, now in pairs:
        other = [one for one in now.holders if was.holders.get(one, now.holders[one]) != now.holders[one]]
        for bound in {now.holders[one] for one in other}:
            people = frozenset(one for one in other if now.holders[one] == bound)
            found[now.scope, now.thing] = (people, f"only {bound}" if bound else "at any time and in any channel")
    for (people, bound), deeds in _together(found, "and"):
        yield f"{upper(who(after, people))} may {deeds} {bound} now."


def _confirmed(pairs: _Pairs) -> Iterator[str]:
    """Told only where somebody could ask before and still can."""
    found = {}
    for was, now in pairs:
        if how(was.rule) != how(now.rule) and was.holders.keys() & now.holders.keys():
            found[now.scope, now.thing] = (frozenset({how(was.rule)}), how(now.rule))
    for (before, now_how), deeds in _together(found, "and"):
        yield f"{upper(deeds)}: now {now_how}, until now {', '.join(before)}."


def _approvers(before: Policy, after: Policy, pairs: _Pairs) -> Iterator[str]:
    """Who loses the right itself is told of that only; what nobody could ask for before is new as a whole."""
    asked = [(was, now) for was, now in pairs if was.holders and _asks(was) and _asks(now)]
    new = {(now.scope, now.thing): (now.approvers - was.approvers, "") for was, now in asked}
    gone = {(now.scope, now.thing): ((was.approvers - now.approvers) & now.holders.keys(), "") for was, now in asked}
    for (people, _), deeds in _together(new, "or"):
        yield f"{upper(names(after, people))} can now approve a request to {deeds}."
    for (people, _), deeds in _together(gone, "or"):
        yield f"{upper(names(before, people))} can no longer approve a request to {deeds}."


def _asks(cell: Cell) -> bool:
    return cell.rule is not None and cell.rule.need > 0


def _together(found: Mapping[_Key, _Change], last: str) -> Iterator[tuple[_Change, str]]:
    """The same change to several things at several places in one sentence: “roll back in shop production”."""
    by_place: dict[tuple[_Change, Scope], list[Thing]] = {}
    for (scope, thing), change in found.items():
        if change[0]:
            by_place.setdefault((change, scope), []).append(thing)
    alike: dict[tuple[_Change, tuple[Thing, ...]], list[Scope]] = {}
    for (change, scope), things in by_place.items():
        alike.setdefault((change, tuple(things)), []).append(scope)
    for (change, same), scopes in alike.items():
        yield change, f"{what(same, last)}{_at(scopes)}"


def _at(scopes: Collection[Scope]) -> str:
    return f" in {place(scopes)}" if place(scopes) else ""
