"""Who is silent or away, of those who were asked. Shown, never decisive; without an answer of Slack nothing is said.

Kept in memory for minutes only; asked beside everything else, so that no card waits for it.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar, cast

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.words import when
from bot.slack.people import SLACK_AWAY

log = structlog.get_logger()

Subject = TypeVar("Subject", bound=Hashable)

FRESH = timedelta(minutes=5)
AT_ONCE = 30  # people a round; dnd.teamInfo takes 50, users.getPresence is of Tier 3
PACE_S = 1.5  # for each of them, so that a round stays far below both limits


class Presence(Generic[Subject]):
    """`of` answers from memory; `run` asks Slack for what is missing there. Subject: where they are shown."""

    def __init__(self, client: AsyncWebClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[str, datetime]] = {}
        self._shown: dict[Subject, frozenset[str]] = {}
        self._woken = asyncio.Event()

    def of(self, subject: Subject, people: Collection[str]) -> Mapping[str, str]:
        """What is known of them now; whoever is not known is asked for, and the subject is told when that changes."""
        self._shown[subject] = frozenset(people)
        if any(self._stale(one) for one in people):
            self._woken.set()
        return {one: self._known[one][0] for one in people if one in self._known and not self._stale(one)}

    def forget(self, subject: Subject) -> None:
        """It waits for nobody any more."""
        self._shown.pop(subject, None)

    def _stale(self, person: str) -> bool:
        return person not in self._known or self._clock() - self._known[person][1] >= FRESH

    async def run(self, changed: Callable[[Subject], None]) -> None:
        """Until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FRESH.total_seconds()):
                    await self._woken.wait()
            self._woken.clear()
            everyone = sorted(frozenset[str]().union(*self._shown.values()))
            asked = [one for one in everyone if self._stale(one)][:AT_ONCE]
            if asked:
                await self._ask(asked, changed)
                await asyncio.sleep(PACE_S * len(asked))

    async def _ask(self, people: list[str], changed: Callable[[Subject], None]) -> None:
        silent = await self._silent(people)
        for one in people:
            words = ", ".join(part for part in (await self._away(one), silent.get(one, "")) if part)
            before, self._known[one] = self._known.get(one, ("", self._clock()))[0], (words, self._clock())
            if words != before:
                for subject in [subject for subject, shown in self._shown.items() if one in shown]:
                    changed(subject)

    async def _silent(self, people: list[str]) -> Mapping[str, str]:
        """dnd.teamInfo: until when nothing makes their phones ring; nobody, when Slack does not say."""
        try:
            answer = await self._client.dnd_teamInfo(users=people)
        except SLACK_AWAY as error:
            log.info("presence.not_shown", asked="dnd.teamInfo", error=type(error).__name__)
            return {}
        found = cast("Mapping[str, Mapping[str, int]]", answer.get("users") or {})
        return {one: self._until(quiet) for one, quiet in found.items()}

    def _until(self, quiet: Mapping[str, int]) -> str:
        begin, end = quiet.get("next_dnd_start_ts", 0), quiet.get("next_dnd_end_ts", 0)
        if not quiet.get("dnd_enabled") or not begin <= self._clock().timestamp() < end:
            return ""
        return f"silent until {when(datetime.fromtimestamp(end, UTC))}"

    async def _away(self, person: str) -> str:
        try:
            answer = await self._client.users_getPresence(user=person)
        except SLACK_AWAY as error:
            log.info("presence.not_shown", asked="users.getPresence", error=type(error).__name__)
            return ""
        return "away" if answer.get("presence") == "away" else ""
