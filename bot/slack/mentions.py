"""What people say to the bot by its name, in channels and threads, and in its direct messages: the same intake."""

import re
from collections.abc import Container, Mapping
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from bot.db import posts, runs
from bot.db.bell import Bell
from bot.db.database import Connection, Pool
from bot.db.posts import Intent
from bot.domain.card import Card
from bot.domain.invocation import Answer, Invocation
from bot.domain.words import clean
from bot.slack import payloads
from bot.slack.payloads import SaidPayload, delivery_key
from bot.slack.wanted import wanted

EVENTS = ("app_mention", "message.im")
"""What the manifest subscribes to for it."""

ANSWER = 2  # priority
_NAMED = re.compile(r"\s*<@([UW][A-Z0-9]+)(?:\|[^>]*)?>[\s,:]*")


class Intake(Protocol):
    async def receive(self, invocation: Invocation, within: "Connection | None" = None) -> Answer: ...


class Me(Protocol):
    """Whom people mean by the bot's name; "" until Slack has said it."""

    bot_user: str


class Mentions:
    """`heard` returns after the commit and raises when PostgreSQL is away, so that Slack delivers again."""

    def __init__(self, pool: Pool, bell: Bell, intake: Intake, me: Me, installed: Container[str]) -> None:
        self._pool = pool
        self._bell = bell
        self._intake = intake
        self._me = me
        self._installed = installed

    async def heard(self, body: Mapping[str, object], at: datetime) -> bool:
        """False: nobody spoke to the bot. The answer is written with the record: one event, one of each."""
        event_id = clean(str(body.get("event_id", "")), 100)
        said = invocation_of(body, self._me.bot_user, at)
        if said is None:
            return False
        async with self._pool.acquire() as connection, connection.transaction():
            if await runs.claim_delivery(connection, delivery_key("event", event_id)):
                answer = await self._intake.receive(said, connection)
                if answer.card is not None:
                    await self._tell(connection, event_id, said, answer.card)
        self._bell.ring("work", "outbox", "sealed")
        return True

    async def _tell(self, connection: Connection, event_id: str, said: Invocation, card: Card) -> None:
        content = await wanted(connection, card, self._installed, None, thread=said.thread)
        intent = Intent(f"said:{event_id}", None, "ephemeral", content, ANSWER, said.channel, said.actor.id)
        await posts.intend(connection, intent)


def invocation_of(body: Mapping[str, object], bot_user: str, at: datetime) -> Invocation | None:
    """None: a bot's own words, an edit, what was said to others, or the bot named within a sentence."""
    try:
        payload = SaidPayload.model_validate(body)
    except ValidationError:
        return None
    said = payload.event
    if not bot_user or not said.by_person or said.user == bot_user or not said.text.strip():
        return None
    named = _NAMED.match(said.text)
    if named and named[1] == bot_user and (said.directly or said.type == "app_mention"):
        return payloads.spoken(payload, said.text[named.end() :].strip(), at)
    return payloads.spoken(payload, said.text.strip(), at) if said.directly else None
