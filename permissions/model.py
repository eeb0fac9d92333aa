"""The words of the permission layer: who asks, for what, how risky, where. Pure values; deciding is `decide.py`'s."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType


class Risk(StrEnum):
    """How much a mistake would cost; the verb declares it, and a plan may raise it."""

    READ = "read"
    RECORD = "record"
    CHANGE = "change"
    DESTRUCTIVE = "destructive"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    @property
    def harmless(self) -> bool:
        """Looks, or writes only our own records: happens at once everywhere."""
        return self in (Risk.READ, Risk.RECORD)


_RANKS = {risk: rank for rank, risk in enumerate(Risk)}

Permission = NewType("Permission", str)
"""`scope:action`. One line each, alphabetical; a new command adds its line here and its words in `wording.py`."""

APPROVAL_VOTE = Permission("approval:vote")
AUDIT_READ = Permission("audit:read")
BACKUP_CREATE = Permission("backup:create")
BACKUP_READ = Permission("backup:read")
BACKUP_RESTORE = Permission("backup:restore")
BACKUP_VERIFY = Permission("backup:verify")
DEPLOY_ROLLBACK = Permission("deploy:rollback")
FREEZE_READ = Permission("freeze:read")
FREEZE_SET = Permission("freeze:set")
HEALTH_READ = Permission("health:read")
INCIDENT_OPEN = Permission("incident:open")
INCIDENT_READ = Permission("incident:read")
INCIDENT_UPDATE = Permission("incident:update")
OPS_READ = Permission("ops:read")
POLICY_READ = Permission("policy:read")
POSTMORTEM_WRITE = Permission("postmortem:write")
RUN_CANCEL = Permission("run:cancel")
RUN_READ = Permission("run:read")
RUN_SETTLE = Permission("run:settle")
STATUS_POST = Permission("status:post")
TIMELINE_READ = Permission("timeline:read")
TIMELINE_WRITE = Permission("timeline:write")
WEBHOOK_REPLAY = Permission("webhook:replay")

ALL: frozenset[Permission] = frozenset(
    {
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
    }
)

_SCOPES = """
approval audit backup billing cache checklist db deploy env errors freeze health incident logs maintenance metrics
migrate oncall ops policy postmortem queue releases restart run runbook scale script security status storage timeline
webhook
"""
KNOWN_SCOPES = frozenset(_SCOPES.split())
"""First halves that a policy may name, also before the command that uses them is installed."""


def scope_of(permission: str) -> str:
    """The first half: `deploy` of `deploy:rollback`."""
    return permission.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as Slack describes them; identity is the id and the team together, never the name."""

    id: str
    team_id: str
    name: str
    is_guest: bool = False
    is_deactivated: bool = False
    is_bot: bool = False
    known: bool = True  # False: Slack's facts about the person are missing
    checked_at: datetime | None = None
    groups: frozenset[str] = frozenset()  # ids of user groups (S…); count only with trust_groups
    zone: str = ""  # their time zone, as “Europe/Berlin”; decides nothing


@dataclass(frozen=True, slots=True)
class Scope:
    """Where. None = not about one: `/audit` has no service, `/releases shop` no environment."""

    service: str | None
    environment: str | None
    protected: bool = True
    channel: str | None = None

    @property
    def complete(self) -> bool:
        return self.service is not None and self.environment is not None

    def __str__(self) -> str:
        return " ".join(part for part in (self.service, self.environment) if part)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is being decided."""

    person: Person
    permission: Permission
    risk: Risk
    scope: Scope
    at: datetime | None = None  # when; None: a grant that holds only at certain hours does not hold
