"""Laws of everything that is about a clock on a wall, above all in the nights in which it changes: hours of grants,
hand-overs, working mornings, typed times of day, schedules. Each against the long way round."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.fields import Field, Kind, read
from bot.domain.review import next_morning
from bot.domain.schedule import MADE_UP_FOR, Rule, due
from permissions.hours import DAYS, Hours, read_hours
from permissions.oncall import OnCall
from tests.support.examples import TIMES

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = [  # clocks go forward or back in these nights, in one of the zones
    datetime.fromisoformat(f"2026-{at}Z")
    for at in ("03-29T01", "10-25T01", "03-08T07", "11-01T06", "04-04T15", "10-03T15:30", "04-05T03", "09-06T04")
]

quick = settings(max_examples=60 * TIMES)
zones = st.sampled_from(ZONES)
instants = st.one_of(
    st.builds(lambda minutes: NEW_YEAR + minutes * MINUTE, st.integers(0, 365 * 24 * 60)),
    st.builds(lambda at, minutes: at + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-1500, 1500)),
)
clocks = st.times().map(lambda at: at.replace(minute=at.minute // 10 * 10, second=0, microsecond=0))
nightly = st.one_of(clocks, st.builds(time, st.integers(0, 4), st.sampled_from([0, 15, 30, 45])))


def a_field(kind: Kind) -> Field:
    return Field("at", kind, "", "", (), "", required=True, optional=False, many=False, default=None)


@quick
@given(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True), nightly, nightly, zones, instants)
def test_hours_hold_in_the_windows_that_begin_on_their_days_and_at_no_other_time(
    days: list[str], begin: time, until: time, zone: str, at: datetime
) -> None:
    text = f"{','.join(days)} {begin:%H:%M}-{until:%H:%M} {zone}"
    hours = read_hours(text)
    assert isinstance(hours, Hours)
    assert read_hours(hours.text) == hours
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    windows = []
    for day in (local.date() - DAY, local.date()):
        if DAYS[day.weekday()] in days:
            opens = datetime.combine(day, begin)
            windows.append((opens, datetime.combine(day if until > begin else day + DAY, until)))
    assert hours.hold(at) == any(opens <= local < closes for opens, closes in windows)


@quick
@given(instants, zones)
def test_the_next_morning_is_the_first_nine_o_clock_of_a_working_day_that_is_still_to_come(
    at: datetime, zone: str
) -> None:
    found = next_morning(at, ZoneInfo(zone))
    day = at.astimezone(ZoneInfo(zone)).date()
    mornings = [datetime.combine(day + n * DAY, time(9), ZoneInfo(zone)).astimezone(UTC) for n in range(5)]
    assert found == next(one for one in mornings if one > at and one.astimezone(ZoneInfo(zone)).weekday() < 5)


@quick
@given(instants, st.sampled_from(DAYS), nightly, zones, st.integers(1, 4))
@example(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), "Sun", time(1, 30), "Europe/London", 2)
def test_each_hand_over_gives_the_turn_to_the_next_once(
    at: datetime, day: str, clock: time, zone: str, people: int
) -> None:
    """Counted by going from hand-over to hand-over; what a clock shows twice is handed over once."""
    rotation = tuple(f"U{n}" for n in range(people))
    oncall = OnCall(rotation, f"{day} {clock:%H:%M} {zone}", date(2025, 12, 1))
    monday = date(2025, 12, 1)
    first = monday - timedelta(days=(monday.weekday() - DAYS.index(day)) % 7)
    handovers = [datetime.combine(first + 7 * n * DAY, clock, ZoneInfo(zone)).astimezone(UTC) for n in range(70)]
    turns = sum(one <= at for one in handovers) - 1
    assert oncall.order(at)[0] == rotation[turns % people]


@quick
@given(instants, nightly, zones)
@example(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), time(1, 30), "Europe/London")
@example(datetime(2026, 10, 25, 0, 50, tzinfo=UTC), time(1, 30), "Europe/London")
def test_a_typed_time_of_day_is_the_next_moment_at_which_the_clock_shows_it(
    now: datetime, clock: time, zone: str
) -> None:
    until = read(a_field(Kind.UNTIL), f"{clock:%H:%M}", now.astimezone(ZoneInfo(zone)))
    assert isinstance(until, datetime)
    assert until > now
    shown = (now + n * MINUTE for n in range(1, 2 * 24 * 60))
    first = next(one for one in shown if one.astimezone(ZoneInfo(zone)).time() == clock)
    assert until == first or until < first  # a time that is skipped in that night is not put off to the next


@quick
@given(instants, nightly)
def test_a_typed_moment_is_the_last_one_of_that_name(now: datetime, clock: time) -> None:
    at = read(a_field(Kind.MOMENT), f"{clock:%H:%M}", now)
    assert isinstance(at, datetime)
    assert now - DAY < at <= now
    assert at.time() == clock


# --- schedules ---------------------------------------------------------------------------------------------------

rules = st.builds(
    lambda minute, hour, day, zone: Rule(f"{minute} {hour} * * {day}", zone, "at times"),
    st.sampled_from(["0", "30", "15", "*/20"]),
    st.sampled_from(["0", "1", "2", "3", "*/5", "23"]),
    st.sampled_from(["*", "*", "0", "1-5"]),
    zones,
)


@quick
@given(rules, instants, st.lists(st.integers(1, 4000), min_size=1, max_size=12))
def test_looked_at_whenever_every_instant_is_run_or_reported_exactly_once(
    rule: Rule, begin: datetime, looks: list[int]
) -> None:
    last, now, fired, missed = begin, begin, list[datetime](), list[datetime]()
    for minutes in looks:
        now += minutes * MINUTE
        found = due(rule, last, now)
        missed += found.missed
        if found.fire is not None:
            assert now - MADE_UP_FOR <= found.fire <= now
            fired.append(found.fire)
        last = max([last, *found.missed, *([found.fire] if found.fire else [])])
    assert sorted(fired + missed) == rule.between(begin, now)
    assert len({*fired, *missed}) == len(fired) + len(missed)


@quick
@given(instants, nightly, zones)
def test_what_is_wanted_daily_comes_once_on_every_day_of_its_zone(at: datetime, clock: time, zone: str) -> None:
    rule = Rule(f"{clock.minute} {clock.hour} * * *", zone, "daily")
    after = rule.after(at)
    found = [next(after) for _ in range(5)]
    assert found == sorted(found)
    days = [one.astimezone(ZoneInfo(zone)).date() for one in found]
    assert days == [days[0] + n * DAY for n in range(5)]
