"""What runs now, at places that this person may look at."""

from bot.db import overview
from bot.domain.home import Section, running_card
from bot.domain.words import code
from bot.engine.home.looking import Looking
from permissions.model import RUN_READ

SHOWN, SEARCHED = 6, 200


async def running(looking: Looking) -> Section | None:
    """None when nothing does."""
    found = await overview.under_way(looking.at.pool, SEARCHED)
    seen = [run for run in found if looking.may(RUN_READ, run.service, run.environment)]
    if not seen:
        return None
    more = f"and {len(seen) - SHOWN:,} more: {code('/runs all')}" if len(seen) > SHOWN else ""
    return Section("Running now", tuple(running_card(run, looking.name) for run in seen[:SHOWN]), more)
