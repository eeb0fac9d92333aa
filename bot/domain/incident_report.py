"""An incident as it is handed on: its facts, its timeline, and how health went meanwhile. Pure.

Downtime is what the watch saw: the time in which at least one check of the incident's services failed. It is not the
time between opening and closing, which only says how long people were busy.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from bot.domain.event import Event, Kind
from bot.domain.incident import Followup, Incident
from bot.domain.timeline import LOOK_BACK, TimelineEntry

Names = Callable[[str], str]
POSTMORTEM_FROM = timedelta(minutes=5)
"""A post-mortem is due when downtime passed this."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A check was failing from `begin` to `end`; `over` is False while it still is."""

    check: str  # "shop production checkout"
    begin: datetime
    end: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """An instant worth a line through the picture."""

    at: datetime
    says: str


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """What every export is made from. entries: in the order in which they happened, none that was removed."""

    incident: Incident
    entries: tuple[TimelineEntry, ...]
    outages: tuple[Outage, ...]
    watched: bool  # False: no check of its services is known, so downtime is not either
    marks: tuple[Mark, ...]
    followups: tuple[Followup, ...]
    made_at: datetime
    whole: bool = True  # False: only what may be told to people outside

    @property
    def begin(self) -> datetime:
        """Where the picture begins."""
        first = [one.begin for one in self.outages] + [one.occurred_at for one in self.entries]
        return min([*first, self.incident.opened_at])

    @property
    def end(self) -> datetime:
        """Where the picture ends: at its last fact, or now while it goes on."""
        if self.incident.ongoing:
            return self.made_at
        last = [one.end for one in self.outages] + [one.occurred_at for one in self.entries]
        return max([*last, self.incident.resolved_at or self.made_at])

    @property
    def downtime(self) -> timedelta | None:
        """None where nothing was watched."""
        return joined(self.outages) if self.watched else None

    @property
    def typed(self) -> int:
        """How many entries somebody stopped to write down."""
        return sum(one.typed for one in self.entries)

    @property
    def postmortem_due(self) -> bool:
        return self.downtime is not None and self.downtime > POSTMORTEM_FROM


def outages(history: Iterable[Event], incident: Incident, until: datetime) -> tuple[Outage, ...]:
    """What the watch saw fail at the incident's places, from an hour before its opening until it was resolved.

    history: `health.changed` events, oldest first. `until`: now, for what still fails.
    """
    begun: dict[str, datetime] = {}
    found: list[Outage] = []
    for event in history:
        if event.kind is not Kind.HEALTH_CHANGED or not incident.concerns(event.service, event.environment):
            continue
        place = f"{event.service} {event.environment}"
        failing = {f"{place} {check}" for check in _failing(event)}
        known = {check for check in begun if check.startswith(f"{place} ")}
        found += [Outage(check, begun.pop(check), event.at, over=True) for check in known - failing]
        begun |= dict.fromkeys(failing - known, event.at if known else _since(event))
    found += [Outage(check, since, until, over=False) for check, since in begun.items()]
    return tuple(sorted(_within(found, incident), key=lambda one: (one.begin, one.check)))


def _failing(event: Event) -> list[str]:
    if event.body.get("state") == "recovered":
        return []
    return cast("list[str]", event.body.get("failing") or ["health"])


def _since(event: Event) -> datetime:
    """The first failure that the watch saw, which is earlier than its alarm."""
    since = event.body.get("since")
    return min(datetime.fromisoformat(since), event.at) if isinstance(since, str) and since else event.at


def _within(found: Iterable[Outage], incident: Incident) -> list[Outage]:
    """Those that overlap the incident or the hour before it."""
    earliest, latest = incident.opened_at - LOOK_BACK, incident.resolved_at
    return [one for one in found if one.end >= earliest and (latest is None or one.begin <= latest)]


def joined(found: Iterable[Outage]) -> timedelta:
    """How long at least one of them lasted: what overlaps counts once."""
    total, reached = timedelta(), None
    for one in sorted(found, key=lambda one: one.begin):
        begin = one.begin if reached is None else max(one.begin, reached)
        if one.end > begin:
            total += one.end - begin
            reached = one.end
    return total


def marks(incident: Incident, runs: Sequence[tuple[datetime, str]] = ()) -> tuple[Mark, ...]:
    """Its own turning points, and what changed something: (when, "R-42 rollback started")."""
    own: Mapping[str, datetime | None] = {
        "opened": incident.opened_at,
        "acknowledged": incident.acknowledged_at,
        "identified": incident.identified_at,
        "mitigated": incident.mitigated_at,
        "resolved": incident.resolved_at,
    }
    found = [Mark(at, says) for says, at in own.items() if at is not None] + [Mark(at, says) for at, says in runs]
    return tuple(sorted(found, key=lambda mark: mark.at))
