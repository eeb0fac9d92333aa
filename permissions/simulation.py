"""Decides requests of the past by two policies and tells where they differ. Pure; nothing is asked again."""

from collections.abc import Iterable
from dataclasses import dataclass

from permissions.decide import decide
from permissions.decision import Allow, Decision, Deny, NeedsApproval
from permissions.eligible import People
from permissions.model import Ask
from permissions.refusal import names
from permissions.rules import Policy
from permissions.wording import others, span


@dataclass(frozen=True, slots=True)
class Past:
    """A request as it was made. label: “R-41 Ana /rollback shop production”."""

    label: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One that would be decided otherwise: “R-41 …: needed 1 approval, would be refused (policy.yml:9)”."""

    past: Past
    before: str
    after: str
    where: str

    def __str__(self) -> str:
        return f"{self.past.label}: {self.before}, {self.after} ({self.where})"


def simulate(
    current: Policy, proposed: Policy, asked: Iterable[Past], people: People, *, team_id: str
) -> list[Otherwise]:
    """Those that would be decided otherwise, or answered by others; in the order given."""
    found = []
    for past in asked:
        before = decide(current, past.ask, team_id=team_id, people=people)
        after = decide(proposed, past.ask, team_id=team_id, people=people)
        was, will = _was(before), _would(after)
        if _key(before) != _key(after):
            if was.partition(" ")[2] == will.removeprefix("would ").partition(" ")[2]:
                was, will = was + _unvoted(before), will + _unvoted(after)
            found.append(Otherwise(past, was, will, after.because.where))
        elif _voters(before) != _voters(after):
            was = f"{_named(current, before, people)} could approve"
            will = f"now {_named(proposed, after, people)} could"
            found.append(Otherwise(past, was, will, after.because.where))
    return found


def _key(decision: Decision) -> tuple[object, ...]:
    """What makes two decisions the same for who asked: not their words, not their lines."""
    if isinstance(decision, NeedsApproval):
        rule = decision.rule
        return (
            "asks",
            rule.need,
            rule.from_role,
            rule.including,
            rule.confirm,
            rule.backup_first,
            *_without(decision),
        )
    return (type(decision).__name__,)


def _without(decision: NeedsApproval) -> tuple[object, ...]:
    """How it may go on without votes."""
    return decision.rule.alone_after, decision.glass


def _voters(decision: Decision) -> frozenset[str]:
    return frozenset(decision.approvers) if isinstance(decision, NeedsApproval) else frozenset()


def _named(policy: Policy, decision: Decision, people: People) -> str:
    voters = decision.approvers if isinstance(decision, NeedsApproval) else ()
    return names(policy, voters, people, "or") or "nobody"


def _was(decision: Decision) -> str:
    match decision:
        case Allow():
            return "was allowed at once"
        case Deny():
            return "was refused"
        case NeedsApproval():
            return f"needed {_needs(decision)}"


def _would(decision: Decision) -> str:
    match decision:
        case Allow():
            return "would be allowed at once"
        case Deny():
            return "would be refused"
        case NeedsApproval():
            return f"would need {_needs(decision)}"


def _needs(decision: NeedsApproval) -> str:
    rule = decision.rule
    backup = " and a fresh backup" if rule.backup_first else ""
    if not rule.need:
        return f"{'a typed confirmation' if rule.confirm == 'typed' else 'a click'} of their own{backup}"
    including = f", one from {rule.including}" if rule.including else ""
    return f"approval by {others(rule.need, rule.from_role)}{including}{backup}"


def _unvoted(decision: Decision) -> str:
    """How it may go on without votes; told where nothing else differs."""
    if not isinstance(decision, NeedsApproval):
        return ""
    after = decision.rule.alone_after
    alone = f"alone after {span(after)} without an answer" if after else "never alone"
    return f" ({alone}{', or by broken glass' if decision.glass else ''})"
