"""What the watch remembers of a place, and when that is news. Pure: the clock and the findings come in.

Remembered: {"state": "ok"|"failing", "since", "told": [check …], "checks": {check: [ISO …]}, "failures": [ISO …],
"fine_since", "watched_since"}; `told` are the checks that the open alert names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from bot.domain.json import Json, JsonObject
from bot.domain.words import listed


@dataclass(frozen=True, slots=True)
class News:
    """failing: nothing was known to fail before; worse: more fails now; better: less, not all; recovered: nothing."""

    state: Literal["failing", "worse", "better", "recovered"]
    says: str  # what changed, in words


def step(
    before: JsonObject, failing: Collection[str], now: datetime, limits: tuple[int, timedelta]
) -> tuple[JsonObject, News | None]:
    """What to remember next. A check is told when it failed `limits[0]` times within `limits[1]`, and once only."""
    count, within = limits
    told = cast("list[str]", before.get("told") or [])
    state: JsonObject = {"watched_since": now.isoformat(), **before}
    if not failing:
        return _ok(state, now), News("recovered", "") if told else None
    seen = cast("dict[str, list[str]]", before.get("checks") or {})
    checks = {name: _recent(seen.get(name, []), now, within)[-count:] for name in failing}
    alarming = sorted(name for name, times in checks.items() if name in told or len(times) >= count)
    failures = _recent(cast("list[str]", before.get("failures") or []), now, within)[-count:]
    state |= {"checks": cast("Json", checks), "told": cast("Json", alarming), "failures": cast("Json", failures)}
    news = _news(set(told), set(alarming))
    if alarming and not told:
        state |= {"state": "failing", "since": min(checks[name][0] for name in alarming)}
    elif told and not alarming:
        state |= {"state": "ok", "since": now.isoformat()}
    return state, news


def _recent(times: list[str], now: datetime, within: timedelta) -> list[str]:
    return [*(at for at in times if now - datetime.fromisoformat(at) <= within), now.isoformat()]


def _news(told: set[str], alarming: set[str]) -> News | None:
    new, fine = sorted(alarming - told), sorted(told - alarming)
    if new and not told:
        return News("failing", "")
    if new:
        also = f" {listed(fine, 'and')} {'is' if len(fine) == 1 else 'are'} fine again." if fine else ""
        return News("worse", f"{listed(new, 'and')} now {'fails' if len(new) == 1 else 'fail'} too.{also}")
    if fine and not alarming:
        return News("recovered", "")
    if fine:
        rest = f"{listed(sorted(alarming), 'and')} still {'fails' if len(alarming) == 1 else 'fail'}."
        return News("better", f"{listed(fine, 'and')} {'is' if len(fine) == 1 else 'are'} fine again; {rest}")
    return None


def _ok(state: JsonObject, now: datetime) -> JsonObject:
    """Fine: `fine_since` is when the watch began to see no failure, and stays known while it fails."""
    unbroken = state.get("state") == "ok" and not state.get("failures")
    begun = (state.get("fine_since") if unbroken else None) or now.isoformat()
    return {**state, "state": "ok", "since": begun, "fine_since": begun, "failures": [], "checks": {}, "told": []}
