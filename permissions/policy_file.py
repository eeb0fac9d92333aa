"""Turns the text of policy.yml into its parts, telling every unknown word with its line. Pure: the text comes in."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from permissions.decision import ApprovalRule, Confirm
from permissions.hours import EXAMPLE, Hours, read_hours
from permissions.model import KNOWN_SCOPES, Permission, Risk, scope_of
from permissions.oncall import EXAMPLE as HANDOVER
from permissions.oncall import FIRST_WEEK, OnCall
from permissions.presets import DEFAULT_PRESET, PLAN_CARD, PRESETS
from permissions.problem import did_you_mean
from permissions.rules import EVERYONE, PROTECTED, ApprovalLine, Denial, Glass, Grant, Places, Rights
from permissions.sheet import Name, Sheet
from permissions.strict_yaml import Path, Plain
from permissions.terminal import read_logins

Services = Mapping[str, Mapping[str, bool]]  # service → environment → protected

GRANT_KEYS = ("role", "may", "except", "in", "hours", "channels")
DENIAL_KEYS = ("people", "roles", "may", "in", "because")
APPROVAL_KEYS = ("risk", "may", "in", "need", "from", "including", "answer", "alone_after", "backup_first", "confirm")
GLASS_KEYS = ("roles", "in")
ONCALL_KEYS = ("rotation", "handover", "since")
SECTIONS = (
    "preset",
    "people",
    "roles",
    "trust_groups",
    "oncall",
    "grants",
    "denials",
    "approvals",
    "terminal",
    "break_glass",
    "shared_channels",
)
_GRANT = "{role: operator, may: [record, change], in: [shop]}"
_DENIAL = "{people: [dev], may: [change], in: [shop/production], because: trainee until March}"
_APPROVAL = "{risk: change, in: production, need: 1, from: operator, answer: 15m}"
_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,20}")
_GROUP_ID = re.compile(r"S[A-Z0-9]{2,20}")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{2,20}")
_NAME = re.compile(r"[^\W_][\w.-]{0,39}")
_HANDOVER = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01][0-9]|2[0-3]):[0-5][0-9] (UTC|[A-Z]\w+(/[\w+-]+)+)")
_LONGEST_ANSWER = timedelta(days=7)
_CONFIRMS: Mapping[str, Confirm] = {"none": "none", "button": "button", "typed": "typed"}


@dataclass(frozen=True, slots=True)
class Members:
    """One role as written: who stands in its own line."""

    people: frozenset[str] = frozenset()  # names
    roles: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The file's parts, each valid by itself; `policy_check.py` looks at them together."""

    preset: str
    people: Mapping[str, str]
    members: Mapping[str, Members]
    grants: tuple[tuple[Path, Grant], ...]
    denials: tuple[tuple[Path, Denial], ...]
    approvals: tuple[tuple[Path, ApprovalLine], ...]
    oncall: OnCall | None
    terminal: Mapping[str, tuple[str, ...]]
    glass: Glass | None
    shared_channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """The words that a policy may use."""

    services: Services
    permissions: Collection[Permission]
    people: Mapping[str, str] = field(default_factory=dict)
    roles: Collection[str] = ()

    @property
    def environments(self) -> frozenset[str]:
        return frozenset(name for environments in self.services.values() for name in environments)

    @property
    def pairs(self) -> frozenset[str]:
        return frozenset(f"{s}/{e}" for s, environments in self.services.items() for e in environments)


def read_parts(sheet: Sheet, services: Services, permissions: Collection[Permission]) -> Draft:
    """Every part of the file; what is wrong in it lies in the sheet's problems afterwards."""
    sheet.mapping((), SECTIONS, "roles: {admin: [ana]}")
    sheet.flag(("trust_groups",))
    _demand(sheet)
    people = _people(sheet)
    roles = frozenset(sheet.mapping(("roles",), None, "{admin: [ana], viewer: everyone}"))
    known = Known(services, permissions, people, roles)
    members = {role: _members(sheet, role, known) for role in sorted(roles)}
    preset = _preset(sheet)
    return Draft(
        preset,
        people,
        members,
        tuple(_grants(sheet, known)),
        tuple(_denials(sheet, known)),
        tuple(_approvals(sheet, known, preset)),
        _oncall(sheet, known),
        read_logins(sheet, people),
        _glass(sheet, known),
        _channels(sheet, ("shared_channels",)),
    )


