"""Replaying events: what may be sent again, in which order, and how each one ended. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar, assert_never

from bot.domain.json import Json, JsonObject

RECORDS = "replay"
"""The kind under which attempts are recorded."""

KEPT = timedelta(days=90)
"""An attempt is recorded so that its event is not sent twice unseen. Stripe hands an event out for 30 days after it
was made and never again, so both attempts lie within 30 days: thrice that is more than any of them is needed."""

SETTLED = timedelta(seconds=60)
"""An asked delivery is over by then: what Stripe still lists as undelivered did not arrive."""


class Fate(StrEnum):
    """How sending an event ended. The first five are recorded before and after each attempt."""

    SENDING = "sending"  # claimed; a crash leaves it so, and then nobody knows
    ASKED = "asked"  # Stripe was asked and has not told that it arrived
    DELIVERED = "delivered"
    REFUSED = "refused"  # it surely did not arrive
    UNKNOWN = "unknown"  # sent, and no answer came
    HELD = "held"  # not sent: an earlier event of the same object did not arrive
    TAKEN = "taken"  # not sent: another run has it


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recorded attempt at one event. number counts from 1."""

    number: int
    fate: Fate
    run: str
    at: datetime
    says: str = ""


class Leave(StrEnum):
    """Why an event is left out of a replay."""

    SEEN = "seen"
    DELIVERED = "delivered"
    UNDER_WAY = "under way"
    UNKNOWN = "unknown"


class Tied(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def ties(self) -> frozenset[str]: ...


Event = TypeVar("Event", bound=Tied)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event in this run."""

    event: str
    fate: Fate
    says: str = ""


def leave(last: Attempt | None, now: datetime, *, seen: bool, again: bool) -> Leave | None:
    """Why an event must not be sent now; None when it may. `again`: a person named it with --again."""
    if seen:
        return Leave.SEEN
    if last is None or again:
        return None
    match last.fate:
        case Fate.DELIVERED:
            return Leave.DELIVERED
        case Fate.REFUSED | Fate.HELD | Fate.TAKEN:
            return None
        case Fate.ASKED:
            return Leave.UNDER_WAY if now - last.at < SETTLED else None
        case Fate.SENDING | Fate.UNKNOWN:
            return Leave.UNKNOWN
        case _:
            assert_never(last.fate)


def chains(events: Iterable[Event]) -> list[list[Event]]:
    """Events that share an object, directly or through others, in one chain each, in the order given."""
    found: list[tuple[set[str], list[tuple[int, Event]]]] = []
    for n, event in enumerate(events):
        ties = {event.id, *event.ties}
        joined = [chain for chain in found if chain[0] & ties]
        found = [chain for chain in found if not chain[0] & ties]
        members = [member for _, chain in joined for member in chain]
        found.append((ties.union(*(names for names, _ in joined)), [*members, (n, event)]))
    ordered = [sorted(members, key=lambda member: member[0]) for _, members in found]
    return [[event for _, event in chain] for chain in sorted(ordered, key=lambda chain: chain[0][0])]


def batches(found: Sequence[list[Event]], most: int) -> list[list[list[Event]]]:
    """Chains in batches of about `most` events: between two of them a run can be stopped."""
    made: list[list[list[Event]]] = [[]]
    for chain in found:
        if made[-1] and sum(map(len, made[-1])) + len(chain) > most:
            made.append([])
        made[-1].append(chain)
    return [batch for batch in made if batch]


def counted(results: Collection[Result]) -> dict[Fate, list[Result]]:
    return {fate: [one for one in results if one.fate is fate] for fate in Fate}


def to_json(fate: Fate, run: str, at: datetime, says: str = "") -> JsonObject:
    return {"state": fate.value, "run": run, "at": at.isoformat(), "says": says}


def from_json(number: int, value: Mapping[str, Json]) -> Attempt:
    at = datetime.fromisoformat(str(value["at"]))
    return Attempt(number, Fate(str(value["state"])), str(value["run"]), at, str(value.get("says", "")))
