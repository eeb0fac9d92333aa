"""How their services are, as the watch recorded it."""

from bot.db import overview
from bot.domain.home import Section, health_line, said
from bot.domain.words import code
from bot.engine.home.looking import Looking
from permissions.model import HEALTH_READ

SHOWN = 40


async def health(looking: Looking) -> Section | None:
    """A line for each environment that they may look at, what fails first; None when there is none."""
    known = await overview.health(looking.at.pool)
    places = [
        place for place in looking.at.catalog.places() if looking.may(HEALTH_READ, place.service, place.environment)
    ]
    if not places:
        return None
    states = {place: known.get((place.service, place.environment)) for place in places}
    places.sort(key=lambda place: (states[place] or {}).get("state") != "failing")
    lines = [health_line(place, states[place]) for place in places]
    more = f"and {len(lines) - SHOWN:,} more · " if len(lines) > SHOWN else ""
    return Section(
        "Health of your services",
        (said("\n".join(lines[:SHOWN])),),
        f"{more}as the watch recorded it; {code('/health')} looks anew",
    )
