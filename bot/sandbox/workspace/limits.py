"""How often an app may call: tiers by method and minute, one message a second and channel, with a small burst."""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Mapping

MINUTE_S = 60.0
BURST = 5
POSTS_PER_S = 1.0
POSTS_PER_MINUTE = 500  # Slack: "several hundred messages per minute" in a workspace; its exact number is not public


class TooFast(Exception):
    """Slow down: `retry_after_s` says for how long."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class Limits:
    """Counts calls of one workspace and one app. `strict=False` lets everything through."""

    def __init__(self, clock: Callable[[], float], *, strict: bool = True) -> None:
        self.strict = strict
        self._clock = clock
        self._calls: Mapping[str, deque[float]] = defaultdict(deque)
        self._tokens: dict[str, tuple[float, float]] = {}

    def call(self, method: str, per_minute: int) -> None:
        """At most so many in any sixty seconds."""
        if not self.strict:
            return
        now, seen = self._clock(), self._calls[method]
        while seen and seen[0] <= now - MINUTE_S:
            seen.popleft()
        if len(seen) >= per_minute:
            raise TooFast(max(1, math.ceil(seen[0] + MINUTE_S - now)))
        seen.append(now)

    def post(self, channel: str) -> None:
        """One message a second in the long run; a few at once are tolerated."""
        if not self.strict:
            return
        now = self._clock()
        left, since = self._tokens.get(channel, (float(BURST), now))
        left = min(float(BURST), left + (now - since) * POSTS_PER_S)
        if left < 1:
            self._tokens[channel] = (left, now)
            raise TooFast(max(1, math.ceil((1 - left) / POSTS_PER_S)))
        self.call("*posting*", POSTS_PER_MINUTE)
        self._tokens[channel] = (left - 1, now)
