"""What is done for backups without anybody asking: which may go, and what /backup status tells of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from bot.domain.backup import Backup
from bot.domain.json import Json, JsonObject
from bot.domain.run import FINAL, Run, State
from bot.domain.words import bold, code, some, span, when

REMOVED = "backup removed"  # records: those that retention took away, by label
TEST = "restore test"  # records: the evidence of each copy that was restored, by the run's label
GOOD = ("file", "restored")


def may_go(backups: Sequence[Backup], there: frozenset[str], keep: timedelta, now: datetime) -> list[Backup]:
    """Those older than `keep`, oldest first; there: labels whose file exists.

    One goes only while a newer one is there and verified. The newest that is whole and the newest that was proven
    by restoring stay, however old they are.
    """
    good = sorted((one for one in backups if one.label in there and one.proof in GOOD), key=lambda one: one.at)
    if not good:
        return []
    proven = [one for one in good if one.proof == "restored"]
    stay = {good[-1].label, *(one.label for one in proven[-1:])}
    old = [one for one in backups if now - one.at > keep and one.at < good[-1].at and one.label not in stay]
    return sorted(old, key=lambda one: one.at)


def removed_words(removed: Sequence[Backup], now: datetime) -> str:
    """removed 2: B-3 (31 days old), B-4 (30 days old)."""
    if not removed:
        return "nothing is old enough to go"
    named = ", ".join(f"{one.label} ({span(now - one.at)} old)" for one in removed[:10])
    return f"removed {len(removed)}: {named}{' and others' if len(removed) > 10 else ''}"


def evidence(backup: Backup, rows: int, tables: int, uncounted: int, took: timedelta, at: datetime) -> JsonObject:
    """What a restored copy proved, kept for good."""
    return {
        "backup": backup.label,
        "sha256": backup.sha256,
        "rows": rows,
        "tables": tables,
        "uncounted": uncounted,
        "took_s": took.total_seconds(),
        "at": at.isoformat(),
        "result": "restores",
    }


def failure(backup: Backup, says: str, at: datetime) -> JsonObject:
    """That a copy did not restore, or not all of it."""
    return {
        "backup": backup.label,
        "sha256": backup.sha256,
        "at": at.isoformat(),
        "result": "fails",
        "says": says,
    }


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of a schedule last: its record and its run, where there are any."""

    record: Mapping[str, Json] | None
    run: Run | None


@dataclass(frozen=True, slots=True)
class Care:
    """What the catalog wants for a place, and how that goes. test_says: "" without restore tests."""

    says: str
    next_at: datetime
    last: Happened
    keep: timedelta
    removed: tuple[str, datetime] | None
    test_says: str = ""
    test_next: datetime | None = None
    test_last: Happened = Happened(None, None)
    tested: Mapping[str, Json] | None = None


def care_lines(care: Care | None) -> str:
    """The part of /backup status that tells what happens by itself."""
    if care is None:
        return f"{bold('By itself')} nothing: {code('postgres.backup')} in the catalog makes a backup each night"
    gone = f"; last {care.removed[0]}, {when(care.removed[1], 'date')}" if care.removed else ""
    lines = [
        f"{bold('By itself')} {care.says}, next {when(care.next_at, 'date')}{_last(care.last)}",
        f"{bold('Kept')} {some(care.keep.days, 'day')}, then removed if a newer one is verified{gone}",
    ]
    if not care.test_says:
        lines.append(f"{bold('Restore tests')} none: {code('restore_test: weekly')} proves one by itself")
        return "\n".join(lines)
    following = f", next {when(care.test_next, 'date')}" if care.test_next else ""
    lines.append(f"{bold('Restore tests')} {care.test_says}{following}{_last(care.test_last)}")
    return "\n".join([*lines, f"{bold('Last proof')} {_proof(care.tested)}"])


def _last(last: Happened) -> str:
    """; last R-51, 03:30: done."""
    if last.record is None:
        return ""
    at = when(datetime.fromisoformat(str(last.record["at"])), "date")
    state = str(last.record["state"])
    if state == "missed":
        return f"; {bold('missed')} {at}, when I was away"
    late = " (late: I was away when it was due)" if state == "late" else ""
    return f"; last {at}{late}{_ended(last.run)}"


def _ended(run: Run | None) -> str:
    if run is None:
        return ""
    if run.state not in FINAL:
        return f": {run.label} still runs"
    return f": {run.label} {'done' if run.state is State.SUCCEEDED else bold(run.state.value.replace('_', ' '))}"


def _proof(tested: Mapping[str, Json] | None) -> str:
    if tested is None:
        return "no copy was ever restored here"
    at = when(datetime.fromisoformat(str(tested["at"])), "date")
    if tested.get("result") != "restores":
        return f"{tested['backup']} {bold('failed')} {at}: {tested.get('says', '')}"
    held = f"{some(cast('int', tested['rows']), 'row')} in {some(cast('int', tested['tables']), 'table')}"
    return f"{tested['backup']} restored {at}: {held}"
