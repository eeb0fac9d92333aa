"""What is kept for a time only goes when it is over, and nothing else does."""

import re
from datetime import timedelta

import pytest

from bot.db import events, retention, seal
from bot.db.database import Pool
from bot.db.records import PostgresRecords
from bot.domain import replay
from bot.domain.catalog import Place
from bot.domain.catalog import Retention as Kept
from bot.domain.catalog_file import CatalogError, load_catalog
from bot.domain.event import Kind
from bot.retention import Retention
from tests.support.desk import Desk

CATALOG = "services: {shop: {environments: {production: {}}}}\n"
FILL = """
    INSERT INTO runs (state, command, verb, text, request, permission, risk, actor, team, channel, via,
                      outcome, because, changed, finished_at)
    SELECT 'succeeded', '/logs', '', 'line', '{}', 'logs:read', risk, 'U0ANA', 'T0', 'C0', 'slack',
           '{"text": "secret"}', 'secret', 'nothing', clock_now() - days * interval '1 day'
    FROM (VALUES ('read', 31), ('read', 29), ('change', 31)) v (risk, days)
"""


async def outcomes(pool: Pool) -> list[bool]:
    return [row["kept"] for row in await pool.fetch("SELECT outcome IS NOT NULL AS kept FROM runs ORDER BY id")]


async def test_the_answer_to_a_look_goes_and_that_it_was_asked_stays(pool: Pool) -> None:
    await pool.execute(FILL)
    async with pool.acquire() as connection:
        assert await retention.answers(connection, timedelta(days=30), 9) == 1
        assert await retention.answers(connection, timedelta(days=30), 9) == 0
    assert await outcomes(pool) == [False, True, True]
    assert await pool.fetchval("SELECT count(*) FROM runs WHERE because = 'secret'") == 2


async def test_a_file_that_nobody_fetched_goes(pool: Pool) -> None:
    await pool.execute(FILL)
    await pool.execute("INSERT INTO run_files (run_id, name, content) SELECT id, 'log', 'x' FROM runs")
    async with pool.acquire() as connection:
        assert await retention.files(connection, timedelta(days=30), 1) == 1
        assert await retention.files(connection, timedelta(days=30), 9) == 1
    assert await pool.fetchval("SELECT count(*) FROM run_files") == 1


async def test_what_was_tried_with_an_event_is_kept_while_it_could_be_sent_again(pool: Pool) -> None:
    place, records = Place("shop", "production"), PostgresRecords(pool)
    for kind, key in ((replay.RECORDS, "evt_1"), (replay.RECORDS, "evt_1#2"), ("usual", "evt_1")):
        assert await records.claim(kind, place, key, {"fate": "refused"})
    await pool.execute("UPDATE clock SET ahead = $1", replay.KEPT - timedelta(days=1))
    assert await records.claim(replay.RECORDS, place, "evt_2", {"fate": "delivered"})
    async with pool.acquire() as connection:
        assert await retention.replays(connection, replay.KEPT, 9) == 0
        await pool.execute("UPDATE clock SET ahead = $1", replay.KEPT + timedelta(days=1))
        assert [await retention.replays(connection, replay.KEPT, 1) for _ in range(3)] == [1, 1, 0]
    left = await pool.fetch("SELECT kind, key FROM records ORDER BY key")
    assert [tuple(row) for row in left] == [("usual", "evt_1"), (replay.RECORDS, "evt_2")]


async def test_payloads_go_only_where_asked_for_and_verification_says_so(pool: Pool) -> None:
    await events.record(pool, Kind.BOT_STARTED)
    await events.record(pool, Kind.BOT_STOPPED)
    await seal.seal(pool)
    await pool.execute("UPDATE clock SET ahead = interval '100 days'")
    await events.record(pool, Kind.BOT_STARTED)
    await seal.seal(pool)
    async with pool.acquire() as connection, connection.transaction():
        assert await retention.payloads(connection, timedelta(days=90), 9) == 2
    report = await seal.verify(pool)
    assert report.whole
    assert report.erased == 2


async def test_an_event_without_its_seal_keeps_its_payload(pool: Pool) -> None:
    await events.record(pool, Kind.BOT_STARTED)
    await pool.execute("UPDATE clock SET ahead = interval '100 days'")
    async with pool.acquire() as connection, connection.transaction():
        assert await retention.payloads(connection, timedelta(days=90), 9) == 0


async def test_a_round_goes_on_batch_by_batch_and_is_an_event_of_numbers(desk: Desk, pool: Pool) -> None:
    for _ in range(3):
        await pool.execute(FILL)
    await Retention(desk.installation, batch=2).look()
    assert (await outcomes(pool)).count(False) == 3
    await seal.seal(pool)
    (told,) = [event for event in await events.last(pool, 9) if event.kind is Kind.RETENTION_REMOVED]
    assert told.body == {"answers": 3, "files": 0, "replays": 0, "payloads": 0}
    await Retention(desk.installation, batch=2).look()
    await seal.seal(pool)
    assert [event.kind for event in await events.last(pool, 9)].count(Kind.RETENTION_REMOVED) == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", Kept()),
        ("retention: {answers: 7d}", Kept(answers=timedelta(days=7))),
        ("retention: {files: 2d, payloads: 400d}", Kept(files=timedelta(days=2), payloads=timedelta(days=400))),
    ],
)
def test_the_catalog_says_how_long(said: str, kept: Kept) -> None:
    assert load_catalog(CATALOG + said, sections={}).retention == kept


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("retention: {answers: 1m}", "'answers' is too short"),
        ("retention: {payloads: 30d}", "'payloads' is too short"),
        ("retention: {runs: 30d}", "'runs' is not known"),
    ],
)
def test_what_is_wrong_is_refused(said: str, wrong: str) -> None:
    with pytest.raises(CatalogError, match=re.escape(wrong)):
        load_catalog(CATALOG + said, sections={})
