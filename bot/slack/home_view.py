"""An App Home's sections, and a card for one person, as Slack views: always within the limits of a view.

Limits: docs.slack.dev "Views": 100 blocks and 250 KB; a Home shows no tables and no plans.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain.card import Card
from bot.domain.home import Section, flat
from bot.domain.json import Json, JsonObject, canonical
from bot.slack.blocks import cut, render
from bot.slack.mrkdwn import mrkdwn, plain_text

MOST_BLOCKS = 100
MOST_BYTES = 200_000
OF_A_CARD = 10  # blocks
_REST = "… the rest does not fit here; `/runs` and `/audit` have it"


def home_view(sections: Sequence[Section]) -> JsonObject:
    """The Home tab. What does not fit is left out from the end, and said to be."""
    blocks: list[Json] = []
    left = MOST_BYTES
    for block in _all(sections):
        left -= len(canonical(block).encode())
        if len(blocks) == MOST_BLOCKS - 1 or left < 0:
            blocks.append(_small(_REST))
            break
        blocks.append(block)
    return {"type": "home", "blocks": blocks}


def _all(sections: Sequence[Section]) -> Iterator[JsonObject]:
    for number, section in enumerate(sections):
        if number:
            yield {"type": "divider"}
        yield {"type": "header", "text": {"type": "plain_text", "text": plain_text(section.title)[:150] or "–"}}
        for card in section.cards:
            yield from _blocks(card)[:OF_A_CARD]
        if mrkdwn(section.more).strip():
            yield _small(mrkdwn(section.more))


def card_view(card: Card) -> JsonObject:
    """A modal that only tells; its buttons would have no message to change, so there are none."""
    blocks: list[Json] = [*_blocks(replace(card, buttons=()))]
    close: JsonObject = {"type": "plain_text", "text": "Close"}
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Watchkeeper"},
        "close": close,
        "blocks": blocks,
    }


def _blocks(card: Card) -> list[JsonObject]:
    _, blocks = render(flat(card))
    return blocks


def _small(text: str) -> JsonObject:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(text, 1500), "verbatim": True}]}
