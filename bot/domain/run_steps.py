"""The steps of a run, read from its events: what is done, what is under way, what was to come. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from bot.domain.card import StepLine, StepState
from bot.domain.event import Event, Kind
from bot.domain.words import span, when


@dataclass(frozen=True, slots=True)
class StepFact:
    """One step; `took` only once it has ended."""

    name: str
    state: StepState = "pending"
    says: str = ""
    since: datetime | None = None
    took: timedelta | None = None


def steps(planned: Sequence[str], events: Sequence[Event]) -> tuple[StepFact, ...]:
    """The planned steps in order, then those that nobody planned in the order they began."""
    facts = {name: StepFact(name) for name in planned}
    for event in events:
        name = str(event.body.get("step", ""))
        if name:
            facts[name] = _after(facts.get(name, StepFact(name)), event)
    return tuple(facts.values())


def _after(fact: StepFact, event: Event) -> StepFact:
    says = str(event.body.get("says") or "")
    match event.kind:
        case Kind.STEP_STARTED:
            return StepFact(fact.name, "working", "", event.at)
        case Kind.STEP_PROGRESSED:
            return StepFact(fact.name, "working", says, fact.since)
        case Kind.STEP_ENDED:
            state = cast("StepState", str(event.body.get("state", "done")))
            return StepFact(fact.name, state, says, fact.since, _took(event))
        case _:
            return fact


def _took(event: Event) -> timedelta | None:
    seconds = event.body.get("took_s")
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) else None


def step_lines(facts: Sequence[StepFact], *, ended: bool) -> tuple[StepLine, ...]:
    """As lines of a card. ended: the run is over, so what had begun was stopped and what had not will not."""
    return tuple(_line(fact, ended) for fact in facts)


def _line(fact: StepFact, ended: bool) -> StepLine:
    match fact.state:
        case "pending":
            return StepLine(fact.name, "pending", "not begun" if ended else "")
        case "working" if ended:
            return StepLine(fact.name, "stopped", _joined("its end is not known", fact.says))
        case "working":
            return StepLine(
                fact.name, "working", fact.says or (f"since {when(fact.since, 'exact')}" if fact.since else "")
            )
        case _:
            return StepLine(
                fact.name, fact.state, _joined(span(fact.took) if fact.took is not None else "", fact.says)
            )


def _joined(first: str, second: str) -> str:
    return " · ".join(part for part in (first, second) if part)


def names_of(facts: Sequence[StepFact], *states: StepState) -> list[str]:
    return [fact.name for fact in facts if fact.state in states]
