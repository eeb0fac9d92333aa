"""What Slack tells besides commands and clicks: a Home was opened, people changed, the app was removed.

One event, one effect.
"""

from collections.abc import Callable, Mapping
from typing import cast

import structlog

from bot.db import channels, events, homes, runs
from bot.db.bell import Bell
from bot.db.database import Pool, Rows
from bot.domain.event import Kind
from bot.slack import outsiders
from bot.slack.by_hand import ByHand
from bot.slack.payloads import delivery_key, slack_id
from bot.slack.people import SlackPeople

log = structlog.get_logger()

CONVERSATION = frozenset(
    {"message", "reaction_added", "reaction_removed", "pin_added", "pin_removed", "member_joined_channel"}
)
"""What people do with messages: for timelines only."""
EVENTS = (
    *("app_home_opened", "app_uninstalled", "team_join", "tokens_revoked", "user_change"),
    *("channel_shared", "channel_unshared"),
    *("member_joined_channel", "message.channels", "message.groups"),
    *("pin_added", "pin_removed", "reaction_added", "reaction_removed"),
)
"""What the manifest subscribes to, besides `subteam_members_changed` where user groups are trusted."""


class SlackInbox:
    """`heard` returns after the commit and raises when PostgreSQL is away, so that Slack delivers again."""

    def __init__(
        self, pool: Pool, bell: Bell, people: SlackPeople, revoked: Callable[[], None], by_hand: ByHand
    ) -> None:
        self._pool = pool
        self._bell = bell
        self._people = people
        self._revoked = revoked
        self._by_hand = by_hand

    async def heard(self, event_id: str, event: Mapping[str, object]) -> None:
        if event.get("type") in CONVERSATION:
            await self._said(event_id, event)
            return
        async with self._pool.acquire() as connection, connection.transaction():
            fresh = await runs.claim_delivery(connection, delivery_key("event", event_id))
            if fresh:
                await self._record(connection, event)
        if fresh:
            self._act(event)

    async def _said(self, event_id: str, event: Mapping[str, object]) -> None:
        """Nothing is written of what is said outside of incidents, not even that it was heard."""
        found = self._by_hand.heard(event)
        if found is None:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            if not await self._by_hand.concerned(connection, found):
                return
            if not await runs.claim_delivery(connection, delivery_key("event", event_id)):
                return
            await self._by_hand.record(connection, found)
        self._by_hand.rung()

    async def _record(self, rows: Rows, event: Mapping[str, object]) -> None:
        """Together with the delivery's key: what was not recorded counts when it is delivered again."""
        match event.get("type"):
            case "user_change" | "team_join":
                user = event.get("user")
                if isinstance(user, dict):
                    await self._people.keep([cast("dict[str, object]", user)], rows)
            case "channel_shared" | "channel_unshared":
                if said := outsiders.heard(event):
                    await channels.told(rows, said[0], shared=said[1])
            case "app_home_opened" if event.get("tab") == "home":
                view = event.get("view")
                known = _hash(view.get("hash")) if isinstance(view, dict) else ""
                if person := slack_id(event.get("user")):
                    await homes.opened(rows, person, known)
            case "tokens_revoked" | "app_uninstalled" as kind if _ends_us(event):
                await events.record(rows, Kind.SLACK_REVOKED, body={"by": str(kind)})

    def _act(self, event: Mapping[str, object]) -> None:
        """Once it is recorded; nothing here may raise."""
        match event.get("type"):
            case "user_change" | "team_join":
                pass
            case "channel_shared" | "channel_unshared":
                self._bell.ring("channels")
            case "app_home_opened":
                self._bell.ring("home")
            case "subteam_members_changed":
                self._people.look_again()
            case "tokens_revoked" | "app_uninstalled" if _ends_us(event):
                self._bell.ring("outbox")
                self._revoked()
            case other:
                log.info("event.ignored", type=other)


def _hash(value: object) -> str:
    """Of a view, as PostgreSQL can hold it."""
    return value if isinstance(value, str) and value.isascii() and "\0" not in value else ""


def _ends_us(event: Mapping[str, object]) -> bool:
    """Slack names whose tokens were revoked: people's own (`oauth`) are not what we work with."""
    tokens = event.get("tokens")
    return not (isinstance(tokens, dict) and tokens.get("oauth") and not tokens.get("bot"))
