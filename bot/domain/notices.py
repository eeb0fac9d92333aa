"""What a run's open cards say besides: that it is frozen. From its events alone. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.card import Card
from bot.domain.event import Event, Kind
from bot.domain.freeze_card import held_line
from bot.domain.run import Run, State


def notices(run: Run, events: Sequence[Event]) -> tuple[str, ...]:
    return tuple(line for line in (_frozen(run, events),) if line)


def noticed(card: Card, run: Run, events: Sequence[Event]) -> Card:
    lines = notices(run, events)
    return replace(card, body=(*lines, *card.body)) if lines else card


def _frozen(run: Run, events: Sequence[Event]) -> str:
    """While it waits and the last freeze that reached it stands."""
    if run.state is not State.WAITING:
        return ""
    last = next((event for event in reversed(events) if event.kind in (Kind.RUN_FROZEN, Kind.RUN_THAWED)), None)
    return held_line(last) if last is not None and last.kind is Kind.RUN_FROZEN else ""
