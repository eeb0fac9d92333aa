"""Trouble on purpose, in a world that already runs: a long transaction, and the broken release once more."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from bot.sandbox import world_data
from bot.sandbox.payments import random_id
from bot.sandbox.shop import repository
from bot.sandbox.shop.repository import Switch
from bot.sandbox.world import Environment, World
from bot.sandbox.world_data import Order, Told

_UNPAID = """
SELECT id, sku, quantity, country, created_at AS created, email, checkout_session AS session, payment_intent AS intent
FROM orders
WHERE NOT paid ORDER BY id DESC LIMIT $1
"""


async def hold_orders(database_url: str, seconds: float, held: asyncio.Event) -> None:
    """Somebody's forgotten transaction: whoever reads the orders waits for it. Sets `held` once it is so."""
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
            held.set()
            await asyncio.sleep(seconds)
    finally:
        held.set()
        await connection.close()


async def deploy_again(world: World, now: datetime) -> None:
    """Mia deploys `main`, which is still broken, and six payments of waiting orders do not reach the shop."""
    production = world.environments["production"]
    await asyncio.to_thread(_switch, world, production, now)
    restart = ("restart", "production", "--folder", str(world.supervised_folder))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.sandbox.supervisor", *restart), stdout=asyncio.subprocess.DEVNULL
    )
    await process.wait()
    waiting = await _waiting(production.database_url)
    world_data.tell(world.payments, production.endpoint, _lost(waiting, now), delivered=False, since=now)


def _switch(world: World, production: Environment, now: datetime) -> None:
    """Blocking. The release folder is built again if the bot has cleared it away."""
    if not (production.releases_folder / world.bad_commit).is_dir():
        repository.release(world.repository, world.bad_commit, production.releases_folder, now)
    repository.switch(production.releases_folder, [Switch(world.bad_commit, now, "mia")])


async def _waiting(database_url: str) -> list[Order]:
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        rows = await connection.fetch(_UNPAID, world_data.WAITING)
    finally:
        await connection.close()
    return [Order(**dict(row.items()), paid=None) for row in rows]


def _lost(waiting: Sequence[Order], now: datetime) -> list[Told]:
    """As the first time, as far as there are orders that wait."""
    return [
        Told(random_id("evt_"), kind, waiting[index], now - ago / 14)
        for index, kind, ago in world_data.LOST
        if index < len(waiting)
    ]