def _demand(sheet: Sheet) -> None:
    for section, example in (("people", "{ana: U0ANA}"), ("roles", "{admin: [ana]}"), ("grants", f"[{_GRANT}]")):
        if not sheet.at((section,)):
            sheet.wrong((section,), f"'{section}' is missing: nobody may do anything.", f"Add {section}: {example}.")


def _preset(sheet: Sheet) -> str:
    name = sheet.text(("preset",)) or DEFAULT_PRESET
    if name in PRESETS:
        return name
    sheet.wrong(("preset",), f"'{name}' is not a preset.", did_you_mean(name, PRESETS))
    return DEFAULT_PRESET


# People and roles


def _people(sheet: Sheet) -> dict[str, str]:
    people: dict[str, str] = {}
    owners: dict[str, str] = {}
    for name, slack_id in sheet.mapping(("people",), None, "{ana: U0ANA}").items():
        path = ("people", name)
        people[name] = slack_id if isinstance(slack_id, str) else ""
        _check_name(sheet, path, name, "person")
        if not _SLACK_ID.fullmatch(people[name]):
            remedy = "In Slack, open the profile, then ⋮ and Copy member ID: it looks like U0ANA12BC."
            sheet.wrong(path, f"'{slack_id or ''}' is not a Slack member id (for {name}).", remedy)
        elif people[name] in owners:
            other = owners[people[name]]
            sheet.wrong(path, f"{name} and {other} have the same Slack id {people[name]}.", "Keep one name a person.")
        owners[people[name]] = name
    return people


def _check_name(sheet: Sheet, path: Path, name: str, what: str) -> None:
    if name == EVERYONE:
        sheet.wrong(path, f"'{EVERYONE}' stands for all members and cannot name a {what}.", "Choose another name.")
    elif not _NAME.fullmatch(name):
        sheet.wrong(path, f"'{name}' cannot name a {what}.", "Use letters, digits, '.', '-' and '_', at most 40.")


def _members(sheet: Sheet, role: str, known: Known) -> Members:
    path = ("roles", role)
    _check_name(sheet, path, role, "role")
    if role in known.people:
        sheet.wrong(path, f"'{role}' is a person and a role.", "Give one of them another name.")
    names = sheet.names(path)
    for name, spot in names:
        _check_member(sheet, spot, name, known)
    words = {name for name, _ in names}
    return Members(
        frozenset(words & known.people.keys()),
        tuple(name for name, _ in names if name in known.roles and name not in known.people),
        frozenset(word for word in words - known.people.keys() - set(known.roles) if _GROUP_ID.fullmatch(word)),
        EVERYONE in words,
    )


def _check_member(sheet: Sheet, spot: Path, name: str, known: Known) -> None:
    if name in known.people or name in known.roles or name == EVERYONE:
        return
    if _GROUP_ID.fullmatch(name):
        if sheet.at(("trust_groups",)) is not True:
            why = f"'{name}' is a user group, which in some workspaces any member may edit."
            sheet.wrong(spot, why, "Name its people, or set trust_groups: true.")
    elif _SLACK_ID.fullmatch(name):
        sheet.wrong(spot, f"'{name}' is a Slack id.", f"Give it a name under people, like {{ana: {name}}}.")
    else:
        near = did_you_mean(name, [*known.people, *known.roles, EVERYONE])
        sheet.wrong(spot, f"'{name}' is neither a person nor a role.", near)


# Grants and denials


