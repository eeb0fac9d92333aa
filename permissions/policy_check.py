"""Looks at a policy as a whole: quorums that cannot be, denials that hit too many, rights that nobody holds. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, groupby

from permissions.decision import ApprovalRule
from permissions.model import Permission, Risk, Scope
from permissions.policy_file import Draft, Services
from permissions.roster import Roster
from permissions.rules import EVERYONE, ApprovalLine, Denial, Grant, closeness, rule_for
from permissions.sheet import Sheet
from permissions.strict_yaml import Path
from permissions.wording import capital, listed, some_people

_ASKING = (Risk.CHANGE, Risk.DESTRUCTIVE)


@dataclass(frozen=True, slots=True)
class _Case:
    """One risk at one place, with the rule that holds there."""

    risk: Risk
    scope: Scope
    rule: ApprovalRule
    path: Path
    sure: bool  # False: only single permissions were granted there, of which only commands know the risk


@dataclass(frozen=True, slots=True)
class Whole:
    """The file's parts with their roles flattened."""

    draft: Draft
    roster: Roster
    services: Services

    @property
    def scopes(self) -> Iterator[Scope]:
        for service, environments in self.services.items():
            for environment, protected in environments.items():
                yield Scope(service, environment, protected)

    def granting(self, risk: Risk, scope: Scope) -> list[Grant]:
        """Grants that could let a role do something of this risk there (a permission may be of any risk)."""
        grants = (grant for _, grant in self.draft.grants)
        return [grant for grant in grants if _could(grant, risk) and grant.reaches(risk, scope)]

    def holders(self, risk: Risk, scope: Scope) -> frozenset[str]:
        """Named people who could do something of this risk there."""
        roles = [grant.role for grant in self.granting(risk, scope)]
        held = frozenset[str]().union(*(self.roster.people(role) for role in roles))
        if any(self.roster.is_open(role) for role in roles):
            held |= self.draft.people.keys()
        return held - self._denied(risk, scope)

    def _denied(self, risk: Risk, scope: Scope) -> frozenset[str]:
        denials = [d for _, d in self.draft.denials if risk in d.may.risks and d.reaches(risk, scope)]
        return frozenset[str]().union(*(self.hit_by(denial) for denial in denials))

    def hit_by(self, denial: Denial) -> frozenset[str]:
        """Named people whom a denial stops."""
        if EVERYONE in denial.roles:
            return frozenset(self.draft.people)
        people = {name for name, slack_id in self.draft.people.items() if slack_id in denial.people}
        return frozenset(people).union(*(self.in_role(role) for role in denial.roles))

    def in_role(self, role: str) -> frozenset[str]:
        """Named people in a role; all of them where it holds everyone."""
        everyone = role in self.roster.with_everyone
        return frozenset(self.draft.people) if everyone else self.roster.people(role)


def _could(grant: Grant, risk: Risk) -> bool:
    return (risk in grant.may.risks and risk not in grant.but.risks) or bool(grant.may.permissions | grant.may.scopes)


def check_whole(sheet: Sheet, whole: Whole) -> None:
    """Needs a file whose parts are valid by themselves."""
    _tell_equal_lines(sheet, whole)
    cases = list(_cases(whole))
    for case in cases:
        _check_roles(sheet, whole, case)
    _check_quorums(sheet, whole, cases)
    _warn_of_wide_denials(sheet, whole)
    _warn_of_unheld_rights(sheet, whole)
    _warn_of_lone_changes(sheet, whole, cases)
    _warn_of_unheld_glass(sheet, whole)


