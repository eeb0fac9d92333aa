"""What waits for this person's answer."""

from bot.db import overview
from bot.db.overview import Question
from bot.domain import plan as plans
from bot.domain.home import Section, said, waiting_card
from bot.domain.run import RunId
from bot.domain.words import code
from bot.engine.home.looking import Looking
from permissions.decide import Allow, may_vote
from permissions.model import Ask, Permission, Risk

SHOWN = 12


async def waiting(looking: Looking) -> Section:
    """Requests that they could answer at this moment, the soonest to expire first."""
    mine = await answerable(looking)
    cards = [
        waiting_card(run, plans.from_json(run.plan), approval, looking.name)
        for run, approval in await overview.requests(looking.at.pool, mine[:SHOWN])
        if run.plan is not None and approval is not None
    ]
    left = len(mine) - len(cards)
    more = f"and {left:,} more: {code('/runs waiting')}" if left else ""
    title = f"Waiting for you ({len(mine):,})" if mine else "Waiting for you"
    return Section(
        title, tuple(cards) or (said("Nothing. You will get a direct message when somebody needs you."),), more
    )


async def answerable(looking: Looking) -> list[RunId]:
    """The policy answers the same question once: a thousand requests are a handful of questions."""
    known: dict[Question, bool] = {}
    mine: list[RunId] = []
    for run, question in await overview.waiting(looking.at.pool, looking.person.id):
        if question not in known:
            known[question] = _may_answer(looking, question)
        if known[question]:
            mine.append(run)
    return mine


def _may_answer(looking: Looking, question: Question) -> bool:
    at = looking.at
    ask = Ask(
        at.person(question.actor, question.team),
        Permission(question.permission),
        Risk(question.risk),
        at.scope(question.service, question.environment, question.channel),
        looking.now,
    )
    return isinstance(may_vote(at.policy, ask, looking.person, team_id=at.team), Allow)
