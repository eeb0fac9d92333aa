"""What one person is told after a press where there is no message to answer at: on their App Home."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.db import posts
from bot.db.database import AWAY, Pool
from bot.db.posts import Intent
from bot.domain.card import Card
from bot.domain.json import JsonObject
from bot.slack.home_view import card_view
from bot.slack.wanted import wanted

NOW = 0  # priority


class Aside:
    """A small window over the Home; where Slack was too slow to open it, a direct message."""

    def __init__(self, pool: Pool, open_view: Callable[[str, JsonObject], Awaitable[bool]]) -> None:
        self._pool, self._open = pool, open_view

    async def tell(self, trigger: str, person: str, card: Card) -> None:
        """A payload without a trigger or a person is nobody's press: there is nobody to tell."""
        if not (trigger and person) or await self._open(trigger, card_view(card)):
            return
        with suppress(*AWAY):
            content = await wanted(self._pool, card, (), None)
            await posts.intend(self._pool, Intent(f"aside:{trigger}", None, "dm", content, NOW, person=person))
