"""When a schedule is due, what is made up for and what is only reported, and what may run by itself at all."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.schedule import Rule, decide, due, schedules
from bot.domain.schedule_card import missed_card
from bot.domain.words import plain
from bot.providers.postgres.models import BackupSettings, PostgresSettings
from permissions.decision import Allow, Deny
from permissions.model import Risk

NIGHTLY = Rule("30 3 * * *", "UTC", "daily at 03:30 UTC")
SHOP = Place("shop", "production")


def at(day: int, clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}:00+00:00")


def a_catalog(backup: BackupSettings | None) -> Catalog:
    section = PostgresSettings(url="$SHOP_DB", backup=backup)
    entry = EnvironmentEntry(SHOP, True, None, {"postgres": section})
    service = ServiceEntry("shop", None, (), None, {}, Thresholds(), {"production": entry})
    return Catalog({"shop": service}, "")


NIGHTS = [
    ("not yet", at(20, "03:30"), at(21, "03:29"), None, False, 0),
    ("on its minute", at(20, "03:30"), at(21, "03:30"), at(21, "03:30"), False, 0),
    ("a minute late counts as on time", at(20, "03:30"), at(21, "03:31"), at(21, "03:30"), False, 0),
    ("away in the morning: made up for", at(20, "03:30"), at(21, "09:00"), at(21, "03:30"), True, 0),
    ("away for three nights: the newest is made up for", at(17, "03:30"), at(20, "09:00"), at(20, "03:30"), True, 2),
    ("seen first after it: nothing was missed", at(20, "03:31"), at(20, "12:00"), None, False, 0),
]


@pytest.mark.parametrize(("_name", "last", "now", "fire", "late", "missed"), NIGHTS, ids=[row[0] for row in NIGHTS])
def test_one_run_at_most_and_the_rest_is_reported(
    _name: str, last: datetime, now: datetime, fire: datetime | None, late: bool, missed: int
) -> None:
    found = due(NIGHTLY, last, now)
    assert (found.fire, found.late, len(found.missed)) == (fire, late, missed)


def test_what_was_missed_over_a_day_ago_is_reported_and_not_run() -> None:
    weekly = Rule("0 4 * * 0", "UTC", "Sundays at 04:00 UTC")  # 15 and 22 November 2026 are Sundays
    found = due(weekly, at(8, "04:00"), at(17, "10:00"))
    assert (found.fire, found.missed) == (None, (at(15, "04:00"),))
    assert due(weekly, at(8, "04:00"), at(22, "10:00")).fire == at(22, "04:00")


def test_years_away_are_not_counted_for_ever() -> None:
    assert len(due(NIGHTLY, datetime(1990, 1, 1, tzinfo=UTC), at(20, "12:00")).missed) < 401


def test_a_zone_keeps_its_clock_through_the_change_to_winter_time() -> None:
    london = BackupSettings(daily="03:30", zone="Europe/London").rule
    october = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the clocks go back in the night to the 25th
    nights = london.after(october)
    assert [next(nights).hour for _ in range(2)] == [3, 3]
    assert london.next(october - timedelta(days=3)).hour == 2


def test_a_schedule_comes_from_the_catalog_and_from_nothing_else() -> None:
    with_test = a_catalog(BackupSettings(daily="23:30", restore_test="weekly"))
    made, tested = schedules(with_test)
    assert (made.line, made.rule.cron, made.key) == (
        "/backup db shop production",
        "30 23 * * *",
        "backup shop production",
    )
    assert (tested.line, tested.rule.cron) == ("/backup verify shop production latest", "30 0 * * 0")
    assert schedules(a_catalog(None)) == []


def test_only_the_very_line_of_the_catalog_may_run_by_itself_and_nothing_risky() -> None:
    catalog = a_catalog(BackupSettings(daily="03:30"))
    allowed = decide(catalog, "/backup db shop production", Risk.RECORD)
    assert isinstance(allowed, Allow)
    assert allowed.because.sentence == "The catalog schedules it for shop production, daily at 03:30 UTC."
    assert allowed.because.where == "catalog, postgres.backup.daily"
    for line, risk in (
        ("/backup db shop staging", Risk.RECORD),
        ("/backup verify shop production latest", Risk.RECORD),
        ("/backup db shop production", Risk.CHANGE),
        ("/rollback shop production", Risk.CHANGE),
    ):
        assert isinstance(decide(catalog, line, risk), Deny), line
    assert isinstance(decide(a_catalog(None), "/backup db shop production", Risk.RECORD), Deny)


def test_what_was_missed_is_told_with_a_way_on() -> None:
    schedule = schedules(a_catalog(BackupSettings(daily="03:30")))[0]
    card = missed_card(schedule, [at(17, "03:30"), at(18, "03:30")], made_up_for=False)
    assert card.title == "shop production: the scheduled backup was missed 2 times"
    assert "2026-11-17 03:30 UTC, 2026-11-18 03:30 UTC" in plain(str(card.body[0]))
    assert card.buttons[0].ask == "/backup db shop production"
    assert not missed_card(schedule, [at(17, "03:30")], made_up_for=True).buttons


@pytest.mark.parametrize(
    "wrong", [{"daily": "3:30"}, {"daily": "03:30", "keep": "0d"}, {"daily": "03:30", "zone": "Mars/Olympus"}]
)
def test_a_schedule_that_cannot_be_meant_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        BackupSettings.model_validate(wrong)


def test_without_a_word_backups_are_kept_30_days_where_protected_and_7_elsewhere() -> None:
    plain_settings = BackupSettings(daily="03:30")
    assert (plain_settings.kept_for(True).days, plain_settings.kept_for(False).days) == (30, 7)
    assert BackupSettings(daily="03:30", keep="90d").kept_for(False).days == 90
