"""Who may know of an incident, and whom it asks to come: one that is private is not everybody's."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.incident import Incident
from bot.engine.installation import Installation
from permissions.model import Person
from permissions.policy import roles_of

ADMIN = "admin"
SECURITY = "security"  # a role of the policy that may know of security incidents


def may_know(installation: Installation, incident: Incident, person: Person) -> bool:
    """Everybody; of a private one those who were brought in, and those whose role it is."""
    own = SECURITY if incident.type == "security" else ADMIN
    return incident.known_to(person.id) or not roles_of(installation.policy, person).isdisjoint({ADMIN, own})


def first_of(installation: Installation, incident: Incident, at: datetime) -> Sequence[str]:
    """Whom it asks to come, in order: the rotation; of a security incident only those whose role it is."""
    policy = installation.policy
    if incident.type != "security":
        return policy.oncall.order(at) if policy.oncall else ()
    return sorted(policy.roles.get(SECURITY) or policy.roles.get(ADMIN) or ())


def is_admin(installation: Installation, person: str, team: str) -> bool:
    return ADMIN in roles_of(installation.policy, installation.person(person, team))
