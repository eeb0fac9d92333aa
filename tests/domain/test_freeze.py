"""What a freeze stops and where; when a typed end is. Every installed verb is in the first table."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

import commands
from bot.domain.errors import BadRequest
from bot.domain.fields import Field, Kind, Unfit, read, written
from bot.domain.freeze import Freeze, stops
from bot.domain.run import RunId

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MENDS = {"/rollback", "/replay-webhook"}


def test_of_what_is_installed_a_freeze_stops_what_is_destructive_alone() -> None:
    stopped = {
        f"{command.name} {verb.word}".strip()
        for command in commands.find().values()
        for verb in command.verbs
        if stops(verb, verb.risk)
    }
    assert "/backup restore" in stopped
    assert not {name for name in stopped if name.split()[0] in MENDS}
    never = {command.name for command in commands.find().values() if command.verbs[0].frozen == "never"}
    assert never >= MENDS


@pytest.mark.parametrize(
    ("where", "place", "covered"),
    [
        ((None, None), ("shop", "production"), True),
        (("shop", None), ("shop", "staging"), True),
        (("shop", None), ("till", "production"), False),
        ((None, "production"), ("till", "production"), True),
        ((None, "production"), ("till", "staging"), False),
        (("shop", "production"), ("shop", "production"), True),
        (("shop", "production"), ("shop", "staging"), False),
        (("shop", "production"), ("shop", None), True),
        (("shop", "production"), (None, None), True),
    ],
)
def test_where_it_holds(
    where: tuple[str | None, str | None], place: tuple[str | None, str | None], covered: bool
) -> None:
    assert Freeze(RunId(1), *where, "U0ANA", "why", NOON, NOON).covers(*place) is covered


@pytest.mark.parametrize(
    ("typed", "zone", "meant"),
    [
        ("18:00", "UTC", "2026-11-21T18:00:00Z"),
        ("9:30", "UTC", "2026-11-22T09:30:00Z"),
        ("12:00", "UTC", "2026-11-22T12:00:00Z"),
        ("18:00", "Asia/Tokyo", "2026-11-22T09:00:00Z"),
        ("18:00z", "Asia/Tokyo", "2026-11-21T18:00:00Z"),
        ("2h", "Asia/Tokyo", "2026-11-21T14:00:00Z"),
        ("3d", "UTC", "2026-11-24T12:00:00Z"),
        ("2026-12-01T08:00Z", "UTC", "2026-12-01T08:00:00Z"),
    ],
)
def test_an_end_is_the_next_instant_that_it_can_mean(typed: str, zone: str, meant: str) -> None:
    found = read(_END, typed, NOON.astimezone(ZoneInfo(zone)))
    assert written(_END, found) == meant
    assert read(_END, meant, NOON) == found


@pytest.mark.parametrize(
    ("typed", "zone", "meant"),
    [
        ("11:02", "UTC", "2026-11-21T11:02:00Z"),
        ("14:02", "UTC", "2026-11-20T14:02:00Z"),
        ("14:02", "Asia/Tokyo", "2026-11-21T05:02:00Z"),
        ("23:30", "Asia/Tokyo", "2026-11-20T14:30:00Z"),
        ("7:02:30", "America/New_York", "2026-11-20T12:02:30Z"),
        ("11:02z", "Asia/Tokyo", "2026-11-21T11:02:00Z"),
        ("2026-11-19T14:02", "Asia/Tokyo", "2026-11-19T05:02:00Z"),
        ("2026-11-19 14:02z", "Asia/Tokyo", "2026-11-19T14:02:00Z"),
    ],
)
def test_a_moment_is_the_last_one_on_the_writers_clock(typed: str, zone: str, meant: str) -> None:
    found = read(_AT, typed, NOON.astimezone(ZoneInfo(zone)))
    assert written(_AT, found) == meant
    assert read(_AT, meant, NOON) == found


@pytest.mark.parametrize("typed", ["24:00", "31d", "2020-01-01T00:00Z", "soon", "-2h", "2026-13-01T00:00Z"])
def test_what_is_no_end_to_come_is_refused(typed: str) -> None:
    with pytest.raises((Unfit, BadRequest)):
        read(_END, typed, NOON)


_AT = Field("at", Kind.MOMENT, "--at", "", (), "", False, True, False, None)
_END = Field("until", Kind.UNTIL, "--until", "", (), "", False, True, False, None)
