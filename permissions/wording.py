"""How permissions, rights, roles and places are said in plain words. Pure; escaping is done where text leaves."""

import re
from collections.abc import Iterable
from datetime import timedelta

from permissions.model import (
    APPROVAL_VOTE,
    AUDIT_READ,
    BACKUP_CREATE,
    BACKUP_READ,
    BACKUP_RESTORE,
    BACKUP_VERIFY,
    DEPLOY_ROLLBACK,
    FREEZE_READ,
    FREEZE_SET,
    HEALTH_READ,
    INCIDENT_OPEN,
    INCIDENT_READ,
    INCIDENT_UPDATE,
    OPS_READ,
    POLICY_READ,
    POSTMORTEM_WRITE,
    RUN_CANCEL,
    RUN_READ,
    RUN_SETTLE,
    STATUS_POST,
    TIMELINE_READ,
    TIMELINE_WRITE,
    WEBHOOK_REPLAY,
    Permission,
    Risk,
    Scope,
)
from permissions.rules import Grant, Places, Rights

WORDS: dict[Permission, str] = {
    APPROVAL_VOTE: "vote on requests for",
    AUDIT_READ: "read the audit log of",
    BACKUP_CREATE: "back up",
    BACKUP_READ: "look at the backups of",
    BACKUP_RESTORE: "restore a backup of",
    BACKUP_VERIFY: "verify the backups of",
    DEPLOY_ROLLBACK: "roll back",
    FREEZE_READ: "look at the freezes of",
    FREEZE_SET: "freeze",
    HEALTH_READ: "look at the health of",
    INCIDENT_OPEN: "open an incident for",
    INCIDENT_READ: "look at the incidents of",
    INCIDENT_UPDATE: "lead the incidents of",
    OPS_READ: "see the commands for",
    POLICY_READ: "read the permissions for",
    POSTMORTEM_WRITE: "write the post-mortems of",
    RUN_CANCEL: "cancel runs on",
    RUN_READ: "look at the runs on",
    RUN_SETTLE: "settle runs on",
    STATUS_POST: "tell people outside about",
    TIMELINE_READ: "read the timeline of",
    TIMELINE_WRITE: "write in the timeline of",
    WEBHOOK_REPLAY: "replay webhooks to",
}

_RISKS = {
    Risk.READ: "look",
    Risk.RECORD: "keep records",
    Risk.CHANGE: "change",
    Risk.DESTRUCTIVE: "do what is destructive",
}
_HANGING = re.compile(r" (of|for|on|to|about)$")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff]")


def describe(permission: Permission) -> str:
    """`roll back`, `replay webhooks to`: the words before a place."""
    return WORDS.get(permission) or f"use '{permission}' on"


def deed(permission: Permission) -> str:
    """`roll back`, `replay webhooks`: the words without a place."""
    return _HANGING.sub("", describe(permission))


def doing(permission: Permission, scope: Scope) -> str:
    """`roll back shop production`; without a place `look at the runs`."""
    place = str(scope)
    return f"{describe(permission)} {place}" if place else deed(permission)


def printable(name: str) -> str:
    """A name from Slack, on one line and without characters that could pass for something else."""
    return " ".join(_UNPRINTABLE.sub("", " ".join(name.split())).split())[:60] or "Somebody"


def capital(name: str) -> str:
    """A name of the policy as a sentence shows it: ana → Ana."""
    return name[:1].upper() + name[1:]


def listed(items: list[str], last: str) -> str:
    """Ana, Ben or Chi."""
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def some_people(count: int, other: str = "") -> str:
    return f"{count} {other}{'person' if count == 1 else 'people'}"


def others(count: int, role: str) -> str:
    """1 other operator, 2 other operators."""
    plural = members(role)
    if plural.startswith("people in"):
        return f"{some_people(count, 'other ')} in {role}"
    return f"{count} other {role if count == 1 else plural}"


def span(length: timedelta) -> str:
    """A duration of the policy, as it was meant: 90 s, 15 min, 24 h."""
    seconds = round(length.total_seconds())
    for unit, word in ((3600, "h"), (60, "min")):
        if seconds % unit == 0 and seconds > unit:
            return f"{seconds // unit} {word}"
    return f"{seconds} s"


def members(role: str) -> str:
    """viewer → viewers; a name that has no plain plural keeps its form."""
    return f"{role}s" if role.isalpha() and not role.endswith(("s", "y", "x", "ch", "sh")) else f"people in {role}"


def rights(granted: Iterable[Rights]) -> str:
    """All that some grants give: look, keep records and change."""
    granted = list(granted)
    risks = [_RISKS[risk] for risk in Risk if any(risk in right.risks for right in granted)]
    named = sorted({f"'{word}'" for right in granted for word in right.permissions | right.scopes})
    return listed([*risks, *([f"use {listed(named, 'and')}"] if named else [])], "and")


def places(where: Places) -> str:
    """shop, shop production or protected environments."""
    named = [*sorted(where.services), *sorted(where.environments)]
    pairs = [f"{service} {environment}" for service, environment in sorted(where.pairs)]
    return listed([*named, *pairs, *(["protected environments"] if where.protected else [])], "or")


def grant_words(granted: Grant) -> str:
    """operators may keep records and change in shop."""
    where = f" in {places(granted.places)}" if granted.places else ""
    only = f" {conditions(granted)}" if granted.hours or granted.channels else ""
    return f"{members(granted.role)} may {rights([granted.may])}{where}{only}"


def conditions(granted: Grant) -> str:
    """Mon-Fri 09:00-18:00 Europe/London in the channel C0SHOPOPS."""
    hours = listed([hours.text for hours in granted.hours], "or")
    names = sorted(granted.channels)
    channels = f"in the channel{'s' * (len(names) > 1)} {listed(names, 'or')}" if names else ""
    return " ".join(part for part in (hours, channels) if part)
