"""Who is asked to come to an incident: whoever is on call at 0:30, the next of the rotation at 3:00, … Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

FIRST = timedelta(seconds=30)
NEXT = timedelta(seconds=150)


def to_ask(opened_at: datetime, now: datetime, order: Sequence[str], asked: Collection[str]) -> tuple[str, ...]:
    """Those whose turn has come and who were not asked yet; whoever opened it is not in `order`."""
    since = now - opened_at
    turns = 0 if since < FIRST else 1 + (since - FIRST) // NEXT
    return tuple(one for one in order[:turns] if one not in asked)
