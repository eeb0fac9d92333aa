"""The checklist of a security incident: what a step's line says, which backup is clean enough."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.backup import Backup, Proof
from bot.domain.catalog import Place
from bot.domain.security import Checklist, Tick, clean_backup, following, lines_of, step_of
from bot.domain.words import plain

NOW = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)


def backup(label: str, hours_ago: float, proof: Proof) -> Backup:
    at = NOW - timedelta(hours=hours_ago)
    place = Place("shop", "production")
    return Backup(label, place, "f", 1, "s", {}, at, timedelta(), "U0ANA", 1, 15, 15, "UTF8", proof)


@pytest.mark.parametrize(
    ("suspected_hours_ago", "expected"),
    [(0, "B-5"), (3, "B-3"), (11, "B-2"), (30, "B-1"), (60, None)],
)
def test_the_last_verified_backup_before_the_suspected_time_is_clean(
    suspected_hours_ago: float, expected: str | None
) -> None:
    known = [
        backup("B-1", 48, "restored"),
        backup("B-2", 24, "file"),
        backup("B-3", 10, "restored"),
        backup("B-4", 5, "damaged"),
        backup("B-5", 2, "file"),
        backup("B-6", 1, ""),
    ]
    found = clean_backup(known, NOW - timedelta(hours=suspected_hours_ago))
    assert (found.label if found else None) == expected


def test_each_step_says_who_did_it_and_when() -> None:
    since, of = "Suspected since 2026-11-20 03:07 UTC", "B-3 of 2026-11-19 17:07 UTC"
    ticks = (Tick("identify", "U0BEN", NOW, "U0ANA"), Tick("isolate", "U0BEN"))
    lines = lines_of(Checklist(ticks, NOW, backup("B-3", 10, "file")), [("U0ANA", "Ana"), ("U0BEN", "Ben")])
    assert [plain(line) for line in lines] == [
        "✅ 1. Identify what is compromised · Ana 2026-11-20 03:07 UTC",
        "◻️ 2. Isolate the affected systems · Ben has it",
        "◻️ 3. Revoke compromised credentials, then reset all",
        "◻️ 4. Read the security logs, find how they came in, note affected data",
        "◻️ 5. Patch, and restore from a clean backup",
        f"{since}; the last verified backup before is {of}: /backup restore shop production B-3",
    ]
    assert following(ticks) == "isolate"
    assert following([Tick(step, done_at=NOW) for step in map(step_of, range(1, 6)) if step]) is None
    assert (step_of(0), step_of(6)) == (None, None)
