"""What this person asked: what is open, with its buttons, and how the last ones ended."""

from bot.db import overview
from bot.domain import plan as plans
from bot.domain.home import Section, asked_card, ended_card, said
from bot.domain.words import code
from bot.engine.home.looking import Looking

SHOWN, ENDED = 6, 5


async def asked(looking: Looking) -> Section:
    pool, me = looking.at.pool, looking.person.id
    found = await overview.open_of(pool, me, SHOWN + 1)
    cards = [
        asked_card(run, plans.from_json(run.plan) if run.plan else None, approval, looking.name, looking.now)
        for run, approval in await overview.requests(pool, [run.id for run in found[:SHOWN]])
    ]
    ended = await overview.ended_of(pool, me, ENDED)
    cards += [ended_card(ended)] if ended else []
    more = f"and more: {code('/runs all')} lists them" if len(found) > SHOWN else ""
    return Section("You asked", tuple(cards) or (said("Nothing yet."),), more)
