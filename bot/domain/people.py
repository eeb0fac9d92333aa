"""Who people are, as the engine sees them: a Protocol, kept by bot.slack.people from Slack's word."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from permissions.model import Person


class People(Protocol):
    """Kept in memory and PostgreSQL, so that a decision needs no call to Slack."""

    def get(self, person: str) -> Person | None: ...
    def everyone(self) -> Mapping[str, Person]: ...
    def name(self, person: str) -> str:
        """How to call them: the policy's name, Slack's, else the id."""
        ...

    def fresh(self, person: str, now: datetime) -> bool:
        """Known, and looked at within the hour; while Slack cannot be reached the last known state counts."""
        ...

    async def refresh(self, person: str) -> bool:
        """Ask Slack about one person. False, without raising, when Slack cannot be reached."""
        ...
