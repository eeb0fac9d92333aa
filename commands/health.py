"""Look at a service: every check at once, worst first, with what changed before the first failure."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.capability import Checks, Deploys, Running
from bot.domain.card import Card
from bot.domain.catalog import Catalog, Place
from bot.domain.command import Command, Environment, Service, Verb
from bot.domain.health import Report, health_card, summary_card
from bot.domain.plan import Plan
from bot.providers.examine import look_at, past_of
from permissions.model import HEALTH_READ, Risk


@dataclass(frozen=True, slots=True)
class Health:
    service: Service | None = None
    environment: Environment | None = None


async def execute(request: Health, plan: Plan, running: Running) -> Card:
    places = _places(request, running.catalog)
    begun = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_examine(place, running)) for place in places]
    reports = [task.result() for task in tasks]
    by = f"asked by {running.govern.name(running.actor)}"
    if len(reports) == 1:
        return await _one(reports[0], running, by)
    took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
    return summary_card(reports, took, running.now, by=by)


def _places(request: Health, catalog: Catalog) -> list[Place]:
    return [
        place
        for place in catalog.places()
        if request.service in (None, place.service) and request.environment in (None, place.environment)
    ]


async def _examine(place: Place, running: Running) -> Report:
    return await look_at(place, running.providers(place, Checks), lambda: running.now)


async def _one(report: Report, running: Running, by: str) -> Card:
    past = await past_of(report.place, running.providers(report.place, Deploys), running.records, report)
    return health_card(report, past, by=by)


COMMAND = Command(
    "/health",
    "See how a service is: addresses, database, certificates, payments, disk.",
    (
        Verb(
            "",
            Health,
            None,
            execute,
            permission=HEALTH_READ,
            risk=Risk.READ,
            help="Run every check of an environment, of a service or of all. Changes nothing.",
            example="/health shop production",
            deadline=timedelta(minutes=2),
        ),
    ),
    sets=frozenset({"five", "core", "all"}),
)
