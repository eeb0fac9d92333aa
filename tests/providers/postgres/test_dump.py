"""Dumps and their proof on real servers: whole, of one instant, secret kept, restored elsewhere without rights."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from bot.domain.capability import Stored
from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.providers.postgres import Counts, Facts, Postgres, binaries
from bot.providers.postgres.binaries import pick
from bot.providers.postgres.restore import compare
from bot.providers.store import FolderStore

LIMIT = timedelta(seconds=60)
ROWS = {"public.orders": 1200, 'back."Odd name"': 0}


async def dumped(database: Postgres, folder: Path, name: str = "a.dump") -> tuple[Path, Counts, Facts, int]:
    store = FolderStore(folder, reserve=0)
    async with database.dump(LIMIT) as dump:
        stored: Stored = await store.write(name, dump.chunks)
        counts = await dump.counted(LIMIT)
    return store.path(stored.name), counts, dump.facts, dump.binary.major


def of_running_dumps() -> list[bytes]:
    """Arguments and environments of every pg_dump that this process runs now."""
    seen: list[bytes] = []
    mine = f"PPid:\t{os.getpid()}\n".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            arguments = (process / "cmdline").read_bytes()
            if b"pg_dump" in arguments and mine in (process / "status").read_bytes():
                seen += [arguments, (process / "environ").read_bytes()]
    return seen


async def left_on(server: str) -> list[str]:
    connection = await asyncpg.connect(server)
    try:
        databases = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE '%scratch%'")
        roles = await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE '%scratch%'")
        return [row[0] for row in (*databases, *roles)]
    finally:
        await connection.close()


async def test_a_dump_is_whole_and_restores_with_the_same_rows(
    shop: str, postgres: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database = database_at(shop)
    path, counts, facts, client = await dumped(database, tmp_path)
    assert counts == ROWS
    assert path.read_bytes().startswith(b"PGDMP")
    assert (await database.check_file(path, client, LIMIT)).how == "file"
    proof = await database.check_restored(path, counts, facts, client, LIMIT)
    assert (proof.tables, proof.rows, proof.differs, proof.uncounted) == (2, 1200, (), 0)
    assert await left_on(postgres) == []


async def test_a_backup_of_a_newer_client_is_not_called_damaged_by_an_older_one(
    shop: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database = database_at(shop)
    path, counts, facts, _ = await dumped(database, tmp_path)
    with pytest.raises(ProviderError, match="PostgreSQL 99 or newer"):
        await database.check_restored(path, counts, facts, 99, LIMIT)


async def test_counts_and_dump_are_of_one_instant(
    shop: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database = database_at(shop)
    async with database.dump(LIMIT) as dump:
        writer = await asyncpg.connect(shop)
        await writer.execute("DELETE FROM orders WHERE id <= 200")
        await writer.close()
        await FolderStore(tmp_path, reserve=0).write("a.dump", dump.chunks)
        counts = await dump.counted(LIMIT)
    assert counts == ROWS
    assert (
        await database.check_restored(tmp_path / "a.dump", counts, dump.facts, dump.binary.major, LIMIT)
    ).rows == 1200


async def test_the_password_is_in_no_argument_and_no_environment(
    shop: str, database_at: Callable[..., Postgres]
) -> None:
    writer = await asyncpg.connect(shop)
    await writer.execute("INSERT INTO orders SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 60000) n")
    await writer.close()
    async with database_at(shop).dump(LIMIT) as dump:
        await anext(dump.chunks)
        seen = of_running_dumps()
    ours = [one for one in seen if b"--snapshot=" in one or b"PGPASSFILE" in one]
    assert len(ours) == 2
    assert not any(secret in one for one in seen for secret in (b"s3cret", b"marks"))


@pytest.mark.parametrize("cut", [20, 3000])
async def test_a_cut_off_dump_is_found_out(
    shop: str, postgres: str, database_at: Callable[..., Postgres], tmp_path: Path, cut: int
) -> None:
    database = database_at(shop)
    path, counts, facts, client = await dumped(database, tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(StepFailed, match="is damaged or cut off") as file:
        await database.check_file(path, client, LIMIT)
    assert file.value.changed == "nothing"
    with pytest.raises(StepFailed, match="does not restore"):
        await database.check_restored(path, counts, facts, client, LIMIT)
    assert await left_on(postgres) == []


async def test_nothing_is_restored_on_the_environments_own_server(
    shop: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    path, counts, facts, client = await dumped(database_at(shop), tmp_path)
    with pytest.raises(Impossible, match="environment's own server"):
        await database_at(shop, guarded).check_restored(path, counts, facts, client, LIMIT)
    other_name = guarded.replace("host=/", "host=/./")
    with pytest.raises(Impossible, match="environment's own server"):
        await database_at(shop, other_name).check_restored(path, counts, facts, client, LIMIT)
    assert await left_on(guarded) == []


async def test_a_copy_is_restored_by_a_role_without_rights(
    shop: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    """A dump holds code that runs when it is restored; this one looks who runs it."""
    writer = await asyncpg.connect(shop)
    await writer.execute(
        """
        CREATE FUNCTION who(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
                RAISE EXCEPTION 'restored with rights';
            END IF;
            RETURN $1;
        END $$
        """
    )
    await writer.execute("CREATE INDEX ON orders (who(id))")
    await writer.close()
    path, counts, facts, client = await dumped(database_at(shop), tmp_path)
    assert (await database_at(shop).check_restored(path, counts, facts, client, LIMIT)).rows == 1200


async def test_a_check_that_was_stopped_is_not_called_a_bad_backup(
    shop: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database = database_at(shop)
    path, counts, facts, client = await dumped(database, tmp_path)
    with pytest.raises(ProviderError, match="it is not known whether it is whole"):
        await database.check_file(path, client, timedelta(0))
    with pytest.raises(ProviderError, match="it is not known whether it is whole"):
        await database.check_restored(path, counts, facts, client, timedelta(0))


async def test_what_the_scratch_server_cannot_hold_is_not_called_a_bad_backup(
    shop: str, postgres: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    path, counts, facts, client = await dumped(database_at(shop), tmp_path)
    newer = Facts(99, facts.size, 0, 0, 0.0, "UTF8", "")
    with pytest.raises(ProviderError, match="it is not known whether it restores"):
        await database_at(shop).check_restored(path, counts, newer, client, LIMIT)


async def test_a_dump_that_fails_leaves_nothing_and_tells_no_secret(
    shop: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    owner = await asyncpg.connect(shop)
    name = await owner.fetchval("SELECT current_database()")
    await owner.close()
    admin = await asyncpg.connect(guarded.replace("/postgres?", f"/{name}?"))
    await admin.execute("CREATE TABLE hidden (x int)")
    await admin.close()
    with pytest.raises(StepFailed, match="pg_dump ended with code 1") as caught:
        await dumped(database_at(shop), tmp_path)
    assert "permission denied for table hidden" in caught.value.output
    assert "s3cret" not in f"{caught.value}{caught.value.output}"
    assert await FolderStore(tmp_path).names() == frozenset()


async def test_what_a_newer_release_writes_is_not_called_a_bad_backup_by_an_older_scratch_server(
    shop: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    """An option of a column goes into the dump as it is, whichever client writes it."""
    admin = await asyncpg.connect(guarded.replace("/postgres?", f"{urlsplit(shop).path}?"))
    option = "UPDATE pg_attribute SET attoptions = '{of_tomorrow=1}'"
    await admin.execute(f"{option} WHERE attrelid = 'orders'::regclass AND attname = 'note'")
    await admin.close()
    path, counts, facts, client = await dumped(database_at(shop), tmp_path)
    with pytest.raises(ProviderError, match=r"it is not known whether it restores: .*of_tomorrow") as caught:
        await database_at(shop).check_restored(path, counts, facts, client, LIMIT)
    assert f"(postgresql-{facts.version} of the same packages)" in caught.value.next_step


async def test_the_client_of_the_servers_own_version_is_taken_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "postgresql/17/bin/pg_dump"
    installed.parent.mkdir(parents=True)
    installed.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 17.12'\n")
    installed.chmod(0o755)
    monkeypatch.setattr(binaries, "_FOLDERS", (f"{tmp_path}/postgresql/*/bin",))
    assert (await pick("pg_dump", 17)).path == installed
    assert (await pick("pg_dump", 18)).path != installed


async def test_a_version_that_is_not_here_is_named() -> None:
    with pytest.raises(ProviderError, match="needs pg_dump of PostgreSQL 99 or newer; here is version") as caught:
        await pick("pg_dump", 99)
    assert "postgresql-client-99" in caught.value.next_step


async def test_the_nearest_new_enough_version_is_taken() -> None:
    found = await pick("pg_restore", 18)
    assert found.major >= 18
    assert (await pick("pg_restore", 1, prefer=found.major)) == found


@pytest.mark.parametrize(
    ("then", "now", "differs", "uncounted"),
    [
        ({"a": 1200}, {"a": 1200}, (), 0),
        ({"a": 1200}, {"a": 1100}, ("a: 1,200 then, 1,100 restored",), 0),
        ({"a": 1}, {}, ("a: 1 then, missing now",), 0),
        ({}, {"a": 5}, (), 1),
    ],
)
def test_counts_are_compared(then: Counts, now: Counts, differs: tuple[str, ...], uncounted: int) -> None:
    found = compare(then, now)
    assert (found.differs, found.uncounted) == (differs, uncounted)