def _grants(sheet: Sheet, known: Known) -> Iterator[tuple[Path, Grant]]:
    for path, entry in sheet.entries("grants", GRANT_KEYS, _GRANT):
        role = sheet.text((*path, "role"))
        if role:
            _check_role(sheet, (*path, "role"), role, known)
        elif "role" not in entry:
            sheet.wrong(path, "this grant names no role.", f"Write it like {_GRANT}.")
        may = _rights(sheet, path, "may", entry, known)
        but = _rights(sheet, path, "except", entry, known)
        places = _places(sheet, path, entry, known)
        channels = _channels(sheet, (*path, "channels"))
        yield path, Grant(role, may, but, places, sheet.where(path), _hours(sheet, path), channels)


def _hours(sheet: Sheet, path: Path) -> tuple[Hours, ...]:
    found = []
    for text, spot in _some(sheet, (*path, "hours"), f'hours: "{EXAMPLE}"'):
        hours = read_hours(text)
        if isinstance(hours, Hours):
            found.append(hours)
        else:
            sheet.wrong(spot, f"'{text}' is not a time of the week.", hours)
    return tuple(found)


def _channels(sheet: Sheet, path: Path) -> frozenset[str]:
    names = _some(sheet, path, f"{path[-1]}: [C0SHOPOPS]")
    for name, spot in names:
        if not _CHANNEL_ID.fullmatch(name):
            remedy = "Write the channel's id, like C0SHOPOPS: in Slack, open the channel's details."
            sheet.wrong(spot, f"'{name}' is not the id of a channel.", remedy)
    return frozenset(name for name, _ in names)


def _some(sheet: Sheet, path: Path, example: str) -> list[Name]:
    """The names there; an entry that is written but empty must not widen the grant in silence."""
    names = sheet.names(path)
    if not names and sheet.has(path):
        sheet.wrong(path, f"'{path[-1]}' is empty.", f"Write it like {example}, or leave it out.")
    return names


def _denials(sheet: Sheet, known: Known) -> Iterator[tuple[Path, Denial]]:
    for path, entry in sheet.entries("denials", DENIAL_KEYS, _DENIAL):
        people = list(_named(sheet, (*path, "people"), known.people, "person"))
        roles = list(_named(sheet, (*path, "roles"), [*known.roles, EVERYONE], "role"))
        if not people and not roles:
            sheet.wrong(path, "this denial names neither people nor roles.", f"Write it like {_DENIAL}.")
        if "because" not in entry:
            sheet.wrong(path, "this denial does not say why.", "Add because: …; whom it stops will read it.")
        yield (
            path,
            Denial(
                frozenset(known.people[name] for name in people if name in known.people),
                frozenset(roles),
                _rights(sheet, path, "may", entry, known),
                _places(sheet, path, entry, known),
                sheet.text((*path, "because")),
                sheet.where(path),
            ),
        )


def _check_role(sheet: Sheet, path: Path, role: str, known: Known) -> None:
    if role not in known.roles:
        remedy = "Make a role with this person in it." if role in known.people else did_you_mean(role, known.roles)
        sheet.wrong(path, f"'{role}' is not a role.", remedy)


def _named(sheet: Sheet, path: Path, known: Collection[str], what: str) -> Iterator[str]:
    for name, spot in sheet.names(path):
        if name not in known:
            sheet.wrong(spot, f"'{name}' is not a {what}.", did_you_mean(name, known))
        yield name


def _rights(sheet: Sheet, path: Path, key: str, entry: Mapping[str, Plain], known: Known) -> Rights:
    names = sheet.names((*path, key))
    if sheet.at((*path, key)) in (None, []) and (key == "may" or key in entry):
        sheet.wrong(
            (*path, key), f"'{key}' names nothing.", "Write risks or permissions, like [read, deploy:rollback]."
        )
    for word, spot in names:
        _check_right(sheet, spot, word, known)
    words = {word for word, _ in names}
    risks = frozenset(risk for risk in Risk if risk in words)
    permissions = frozenset(word for word in words if ":" in word)
    return Rights(risks, permissions, frozenset(words - permissions - risks))


