"""What ran without votes and waits for this person's look."""

from bot.db import reviews as table
from bot.db import runs
from bot.domain.home import Section, review_card
from bot.domain.words import code
from bot.engine.home.looking import Looking
from permissions.reviewers import reviewers

SHOWN = 5


async def reviews(looking: Looking) -> Section | None:
    """None when there is nothing for them to look at."""
    found = {review.run: review for review in await table.still_open(looking.at.pool)}
    mine = [
        run
        for run in await runs.select(looking.at.pool, "WHERE r.id = ANY($1::bigint[]) ORDER BY r.id", list(found))
        if looking.person.id
        in reviewers(looking.at.policy, looking.at.ask(run), looking.at.people.everyone(), team_id=looking.at.team)
    ]
    if not mine:
        return None
    cards = tuple(review_card(run, found[run.id], looking.name) for run in mine[:SHOWN])
    more = f"and {len(mine) - SHOWN:,} more: {code('/runs all')}" if len(mine) > SHOWN else ""
    return Section("For you to review", cards, more)
