"""Trouble on demand for the Web API: errors, silence, lateness, limits, an outage. Off unless told."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outage = Literal["reset", "refuse"]
ANY = "*"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call. `applied`: the call takes effect, only its answer is lost."""

    kind: Literal["error", "status", "timeout", "reset"]
    error: str = ""
    status: int = 0
    applied: bool = False


class Faults:
    """The next calls of a method go wrong as told; `*` stands for every method."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)
        self._late: dict[str, float] = {}
        self._limited: dict[str, tuple[float, int]] = {}
        self._outage: Outage | None = None

    def fail(self, method: str, how: str | int, times: int = 1) -> None:
        """`how`: a Slack error name, an HTTP status, "timeout", "reset", or either with "_after_apply"."""
        self._planned[method].extend([_fault(how)] * times)

    def late(self, method: str, seconds: float) -> None:
        """Each answer of the method comes so much later, until told 0; its effect is there at once."""
        self._late[method] = seconds

    def rate_limit(self, method: str, retry_after: int) -> None:
        """From now on, for so long, the method answers 429."""
        self._limited[method] = (self._clock() + retry_after, retry_after)

    def down(self, how: Outage = "reset") -> None:
        """The Web API is away: connections break, or with "refuse" answer 503."""
        self._outage = how

    def up(self) -> None:
        self._outage = None

    def clear(self) -> None:
        self._planned.clear()
        self._late.clear()
        self._limited.clear()
        self._outage = None

    # asked by the server

    def next(self, method: str) -> Fault | None:
        if self._outage is not None:
            return Fault("reset") if self._outage == "reset" else Fault("status", status=503)
        for name in (method, ANY):
            if self._planned[name]:
                return self._planned[name].popleft()
        return None

    def lateness(self, method: str) -> float:
        return self._late.get(method, self._late.get(ANY, 0.0))

    def retry_after(self, method: str) -> int | None:
        until, _ = self._limited.get(method) or self._limited.get(ANY) or (0.0, 0)
        left = until - self._clock()
        return max(1, round(left)) if left > 0 else None


def _fault(how: str | int) -> Fault:
    if isinstance(how, int):
        return Fault("status", status=how)
    match how:
        case "timeout" | "timeout_after_apply":
            return Fault("timeout", applied=how.endswith("apply"))
        case "reset" | "reset_after_apply":
            return Fault("reset", applied=how.endswith("apply"))
        case _:
            return Fault("error", error=how)
