"""A card as the stored content of a message: JSON with the ids of its offers; and back to Slack's blocks."""

from collections.abc import Container, Mapping
from typing import cast

from bot.db import offers
from bot.db.database import Rows
from bot.domain import card as cards
from bot.domain.card import Button, Card
from bot.domain.json import JsonObject
from bot.slack.blocks import render
from bot.slack.send import Content


async def wanted(
    rows: Rows, card: Card, installed: Container[str], service: str | None, **more: object
) -> JsonObject:
    """`installed`: the slash commands there are; a button that asks for another one is not offered."""
    lines = [button.ask for button in card.buttons if button.ask and button.ask.split()[0] in installed]
    ids = await offers.mint_all(rows, lines, service)
    return {
        "card": cards.to_json(card),
        "offers": dict(ids),
        **cast("JsonObject", {k: v for k, v in more.items() if v}),
    }


def card_of(content: Mapping[str, object]) -> Card:
    return cards.from_json(cast("JsonObject", content["card"]))


def content_of(content: Mapping[str, object], *, plain: bool = False, url: str = "") -> Content:
    """plain: the text alone, when Slack did not take the blocks. url: where an [Open] button leads."""
    card = card_of(content)
    if url:
        opened = Button("Open", url=url)
        card = Card(card.tone, card.title, card.text, card.body, (*card.buttons, opened), card.footer)
    text, blocks = render(card, cast("dict[str, str]", content["offers"]))
    return Content(text, [] if plain else blocks)
