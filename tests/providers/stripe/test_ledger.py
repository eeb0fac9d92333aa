"""Claims of events on a real PostgreSQL: of many replays at once exactly one may send."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.db.database import Pool
from bot.db.records import PostgresRecords
from bot.domain.catalog import Place
from bot.domain.replay import Fate
from bot.providers.stripe.ledger import Ledger

PLACE = Place("shop", "production")
NOW = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)


def ledger(pool: Pool, run: str, now: datetime = NOW) -> Ledger:
    return Ledger(PostgresRecords(pool), PLACE, run, lambda: now)


async def test_of_twenty_claims_at_once_one_wins(pool: Pool) -> None:
    won = await asyncio.gather(*(ledger(pool, f"R-{n}").claim("evt_1", again=False) for n in range(20)))
    assert sorted(one for one in won if one) == [1]


async def test_of_twenty_claims_after_a_refusal_one_wins_the_second_attempt(pool: Pool) -> None:
    await ledger(pool, "R-1").claim("evt_1", again=False)
    await ledger(pool, "R-1").write("evt_1", 1, Fate.REFUSED, "answered 500")
    won = await asyncio.gather(*(ledger(pool, f"R-{n}").claim("evt_1", again=False) for n in range(20)))
    assert sorted(one for one in won if one) == [2]


@pytest.mark.parametrize(
    ("fate", "later", "again", "number"),
    [
        (Fate.SENDING, timedelta(days=1), False, None),
        (Fate.UNKNOWN, timedelta(days=1), False, None),
        (Fate.DELIVERED, timedelta(days=1), False, None),
        (Fate.ASKED, timedelta(seconds=59), False, None),
        (Fate.ASKED, timedelta(seconds=60), False, 2),
        (Fate.REFUSED, timedelta(), False, 2),
        (Fate.SENDING, timedelta(), True, 2),
        (Fate.UNKNOWN, timedelta(), True, 2),
        (Fate.DELIVERED, timedelta(), True, 2),
    ],
)
async def test_what_came_before_decides_whether_it_may_be_sent(
    pool: Pool, fate: Fate, later: timedelta, again: bool, number: int | None
) -> None:
    await ledger(pool, "R-1").claim("evt_1", again=False)
    await ledger(pool, "R-1").write("evt_1", 1, fate)
    assert await ledger(pool, "R-2", NOW + later).claim("evt_1", again=again) == number


async def test_the_last_attempt_tells_which_run_and_how_it_ended(pool: Pool) -> None:
    await ledger(pool, "R-1").claim("evt_1", again=False)
    await ledger(pool, "R-1").write("evt_1", 1, Fate.REFUSED, "answered 500")
    await ledger(pool, "R-2").claim("evt_1", again=False)
    last = await ledger(pool, "R-3").last("evt_1")
    assert last is not None
    assert (last.number, last.fate, last.run, last.at) == (2, Fate.SENDING, "R-2", NOW)


async def test_the_last_attempts_at_many_are_found_together(pool: Pool) -> None:
    for event in ("evt_1", "evt_2"):
        await ledger(pool, "R-1").claim(event, again=False)
    await ledger(pool, "R-1").write("evt_1", 1, Fate.REFUSED)
    await ledger(pool, "R-2").claim("evt_1", again=False)
    found = await ledger(pool, "R-3").lasts(["evt_1", "evt_2", "evt_3"])
    assert {event: (last.number, last.run) for event, last in found.items()} == {
        "evt_1": (2, "R-2"),
        "evt_2": (1, "R-1"),
    }
