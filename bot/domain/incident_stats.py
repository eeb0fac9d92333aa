"""Figures over incidents: how many, and how long until somebody was on it, it was mitigated, it was over. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from statistics import median

from bot.domain.card import Card, Chart, Part, Table, Tone
from bot.domain.incident import Affected, Incident, Severity
from bot.domain.words import code, some, span


@dataclass(frozen=True, slots=True)
class Took:
    """One incident's durations, from pairs of its states; None where it did not come so far."""

    incident: Incident
    acknowledge: timedelta | None
    mitigate: timedelta | None
    resolve: timedelta | None

    @classmethod
    def of(cls, incident: Incident) -> "Took":
        begun = incident.opened_at
        return cls(
            incident,
            incident.acknowledged_at - begun if incident.acknowledged_at else None,
            incident.mitigated_at - begun if incident.mitigated_at else None,
            incident.resolved_at - begun if incident.resolved_at else None,
        )

    @property
    def month(self) -> str:
        return f"{self.incident.opened_at:%Y-%m}"


def stats_card(found: Sequence[Took], months: int) -> Card:
    """Two charts (how many a month by severity, how long) and a table for each service."""
    title = f"Incidents of the last {some(months, 'month')}"
    if not found:
        return Card(
            Tone.OK,
            f"{title}: none",
            f"{title}: none. Nothing was changed.",
            ("Rehearsals and duplicates count nowhere.",),
            footer="Nothing was changed",
        )
    return Card(
        Tone.INFO,
        f"{title}: {len(found)}",
        f"{title}: {len(found)}. Until resolved {_middle(found, lambda one: one.resolve)} in the middle.",
        (_words(found), _counts(found), _lengths(found), _services(found)),
        footer=f"Medians, from opening · rehearsals count nowhere · {code('/incident stats --months 12')}",
        private=any(one.incident.private for one in found),
    )


def _words(found: Sequence[Took]) -> str:
    return (
        f"Somebody was on it after {_middle(found, lambda one: one.acknowledge)}, mitigated after "
        f"{_middle(found, lambda one: one.mitigate)}, resolved after {_middle(found, lambda one: one.resolve)}."
    )


def _middle(found: Sequence[Took], length: Callable[[Took], timedelta | None]) -> str:
    known = [taken.total_seconds() for one in found if (taken := length(one)) is not None]
    return span(timedelta(seconds=median(known))) if known else "an unknown time"


def _by_month(found: Sequence[Took]) -> list[tuple[str, list[Took]]]:
    return [(month, list(group)) for month, group in groupby(found, key=lambda one: one.month)]


def _counts(found: Sequence[Took]) -> Part:
    months = _by_month(found)
    series = tuple(
        (severity.label, tuple(float(sum(one.incident.severity is severity for one in group)) for _, group in months))
        for severity in Severity
        if any(one.incident.severity is severity for one in found)
    )
    return Chart("Incidents a month", "bar", tuple(month for month, _ in months), series, "incidents")


def _lengths(found: Sequence[Took]) -> Part:
    months = _by_month(found)
    kinds: tuple[tuple[str, Callable[[Took], timedelta | None]], ...] = (
        ("on it", lambda one: one.acknowledge),
        ("mitigated", lambda one: one.mitigate),
        ("resolved", lambda one: one.resolve),
    )
    series = tuple((name, tuple(_minutes(group, length) for _, group in months)) for name, length in kinds)
    return Chart("Minutes from opening, median", "line", tuple(month for month, _ in months), series, "minutes")


def _minutes(group: Sequence[Took], length: Callable[[Took], timedelta | None]) -> float:
    known = [taken.total_seconds() / 60 for one in group if (taken := length(one)) is not None]
    return round(median(known), 1) if known else 0.0


def _services(found: Sequence[Took]) -> Part:
    names = sorted({one.service for took in found for one in took.incident.affected})
    groups = [(name, [took for took in found if _concerns(took.incident.affected, name)]) for name in names]
    rows = [(name, str(len(group)), _middle(group, lambda one: one.resolve)) for name, group in groups]
    return Table(
        ("Service", "Incidents", "Resolved after"), tuple(rows[:50]) or (("none named", str(len(found)), ""),)
    )


def _concerns(affected: Sequence[Affected], service: str) -> bool:
    return any(one.service == service for one in affected)
