"""Sends chains of events: in order within a chain, several chains at once, each event claimed before it is sent."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.errors import ProviderError, WatchkeeperError
from bot.domain.replay import Fate, Result
from bot.providers.stripe.ledger import Ledger
from bot.providers.stripe.models import Route, StripeEvent
from bot.providers.stripe.webhooks import StripeWebhooks

AT_ONCE = 8
GIVE_UP_AFTER = 8  # events that did not arrive while none did: the rest waits for a better time
ARRIVES_WITHIN = timedelta(seconds=30)
_POLLS_S = (0.2, 0.3, 0.5, 1.0, 2.0)


@contextmanager
def first_error() -> Iterator[None]:
    """One error of a group instead of the group: what people read, and what tells the engine to stop."""
    try:
        yield
    except ExceptionGroup as group:
        known, other = group.split(WatchkeeperError)
        raise _leaf(known or other or group) from None


def _leaf(error: Exception) -> Exception:
    return _leaf(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


@dataclass(slots=True)
class Sender:
    """Delivers by one route. `key` gives an idempotency key that is the same after a restart of the same run."""

    webhooks: StripeWebhooks
    ledger: Ledger
    route: Route
    key: Callable[[str], str]
    again: frozenset[str]
    arrives_within: timedelta = ARRIVES_WITHIN
    results: list[Result] = field(default_factory=list)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def send(self, chains: Sequence[Sequence[StripeEvent]], told: Callable[[], Awaitable[None]]) -> None:
        """All chains of a batch; `told` is called after each event."""
        with first_error():
            async with asyncio.TaskGroup() as group:
                for chain in chains:
                    group.create_task(self._chain(chain, told))

    async def _chain(self, chain: Sequence[StripeEvent], told: Callable[[], Awaitable[None]]) -> None:
        async with self._slots:
            blocker = ""
            for event in chain:
                result = self._held(event, blocker) or await self._one(event)
                if result.fate not in (Fate.DELIVERED, Fate.TAKEN):
                    blocker = blocker or event.id
                self.results.append(result)
                await told()

    def _held(self, event: StripeEvent, blocker: str) -> Result | None:
        if blocker:
            return Result(event.id, Fate.HELD, f"{blocker}, about the same object, did not arrive")
        arrived = sum(one.fate is Fate.DELIVERED for one in self.results)
        missed = sum(one.fate in (Fate.REFUSED, Fate.ASKED, Fate.UNKNOWN) for one in self.results)
        if not arrived and missed >= GIVE_UP_AFTER:
            return Result(event.id, Fate.HELD, f"none of the first {missed} arrived")
        return None

    async def _one(self, event: StripeEvent) -> Result:
        number = await self.ledger.claim(event.id, again=event.id in self.again)
        if number is None:
            return Result(event.id, Fate.TAKEN, "another run has it")
        try:
            fate, says = await self._deliver(event, number)
        except ProviderError as error:
            fate, says = Fate.UNKNOWN if error.changed == "unknown" else Fate.REFUSED, error.what
        await self.ledger.write(event.id, number, fate, says)
        return Result(event.id, fate, says)

    async def _deliver(self, event: StripeEvent, number: int) -> tuple[Fate, str]:
        if self.route.way == "signed":
            answer = await self.webhooks.send(event.id)
            return Fate.DELIVERED if answer.accepted else Fate.REFUSED, f"answered {answer.status}"
        await self.webhooks.ask(event.id, self.route.endpoint, self.key(f"{event.id}:{number}"))
        await self.ledger.write(event.id, number, Fate.ASKED)
        if await self._arrived(event):
            return Fate.DELIVERED, "through Stripe"
        return Fate.ASKED, f"asked at Stripe, not there after {self.arrives_within.total_seconds():.0f} s"

    async def _arrived(self, event: StripeEvent) -> bool:
        """Asks until the delivery is seen or its time is up; a question that fails is asked again."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.arrives_within.total_seconds()
        polls = iter(_POLLS_S)
        while True:
            try:
                if await self.webhooks.arrived(event):
                    return True
            except ProviderError:  # not knowing yet is no outcome
                pass
            pause = next(polls, _POLLS_S[-1])
            if loop.time() + pause > deadline:
                return False
            await asyncio.sleep(pause)
