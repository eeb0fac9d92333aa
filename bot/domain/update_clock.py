"""The update clock: when people outside should hear next, what they could be told, and whom to ask for it. Pure.

First within minutes of the opening, the scope soon after, then regularly, then as the last update said. What was
stated counts: people outside wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.domain.catalog import UpdateRule
from bot.domain.incident import Incident, IncidentState
from bot.domain.outward import PublicState, Told
from bot.domain.words import clean, span

LEAD = timedelta(minutes=3)
"""How long before an update is due its draft is written."""
PATIENCE = timedelta(minutes=3)
"""How long one person is waited for before the next is asked."""
LATER = timedelta(minutes=60)
"""Without a word of anybody's, how far the next update is promised once the first hours are over."""
SNOOZE = timedelta(minutes=10)
MOST_ASKED = 4
LONGEST_LINE = 1000
LONGEST_ENTRY = 200
"""Of one entry of the timeline in a draft: three of them leave room for the rest."""

AskKind = Literal["lead", "draft", "reminder"]


def due(opened_at: datetime, over_at: datetime | None, told: Sequence[Told], rule: UpdateRule) -> datetime | None:
    """When the next public update is due; None: nothing is. over_at: when it was resolved."""
    if not told:
        return None if over_at else opened_at + rule.first
    last = told[-1]
    if over_at is not None:
        return None if last.state == "resolved" else over_at + rule.first
    if last.state == "resolved" or last.next_at is None:
        return last.at + rule.first  # it began again, or nothing was promised
    return last.next_at


def promised(now: datetime, opened_at: datetime, told: Sequence[Told], rule: UpdateRule) -> datetime:
    """The time that an update made now states for the next one, where nobody says another."""
    if not told:
        return _minute(now + rule.scope)
    return _minute(now + (rule.every if now < opened_at + rule.lasts else LATER))


def _minute(at: datetime) -> datetime:
    """Promised times are whole minutes; never a second later than meant."""
    return at.replace(second=0, microsecond=0)


def with_next(text: str, next_at: datetime | None, now: datetime) -> str:
    """The exact words: the next update's time always stands at their end, with its date when it is another day's."""
    whole = _sentence(text)
    if next_at is None:
        return whole
    by = next_at.astimezone(UTC)
    day = "" if by.date() == now.astimezone(UTC).date() else f" on {by:%Y-%m-%d}"
    return f"{whole} Next update by {by:%H:%M} UTC{day}."


def state_of(incident: Incident) -> PublicState:
    match incident.state:
        case IncidentState.INVESTIGATING:
            return "investigating"
        case IncidentState.IDENTIFIED:
            return "identified"
        case IncidentState.MONITORING:
            return "monitoring"
        case IncidentState.RESOLVED | IncidentState.CLOSED:
            return "resolved"


# --- the draft --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """Words to begin with, from what is known and may be told. left_out: public entries that name what is ours."""

    text: str
    left_out: tuple[str, ...] = ()


def draft(incident: Incident, public_name: str, lines: Sequence[str], told: Sequence[Told]) -> str:
    """From the timeline's public entries that were not told yet; without any it says how it stands."""
    what = public_name or "our service"
    parts = [
        _begins(incident, what, told),
        *(_sentence(clean(line, LONGEST_ENTRY)) for line in lines),
        _stands(incident, told),
    ]
    return " ".join(part for part in parts if part)


def _begins(incident: Incident, what: str, told: Sequence[Told]) -> str:
    if not told:
        return f"We are seeing a problem with {what} since {incident.opened_at.astimezone(UTC):%H:%M} UTC."
    if incident.ongoing and len(told) == 1:
        return f"This concerns {what}."
    return ""


def _stands(incident: Incident, told: Sequence[Told]) -> str:
    match incident.state:
        case IncidentState.INVESTIGATING:
            return "We are looking into it." if not told else "We are still looking for the cause."
        case IncidentState.IDENTIFIED:
            return "We know the cause and are working on a fix."
        case IncidentState.MONITORING:
            return "A fix is in place, and we are watching it."
        case IncidentState.RESOLVED | IncidentState.CLOSED:
            lasted = f" It lasted {span(incident.lasted)}." if incident.lasted else ""
            return f"This is solved.{lasted}"


def _sentence(line: str) -> str:
    line = clean(" ".join(line.split()), LONGEST_LINE)
    return line if line.endswith((".", "!", "?")) else f"{line}."


# --- whom to ask ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    kind: AskKind
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """One update to come: when it is due, who leads, who else there is (whose turn first), who was asked for it."""

    due: datetime
    commander: str | None
    others: tuple[str, ...]
    asked: tuple[Asked, ...] = ()
    snoozed_until: datetime | None = None
    silenced: bool = False


def to_ask(now: datetime, turn: Turn) -> tuple[AskKind, str] | None:
    """Who is asked now, for what; None while nobody is, or everybody was."""
    begin = turn.snoozed_until or turn.due - LEAD
    if turn.silenced or now < begin:
        return None
    if turn.commander is None:
        return _who_leads(now, turn, begin)
    if not any(one.person == turn.commander and one.kind == "draft" for one in turn.asked):
        return "draft", turn.commander
    return _remind(now, turn, begin)


def _who_leads(now: datetime, turn: Turn, begin: datetime) -> tuple[AskKind, str] | None:
    asked = [one for one in turn.asked if one.kind == "lead"]
    last = max((one.at for one in asked), default=None)
    if len(asked) >= MOST_ASKED or (last is not None and now < last + PATIENCE):
        return None
    return next((("lead", one) for one in turn.others if one not in {who.person for who in asked}), None)


def _remind(now: datetime, turn: Turn, begin: datetime) -> tuple[AskKind, str] | None:
    """At the due time whoever leads once more, but never sooner than they could answer; then one after another."""
    mine = next(one.at for one in turn.asked if one.person == turn.commander and one.kind == "draft")
    if now < max(turn.due, mine + PATIENCE):
        return None
    last = max(one.at for one in turn.asked)
    if not any(one.kind == "reminder" for one in turn.asked):
        return "reminder", turn.commander or ""
    drafted = [one.person for one in turn.asked if one.kind == "draft"]
    if len(drafted) >= MOST_ASKED or now < last + PATIENCE:
        return None
    return next((("draft", one) for one in turn.others if one not in drafted), None)
