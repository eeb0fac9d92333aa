"""User groups that the policy trusts: who is in them, kept in memory and PostgreSQL, read from Slack.

A group that Slack refuses to tell about is empty. While Slack cannot be reached the last known members count.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.db import people as table
from bot.db.database import Pool
from bot.domain.json import Json
from bot.slack.send import error_name

log = structlog.get_logger()

FACT = "user_groups"
STALE = timedelta(minutes=60)
_PASSING = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_REMEDIES = {
    "plan_upgrade_required": "User groups belong to Slack's paid plans: name the people in policy.yml instead.",
    "missing_scope": "Write the manifest anew with `watchkeeper manifest --groups` and reinstall the app.",
    "no_such_subteam": "Take the group's id out of policy.yml, or write the right one.",
}


class Groups:
    """`read` raises what the SDK raises when Slack cannot be reached."""

    def __init__(self, client: AsyncWebClient, pool: Pool, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._pool = pool
        self._clock = clock
        self._trusted: frozenset[str] = frozenset()
        self._members: dict[str, frozenset[str]] = {}
        self._read_at: dict[str, datetime] = {}
        self.problems: dict[str, str] = {}  # group → what Slack answered

    def trust(self, groups: Collection[str]) -> bool:
        """Which groups the policy names; True when there is a new one to read."""
        new = frozenset(groups) - self._trusted
        self._trusted = frozenset(groups)
        return bool(new)

    def of(self, person: str) -> frozenset[str]:
        return frozenset(group for group in self._trusted if person in self._members.get(group, ()))

    async def load(self) -> None:
        """What was known before the restart."""
        known = await table.fact(self._pool, FACT)
        for group, entry in known.items() if isinstance(known, dict) else ():
            if isinstance(entry, dict) and isinstance(users := entry.get("users"), list):
                self._members[group] = frozenset(str(user) for user in users)
                self._read_at[group] = datetime.fromisoformat(str(entry["at"]))

    async def read(self) -> None:
        """Ask Slack about each trusted group, and keep what it says."""
        for group in sorted(self._trusted):
            await self._read(group)
        if self._trusted:
            await table.set_fact(self._pool, FACT, {group: self._json(group) for group in sorted(self._members)})

    async def _read(self, group: str) -> None:
        try:
            answer = await self._client.usergroups_users_list(usergroup=group)
        except SlackApiError as error:
            self._refused(group, error_name(error) or "service_unavailable")
        else:
            self.problems.pop(group, None)
            self._know(group, frozenset(str(user) for user in answer["users"]))

    def _refused(self, group: str, error: str) -> None:
        """An error that passes leaves what was known, for an hour; any other empties the group."""
        passing = error in _PASSING and self._clock() - self._read_at.get(group, self._clock() - STALE) < STALE
        if passing:
            return
        if self.problems.get(group) != error:
            remedy = _REMEDIES.get(error, "Nobody has a role through this group until Slack tells who is in it.")
            log.error("groups.unreadable", group=group, error=error, remedy=remedy)
        self.problems[group] = error
        self._know(group, frozenset())

    def _know(self, group: str, members: frozenset[str]) -> None:
        self._members[group], self._read_at[group] = members, self._clock()

    def _json(self, group: str) -> Json:
        users: list[Json] = [*sorted(self._members[group])]
        return {"users": users, "at": self._read_at[group].isoformat()}