def _check_right(sheet: Sheet, spot: Path, word: str, known: Known) -> None:
    installed = {scope_of(permission) for permission in known.permissions}
    scope, colon, action = word.partition(":")
    if not colon and (word in installed or word in KNOWN_SCOPES or word in list(Risk)):
        return
    later = scope in KNOWN_SCOPES - installed and action not in ("", "*")
    if colon and (word in known.permissions or later):
        return
    if "*" in word:
        remedy = f"Write '{scope}' for all of it." if scope not in ("", "*") else "Name the risks: [read, record]."
    elif colon and scope in installed:
        remedy = did_you_mean(word, [name for name in known.permissions if scope_of(name) == scope])
    else:
        remedy = did_you_mean(word, [*Risk, *known.permissions, *installed, *KNOWN_SCOPES])
    sheet.wrong(spot, f"'{word}' is neither a risk nor a permission.", remedy)


def _places(sheet: Sheet, path: Path, entry: Mapping[str, Plain], known: Known) -> Places | None:
    if "in" not in entry:
        return None
    names = sheet.names((*path, "in"))
    if not names:
        sheet.wrong((*path, "in"), "'in' names no place.", "Leave it out to mean everywhere.")
    for name, spot in names:
        _check_place(sheet, spot, name, known)
    words = {name for name, _ in names}
    return Places(
        frozenset(words & known.services.keys()),
        frozenset(words & known.environments),
        frozenset((s, e) for s, slash, e in (word.partition("/") for word in words) if slash),
        PROTECTED in words,
    )


def _check_place(sheet: Sheet, spot: Path, name: str, known: Known) -> None:
    if name in known.services and name in known.environments:
        sheet.wrong(spot, f"'{name}' is a service and an environment.", "Write service/environment.")
    elif name not in {PROTECTED, *known.services, *known.environments, *known.pairs}:
        words = known.pairs if "/" in name else {PROTECTED, *known.services, *known.environments}
        what = "a place" if "/" in name else "a service or an environment"
        sheet.wrong(spot, f"'{name}' is not {what} of the catalog.", did_you_mean(name, words))


# Approvals and on-call


def _approvals(sheet: Sheet, known: Known, preset: str) -> Iterator[tuple[Path, ApprovalLine]]:
    for path, entry in sheet.entries("approvals", APPROVAL_KEYS, _APPROVAL):
        risk = _approval_risk(sheet, path)
        places = _places(sheet, path, entry, known)
        if risk is not None:
            rule = _rule(sheet, path, known, PRESETS[preset][risk, True])
            rule = replace(rule, confirm=_confirm(sheet, path, risk, rule.need))
            yield path, ApprovalLine(risk, places, rule, _singled_out(sheet, path, entry, known))


def _singled_out(sheet: Sheet, path: Path, entry: Mapping[str, Plain], known: Known) -> Rights | None:
    """The permissions for which alone the line holds."""
    if "may" not in entry:
        return None
    rights = _rights(sheet, path, "may", entry, known)
    if rights.risks:
        sheet.wrong((*path, "may"), "the line has its risk already.", "Name permissions here, like status:post.")
    return rights


def _approval_risk(sheet: Sheet, path: Path) -> Risk | None:
    risk = sheet.text((*path, "risk"))
    if risk in (Risk.CHANGE, Risk.DESTRUCTIVE):
        return Risk(risk)
    if risk in (Risk.READ, Risk.RECORD):
        sheet.wrong((*path, "risk"), f"'{risk}' happens at once and asks nobody.", "Use change or destructive.")
    else:
        remedy = did_you_mean(risk, [Risk.CHANGE, Risk.DESTRUCTIVE])
        sheet.wrong((*path, "risk"), f"'{risk}' is not a risk that asks for approval.", remedy)
    return None


