"""Channels where people of other companies read (Slack Connect): the bot posts in those alone that are listed."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

import structlog

from bot.db import channels
from bot.db.bell import Bell
from bot.db.database import AWAY, Pool
from bot.domain.card import Card, Tone
from bot.domain.json import JsonObject
from bot.domain.words import channel as words
from bot.domain.words import code
from bot.slack.payloads import slack_id
from bot.slack.send import Later, Refused, Sender, SendError

log = structlog.get_logger()

POLL_S = 60.0
READ_ALONG = "people of another company read along"
Listed = Callable[[], Collection[str]]


class Outsiders:
    """Asked before each word in a channel. Slack is asked where that is not known, or was known too long ago."""

    def __init__(self, pool: Pool, sender: Sender, listed: Listed) -> None:
        self._pool = pool
        self._sender = sender
        self._listed = listed

    async def keep_asking(self, bell: Bell) -> None:
        """Until cancelled. Where nothing is said any more nobody would notice that it may be said again."""
        with bell.listener("channels") as rung:
            while True:
                with suppress(*AWAY):
                    for channel in await channels.doubtful(self._pool):
                        with suppress(SendError):
                            await self.read_along(channel)
                await rung.wait(POLL_S)

    async def read_along(self, channel: str) -> bool:
        """Raises Later while Slack cannot say it of a channel that nothing is known of."""
        if channel.startswith("D") or channel in self._listed():
            return False
        known = await channels.known(self._pool, channel)
        if known.fresh:
            return bool(known.shared)
        try:
            shared = is_shared(await self._sender.channel(channel))
        except Refused as refused:
            if refused.error != "channel_not_found":
                raise
            return bool(known.shared)  # without us in it nothing can be said there: Slack refuses that itself
        except Later:
            if known.shared is None:
                raise
            return known.shared
        await channels.answered(self._pool, channel, shared=shared, asked_at=known.at)
        if shared and not known.shared:
            log.warning("channel.shared", channel=channel, remedy="name it under shared_channels in policy.yml")
        return shared


def outsiders_card(channel: str) -> Card:
    """For who wanted to show something there."""
    what = f"Nothing was posted: {shared_words(channel)}."
    do = f"If they may, an admin names the channel under {code('shared_channels')} in policy.yml."
    return Card(Tone.WARN, "", f"{what} {do}", (f"{what}\n{do}",), private=True)


def shared_words(channel: str) -> str:
    return f"{words(channel)} is shared with another company, whose people would read it"


def is_shared(channel: JsonObject) -> bool:
    """With another company; a channel of several workspaces of one and the same (`is_org_shared`) is not."""
    return channel.get("is_ext_shared") is True


def heard(event: Mapping[str, object]) -> tuple[str, bool] | None:
    """(channel, whether it is shared now), of an event that says so."""
    channel = slack_id(event.get("channel"))
    if not channel:
        return None
    match event.get("type"):
        case "channel_shared":
            return channel, True
        case "channel_unshared":
            return channel, event.get("is_ext_shared") is not False
        case _:
            return None
