"""Who people are: kept in memory for decisions, in PostgreSQL for restarts, refreshed from Slack."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import metrics
from bot.db import people as table
from bot.db.database import AWAY, Pool, Rows
from bot.domain.words import clean
from bot.slack.groups import Groups
from bot.slack.send import error_name
from permissions.model import Person

log = structlog.get_logger()

REFRESH = timedelta(minutes=10)
STALE = timedelta(minutes=60)
SLACK_AWAY = (SlackClientError, aiohttp.ClientError, OSError, asyncio.TimeoutError)


class SlackPeople:
    """`bot.domain.people.People`. A person that Slack does not name is unknown, never guessed."""

    def __init__(
        self, client: AsyncWebClient, pool: Pool, clock: Callable[[], datetime], names: Mapping[str, str]
    ) -> None:
        self._client = client
        self._pool = pool
        self._clock = clock
        self._names: dict[str, str] = {}
        self.rename(names)
        self._people: dict[str, Person] = {}
        self._reachable = True
        self._groups = Groups(client, pool, clock)
        self._again = asyncio.Event()

    def rename(self, names: Mapping[str, str]) -> None:
        """The policy calls people by other names now: name → Slack id."""
        self._names = {person: name for name, person in names.items()}

    def trust(self, groups: Collection[str]) -> None:
        """The user groups by which the policy gives roles; a new one is read at once."""
        if self._groups.trust(groups):
            self._again.set()
        self._take(list(self._people.values()))

    def look_again(self) -> None:
        """Somebody joined or left a user group: read everything soon, without waiting for it here."""
        self._again.set()

    async def load(self) -> None:
        """What was known before the restart."""
        await self._groups.load()
        self._take(await table.everyone(self._pool))

    def get(self, person: str) -> Person | None:
        return self._people.get(person)

    def everyone(self) -> Mapping[str, Person]:
        return MappingProxyType(self._people)

    def name(self, person: str) -> str:
        if person in self._names:
            return self._names[person].capitalize()
        known = self._people.get(person)
        return known.name if known else person

    def fresh(self, person: str, now: datetime) -> bool:
        known = self._people.get(person)
        if known is None or known.checked_at is None:
            return False
        return now - known.checked_at < STALE or not self._reachable

    async def refresh(self, person: str) -> bool:
        """Ask Slack about one person; keeps the last known state when Slack cannot be reached, which False says."""
        try:
            answer = await self._client.users_info(user=person)
        except SlackApiError as error:
            name = error_name(error)
            self._reachable = bool(name)
            log.info("people.unknown", person=person, error=name or "no answer of Slack's")
        except SLACK_AWAY:
            self._reachable = False
        else:
            self._reachable = True
            await self.keep([answer["user"]])
        return self._reachable

    async def keep(self, users: list[dict[str, object]], rows: "Rows | None" = None) -> None:
        """Slack's user objects, from a list, a look-up or a `user_change` event; rows: its transaction."""
        now = self._clock()
        found = [_person(user, now) for user in users if user.get("id")]
        self._take(found)
        await table.save(rows or self._pool, found)

    def _take(self, found: list[Person]) -> None:
        """Each with the trusted groups they are in."""
        self._people |= {person.id: replace(person, groups=self._groups.of(person.id)) for person in found}

    async def run(self) -> None:
        """Read everybody now and every 10 minutes, until cancelled."""
        while True:
            self._again.clear()
            try:
                await self._read_all()
            except SLACK_AWAY as error:
                self._reachable = False
                log.warning("people.slack_away", error=type(error).__name__)
            except AWAY:
                log.warning("people.database_away")
            metrics.SLACK_REACHABLE.set(self._reachable)
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH.total_seconds() if self._reachable else 5):
                    await self._again.wait()

    async def _read_all(self) -> None:
        cursor = ""
        while True:
            answer = await self._client.users_list(limit=200, cursor=cursor or None)
            await self.keep(answer["members"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        await self._groups.read()
        self._take(list(self._people.values()))
        self._reachable = True


class LastKnown(SlackPeople):
    """As they were kept last, for a process that asks nobody: the worker asks Slack before it plans and starts."""

    @classmethod
    def of(cls, pool: Pool, names: Mapping[str, str]) -> "LastKnown":
        return cls(AsyncWebClient(token=""), pool, lambda: datetime.now(UTC), names)

    def fresh(self, person: str, now: datetime) -> bool:
        return self.get(person) is not None

    async def refresh(self, person: str) -> bool:
        return False


def _person(user: dict[str, object], now: datetime) -> Person:
    """Slack's user object (users.info): guests of any kind, and strangers, are guests."""
    profile = user.get("profile")
    named = profile.get("display_name") or profile.get("real_name") if isinstance(profile, dict) else None
    return Person(
        id=clean(str(user["id"]), 40),
        team_id=clean(str(user.get("team_id", "")), 40),
        name=clean(str(named or user.get("real_name") or user.get("name") or user["id"]), 200),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")),
        is_deactivated=bool(user.get("deleted")),
        is_bot=bool(user.get("is_bot")),
        checked_at=now,
        zone=clean(str(user.get("tz") or ""), 40),
    )
