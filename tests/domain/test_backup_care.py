"""Which backups may go, as a table, and what /backup status tells of what happens by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.backup import Backup, Proof
from bot.domain.backup_care import Care, Happened, care_lines, evidence, failure, may_go, removed_words
from bot.domain.catalog import Place
from bot.domain.words import plain

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
SHOP = Place("shop", "production")
KEEP = timedelta(days=30)
BASE = Backup("B-1", SHOP, "f", 1, "0" * 64, {}, NOW, timedelta(), "watchkeeper", 1, 16, 16, "UTF8")


def a_backup(label: str, days: float, proof: Proof = "file") -> Backup:
    return replace(BASE, label=label, file=f"{label}.dump", at=NOW - timedelta(days=days), proof=proof)


def row(*facts: tuple[str, float, Proof]) -> list[Backup]:
    return [a_backup(*one) for one in facts]


ROWS: list[tuple[str, list[Backup], set[str], list[str]]] = [
    ("nothing is old", row(("B-1", 5, "file"), ("B-2", 0, "file")), set(), []),
    ("an old one goes once a newer one is whole", row(("B-1", 31, "file"), ("B-2", 0, "file")), set(), ["B-1"]),
    ("to the day is not older", row(("B-1", 30, "file"), ("B-2", 0, "file")), set(), []),
    ("the only one stays for ever", row(("B-1", 900, "file")), set(), []),
    ("a newer one that nobody checked is no reason", row(("B-1", 31, "file"), ("B-2", 0, "")), set(), []),
    ("a newer one that is damaged is no reason", row(("B-1", 31, "file"), ("B-2", 0, "damaged")), set(), []),
    ("a newer one whose file is gone is no reason", row(("B-1", 31, "file"), ("B-2", 0, "file")), {"B-2"}, []),
    (
        "the last proven by restoring stays beside the newest",
        row(("B-1", 60, "restored"), ("B-2", 40, "restored"), ("B-3", 35, "file"), ("B-4", 0, "file")),
        set(),
        ["B-1", "B-3"],
    ),
    ("a damaged old one goes too", row(("B-1", 31, "damaged"), ("B-2", 0, "file")), set(), ["B-1"]),
    ("one younger than keep stays whatever it is", row(("B-1", 3, "damaged"), ("B-2", 0, "file")), set(), []),
    ("a clock that jumped ahead leaves the newest", row(("B-1", 400, "file"), ("B-2", 399, "file")), set(), ["B-1"]),
    ("a record without its file is cleared away", row(("B-1", 31, "file"), ("B-2", 0, "file")), {"B-1"}, ["B-1"]),
]


@pytest.mark.parametrize(("_name", "backups", "gone", "wanted"), ROWS, ids=[one[0] for one in ROWS])
def test_what_may_go(_name: str, backups: list[Backup], gone: set[str], wanted: list[str]) -> None:
    there = frozenset(one.label for one in backups if one.label not in gone)
    assert [one.label for one in may_go(backups, there, KEEP, NOW)] == wanted


@given(
    st.lists(
        st.tuples(st.floats(0, 400), st.sampled_from(["", "file", "restored", "damaged"]), st.booleans()), max_size=12
    ),
    st.integers(1, 90),
)
def test_the_last_good_one_never_goes(facts: list[tuple[float, Proof, bool]], days: int) -> None:
    backups = [a_backup(f"B-{n}", age, proof) for n, (age, proof, _) in enumerate(facts)]
    there = frozenset(one.label for one, (_, _, is_there) in zip(backups, facts, strict=True) if is_there)
    gone = {one.label for one in may_go(backups, there, timedelta(days=days), NOW)}
    for proofs in (("file", "restored"), ("restored",)):
        good = [one for one in backups if one.label in there and one.proof in proofs]
        if good:
            newest = max(one.at for one in good)
            assert any(one.label not in gone and one.at == newest for one in good)


def test_what_went_is_named() -> None:
    assert removed_words([], NOW) == "nothing is old enough to go"
    assert removed_words([a_backup("B-3", 31)], NOW) == "removed 1: B-3 (31 days old)"


def a_care(**facts: object) -> Care:
    nothing = Happened(None, None)
    care = Care("daily at 03:30 UTC", NOW + timedelta(days=1), nothing, KEEP, None)
    return replace(care, **facts)  # type: ignore[arg-type]


def test_status_says_what_happens_by_itself_and_how_it_went() -> None:
    assert "By itself nothing" in plain(care_lines(None))
    late = Happened({"at": NOW.isoformat(), "state": "late", "run": None}, None)
    told = plain(care_lines(a_care(last=late, removed=("B-3", NOW))))
    assert "daily at 03:30 UTC, next 2026-11-21 03:30 UTC; last 2026-11-20 03:30 UTC (late: I was away" in told
    assert "Kept 30 days, then removed if a newer one is verified; last B-3, 2026-11-20 03:30 UTC" in told
    assert "Restore tests none" in told
    missed = Happened({"at": NOW.isoformat(), "state": "missed", "run": None}, None)
    assert "missed 2026-11-20 03:30 UTC, when I was away" in plain(care_lines(a_care(last=missed)))


def test_status_tells_the_last_proof_be_it_good_or_bad() -> None:
    tests = {"test_says": "Sundays at 04:30 UTC", "test_next": NOW}
    assert "no copy was ever restored here" in plain(care_lines(a_care(**tests)))
    good = evidence(a_backup("B-7", 0), 1200, 4, 0, timedelta(seconds=3), NOW)
    told = plain(care_lines(a_care(**tests, tested=good)))
    assert "B-7 restored 2026-11-20 03:30 UTC: 1,200 rows in 4 tables" in told
    bad = failure(a_backup("B-8", 0), "1 table with other counts", NOW)
    told = plain(care_lines(a_care(**tests, tested=bad)))
    assert "B-8 failed 2026-11-20 03:30 UTC: 1 table with other counts" in told
