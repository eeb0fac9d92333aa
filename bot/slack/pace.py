"""How fast we write to Slack: a message a second per channel, 45 edits a minute, and 429 obeyed per method.

Limits: docs.slack.dev "Rate limits". Whoever is more urgent goes first; the clock and the sleep come in.
"""

import heapq
from asyncio import Event
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Protocol

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[object]]

BURST = 3
POSTS_PER_S = 1.0
EDITS_PER_MINUTE = 45
KEPT_FOR_URGENT = 15  # edits of a minute that only urgent ones (final states, decisions) may use
URGENT = 1  # priority up to which an edit is urgent
HOMES_PER_MINUTE = 80
MINUTE = 60.0


class Rule(Protocol):
    """When the next one may go. `wait` is 0 when it may go now; `spend` counts it."""

    def wait(self, now: float, priority: int) -> float: ...
    def spend(self, now: float) -> None: ...


class Bucket:
    """One channel: a message a second in the long run, a few at once."""

    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._at: float | None = None

    def wait(self, now: float, priority: int) -> float:
        return max(0.0, (1 - self._left(now)) / POSTS_PER_S)

    def spend(self, now: float) -> None:
        self._tokens, self._at = self._left(now) - 1, now

    def _left(self, now: float) -> float:
        since = now - self._at if self._at is not None else 0.0
        return min(float(BURST), self._tokens + since * POSTS_PER_S)


class Edits:
    """All edits of the workspace: never more than 45 in any minute, and the last 15 are for what is urgent."""

    def __init__(self) -> None:
        self._made: deque[float] = deque()

    def wait(self, now: float, priority: int) -> float:
        while self._made and self._made[0] <= now - MINUTE:
            self._made.popleft()
        most = EDITS_PER_MINUTE if priority <= URGENT else EDITS_PER_MINUTE - KEPT_FOR_URGENT
        full = self._made[-most] + MINUTE - now if len(self._made) >= most else 0.0
        # Spread what is not urgent, so that a minute's budget does not go in its first seconds.
        gap = self._made[-1] + self._gap() - now if self._made and priority > URGENT else 0.0
        return max(0.0, full, gap)

    def spend(self, now: float) -> None:
        self._made.append(now)

    def _gap(self) -> float:
        return 1.0 if len(self._made) < KEPT_FOR_URGENT else MINUTE / (EDITS_PER_MINUTE - KEPT_FOR_URGENT)


class Publications:
    """All Homes of the workspace: a hundred a minute are allowed (tier 4), and some are left for forms."""

    def __init__(self) -> None:
        self._made: deque[float] = deque(maxlen=HOMES_PER_MINUTE)

    def wait(self, now: float, priority: int) -> float:
        full = len(self._made) == HOMES_PER_MINUTE
        return max(0.0, self._made[0] + MINUTE - now) if full else 0.0

    def spend(self, now: float) -> None:
        self._made.append(now)


class Lane:
    """Those who wait for one rule, most urgent first, in order of arrival."""

    def __init__(self, rule: Rule, clock: Clock, sleep: Sleep) -> None:
        self._rule, self._clock, self._sleep = rule, clock, sleep
        self._waiting: list[tuple[int, int]] = []
        self._numbers = count()
        self._moved = Event()

    async def turn(self, priority: int) -> None:
        """Returns when the caller may send one message, which is counted."""
        mine = (priority, next(self._numbers))
        heapq.heappush(self._waiting, mine)
        try:
            while (wait := self._wait(mine)) != 0:
                await (self._moved.wait() if wait is None else self._sleep(wait))
            self._rule.spend(self._clock())
        finally:
            self._waiting.remove(mine)
            heapq.heapify(self._waiting)
            self._moved.set()
            self._moved = Event()

    def _wait(self, mine: tuple[int, int]) -> float | None:
        """None: somebody else is first."""
        return self._rule.wait(self._clock(), mine[0]) if self._waiting[0] == mine else None


class Pace:
    """Everything that slows us down on purpose. Kept while the process lives."""

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock, self._sleep = clock, sleep
        self._channels: dict[str, Lane] = {}
        self._edits = Lane(Edits(), clock, sleep)
        self._homes = Lane(Publications(), clock, sleep)
        self._closed: dict[str, float] = {}  # method → until when Slack wants none of it

    async def post(self, channel: str, priority: int) -> None:
        lane = self._channels.setdefault(channel, Lane(Bucket(), self._clock, self._sleep))
        await lane.turn(priority)

    async def edit(self, priority: int) -> None:
        await self._edits.turn(priority)

    async def publish(self) -> None:
        await self._homes.turn(0)

    async def method(self, method: str) -> None:
        """Returns once Slack takes this method again."""
        while (wait := self.closed_for(method)) > 0:
            await self._sleep(wait)

    def closed_for(self, method: str) -> float:
        """Seconds until Slack takes it again; none left when it does."""
        return self._closed.get(method, 0.0) - self._clock()

    def close(self, method: str, retry_after_s: float) -> None:
        """Slack answered 429."""
        self._closed[method] = max(self._closed.get(method, 0.0), self._clock() + retry_after_s)
