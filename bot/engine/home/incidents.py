"""Incidents that are open, those alone of which this person may know."""

from bot.db import incidents as table
from bot.domain.home import Section
from bot.domain.incident import Affected, Incident
from bot.domain.incident_card import home_card
from bot.domain.words import code
from bot.engine.home.looking import Looking
from bot.engine.knowing import may_know
from permissions.model import INCIDENT_READ

SHOWN = 5


async def incidents(looking: Looking) -> Section | None:
    """None when none is; the worst first."""
    found = [one for one in await table.ongoing(looking.at.pool) if _seen(looking, one)]
    if not found:
        return None
    ordered = sorted(found, key=lambda one: (one.test, one.severity, one.id))
    cards = tuple(home_card(one, looking.name) for one in ordered[:SHOWN])
    more = f"and {len(found) - SHOWN:,} more: {code('/incident list')}" if len(found) > SHOWN else ""
    return Section("Open incidents", cards, more)


def _seen(looking: Looking, one: Incident) -> bool:
    place = one.affected[0] if one.affected else Affected("")
    may = looking.may(INCIDENT_READ, place.service or None, place.environment or None)
    return may and may_know(looking.at, one, looking.person)
