"""When people outside should hear next, what they could be told, whom to ask: tables, no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.catalog import UpdateRule
from bot.domain.outward import PublicState, Told
from bot.domain.update_clock import Asked, AskKind, Turn, due, promised, to_ask, with_next

OPENED = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
RULE = UpdateRule()


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def told(minutes: float, next_: float | None, state: PublicState = "investigating") -> Told:
    return Told(at(minutes), state, "…", "U0ANA", None if next_ is None else at(next_))


@pytest.mark.parametrize(
    ("over", "updates", "expected"),
    [
        (None, [], 5),  # the first within five minutes
        (3, [], None),  # over before anybody outside heard of it
        (None, [told(4, 9)], 9),  # the scope within five more
        (None, [told(4, 9), told(9, 29)], 29),  # then every twenty
        (None, [told(4, 9), told(9, 120)], 120),  # as the last one stated
        (40, [told(4, 9)], 45),  # people outside learn that it is over
        (40, [told(4, 9), told(41, None, "resolved")], None),
        (None, [told(4, 9), told(41, None, "resolved")], 46),  # it began again
    ],
)
def test_the_next_update_is_due(over: float | None, updates: list[Told], expected: float | None) -> None:
    found = due(OPENED, None if over is None else at(over), updates, RULE)
    assert found == (None if expected is None else at(expected))


@pytest.mark.parametrize(
    ("now", "updates", "expected"),
    [
        (4, [], 9),
        (9, [told(4, 9)], 29),
        (119, [told(4, 9)], 139),
        (121, [told(4, 9)], 181),
        (4.5, [], 9),
    ],
)
def test_an_update_promises_the_next(now: float, updates: list[Told], expected: float) -> None:
    assert promised(at(now), OPENED, updates, RULE) == at(expected)


def test_the_next_time_always_stands_at_the_end() -> None:
    assert with_next("Checkout is slow", at(9), OPENED) == "Checkout is slow. Next update by 14:09 UTC."
    over_midnight = with_next("Checkout is slow.", at(610), OPENED)
    assert over_midnight == "Checkout is slow. Next update by 00:10 UTC on 2026-11-21."
    assert with_next("Solved!", None, OPENED) == "Solved!"


DUE = at(29)


def asked(kind: AskKind, person: str, minutes: float) -> Asked:
    return Asked(kind, person, at(minutes))


def turn(*done: Asked, commander: str | None = "ana", **more: object) -> Turn:
    return Turn(DUE, commander, ("ben", "chi", "dev", "eli", "fay"), done, **more)  # type: ignore[arg-type]


DRAFTED = asked("draft", "ana", 26)
REMINDED = asked("reminder", "ana", 29)


@pytest.mark.parametrize(
    ("now", "state", "expected"),
    [
        (25.9, turn(), None),
        (26, turn(), ("draft", "ana")),
        (28, turn(DRAFTED), None),
        (29, turn(DRAFTED), ("reminder", "ana")),
        (31.9, turn(DRAFTED, REMINDED), None),
        (32, turn(DRAFTED, REMINDED), ("draft", "ben")),
        (35, turn(DRAFTED, REMINDED, asked("draft", "ben", 32)), ("draft", "chi")),
        (40, turn(asked("draft", "ana", 39)), None),  # away at the due time: not reminded in the same breath
        (42, turn(asked("draft", "ana", 39)), ("reminder", "ana")),
        (99, turn(DRAFTED, REMINDED, *(asked("draft", one, 32) for one in ("ben", "chi", "dev"))), None),
        (26, turn(commander=None), ("lead", "ben")),
        (28, turn(asked("lead", "ben", 26), commander=None), None),
        (29, turn(asked("lead", "ben", 26), commander=None), ("lead", "chi")),
        (30, turn(asked("lead", "ben", 26), commander="ben"), ("draft", "ben")),  # taken: the draft follows
        (30, turn(DRAFTED, commander="ben"), ("draft", "ben")),  # handed over
        (40, turn(silenced=True), None),
        (35, turn(snoozed_until=at(36)), None),
        (36, turn(snoozed_until=at(36)), ("draft", "ana")),
    ],
)
def test_who_is_asked(now: float, state: Turn, expected: tuple[str, str] | None) -> None:
    assert to_ask(at(now), state) == expected
