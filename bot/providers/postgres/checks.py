"""What /health and the watch look at in a database: whether it answers, connections used, size. Reads only."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import assert_never

from bot.domain.capability import Finding
from bot.domain.errors import ProviderError
from bot.domain.words import size, span
from bot.providers.postgres.models import Facts

_SLOW_S = 0.05  # table T: a database question takes less than 50 ms
_NEARLY_FULL = 0.95
DEADLINE = timedelta(seconds=10)


@dataclass(slots=True)
class Round:
    """One connection for all checks of a round: whoever comes first looks, the others share what it saw."""

    ask: Callable[[], Awaitable[Facts]]
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _seen: Facts | ProviderError | None = None

    async def __call__(self) -> Facts | ProviderError:
        async with self._lock:
            if self._seen is None:
                try:
                    self._seen = await self.ask()
                except ProviderError as error:
                    self._seen = error
            return self._seen


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    shared: Round
    name: str = "Database"
    deadline: timedelta = DEADLINE

    async def look(self) -> Finding:
        seen = await self.shared()
        if isinstance(seen, ProviderError):
            return Finding(self.name, "fail", _lower(seen.what.removeprefix("The database ").rstrip(".")), "fails")
        answer = span(timedelta(seconds=seen.answer_s)) if seen.answer_s >= 0.001 else "under 1 ms"
        if seen.answer_s > _SLOW_S:
            return Finding(self.name, "warn", f"answers in {answer}, wants {_SLOW_S * 1000:.0f} ms", answer)
        return Finding(self.name, "ok", f"answers in {answer}", answer)


@dataclass(frozen=True, slots=True)
class PoolCheck:
    shared: Round
    limit: float
    name: str = "Pool"
    deadline: timedelta = DEADLINE

    async def look(self) -> Finding:
        seen = await self.shared()
        if isinstance(seen, ProviderError):
            return _unseen(self.name)
        brief = f"{seen.used}/{seen.most}"
        share = seen.used / seen.most
        if share < self.limit:
            return Finding(self.name, "ok", f"{brief} connections used", brief)
        says = f"{brief} connections used, wants under {self.limit * 100:.0f} %"
        return Finding(self.name, "fail" if share >= _NEARLY_FULL else "warn", says, brief)


@dataclass(frozen=True, slots=True)
class SizeCheck:
    shared: Round
    name: str = "Data"
    deadline: timedelta = DEADLINE

    async def look(self) -> Finding:
        seen = await self.shared()
        match seen:
            case ProviderError():
                return _unseen(self.name)
            case Facts():
                return Finding(self.name, "ok", f"{size(seen.size)} of data", size(seen.size))
            case _:
                assert_never(seen)


def _unseen(name: str) -> Finding:
    return Finding(name, "unknown", "cannot be told while the database is away", "not known")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
