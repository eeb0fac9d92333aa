"""Who looks at their Home, and what they may look at."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.home import Change
from bot.domain.words import clean
from bot.engine.installation import Installation
from permissions.eligible import able
from permissions.model import HEALTH_READ, RUN_READ, Ask, Permission, Person, Risk

Where = tuple[str | None, str | None]


@dataclass(slots=True)
class Looking:
    """One look of one person: each question is put to the policy once."""

    at: Installation
    person: Person
    now: datetime
    _known: dict[tuple[Permission, Where], bool] = field(default_factory=dict)

    def may(self, permission: Permission, service: str | None, environment: str | None) -> bool:
        """Whether they may look there."""
        key = (permission, (service, environment))
        if key not in self._known:
            scope = self.at.scope(service, environment)
            ask = Ask(self.person, permission, Risk.READ, scope, self.now)
            self._known[key] = able(self.at.policy, ask, self.at.team)
        return self._known[key]

    def sees(self, change: Change) -> bool:
        """Their own requests, and what happens where they may look."""
        if change.everybody or change.actor == self.person.id:
            return True
        where = change.service, change.environment
        return self.may(RUN_READ, *where) or self.may(HEALTH_READ, *where)

    def name(self, person: str) -> str:
        return clean(self.at.people.name(person))
