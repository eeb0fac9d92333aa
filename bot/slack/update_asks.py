"""The update clock's messages: to one person each, kept as they should be. Decides nothing."""

from collections.abc import Callable, Container

from bot.db import outward, posts
from bot.db.database import Connection
from bot.db.posts import Intent
from bot.domain.incident import Incident
from bot.domain.outward_card import ask_card, over_of
from bot.slack.desired import DECIDE
from bot.slack.wanted import wanted


async def tell_asks(
    connection: Connection, incident: Incident, names: Callable[[str], str], commands: Container[str]
) -> None:
    """Each one that was asked gets a message; its buttons go once that update is posted, put off or not wanted."""
    asks = await outward.asks(connection, incident.id)
    if not asks:
        return
    told = await outward.told(connection, incident.id)
    clock = await outward.clock(connection, incident.id, len(told) + 1)
    for ask in asks:
        over = over_of(incident, ask.kind, ask.turn, ask.round, told, clock.round, clock.silenced_by, names)
        card = ask_card(
            incident,
            ask.kind,
            ask.due_at,
            ask.text,
            ask.notes,
            target=f"{incident.target}/{ask.turn}/{ask.round}",
            line=f"/incident post {incident.label} {ask.text}",
            over=over,
        )
        content = await wanted(connection, card, commands, None, open="" if over else "true")
        key = f"{incident.label}:update:{ask.turn}:{ask.round}:{ask.kind}:{ask.person}"
        await posts.intend(
            connection, Intent(key, None, "dm", content, DECIDE, person=ask.person, only_edit=bool(over))
        )