def _rule(sheet: Sheet, path: Path, known: Known, usual: ApprovalRule) -> ApprovalRule:
    """The line's rule; what it leaves out is the preset's, but for the path alone, which must be written."""
    need = sheet.count((*path, "need"), most=20)
    need = usual.need if need is None else need
    answer = sheet.duration((*path, "answer"))
    alone_after = sheet.duration((*path, "alone_after"))
    backup_first = sheet.flag((*path, "backup_first"))
    _check_times(sheet, path, answer or usual.answer, alone_after)
    return replace(
        usual,
        need=need,
        from_role=_asked_role(sheet, path, "from", known) or usual.from_role if need else "",
        including=_asked_role(sheet, path, "including", known) or None if need else None,
        answer=answer or (usual.answer if need else PLAN_CARD),
        alone_after=alone_after,
        backup_first=usual.backup_first if backup_first is None else backup_first,
        hold=None if need else usual.hold,
        where=sheet.where(path),
    )


def _asked_role(sheet: Sheet, path: Path, key: str, known: Known) -> str:
    role = sheet.text((*path, key))
    if role:
        _check_role(sheet, (*path, key), role, known)
    return role


def _check_times(sheet: Sheet, path: Path, answer: timedelta, alone_after: timedelta | None) -> None:
    if answer > _LONGEST_ANSWER:
        sheet.wrong((*path, "answer"), "a request may wait for an answer for at most 7 days.", "Write 7d or less.")
    if alone_after is not None and alone_after >= answer:
        remedy = "Make alone_after shorter than answer."
        sheet.wrong((*path, "alone_after"), "the request would expire before one may go on alone.", remedy)


def _confirm(sheet: Sheet, path: Path, risk: Risk, need: int) -> Confirm:
    """Where nobody else is asked there is always a click: a change never starts by itself."""
    word = sheet.text((*path, "confirm"))
    if not word:
        return "none" if need else "typed" if risk is Risk.DESTRUCTIVE else "button"
    if word not in _CONFIRMS:
        sheet.wrong((*path, "confirm"), f"'{word}' is not a way to confirm.", did_you_mean(word, _CONFIRMS))
    elif word == "none" and not need:
        what = "nobody is asked and nothing is confirmed: it would start by itself."
        sheet.wrong((*path, "confirm"), what, "Use button or typed, or need: 1.")
    return _CONFIRMS.get(word, "button")


def _oncall(sheet: Sheet, known: Known) -> OnCall | None:
    entry = sheet.mapping(("oncall",), ONCALL_KEYS, "{rotation: [ana, ben], handover: Mon 10:00 UTC}")
    if not entry:
        return None
    names = list(_named(sheet, ("oncall", "rotation"), known.people, "person"))
    rotation = tuple(known.people[name] for name in names if name in known.people)
    return OnCall(rotation, _handover(sheet), _since(sheet))


def _handover(sheet: Sheet) -> str:
    path = ("oncall", "handover")
    text = " ".join(sheet.text(path).split())
    if text and not _HANDOVER.fullmatch(text):
        sheet.wrong(path, f"'{text}' is not a weekly time with its zone.", f"Write it like {HANDOVER}.")
        return ""
    if text and not _is_zone(text.split()[2]):
        remedy = "Write one like Europe/London, or UTC."
        sheet.wrong(path, f"this machine knows no time zone '{text.split()[2]}'.", remedy)
        return ""
    return text


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _glass(sheet: Sheet, known: Known) -> Glass | None:
    path: Path = ("break_glass",)
    entry = sheet.mapping(path, GLASS_KEYS, "{roles: [admin]}")
    if not entry:
        return None
    roles = frozenset(_named(sheet, (*path, "roles"), known.roles, "role"))
    if not roles:
        sheet.wrong(path, "'break_glass' names no role.", "Write it like {roles: [admin]}, or leave it out.")
    return Glass(roles, _places(sheet, path, entry, known), sheet.where(path))


def _since(sheet: Sheet) -> date:
    text = sheet.text(("oncall", "since"))
    try:
        return date.fromisoformat(text) if text else FIRST_WEEK
    except ValueError:
        sheet.wrong(("oncall", "since"), f"'{text}' is not a day.", "Write it like 2026-11-23.")
        return FIRST_WEEK