def _cases(whole: Whole) -> Iterator[_Case]:
    """Every place and risk that somebody was granted and that asks for approval."""
    lines = [line for _, line in whole.draft.approvals]
    paths = {line.rule.where: path for path, line in whole.draft.approvals}
    for scope in whole.scopes:
        for risk in _ASKING:
            rule = rule_for(whole.draft.preset, lines, risk, scope)
            granting = whole.granting(risk, scope)
            sure = any(risk in grant.may.risks for grant in granting)
            if rule is not None and (sure or (granting and risk is Risk.CHANGE)):
                yield _Case(risk, scope, rule, paths.get(rule.where, ("preset",)), sure)
            for permission in _named_in(lines):
                own = rule_for(whole.draft.preset, lines, risk, scope, permission)
                given = any(grant.may.cover(permission, risk) for grant in granting)
                if own is not None and own != rule and given:
                    yield _Case(risk, scope, own, paths[own.where], sure=True)


def _named_in(lines: Iterable[ApprovalLine]) -> list[Permission]:
    """What lines single out; for the first half of a permission one that has it."""
    named = [line.may for line in lines if line.may is not None]
    found = {Permission(one) for may in named for one in (*may.permissions, *(f"{half}:any" for half in may.scopes))}
    return sorted(found)


def _tell_equal_lines(sheet: Sheet, whole: Whole) -> None:
    """Two lines that speak equally closely of one place would make the order of lines decide."""
    told: set[tuple[Path, Path]] = set()
    for scope in whole.scopes:
        for risk in _ASKING:
            pair = _rivals(whole.draft.approvals, risk, scope)
            if pair and pair not in told:
                told.add(pair)
                what = f"this line and line {sheet.line_of(pair[0])} both speak of {risk} in {scope}."
                remedy = f"Keep one, or write in: {scope.service}/{scope.environment}."
                sheet.wrong(pair[1], what, remedy)


def _rivals(approvals: tuple[tuple[Path, ApprovalLine], ...], risk: Risk, scope: Scope) -> tuple[Path, Path] | None:
    near = [(closeness(line, scope), path, line.may) for path, line in approvals if line.risk is risk]
    for (fit, path, may), (other_fit, other_path, other_may) in combinations(near, 2):
        closer = any(one > fit and (may is None) == (its is None) for one, _, its in near)
        same = may is other_may or (may is not None and other_may is not None and may.share(other_may))
        if fit and fit == other_fit and same and (may is not None or not closer):
            return path, other_path
    return None


def _check_roles(sheet: Sheet, whole: Whole, case: _Case) -> None:
    """The roles that must answer exist and are not empty."""
    if not case.rule.need:
        return
    tell = sheet.wrong if case.sure else sheet.warn
    for role in filter(None, (case.rule.from_role, case.rule.including)):
        if role not in whole.roster.flat:
            what = f"{_named(case)} asks the role '{role}', which is not in this file."
            tell(case.path, what, f"Add it under roles, or write an approvals line for {case.risk}.")
        elif whole.roster.is_empty(role):
            tell(case.path, f"{_named(case)} asks the role '{role}', which is empty.", "Put people in it.")
    if not case.rule.from_role:
        what = f"{_named(case)} needs {some_people(case.rule.need)}, but names no role to ask."
        tell(case.path, what, "Add from: operator, or another role.")


def _check_quorums(sheet: Sheet, whole: Whole, cases: list[_Case]) -> None:
    """Each rule once, for the first place where it cannot be met."""
    told: set[tuple[Path, Risk]] = set()
    for case in cases:
        key = (case.path, case.risk)
        if key not in told and _check_quorum(sheet, whole, case):
            told.add(key)


