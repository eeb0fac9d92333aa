"""Parts of sentences about what a survey found: who, what, where and how it is confirmed. Pure."""

from collections.abc import Collection, Iterable

from permissions.decision import ApprovalRule, NeedsApproval
from permissions.model import Risk, Scope
from permissions.rules import EVERYONE, Policy
from permissions.survey import Thing
from permissions.wording import capital, deed, listed, members, others, span

_ANY = {
    Risk.READ: "look",
    Risk.RECORD: "keep records",
    Risk.CHANGE: "change",
    Risk.DESTRUCTIVE: "do what is destructive",
}


def what(things: Iterable[Thing], last: str = "and", besides: Collection[Risk] = ()) -> str:
    """look, keep records (back up) and roll back: a risk as a whole, or only what was granted of it.

    besides: risks of which something else was told already.
    """
    things = list(things)
    parts = [_of_risk([thing for thing in things if thing.risk is risk], risk, risk in besides) for risk in Risk]
    return listed([deed for part in parts for deed in part], last)


def _of_risk(things: list[Thing], risk: Risk, besides: bool) -> list[str]:
    deeds = sorted({deed(thing.permission) for thing in things if not thing.is_any})
    if not any(thing.is_any for thing in things):
        return deeds
    if deeds and risk is not Risk.READ:
        return [f"{_ANY[risk]} ({', '.join(deeds)})"]
    return [f"{_ANY[risk]} anything else" if besides and risk is Risk.CHANGE else _ANY[risk]]


def who(policy: Policy, found: Collection[str], last: str = "and") -> str:
    """Every member, operators (Ana, Ben), operators but not Dev (Ana, Ben), or names; "" for nobody."""
    if EVERYONE in found:
        missing = names(policy, [slack_id for slack_id in policy.names if slack_id not in found], "or")
        return f"every member{f', but not {missing},' if missing else ''}"
    for role in sorted(policy.roles, key=lambda role: (len(_inside(policy, role)), role)):
        missing_ids = _inside(policy, role) - set(found)
        if set(found) <= _inside(policy, role) and len(found) > len(missing_ids) and len(missing_ids) <= 2:
            but = f" but not {names(policy, missing_ids, 'or')}" if missing_ids else ""
            return f"{members(role)}{but} ({names(policy, found, last)})" if len(found) > 1 else names(policy, found)
    return names(policy, found, last)


def _inside(policy: Policy, role: str) -> set[str]:
    groups = {group for group, roles in policy.roles_by_group.items() if role in roles}
    return {*policy.roles[role], *groups, *({EVERYONE} if role in policy.roles_of_everyone else ())}


def names(policy: Policy, found: Collection[str], last: str = "and") -> str:
    """In the order of the file, user groups after the people."""
    named = [capital(name) for slack_id, name in policy.names.items() if slack_id in found]
    groups = [f"the members of {group}" for group in policy.roles_by_group if group in found]
    return listed([*named, *groups, *(["every other member"] if EVERYONE in found else [])], last)


def how(rule: ApprovalRule | None) -> str:
    """at once; with one other operator's approval (15 min); after typing what the plan card asks for.

    Also what is possible without an answer.
    """
    if rule is None:
        return "at once"
    backup = " and a fresh backup before anything in use is changed" if rule.backup_first else ""
    if not rule.need:
        own = "typing what the plan card asks for" if rule.confirm == "typed" else "a click on their own plan card"
        hold = f", {span(rule.hold)} to stop it" if rule.hold else ""
        return f"after {own}{hold}{backup}"
    including = f", one of them from {rule.including}" if rule.including else ""
    alone = f"; alone after {span(rule.alone_after)} without an answer" if rule.alone_after else ""
    return f"{_approval(rule)}{including} ({span(rule.answer)}{alone}){backup}"


def without_votes(needs: NeedsApproval) -> list[str]:
    """What is possible when nobody answers, or before anybody does."""
    after = needs.rule.alone_after
    alone = f"Alone after {span(after)} without an answer: they say why, somebody else reviews it." if after else ""
    glass = "At once by breaking the glass: they say why, everyone is told, somebody else reviews it."
    return [*([alone] if alone else []), *([glass] if needs.glass else [])]


def _approval(rule: ApprovalRule) -> str:
    if rule.need == 1 and not members(rule.from_role).startswith("people in"):
        return f"with one other {rule.from_role}'s approval"
    return f"with the approval of {others(rule.need, rule.from_role)}"


def place(scopes: Iterable[Scope]) -> str:
    """shop production and blog production; "" for what is about no one service."""
    return listed([str(scope) for scope in scopes if str(scope)], "and")


def upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
