"""What is told to channels besides runs: freezes, to the services that they cover; and the bot of itself."""

from collections.abc import Callable, Container

from bot.db import posts
from bot.db.database import Connection
from bot.db.posts import Intent
from bot.domain import card as cards
from bot.domain import freeze_card
from bot.domain.card import Card
from bot.domain.catalog import Catalog
from bot.domain.event import Event, Kind
from bot.domain.freeze import Freeze
from bot.slack.elsewhere import OPS
from bot.slack.wanted import wanted

FREEZES = frozenset({Kind.FREEZE_SET, Kind.FREEZE_ENDING, Kind.FREEZE_ENDED, Kind.FREEZE_LIFTED})
OWN = frozenset({Kind.BOT_AWAY, Kind.REPORT_WEEKLY, Kind.TELLING_FAILED})
_DECIDE = 0


async def freeze(
    connection: Connection,
    event: Event,
    catalog: Catalog,
    installed: Container[str],
    names: Callable[[str], str],
) -> None:
    """A new message each time, because edits notify nobody; at its end the first one loses its button."""
    card, about = freeze_card.told(event, names), freeze_card.of(event.body)
    if card is None or about is None:
        return
    for channel in channels(catalog, about):
        first = f"freeze:{about.run}:{channel}"
        if event.kind is Kind.FREEZE_SET:
            await _post(connection, first, card, channel, installed)
            continue
        await _post(connection, f"{first}:{event.number}", card, channel, installed)
        if event.kind is not Kind.FREEZE_ENDING:
            await _post(connection, first, freeze_card.over_card(about), channel, installed, only_edit=True)


async def own(connection: Connection, event: Event, catalog: Catalog, installed: Container[str]) -> None:
    """The bot of itself: the event holds the card."""
    body = event.body.get("card")
    if isinstance(body, dict):
        for channel in catalog.told_in():
            key = f"{event.kind}:{event.number}:{channel}"
            await _post(connection, key, cards.from_json(body), channel, installed)


def channels(catalog: Catalog, about: Freeze) -> list[str]:
    """The cards' channels of its services, each once."""
    covered = [
        service
        for name, service in catalog.services.items()
        if any(about.covers(name, environment) for environment in service.environments)
    ]
    return list(dict.fromkeys(service.cards for service in covered if service.cards))


async def _post(
    connection: Connection, key: str, card: Card, channel: str, installed: Container[str], *, only_edit: bool = False
) -> None:
    content = await wanted(connection, card, installed, None, elsewhere=OPS)
    await posts.intend(connection, Intent(key, None, "message", content, _DECIDE, channel, only_edit=only_edit))
