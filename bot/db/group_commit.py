"""Group commit at the door: what many people ask in the same moment is made safe in one transaction.

Whoever comes while nobody is being written is written at once. Whoever comes meanwhile waits for the next
transaction, a few milliseconds; all who wait by then share it, in the order in which they came.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass

from bot.db import runs
from bot.db.database import AWAY, Pool
from bot.db.runs import RECEIVES, NewRun, Received
from bot.domain.invocation import Invocation

_TOGETHER = 32  # requests in one transaction at most: about 5 ms of PostgreSQL's time
_WITHIN_S = (
    2.0  # by then an answer is due anyway (bot.slack.app.INTAKE), and a broken connection keeps nobody else out
)

_COLUMNS = [f"c{n}" for n, _ in enumerate(RECEIVES, 1)]
_GIVEN = ", ".join(f"CASE WHEN said <> '' THEN ${n}::{kind}[] END" for n, kind in enumerate(RECEIVES, 1))
_RECEIVE_ALL = f"""
    WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '200ms', true) AS said)
    SELECT done.run_id, done.fresh
    FROM patience,
         unnest({_GIVEN}) WITH ORDINALITY AS one ({", ".join(_COLUMNS)}, at),
         receive_run({", ".join(f"one.{name}" for name in _COLUMNS)}) AS done
    ORDER BY at
    """
"""`receive_run` for each in turn; asking for `said` sets the patience before the first of them."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    invocation: Invocation
    new: NewRun
    until: float  # of the loop's time
    answer: asyncio.Future[Received]


class GroupCommit:
    """`receive` is `runs.receive` for a request that is a transaction by itself, and was said in no thread."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[_Waiting] = []
        self._writing = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, invocation: Invocation, new: NewRun) -> Received:
        """Returns once it is committed. One that was given up may be recorded or not, as after any lost answer.

        Raises what asyncpg raises, TimeoutError after 1.9 s among it.
        """
        loop = asyncio.get_running_loop()
        one = _Waiting(invocation, new, loop.time() + _WITHIN_S, loop.create_future())
        self._waiting.append(one)
        if not self._writing:
            self._writing = True
            self._begin(self._write())
        return await one.answer

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
                if still := [one for one in batch if not one.answer.done()]:
                    await self._commit(still)
        finally:
            self._writing = False

    async def _commit(self, batch: list[_Waiting]) -> None:
        """One that cannot be written, or waits for somebody's lock, keeps nobody else out: then each goes alone."""
        try:
            rows = [runs.to_receive(one.invocation, one.new) for one in batch]
            async with asyncio.timeout_at(batch[0].until):
                found = await self._pool.fetch(_RECEIVE_ALL, *zip(*rows, strict=True))
        except AWAY as error:
            for one in batch:
                _refuse(one, error)
        except Exception:
            for one in batch:
                self._begin(self._commit_alone(one))
        else:
            for one, row in zip(batch, found, strict=True):
                _answer(one, (row["run_id"], row["fresh"]))

    async def _commit_alone(self, one: _Waiting) -> None:
        try:
            async with asyncio.timeout_at(one.until):
                _answer(one, await runs.receive(self._pool, one.invocation, one.new))
        except Exception as error:
            _refuse(one, error)


def _answer(one: _Waiting, received: Received) -> None:
    if not one.answer.done():
        one.answer.set_result(received)


def _refuse(one: _Waiting, error: Exception) -> None:
    if not one.answer.done():
        one.answer.set_exception(error)
