"""A pressed button of an incident: looked up, decided again, done once. An old card's button says how it stands."""

from bot.db import incidents
from bot.domain.card import Card
from bot.domain.incident import IncidentState
from bot.domain.invocation import Click
from bot.engine.incidents import Asked, EngineIncidents
from bot.engine.installation import Installation
from bot.engine.short import note

PREFIX = "incident."


async def press(installation: Installation, click: Click) -> Card | None:
    """None: the button names nothing of ours."""
    which, _, step = click.target.partition("/")
    incident = await incidents.by_target(installation.pool, which)
    if incident is None:
        return None
    asked = Asked(click.actor.id, click.actor.team, click.channel, click.received_at)
    on = EngineIncidents(installation, asked)
    if await on.find(incident.id) is None:
        return None
    match click.action.removeprefix(PREFIX):
        case "ack":
            return await on.acknowledge(incident)
        case "hush":
            return await on.hush(incident)
        case "tick" if step.isdigit() and len(step) < 3:
            return await on.security.tick(incident.id, int(step), done=True)
        case "resolve":
            return await on.move(incident.id, IncidentState.RESOLVED)
        case _:
            return note("I do not know this button.", "Type /incident help to see what I can do.")
