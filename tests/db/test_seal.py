"""The chain: dense numbers in commit order, and every kind of tampering is named."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.db import events, seal
from bot.db.database import Pool
from bot.domain import anchor as anchors
from bot.domain.anchor import Anchor
from bot.domain.event import Kind
from bot.domain.run import Run

MakeRun = Callable[..., Awaitable[Run]]


async def _write(pool: Pool, count: int) -> None:
    for number in range(count):
        await events.record(pool, Kind.BOT_STARTED, body={"n": number})
    while await seal.seal(pool):
        pass


async def test_events_are_numbered_without_gaps_and_the_chain_verifies(pool: Pool) -> None:
    await asyncio.gather(*(events.record(pool, Kind.BOT_STARTED, body={"n": n}) for n in range(60)))
    assert await seal.seal(pool) == 60
    assert [event.number for event in await events.after(pool, 0)] == list(range(1, 61))
    report = await seal.verify(pool)
    assert (report.whole, report.events) == (True, 60)


async def test_two_sealers_at_once_seal_each_event_once(pool: Pool) -> None:
    for n in range(20):
        await events.record(pool, Kind.BOT_STARTED, body={"n": n})
    assert sum(await asyncio.gather(*(seal.seal(pool) for _ in range(4)))) == 20
    report = await seal.verify(pool)
    assert (report.whole, report.events) == (True, 20)


async def test_an_event_committed_late_gets_a_later_number_though_its_id_is_lower(pool: Pool) -> None:
    async with pool.acquire() as slow, slow.transaction():
        early = await events.record(slow, Kind.BOT_STARTED)
        late = await events.record(pool, Kind.BOT_STOPPED)
        await seal.seal(pool)
        assert [event.id for event in await events.after(pool, 0)] == [late]
    await seal.seal(pool)
    assert [event.id for event in await events.after(pool, 0)] == [late, early]
    assert (await seal.verify(pool)).whole


@pytest.mark.parametrize(
    ("table", "sql", "says"),
    [
        ("events", "UPDATE events SET actor = 'U0EVIL' WHERE id = 2", "event 2 is not what was sealed"),
        (
            "event_payloads",
            "UPDATE event_payloads SET body = '{}' WHERE event_id = 3",
            "payload of event 3",
        ),
        ("event_seals", "DELETE FROM event_seals WHERE number = 2", "event 2 is missing"),
        ("event_seals", "UPDATE event_seals SET hash = sha256('x') WHERE number = 4", "event 4 is not what was"),
    ],
)
async def test_tampering_behind_the_triggers_is_found(pool: Pool, table: str, sql: str, says: str) -> None:
    await _write(pool, 5)
    await pool.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await pool.execute(sql)
    report = await seal.verify(pool)
    assert not report.whole
    assert says in report.says


async def test_retention_may_erase_a_payload_and_verification_says_so(pool: Pool) -> None:
    await _write(pool, 4)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL watchkeeper.retention = 'on'")
        await connection.execute("DELETE FROM event_payloads WHERE event_id = 2")
    report = await seal.verify(pool)
    assert (report.whole, report.events, report.erased) == (True, 4, 1)
    assert (await events.after(pool, 1))[0].erased


# --- who may do everything in PostgreSQL ---------------------------------------------------------------------------


async def _rewrite(pool: Pool, change: str) -> None:
    """As a superuser would: triggers off, the past changed, and the whole chain made anew, so that it fits."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(change)
        await connection.execute("DELETE FROM event_seals")
        await connection.execute("INSERT INTO outbox SELECT id FROM events")
    while await seal.seal(pool):
        pass


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE events SET actor = 'U0SCAPEGOAT' WHERE id = 3", "event 5 is not the one"),
        ("DELETE FROM event_payloads WHERE event_id > 4; DELETE FROM events WHERE id > 4", "there is no event 5"),
    ],
    ids=["rewritten", "cut off"],
)
async def test_a_chain_written_anew_fits_but_holds_no_anchor_that_was_told_before(
    pool: Pool, change: str, says: str
) -> None:
    await _write(pool, 5)
    told = await seal.head(pool)
    assert told is not None
    await _write(pool, 2)
    anchor = anchors.read(str(told))
    assert anchor is not None
    assert (await seal.verify(pool, [anchor])).whole
    await _rewrite(pool, change)
    assert (await seal.verify(pool)).whole
    report = await seal.verify(pool, [anchor])
    assert (report.whole, report.first_bad) == (False, 5)
    assert says in report.says
    assert str(told) in report.says


async def test_an_empty_chain_has_nothing_to_tell(pool: Pool) -> None:
    assert await seal.head(pool) is None
    assert not (await seal.verify(pool, [Anchor(1, "0" * 32)])).whole


@pytest.mark.parametrize("text", ["", "1042", "1042:", f"0:{'a' * 32}", f"1042:{'a' * 31}", f"-1:{'a' * 32}", "x:y"])
def test_what_is_written_otherwise_is_no_anchor(text: str) -> None:
    assert anchors.read(text) is None
