"""A pressed button of the update clock: looked up, decided again, done once. An old one says how it stands."""

from bot.db import incidents, outward
from bot.domain.card import Card
from bot.domain.errors import Missing
from bot.domain.incident import Incident, Role
from bot.domain.incident_card import said, unchanged
from bot.domain.invocation import Answer, Click, Invocation
from bot.domain.update_clock import SNOOZE
from bot.engine.changing import change
from bot.engine.incidents import Asked, EngineIncidents
from bot.engine.installation import Installation
from bot.engine.intake import Intake
from bot.engine.places import place_of
from bot.engine.short import note
from permissions.model import INCIDENT_UPDATE

PREFIX = "update."


async def press(installation: Installation, intake: Intake, click: Click) -> Answer | None:
    """None: the button names nothing of ours."""
    which, turn, round_ = [*click.target.split("/"), "", ""][:3]
    incident = await incidents.by_target(installation.pool, which)
    asked = Asked(click.actor.id, click.actor.team, click.channel, click.received_at)
    on = EngineIncidents(installation, asked)
    if incident is None or on.known(incident) is None or not (turn.isdigit() and round_.isdigit()):
        return None
    if click.action == "update.lead":
        return Answer(await on.role(incident.id, Role.COMMANDER, click.actor.id))
    found = await on.pick(incident.id, INCIDENT_UPDATE)
    if isinstance(found, Card):
        return Answer(found)
    match click.action.removeprefix(PREFIX):
        case "later":
            return Answer(await _later(installation, found, int(turn), int(round_), click.actor.id))
        case "hush":
            return Answer(await _hush(installation, found, click.actor.id))
        case "edit":
            return await _edit(installation, intake, found, click, int(turn))
        case _:
            return Answer(note("I do not know this button.", "Type /incident help to see what I can do."))


async def _later(installation: Installation, incident: Incident, turn: int, round_: int, by: str) -> Card:
    put_off = await change(installation, lambda within: outward.snooze(within, incident, turn, round_, SNOOZE, by))
    if put_off:
        return said(incident, "I ask again in 10 minutes.", "People outside still wait for what was promised.")
    return unchanged(incident, "That was posted, or put off already.")


async def _hush(installation: Installation, incident: Incident, by: str) -> Card:
    stopped = await change(installation, lambda within: outward.silence(within, incident, by))
    if stopped:
        return said(incident, "I ask for no more updates of it.", "/incident post tells people outside any time.")
    return unchanged(incident, "I had stopped asking already.")


async def _edit(
    installation: Installation, intake: Intake, incident: Incident, click: Click, turn: int
) -> Answer | None:
    """The request's own form, with the words of the draft in it."""
    words = await outward.words(installation.pool, incident.id, turn, click.actor.id)
    if words is None:
        return Answer(note("Those words were for somebody else.", "Type /incident post … to write your own."))
    place = place_of(incident, installation.catalog)
    where = f" --service {place.service} --environment {place.environment}" if place else ""
    text = f'post {incident.label}{where} "{words}"'
    invocation = Invocation(
        "/incident", text, click.actor, click.channel, click.delivery, click.received_at, "slack", click.response_url
    )
    missing = Missing("Put the words right: people outside will read them as they stand here.")
    missing.command, missing.verb, missing.text = "/incident", "post", text
    return await intake.forms.begin(invocation, missing, installation.pool)
