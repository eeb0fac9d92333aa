"""A freeze stops deploys and what is destructive at its places until its end; what mends goes on. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from bot.domain.command import Verb
from bot.domain.run import RunId
from permissions.model import Risk

USUAL = timedelta(hours=24)
"""How long a freeze lasts when nobody said until when: none is endless by accident."""

WARNING = timedelta(minutes=15)
"""So long before its end the channels are told that it ends."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Named by the request that set it. service, environment: None = all of them."""

    run: RunId
    service: str | None
    environment: str | None
    by: str
    reason: str
    since: datetime
    until: datetime

    @property
    def label(self) -> str:
        return f"R-{self.run}"

    @property
    def where(self) -> str:
        return where(self.service, self.environment)

    def covers(self, service: str | None, environment: str | None) -> bool:
        """A request that does not name its place could be anywhere: it is covered."""
        of_service = service is None or self.service in (None, service)
        return of_service and (environment is None or self.environment in (None, environment))


def where(service: str | None, environment: str | None) -> str:
    """Everything, all of shop, every production, shop production."""
    if service and environment:
        return f"{service} {environment}"
    return f"all of {service}" if service else f"every {environment}" if environment else "everything"


def stops(verb: Verb, risk: Risk) -> bool:
    """Whether a freeze stops this verb; risk: the plan's, when it is higher than the verb's."""
    match verb.frozen:
        case "always":
            return True
        case "if destructive":
            return risk is Risk.DESTRUCTIVE
        case "never":
            return False
        case _:
            assert_never(verb.frozen)


def longest(freezes: Collection[Freeze]) -> Freeze | None:
    """Of several that cover one place, the one to name: it ends last."""
    return max(freezes, key=lambda freeze: freeze.until, default=None)
