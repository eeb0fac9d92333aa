"""What an App Home says: sections of short cards, for one person. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import cast

from bot.domain.approval import Approval
from bot.domain.card import Button, Card, Part, StepLine, Table, Tone
from bot.domain.catalog import Place
from bot.domain.json import JsonObject
from bot.domain.plan import Plan
from bot.domain.review import Review
from bot.domain.run import ACTIVE, BEFORE_RUNNING, Run, State
from bot.domain.run_card import asks_for, details_button, own_confirm_card, plan_card, progress_card, requester_card
from bot.domain.run_lines import Names
from bot.domain.unvoted import review_buttons
from bot.domain.words import bold, clean, code, listed, quoted, when

MARKS = {"done": "✅", "working": "⏳", "pending": "◻️", "failed": "🔴", "stopped": "🚫"}


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with its cards; `more` is a small last line: what is left out, or what to do."""

    title: str
    cards: tuple[Card, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What an event means to Homes: whose request it is about, and where. everybody: no matter who or where."""

    actor: str = ""
    service: str | None = None
    environment: str | None = None
    everybody: bool = False


def said(text: str, buttons: tuple[Button, ...] = ()) -> Card:
    """A card of a Home: no title of its own, a few lines, its buttons."""
    return Card(Tone.INFO, "", text, (text,), buttons)


def stranger_home() -> tuple[Section, ...]:
    """For guests, strangers, people who left and people whom Slack does not name: nothing of the record."""
    says = (
        "Watchkeeper answers members of this workspace only, so there is nothing for you here. "
        "If you should be able to use it, ask an admin of the workspace to make you a full member."
    )
    return (Section("Hello", (said(says),)),)


# --- requests --------------------------------------------------------------------------------------------------


def waiting_card(run: Run, plan: Plan, approval: Approval, names: Names) -> Card:
    """A request that this person may answer, with the channel's own buttons."""
    have = f" · {len(approval.in_favour)} of {approval.need} agree so far" if approval.in_favour else ""
    lines = [
        bold(f"{plan.question}?"),
        plan.summary,
        f"{run.label} by {names(run.actor)}{_why(run)}{have} · answer by {when(approval.expires_at)}",
    ]
    return said(_lines(lines), plan_card(run, plan, approval, names).buttons)


def asked_card(run: Run, plan: Plan | None, approval: Approval | None, names: Names, now: datetime) -> Card:
    """A request of their own that is not over."""
    lines = [bold(asks_for(run, plan)), f"{run.label}{_why(run)} · {_stands(run, approval, names)}"]
    if run.state is State.WAITING and run.approved_at is None and plan is not None and approval is not None:
        card = requester_card(run, plan, approval, names) if approval.need else own_confirm_card(run, plan, approval)
        return said(_lines(lines), card.buttons)
    if run.state in ACTIVE:
        return said(_lines(lines), progress_card(run, plan, (), names, now).buttons)
    withdraw = (Button("Withdraw", action="run.withdraw", target=run.target),) if run.state in BEFORE_RUNNING else ()
    return said(_lines(lines), (*withdraw, details_button(run)))


def _stands(run: Run, approval: Approval | None, names: Names) -> str:
    match run.state:
        case State.WAITING if run.approved_at is not None:
            return "approved; it waits its turn and starts by itself"
        case State.WAITING if approval is not None and not approval.need:
            return f"waits for your own button, until {when(approval.expires_at)}"
        case State.WAITING if approval is not None:
            who = listed([names(one) for one in approval.asked]) or "somebody who may approve it; nobody is here"
            return f"waits for {approval.need} of {who}, until {when(approval.expires_at)}"
        case State.RUNNING | State.VERIFYING if run.started_at is not None:
            return f"running since {when(run.started_at)}"
        case State.QUEUED | State.STARTING:
            return "about to start"
        case _:
            return "being planned"


def review_card(run: Run, review: Review, names: Names) -> Card:
    """What somebody did without votes: whether it was right, as its own message asks."""
    way = "broke the glass" if review.way == "glass" else "went on alone"
    lines = [
        bold(f"{names(review.actor)} {way}"),
        f"{run.label} {code(run.text[:200])} · {quoted(review.because, 300)} · {when(review.created_at, 'date')}",
    ]
    return said(_lines(lines), (*review_buttons(run, review), details_button(run)))


def ended_card(ended: Sequence[Run]) -> Card:
    """How their last requests ended, a line each."""
    return said(_lines([bold("Ended lately"), *(_ended_line(run) for run in ended)]))


def _ended_line(run: Run) -> str:
    at = f", {when(run.finished_at, 'date')}" if run.finished_at else ""
    unknown = " · what it changed is not known" if run.changed == "unknown" and not run.settled_by else ""
    return f"{run.label} {code(run.text[:100])} {run.state.value.replace('_', ' ')}{at}{unknown}"


def running_card(run: Run, names: Names) -> Card:
    """Something under way at a place that they may look at."""
    since = f"since {when(run.started_at)}" if run.started_at else "about to start"
    by = "by itself, as scheduled" if run.via == "schedule" else f"by {names(run.actor)}"
    return said(f"⏳ {run.label} {code(run.text[:200])} {by} · {since}{_why(run)}", (details_button(run),))


def _why(run: Run) -> str:
    return f" · {quoted(run.reason, 160)}" if run.reason else ""


# --- health ----------------------------------------------------------------------------------------------------


def health_line(place: Place, known: JsonObject | None) -> str:
    """One environment as the watch last recorded it; it writes on change only."""
    if not known or "state" not in known:
        return f"◻️ {bold(str(place))} not looked at yet"
    since = when(datetime.fromisoformat(str(known["since"])), "date") if known.get("since") else "a while ago"
    told = [clean(one) for one in cast("list[str]", known.get("told") or [])]
    if known["state"] == "failing":
        fails = "fails" if len(told) == 1 else "fail"
        return f"🔴 {bold(str(place))} {listed(told, 'and') or 'a check'} {fails} since {since}"
    doubtful = [clean(one) for one in cast("dict[str, object]", known.get("checks") or {})]
    if doubtful:
        return f"🟠 {bold(str(place))} fine until now, but {listed(doubtful, 'and')} failed at the last look"
    return f"✅ {bold(str(place))} fine since {since}"


# --- surfaces without tables and steps -------------------------------------------------------------------------


def flat(card: Card) -> Card:
    """The same as text: a Home and a form show neither tables nor steps."""
    parts: list[Part] = []
    for kind, group in groupby(card.body, key=type):
        if kind is StepLine:
            parts.append("\n".join(_step(part) for part in group if isinstance(part, StepLine)))
        else:
            parts += [_table(part) if isinstance(part, Table) else part for part in group]
    return replace(card, body=tuple(parts))


def _step(part: StepLine) -> str:
    return " ".join(word for word in (MARKS[part.state], part.name, part.says) if word)


def _table(part: Table) -> str:
    rows = [part.head, *part.rows] if part.head else part.rows
    return "\n".join(" · ".join(cell for cell in row if cell) for row in rows)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if line)
