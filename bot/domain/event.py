"""Events: what happened, written once; audit log, timeline and progress message are projections of them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.json import JsonObject
from bot.domain.run import RunId

_NEWER = "of a newer version"


class Kind(StrEnum):
    """Every fact we record, `subject.action`; retired kinds stay listed as comments."""

    REQUEST_PARTIAL = "request.partial"
    REQUEST_RECEIVED = "request.received"
    REQUEST_REFUSED = "request.refused"
    REQUEST_REPEATED = "request.repeated"
    REQUEST_WITHDRAWN = "request.withdrawn"
    DECISION_MADE = "decision.made"
    PLAN_MADE = "plan.made"
    PLAN_FAILED = "plan.failed"
    PLAN_DRIFTED = "plan.drifted"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_CHANGED = "approval.changed"
    APPROVAL_ESCALATED = "approval.escalated"
    APPROVAL_STOPPED = "approval.stopped"
    APPROVAL_ALONE_OFFERED = "approval.alone_offered"
    APPROVAL_ALONE = "approval.alone"
    APPROVAL_BROKEN_GLASS = "approval.broken_glass"
    APPROVAL_GRANTED = "approval.granted"
    APPROVAL_DENIED = "approval.denied"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_VOIDED = "approval.voided"
    VOTE_CAST = "vote.cast"
    VOTE_REFUSED = "vote.refused"
    LOCK_WAITED = "lock.waited"
    LOCK_TAKEN = "lock.taken"
    LOCK_FREED = "lock.freed"
    LOCK_HANDED_OVER = "lock.handed_over"
    LOCK_TURN_GIVEN = "lock.turn_given"
    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_ENDED = "run.ended"
    RUN_CANCEL_ASKED = "run.cancel_asked"
    RUN_SETTLED = "run.settled"
    REVIEW_ASKED = "review.asked"
    REVIEW_DONE = "review.done"
    STEP_STARTED = "step.started"
    STEP_PROGRESSED = "step.progressed"
    STEP_ENDED = "step.ended"
    FREEZE_SET = "freeze.set"
    FREEZE_ENDING = "freeze.ending"
    FREEZE_ENDED = "freeze.ended"
    FREEZE_LIFTED = "freeze.lifted"
    RUN_FROZEN = "run.frozen"
    RUN_THAWED = "run.thawed"
    HEALTH_CHANGED = "health.changed"
    WEBHOOK_RECEIVED = "webhook.received"
    DEPLOY_SEEN = "deploy.seen"
    VENDOR_CHANGED = "vendor.changed"
    SCHEDULE_MISSED = "schedule.missed"
    POLICY_CHANGED = "policy.changed"
    POLICY_REFUSED = "policy.refused"
    AUDIT_EXPORTED = "audit.exported"
    BOT_STARTED = "bot.started"
    BOT_STOPPED = "bot.stopped"
    BOT_AWAY = "bot.away"
    REPORT_WEEKLY = "report.weekly"
    TELLING_FAILED = "telling.failed"
    RETENTION_REMOVED = "retention.removed"
    SLACK_REVOKED = "slack.revoked"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_PLACED = "incident.placed"
    INCIDENT_STATE_CHANGED = "incident.state_changed"
    INCIDENT_SEVERITY_CHANGED = "incident.severity_changed"
    INCIDENT_ROLE_CHANGED = "incident.role_changed"
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_ASKED = "incident.asked"
    INCIDENT_UPDATED = "incident.updated"
    INCIDENT_MERGED = "incident.merged"
    INCIDENT_TOLD_OUTSIDE = "incident.told_outside"
    INCIDENT_UPDATE_ASKED = "incident.update_asked"
    INCIDENT_UPDATE_LATER = "incident.update_later"
    INCIDENT_UPDATE_SILENCED = "incident.update_silenced"
    INCIDENT_INVITED = "incident.invited"
    INCIDENT_STEP_TAKEN = "incident.step_taken"
    INCIDENT_SUSPECTED = "incident.suspected"
    INCIDENT_EXPORTED = "incident.exported"
    INCIDENT_LINKED = "incident.linked"
    POSTMORTEM_DUE = "postmortem.due"
    POSTMORTEM_SAID = "postmortem.said"
    POSTMORTEM_DONE = "postmortem.done"
    TIMELINE_ADDED = "timeline.added"
    TIMELINE_CORRECTED = "timeline.corrected"
    TIMELINE_REMOVED = "timeline.removed"
    FOLLOWUP_ADDED = "followup.added"
    FOLLOWUP_DONE = "followup.done"

    @classmethod
    def _missing_(cls, value: object) -> "Kind":
        """A kind that a newer version has recorded: it can be read and listed; what it means, only that one knows."""
        newer = str.__new__(cls, str(value))
        newer._name_, newer._value_ = _NEWER, str(value)
        return newer

    @property
    def newer(self) -> bool:
        """Recorded by a newer version: whoever has to act on it leaves that to the replica which knows it."""
        return self.name == _NEWER


SUBJECTS = tuple(sorted({kind.value.partition(".")[0] for kind in Kind}))
"""The first halves: approval, backup, …"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody wants to read; None = whatever it is. kind: a subject. before: older than this number."""

    service: str | None = None
    environment: str | None = None
    actor: str | None = None
    kind: str | None = None
    run: RunId | None = None
    since: datetime | None = None
    before: int | None = None


class NewerVersion(Exception):
    """What a newer version has recorded cannot be told by this one: it is tried again until a newer one leads."""


@dataclass(frozen=True, slots=True)
class Event:
    """A sealed event. `number` is dense and in commit order; `at` is PostgreSQL's clock, UTC."""

    number: int
    id: int
    kind: Kind
    run: RunId | None
    actor: str  # a Slack id, "terminal:<name>" or "watchkeeper"
    service: str | None
    environment: str | None
    at: datetime
    body: JsonObject  # empty with `erased` set when retention removed the payload
    erased: bool = False
