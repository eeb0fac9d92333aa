"""One change of our own records: a transaction, and then whoever tells of it is woken."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.db.bell import Topic
from bot.db.database import Connection
from bot.engine.installation import Installation

Result = TypeVar("Result")


async def change(
    at: Installation, work: Callable[[Connection], Awaitable[Result]], wake: Topic = "incidents"
) -> Result:
    async with at.pool.acquire() as connection, connection.transaction():
        result = await work(connection)
    at.bell.ring("outbox", wake)
    return result
