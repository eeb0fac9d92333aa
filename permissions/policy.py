"""The policy: one reviewed file that says who may do what where. Pure: text in, a frozen Policy out."""

import hashlib
import json
from collections.abc import Collection, Mapping

from permissions.decide import who_can
from permissions.decision import sentence
from permissions.model import Permission
from permissions.policy_check import Whole, check_whole
from permissions.policy_file import SECTIONS, Draft, Services, read_parts
from permissions.problem import Problem, in_order
from permissions.roster import Roster, flatten, tell_circles
from permissions.rules import Policy, roles_of
from permissions.sheet import Sheet
from permissions.strict_yaml import Located, Plain, YamlProblems, read

__all__ = ["Policy", "PolicyError", "Problem", "load_policy", "roles_of", "sentence", "who_can"]


class PolicyError(Exception):
    """The policy cannot be used as it stands; every problem of the file is told."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def load_policy(
    text: str,
    *,
    file: str = "policy.yml",
    services: Services,
    permissions: Collection[Permission],
) -> Policy:
    """The file as a Policy. services: service → environment → protected. Raises PolicyError with all problems.

    What only shows in the whole file (quorums) is looked at once its parts are right by themselves.
    """
    try:
        located, traps = read(text, file)
    except YamlProblems as error:
        raise PolicyError(error.problems) from None
    sheet = Sheet(located)
    draft = read_parts(sheet, services, permissions)
    roster = flatten(draft.members)
    tell_circles(sheet, draft.members)
    if not traps and not sheet.problems:
        check_whole(sheet, Whole(draft, roster, services))
    _stop_at(sheet, traps)
    return _policy(located, sheet, draft, roster)


def _stop_at(sheet: Sheet, traps: tuple[Problem, ...]) -> None:
    """A misread value is told once: as the trap it is, not also for what it was read as."""
    trapped = {trap.line for trap in traps}
    problems = in_order([*traps, *(found for found in sheet.problems if found.line not in trapped)])
    if problems:
        raise PolicyError(problems)


def _policy(located: Located, sheet: Sheet, draft: Draft, roster: Roster) -> Policy:
    return Policy(
        file=located.file,
        preset=draft.preset,
        people=draft.people,
        roles={role: _ids(draft.people, roster.people(role)) for role in draft.members},
        grants=tuple(grant for _, grant in draft.grants),
        denials=tuple(denial for _, denial in draft.denials),
        approvals=tuple(line for _, line in draft.approvals),
        oncall=draft.oncall,
        digest=digest(located.data),
        warnings=in_order(sheet.warnings),
        names={slack_id: name for name, slack_id in draft.people.items()},
        roles_by_person={slack_id: roster.with_person(name) for name, slack_id in draft.people.items()},
        roles_by_group={group: roster.with_group(group) for group in roster.groups},
        roles_of_everyone=roster.with_everyone,
        open_roles=frozenset(role for role in draft.members if roster.is_open(role)),
        glass=draft.glass,
        lines={section: located.line_of((section,)) for section in SECTIONS},
        terminal=draft.terminal,
        shared_channels=draft.shared_channels,
    )


def _ids(people: Mapping[str, str], names: frozenset[str]) -> frozenset[str]:
    return frozenset(people[name] for name in names)


def digest(content: Plain) -> str:
    """SHA-256 of what the file says; comments, spaces and the order of keys do not count."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
