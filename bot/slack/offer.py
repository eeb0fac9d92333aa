"""The "Open form" button for whoever typed a line with something missing, where the form did not open by itself."""

from collections.abc import Container
from datetime import timedelta

from bot.db import partials, posts
from bot.db.database import Connection
from bot.db.partials import Partial
from bot.db.posts import Intent
from bot.domain.card import Button, Card, Tone
from bot.domain.event import Event
from bot.domain.words import clean, code, plain, when
from bot.slack.wanted import wanted

DECIDE = 0  # priority: somebody waits for it
OPENS_WITHIN = timedelta(seconds=4)
"""Slack takes a form 3 s long: by then it is open, or its process is no more and the button is wanted."""


async def offer_form(connection: Connection, event: Event, installed: Container[str]) -> None:
    """The intent waits for the form that is being opened now; `Forms.shown` calls it off or hurries it."""
    partial = await partials.lock(connection, str(event.body["form"]))
    if partial is None or partial.shown_at or partial.run_id is not None or partial.over:
        return
    content = await wanted(connection, offer_card(partial), installed, None, thread=partial.thread)
    key = f"form:{partial.id}"
    intent = Intent(key, None, _kind(partial.channel), content, DECIDE, partial.channel, partial.actor)
    fresh = await posts.intend(connection, intent)
    if fresh and not partial.offered:
        await posts.later(connection, key, "its form is being opened", OPENS_WITHIN)


def _kind(channel: str) -> posts.Kind:
    """A press on the Home came from no channel."""
    return "ephemeral" if channel else "dm"


def offer_card(partial: Partial) -> Card:
    asks, typed = partial.asks, clean(f"{partial.command} {partial.text}".strip(), 300)
    return Card(
        Tone.ASK,
        plain(asks).removesuffix("."),
        f"{asks} Open the form to say it, or type the whole line. Nothing was changed.",
        (f"You typed {code(typed)}. Open the form to add what is missing, or type the whole line.",),
        (Button("Open form", action="form.open", target=partial.id, style="primary"),),
        f"Nothing was changed · the form is good until {when(partial.expires_at)}",
    )
