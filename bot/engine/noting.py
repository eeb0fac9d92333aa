"""Whether the policy lets a person write into an incident's timeline: by hand in Slack as by a command."""

from bot.domain.incident import Incident
from bot.engine.installation import Installation
from permissions.decide import Allow
from permissions.model import TIMELINE_WRITE, Ask, Risk


def may_note(at: Installation, person: str, incident: Incident) -> bool:
    """Decided for the first place that the incident concerns."""
    first = incident.affected[0] if incident.affected else None
    scope = at.scope(first.service if first else None, (first.environment or None) if first else None)
    return isinstance(at.decide(Ask(at.person(person, at.team), TIMELINE_WRITE, Risk.RECORD, scope)), Allow)
