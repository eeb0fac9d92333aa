"""What Slack tells besides commands and clicks: people changed, the app was removed. One event, one effect."""

from collections.abc import Callable, Mapping
from typing import cast

import structlog

from bot.db import events, runs
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.domain.event import Kind
from bot.slack.payloads import delivery_key
from bot.slack.people import SlackPeople

log = structlog.get_logger()

EVENTS = ("app_uninstalled", "team_join", "tokens_revoked", "user_change")
"""What the manifest subscribes to, besides `subteam_members_changed` where user groups are trusted."""


class SlackInbox:
    """`heard` returns after the commit and raises when PostgreSQL is away, so that Slack delivers again."""

    def __init__(self, pool: Pool, bell: Bell, people: SlackPeople, revoked: Callable[[], None]) -> None:
        self._pool = pool
        self._bell = bell
        self._people = people
        self._revoked = revoked

    async def heard(self, event_id: str, event: Mapping[str, object]) -> None:
        if not await runs.claim_delivery(self._pool, delivery_key("event", event_id)):
            return
        match event.get("type"):
            case "user_change" | "team_join":
                user = event.get("user")
                if isinstance(user, dict):
                    await self._people.keep([cast("dict[str, object]", user)])
            case "subteam_members_changed":
                self._people.look_again()
            case "tokens_revoked" | "app_uninstalled" as kind:
                await events.record(self._pool, Kind.SLACK_REVOKED, body={"by": str(kind)})
                self._bell.ring("outbox")
                self._revoked()
            case other:
                log.info("event.ignored", type=other)
