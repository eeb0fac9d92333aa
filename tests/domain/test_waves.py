"""Presets × risks × who is awake: who is asked when. Times are minutes from the request."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approval import Approval, ApprovalState, Vote, Wave
from bot.domain.asking import asked_lines
from bot.domain.run import RunId
from bot.domain.waves import called, next_call
from bot.domain.words import plain
from permissions.model import Risk
from permissions.oncall import OnCall, asked_first
from permissions.presets import PRESETS
from tests.domain.test_run_card import RUN

T0 = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ROTA = OnCall(("ana", "ben", "chi"))
Row = tuple[float, str, tuple[str, ...]]


def approval(preset: str, risk: Risk, eligible: tuple[str, ...], oncall: OnCall | None, about: str = "") -> Approval:
    rule = PRESETS[preset][risk, True]
    first = asked_first(oncall, T0, eligible)
    wave = Wave.FIRST if first and set(first) < set(eligible) else Wave.EVERYONE
    return Approval(
        RunId(42),
        ApprovalState.WAITING,
        rule.need,
        eligible,
        "button",
        "7c01e9",
        T0,
        T0 + rule.answer,
        first=first,
        wave=wave,
        alone_after=rule.alone_after,
    )


def told(asked: Approval, unreachable: tuple[str, ...] = ()) -> Iterator[Row]:
    """Every message that asks somebody, minute by minute until it expires."""
    yield 0, "asked", called(asked)
    minute = 0.0
    while (now := T0 + timedelta(minutes=minute)) < asked.expires_at:
        call = next_call(asked, now, unreachable)
        if call is not None:
            yield minute, call.wave.name.lower(), (*call.people, *(f"{one} again" for one in call.again))
            asked = replace(asked, wave=call.wave)
        minute += 0.25


EVERYBODY, NOBODY = ("ben", "chi", "dev"), ()
CHANGE, DESTRUCTIVE = Risk.CHANGE, Risk.DESTRUCTIVE
AGAIN = ("ben again", "chi again", "dev again")


@pytest.mark.parametrize(
    ("preset", "risk", "eligible", "oncall", "unreachable", "rows"),
    [
        # the on-call person asked: the next in the rotation is first; then a third, then three quarters
        ("small-team", CHANGE, EVERYBODY, ROTA, (), [(5, "everyone", ("chi", "dev")), (11.25, "last", AGAIN)]),
        ("small-team", DESTRUCTIVE, ("ben",), ROTA, (), [(45, "last", ("ben again",))]),
        ("strict", CHANGE, EVERYBODY, ROTA, (), [(10, "everyone", ("chi", "dev")), (22.5, "last", AGAIN)]),
        ("strict", DESTRUCTIVE, EVERYBODY, ROTA, (), [(20, "everyone", ("chi", "dev")), (45, "last", AGAIN)]),
        # no rotation, or nobody of it may answer: everyone at once
        ("strict", CHANGE, EVERYBODY, None, (), [(22.5, "last", AGAIN)]),
        ("strict", CHANGE, ("dev",), ROTA, (), [(22.5, "last", ("dev again",))]),
        # whom no message reaches is not waited for
        ("strict", CHANGE, EVERYBODY, ROTA, ("ben",), [(0, "everyone", ("chi", "dev")), (22.5, "last", AGAIN)]),
        ("strict", CHANGE, EVERYBODY, ROTA, ("chi",), [(10, "everyone", ("chi", "dev")), (22.5, "last", AGAIN)]),
        ("strict", CHANGE, EVERYBODY, ROTA, EVERYBODY, [(0, "everyone", ("chi", "dev")), (0.25, "last", AGAIN)]),
        # nobody is there: there is nobody to ask
        ("small-team", CHANGE, NOBODY, ROTA, (), []),
    ],
)
def test_who_is_asked_when(
    preset: str,
    risk: Risk,
    eligible: tuple[str, ...],
    oncall: OnCall | None,
    unreachable: tuple[str, ...],
    rows: list[Row],
) -> None:
    asked = approval(preset, risk, eligible, oncall)
    first = ("ben",) if oncall and "ben" in eligible else eligible
    assert list(told(asked, unreachable)) == [(0, "asked", first), *rows]


def test_silence_presence_or_a_quiet_phone_skip_nobody() -> None:
    """Shown, never decisive: what is known of people is no argument of who is asked."""
    asked = approval("strict", CHANGE, EVERYBODY, ROTA)
    about = {"ben": "silent until 07:00", "chi": "away"}
    words = plain(asked_lines(RUN, asked, str.capitalize, about)[0])
    assert words.startswith("Asked Ben (on call), silent until 07:00\nNext at 03:10 UTC everyone who may approve")


def test_who_answered_or_knows_gets_no_last_call() -> None:
    asked = replace(
        approval("strict", DESTRUCTIVE, EVERYBODY, None),
        votes=(Vote("ben", True, "7c01e9", T0, "slack"),),
        stopped=("chi",),
    )
    assert list(told(asked))[1:] == [(45, "last", ("dev again",))]


def test_after_a_time_away_the_last_call_is_for_those_who_had_a_first_one() -> None:
    asked = approval("strict", CHANGE, EVERYBODY, ROTA)
    call = next_call(asked, T0 + timedelta(minutes=29))
    assert call is not None
    assert (call.wave, call.people, call.again) == (Wave.LAST, ("chi", "dev"), ("ben",))
    assert next_call(replace(asked, wave=Wave.LAST), T0 + timedelta(minutes=29)) is None
