"""Runs that write only our own records: start, effect and end are one transaction.

Killed in the middle, nothing of it is there and it is still `starting`: whoever claims it next does it, once. So
how it ended is always known, and it is never `interrupted`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import structlog

from bot.db.database import AWAY, CLASHED, Connection
from bot.db.within import Within
from bot.domain import parse
from bot.domain.card import Card
from bot.domain.command import Verb
from bot.domain.errors import WatchkeeperError
from bot.domain.plan import NOTHING
from bot.domain.run import Run, State
from bot.engine import endings
from bot.engine.endings import Ending, log_names
from bot.engine.govern import EngineGovern
from bot.engine.installation import Installation
from bot.engine.running import EngineRunning, mark_running
from bot.engine.votes import Votes

log = structlog.get_logger()

DEADLINE_S = 15.0  # below PostgreSQL's own patience with a transaction in which nothing happens
_TRIES = 5


async def record(at: Installation, run: Run, verb: Verb, now: datetime, worker: int) -> None:
    """Raises what PostgreSQL raises while it is away: nothing is there then, or all of it."""
    for left in reversed(range(_TRIES)):
        try:
            await _once(at, run, verb, now, worker)
        except CLASHED:
            if not left:
                raise
        else:
            break
    at.bell.ring("work", "outbox", "incidents")  # what rang within came before the commit


async def _once(at: Installation, run: Run, verb: Verb, now: datetime, worker: int) -> None:
    async with at.pool.acquire() as connection, connection.transaction():
        if await mark_running(connection, run, worker) is None:
            return
        inner = replace(at, pool=Within(connection))
        running = EngineRunning(
            inner,
            EngineGovern(inner, Votes(inner)),
            run,
            now,
            worker=worker,
            loop_time=asyncio.get_running_loop().time,
        )
        ending = await _ending(connection, run, verb, lambda: verb.execute(_request(run, verb), NOTHING, running))
        await endings.after_running(connection, run.id, ending, worker=worker)


def _request(run: Run, verb: Verb) -> object:
    return parse.from_json(verb.request, run.request)


async def _ending(connection: Connection, run: Run, verb: Verb, execute: Callable[[], Awaitable[Card]]) -> Ending:
    """What fails takes its own writing with it: nothing was changed."""
    limit = asyncio.timeout(DEADLINE_S)
    try:
        async with connection.transaction(), limit:
            card = await execute()
    except WatchkeeperError as error:
        return Ending(State.FAILED, "nothing", str(error))
    except CLASHED:
        raise
    except AWAY:
        if not limit.expired():
            raise
        return Ending(State.TIMED_OUT, "nothing", "It did not end in time. Ask again.")
    except Exception:
        log.exception("run.failed", run_id=run.id, command=run.command)
        return Ending(State.FAILED, "nothing", f"It stopped for a reason I did not expect. {log_names(run)}")
    return endings.of_card(verb, card)
