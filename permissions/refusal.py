"""Refusals as people read them: what is not allowed, which line says so, and who can. Pure."""

from datetime import datetime
from typing import assert_never

from permissions.decision import Because, Deny
from permissions.eligible import People, Standing, admins, who_can
from permissions.model import Ask, Person, Risk
from permissions.rules import Denial, Grant, Policy, roles_of
from permissions.wording import capital, conditions, doing, listed, members, places, printable, rights

_NAMES_SHOWN = 6


def name_of(policy: Policy, person: Person) -> str:
    return capital(policy.names.get(person.id) or printable(person.name))


def shown(policy: Policy, ids: tuple[str, ...], people: People) -> list[str]:
    """The names behind some ids; of many the first few."""
    first = [name_of(policy, people[slack_id]) for slack_id in ids[:_NAMES_SHOWN]]
    return first if len(ids) <= _NAMES_SHOWN else [*first, f"{len(ids) - _NAMES_SHOWN} more"]


def names(policy: Policy, ids: tuple[str, ...], people: People, last: str) -> str:
    """Ana, Ben or Chi."""
    return listed(shown(policy, ids, people), last)


def refuse(policy: Policy, ask: Ask, because: Because, people: People, *, team_id: str) -> Deny:
    """A denial with the way on: name the place, who can do it, or else who keeps the policy."""
    if _place_is_missing(policy, ask):
        return Deny(because, "Name the service and the environment.")
    if helpers := _helpers(policy, ask, people, team_id):
        return Deny(because, f"{names(policy, helpers, people, 'or')} can.", helpers)
    keepers = tuple(slack_id for slack_id in admins(policy, people) if slack_id != ask.person.id)
    if keepers:
        asked = names(policy, keepers, people, "or")
        return Deny(because, f"Nobody else can at present; {asked} can change {policy.file}.", keepers)
    return Deny(because, f"Nobody else can at present; a grant in {policy.file} would be needed.")


def _place_is_missing(policy: Policy, ask: Ask) -> bool:
    """A change without a place, by somebody who may do it at some place."""
    if ask.scope.complete or ask.risk.harmless:
        return False
    held = (grant for grant in policy.grants if grant.role in roles_of(policy, ask.person))
    return any(grant.places and grant.covers(ask.permission, ask.risk) for grant in held)


def _helpers(policy: Policy, ask: Ask, people: People, team_id: str) -> tuple[str, ...]:
    """Who else could do it: people whom the policy names, and only without them the rest of the workspace."""
    named = {slack_id: people[slack_id] for slack_id in policy.names if slack_id in people}
    for among in (named, people):
        can = who_can(policy, ask.permission, ask.risk, ask.scope, among, team_id=team_id, at=ask.at)
        if others := tuple(slack_id for slack_id in can if slack_id != ask.person.id):
            return others
    return ()


def without_standing(policy: Policy, ask: Ask, standing: Standing) -> Because:
    who, what = name_of(policy, ask.person), doing(ask.permission, ask.scope)
    return Because(f"{who} may not {what}: {_standing(standing)}.", policy.where("people"))


def _standing(standing: Standing) -> str:
    match standing:
        case "nameless":
            return "Slack did not say who asks, or from which workspace"
        case "foreign":
            return "only people of this workspace may, not those of another one"
        case "unknown":
            return "what Slack knows about this person has not been read yet; try again in a minute"
        case "deactivated":
            return "the account is deactivated"
        case "bot":
            return "bots may not ask for anything"
        case "guest":
            return "guests may not, whatever roles they are named in"
        case "full":
            return "a full member"
        case _:
            assert_never(standing)


def denied(policy: Policy, ask: Ask, denial: Denial) -> Because:
    who, what = name_of(policy, ask.person), doing(ask.permission, ask.scope)
    through = sorted(denial.roles & roles_of(policy, ask.person)) if ask.person.id not in denial.people else []
    to = f" to {listed([members(role) for role in through], 'and')}" if through else ""
    return Because(f"{who} may not {what}: denied{to}, {denial.because.rstrip('.')}.", denial.where)


def not_granted(policy: Policy, ask: Ask, roles: frozenset[str]) -> Because:
    """The nearest grant explains best: it fits but for an exception, but for the place, or not at all."""
    who, what = name_of(policy, ask.person), doing(ask.permission, ask.scope)
    why, where = _nearest(policy, ask, roles)
    return Because(f"{who} may not {what}: {why}.", where)


def _nearest(policy: Policy, ask: Ask, roles: frozenset[str]) -> tuple[str, str]:
    held = [grant for grant in policy.grants if grant.role in roles]
    if not held:
        why = f"{listed([members(role) for role in sorted(roles)], 'and')} are granted nothing" if roles else ""
        return (why or "no role names this person"), policy.where("grants" if roles else "roles")
    covering = [grant for grant in held if grant.may.cover(ask.permission, ask.risk)]
    conditional = [grant for grant in covering if grant.gives(ask.permission, ask.risk, ask.scope)]
    if conditional:
        return _unmet(conditional[0], ask), conditional[0].where
    excepted = [grant for grant in covering if grant.but.cover(ask.permission, ask.risk)]
    placed = [grant for grant in covering if grant not in excepted]
    if placed:
        return f"{members(placed[0].role)} may do so only in {_at(placed[0])}", placed[0].where
    if excepted:
        return f"for {members(excepted[0].role)} this is an exception", excepted[0].where
    highest = max(held, key=_height)
    risky = "this is destructive, and " if ask.risk is Risk.DESTRUCTIVE else ""
    return f"{risky}{members(highest.role)} may only {rights([grant.may for grant in held])}", highest.where


def _unmet(grant: Grant, ask: Ask) -> str:
    """operators may do so only Mon-Fri 09:00-18:00 Europe/London (now Sat 10:03 there)"""
    now = f" (now {grant.hours[0].clock(ask.at)} there)" if grant.hours and ask.at and _late(grant, ask.at) else ""
    return f"{members(grant.role)} may do so only {conditions(grant)}{now}"


def _late(grant: Grant, at: datetime) -> bool:
    return not any(hours.hold(at) for hours in grant.hours)


def _at(grant: Grant) -> str:
    return places(grant.places) if grant.places else "every place"


def _height(grant: Grant) -> int:
    return max((risk.rank for risk in grant.may.risks), default=-1)
