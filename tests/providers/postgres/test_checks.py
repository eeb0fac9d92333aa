"""Database checks on a real server: what is fine, what is not, and that no secret is told."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import asyncpg
import pytest

from bot.domain.capability import Finding
from bot.domain.errors import ProviderError
from bot.providers.postgres import Facts, Postgres
from bot.providers.postgres.checks import DatabaseCheck, PoolCheck, Round
from bot.providers.postgres.connect import connected, reading

FACTS = Facts(18, 48_000_000, 4, 20, 0.003, "UTF8", "")


async def look(database: Postgres) -> Sequence[Finding]:
    return [await check.look() for check in database.checks()]


async def test_a_sound_database_is_fine(shop: str, database_at: Callable[..., Postgres]) -> None:
    findings = await look(database_at(shop))
    assert [(one.check, one.state) for one in findings] == [("Database", "ok"), ("Pool", "ok"), ("Data", "ok")]
    assert findings[1].brief.endswith("/100")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("s3cret", "hunter2"), "refuses this user or password"),
        (("host=/", "host=/nowhere/"), "refuses connections"),
        (("?host", "x?host"), "no such database"),
    ],
    ids=["wrong password", "no server", "no database"],
)
async def test_what_is_wrong_is_told_once_and_without_secrets(
    shop: str, database_at: Callable[..., Postgres], change: tuple[str, str], says: str
) -> None:
    findings = await look(database_at(shop.replace(*change)))
    assert [one.state for one in findings] == ["fail", "unknown", "unknown"]
    assert says in findings[0].says
    assert not any(secret in str(findings) for secret in ("s3cret", "hunter2", "marks"))


async def test_one_round_opens_one_connection() -> None:
    asked = 0

    async def ask() -> Facts:
        nonlocal asked
        asked += 1
        return FACTS

    shared = Round(ask)
    await DatabaseCheck(shared).look()
    await PoolCheck(shared, 0.8).look()
    assert asked == 1


@pytest.mark.parametrize(
    ("seen", "state", "says"),
    [
        (FACTS, "ok", "4/20 connections used"),
        (replace(FACTS, used=16), "warn", "16/20 connections used, wants under 80 %"),
        (replace(FACTS, used=19), "fail", "19/20 connections used, wants under 80 %"),
    ],
)
async def test_the_pool_is_judged(seen: Facts, state: str, says: str) -> None:
    async def ask() -> Facts:
        return seen

    finding = await PoolCheck(Round(ask), 0.8).look()
    assert (finding.state, finding.says) == (state, says)


@pytest.mark.parametrize(
    ("answer_s", "state", "brief"), [(0.0002, "ok", "under 1 ms"), (0.003, "ok", "3 ms"), (0.08, "warn", "80 ms")]
)
async def test_the_answer_time_is_judged(answer_s: float, state: str, brief: str) -> None:
    async def ask() -> Facts:
        return replace(FACTS, answer_s=answer_s)

    finding = await DatabaseCheck(Round(ask)).look()
    assert (finding.state, finding.brief) == (state, brief)


async def test_a_checks_connection_cannot_write(shop: str) -> None:
    with pytest.raises(ProviderError, match="read-only transaction"):
        async with reading(shop) as connection:
            await connection.execute("DELETE FROM orders")


async def sleeps_too_long(url: str) -> None:
    async with reading(url) as connection:
        await connection.execute("SET statement_timeout = 20")
        await connection.execute("SELECT pg_sleep(30)")


async def is_cut_off(url: str, admin_url: str) -> None:
    async with connected(url) as connection:
        admin = await asyncpg.connect(admin_url)
        await admin.execute("SELECT pg_terminate_backend($1, 5000)", connection.get_server_pid())
        await admin.close()
        await connection.execute("SELECT 1")


async def test_a_long_question_is_stopped(shop: str) -> None:
    with pytest.raises(ProviderError, match="stopped a question"):
        await sleeps_too_long(shop)


async def test_a_connection_that_breaks_is_told_in_words(shop: str, guarded: str) -> None:
    with pytest.raises(ProviderError, match="The database"):
        await is_cut_off(shop, guarded)