def _check_quorum(sheet: Sheet, whole: Whole, case: _Case) -> bool:
    rule = case.rule
    roles = [role for role in (rule.from_role, rule.including) if role]
    if not rule.need or not rule.from_role or any(whole.roster.is_empty(role) for role in roles):
        return False
    if any(whole.roster.is_open(role) for role in roles):
        return False
    able = whole.holders(case.risk, case.scope)
    eligible = whole.roster.people(rule.from_role) & able
    if len(eligible) < rule.need or (rule.including and not whole.roster.people(rule.including) & eligible):
        what = f"{_named(case)} needs {some_people(rule.need)} {_from(rule)}, but {_who(eligible)} could approve it."
        tell = sheet.wrong if case.sure else sheet.warn
        tell(case.path, what, "Give more people the role and the right, ask another role, or need fewer.")
        return True
    stuck = sorted(name for name in able if not _answerable(whole, rule, eligible - {name}))
    if not stuck:
        return False
    told = "anybody" if set(stuck) == able else listed([capital(name) for name in stuck], "or")
    what = f"{_named(case)}: when {told} asks, too few others {_from(rule)} are left to answer."
    sheet.warn(case.path, what, "Give one more person the role, or ask a wider one.")
    return True


def _answerable(whole: Whole, rule: ApprovalRule, others: frozenset[str]) -> bool:
    enough = len(others) >= rule.need
    return enough and (not rule.including or bool(whole.roster.people(rule.including) & others))


def _named(case: _Case) -> str:
    by_preset = case.rule.where.startswith("preset")
    return f"{case.risk} in {case.scope}" + (f" ({case.rule.where})" if by_preset else "")


def _from(rule: ApprovalRule) -> str:
    return f"from '{rule.from_role}'" + (f" (one of them from '{rule.including}')" if rule.including else "")


def _who(names: frozenset[str]) -> str:
    return f"only {listed([capital(name) for name in sorted(names)], 'and')}" if names else "nobody"


def _warn_of_wide_denials(sheet: Sheet, whole: Whole) -> None:
    """A denial on a role reaches the roles inside it, also those who are to clear up."""
    for path, denial in whole.draft.denials:
        direct = frozenset(
            name for role in denial.roles if role in whole.draft.members for name in whole.draft.members[role].people
        )
        chosen = {name for name, slack_id in whole.draft.people.items() if slack_id in denial.people}
        hit = sorted((whole.hit_by(denial) & _admins(whole)) - direct - chosen)
        if hit:
            names = listed([capital(name) for name in hit], "and")
            roles = listed([f"'{role}'" for role in sorted(denial.roles)], "and")
            what = f"this denial also hits {names}, who are in {roles} through another role."
            sheet.warn(path, what, "If that is not meant, name people instead of the role.")


def _admins(whole: Whole) -> frozenset[str]:
    """Those in the role 'admin', and all who were granted what is destructive."""
    roles = {"admin"} | {grant.role for _, grant in whole.draft.grants if Risk.DESTRUCTIVE in grant.may.risks}
    return frozenset[str]().union(*(whole.roster.people(role) for role in roles))


def _warn_of_unheld_rights(sheet: Sheet, whole: Whole) -> None:
    for path, grant in whole.draft.grants:
        if whole.roster.is_empty(grant.role):
            sheet.warn(path, f"nobody holds this: the role '{grant.role}' is empty.", "Put people in it, or drop it.")


def _warn_of_lone_changes(sheet: Sheet, whole: Whole, cases: list[_Case]) -> None:
    """A line of the file that lets one person alone change what is protected."""
    lone = [c for c in cases if c.scope.protected and not c.rule.need and c.path != ("preset",)]
    for path, group in groupby(lone, key=lambda case: case.path):
        first = next(group)
        what = f"one person alone may start {first.risk} in {first.scope}, which is protected."
        sheet.warn(path, what, "Write need: 1 if somebody else should look.")


def _warn_of_unheld_glass(sheet: Sheet, whole: Whole) -> None:
    """A way out at night that nobody can take, or that everybody can."""
    for role in sorted(whole.draft.glass.roles) if whole.draft.glass else ():
        if whole.roster.is_empty(role):
            sheet.warn(
                ("break_glass",), f"nobody can break the glass: the role '{role}' is empty.", "Put people in it."
            )
        elif whole.roster.is_open(role):
            what = f"whoever is in '{role}' can break the glass, and only Slack knows who that is."
            sheet.warn(("break_glass",), what, "Name a role of people.")
