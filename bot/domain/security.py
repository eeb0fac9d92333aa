"""A security incident's checklist, and which backup is clean enough to go back to. Pure.

The steps are the runbook's, in its order: immediate actions, investigation, recovery.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.backup import Backup
from bot.domain.words import code, when

STEPS: tuple[tuple[str, str], ...] = (
    ("identify", "Identify what is compromised"),
    ("isolate", "Isolate the affected systems"),
    ("revoke", "Revoke compromised credentials, then reset all"),
    ("investigate", "Read the security logs, find how they came in, note affected data"),
    ("restore", "Patch, and restore from a clean backup"),
)


@dataclass(frozen=True, slots=True)
class Tick:
    """One step as it stands."""

    step: str
    owner: str | None = None
    done_at: datetime | None = None
    done_by: str | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    """clean: the newest verified backup from before it is suspected to have begun."""

    ticks: tuple[Tick, ...]
    suspected_at: datetime
    clean: Backup | None = None
    places: bool = True  # whether the incident says where it is, so that backups could be looked for


def number_of(step: str) -> int:
    """1 for the first one, as people type it."""
    return [name for name, _ in STEPS].index(step) + 1


def step_of(number: int) -> str | None:
    return STEPS[number - 1][0] if 1 <= number <= len(STEPS) else None


def clean_backup(backups: Iterable[Backup], before: datetime) -> Backup | None:
    """The newest one that is known to be whole and is older than the suspected time; one that was restored for proof
    is not preferred: the newer one holds more."""
    fit = [one for one in backups if one.at < before and one.proof in ("file", "restored")]
    return max(fit, key=lambda one: one.at, default=None)


def lines_of(checklist: Checklist, names: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each step; names: (Slack id, how they are called)."""
    known = dict(names)
    ticks = {tick.step: tick for tick in checklist.ticks}
    lines = []
    for number, (step, what) in enumerate(STEPS, 1):
        tick = ticks.get(step, Tick(step))
        mark = "✅" if tick.done_at else "◻️"
        who = known.get(tick.done_by or tick.owner or "", "")
        said = f" · {who} {when(tick.done_at, 'date')}" if tick.done_at else f" · {who} has it" if who else ""
        lines.append(f"{mark} {number}. {what}{said}")
    return [*lines, _backup(checklist)]


def _backup(checklist: Checklist) -> str:
    since = when(checklist.suspected_at, "date")
    if checklist.clean is None:
        how = "no verified backup is older" if checklist.places else "it names no service, so I look for no backup"
        return f"Suspected since {since}; {how} · {code('/incident suspected 02:00')} puts the time right"
    one = checklist.clean
    restore = code(f"/backup restore {one.place} {one.label}")
    last = f"{one.label} of {when(one.at, 'date')}"
    return f"Suspected since {since}; the last verified backup before is {last}: {restore}"


def following(ticks: Iterable[Tick]) -> str | None:
    """The first step that is not done."""
    done = {tick.step for tick in ticks if tick.done_at}
    return next((step for step, _ in STEPS if step not in done), None)
