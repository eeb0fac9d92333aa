"""The message about a monitor outside: one while it says down, edited when it says up again."""

from collections.abc import Container

from bot.db import incidents, posts
from bot.db.database import Connection
from bot.db.posts import Intent
from bot.domain import card as cards
from bot.domain.card import Card
from bot.domain.catalog import Catalog
from bot.domain.event import Event
from bot.slack.desired import END
from bot.slack.elsewhere import ON_CALL
from bot.slack.wanted import wanted

ALERT = 0


async def tell(connection: Connection, event: Event, catalog: Catalog, commands: Container[str]) -> None:
    """Only a change has a card; up again without a message that said down is told to nobody."""
    service = catalog.services.get(event.service or "")
    body = event.body.get("card")
    if service is None or not service.cards or not isinstance(body, dict):
        return
    watched = f"{event.environment} {event.body.get('name')}/{event.body.get('monitor')}"
    down = event.body.get("state") == "down"
    known = await posts.open_alert(connection, service.name, watched)
    if known is None and (not down or await _known_trouble(connection, event)):
        return
    alert, card = f"{service.name} {watched}", cards.from_json(body)
    key = known.key if known else f"monitor:{alert}:{event.number}"
    open_ = "true" if down else "false"
    content = await wanted(connection, card, commands, service.name, alert=alert, open=open_, elsewhere=ON_CALL)
    await posts.intend(connection, Intent(key, None, "message", content, ALERT, service.cards))
    if known is not None:
        told = await wanted(connection, Card(card.tone, "", card.title, (card.title,)), commands, service.name)
        reply = Intent(f"{key}:changed:{event.number}", None, "thread", told, END, thread_key=key)
        await posts.intend(connection, reply)


async def _known_trouble(connection: Connection, event: Event) -> bool:
    """While an incident goes on there, its timeline tells it; a rehearsal or a private one hides nothing."""
    ongoing = await incidents.ongoing(connection)
    told = [one for one in ongoing if not (one.test or one.private)]
    return any(one.concerns(event.service, event.environment) for one in told)
