"""The broken world on real parts: the way back, the next start, and ends of every kind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from bot.sandbox.world import World

pytestmark = pytest.mark.heavy  # seconds each: it builds or watches a whole world

NOW = datetime.now(UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not under pytest's own folder: PostgreSQL of root runs as another user, who must reach it."""
    with tempfile.TemporaryDirectory(prefix="world-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "world"


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[World]:
    world = World(folder, now=datetime.now(UTC))
    await world.start()
    yield world
    await world.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5) as client:
        yield client


async def test_no_payment_gets_through_before_the_way_back_and_all_do_after(
    world: World, http: httpx.AsyncClient
) -> None:
    production = world.environments["production"]
    waiting = world.payments.undelivered()
    assert {(await world.payments.deliver(event_id)).status for event_id in waiting} == {500}
    before = (await http.get(production.url + "/orders")).json()
    await roll_back(world)
    assert (await http.get(production.url + "/checkout/quote?sku=moth")).json()["vat_pence"] == 533
    assert [(await world.payments.deliver(event_id)).status for event_id in waiting] == [200] * 6
    after = (await http.get(production.url + "/orders")).json()
    assert world.payments.undelivered() == []
    assert (after["paid"] - before["paid"], after["webhooks"] - before["webhooks"]) == (5, 6)
    facts = [(fact["label"], fact["state"]) for fact in await world.facts()]
    assert facts[0] == ("Shop production", "ok")
    assert facts[2] == ("Payment webhooks", "ok")
    assert await supervise(world, "stop", "production") == 0
    assert [fact["state"] for fact in await world.facts()] == ["down", "ok", "ok", "down"]


async def test_the_next_start_finds_everything_and_changes_nothing(folder: Path) -> None:
    first = World(folder, now=NOW)
    await first.start()
    before = (first.environments, first.payments.url, first.payments.undelivered(), first.bot_environment())
    await roll_back(first)
    await first.close()
    begun = time.monotonic()
    second = World(folder, now=NOW + timedelta(days=1))
    await second.start()
    try:
        assert time.monotonic() - begun < 3
        assert (
            second.environments,
            second.payments.url,
            second.payments.undelivered(),
            second.bot_environment(),
        ) == before
        assert (second.good_commit, second.bad_commit) == (first.good_commit, first.bad_commit)
        facts = {fact["label"]: fact for fact in await second.facts()}
        assert facts["Shop production"]["detail"] == f"checkout answers 200 · release {first.good_commit[:7]}"
    finally:
        await second.close()


async def test_a_world_whose_building_was_interrupted_is_built_again(folder: Path) -> None:
    first = World(folder, now=NOW)
    await first.start()
    await first.close()
    (folder / "world.json").unlink()
    second = World(folder, now=NOW)
    await second.start()
    try:
        assert len(second.payments.undelivered()) == 6
        assert (await one(second.environments["production"].database_url, "SELECT count(*) FROM orders"))[
            "count"
        ] == 420
    finally:
        await second.close()


async def test_a_demo_that_was_killed_leaves_no_supervisor_in_the_way(world: World) -> None:
    second = World(world.folder, now=NOW)
    await world.payments.close()
    await second.start()
    try:
        assert {fact["state"] for fact in await second.facts()} == {"failing", "ok"}
        assert second.environments == world.environments
    finally:
        await second._supervised.close()
        await second.payments.close()


async def test_a_port_that_a_stranger_took_is_replaced_everywhere(folder: Path, http: httpx.AsyncClient) -> None:
    first = World(folder, now=NOW)
    await first.start()
    await first.close()
    taken = first.environments["production"].port
    stranger = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", taken)
    second = World(folder, now=NOW)
    await second.start()
    try:
        production = second.environments["production"]
        assert production.port != taken
        assert (await http.get(production.health_url)).status_code == 200
        assert second.payments.store.endpoints[production.endpoint].url == production.url + "/stripe/webhook"
    finally:
        await second.close()
        stranger.close()
        await stranger.wait_closed()


@pytest.mark.heavy
async def test_the_shops_end_with_the_process_that_holds_the_world(folder: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDER, str(folder)), stdout=subprocess.PIPE, start_new_session=True
    )
    assert holder.stdout is not None
    url = (await asyncio.wait_for(holder.stdout.readline(), 20)).decode().strip()
    supervisor = json.loads(await asyncio.wait_for(holder.stdout.readline(), 5))
    os.kill(holder.pid, signal.SIGKILL)
    await holder.wait()
    await gone(supervisor)
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
    after = World(folder, now=NOW)  # its PostgreSQL outlived the holder, and is found and then ended
    await after.start()
    await after.close()


HOLDER = """
import asyncio, pathlib, sys
from datetime import UTC, datetime
from bot.sandbox.world import World

async def main():
    world = World(pathlib.Path(sys.argv[1]), now=datetime.now(UTC))
    await world.start()
    print(world.environments["production"].url, flush=True)
    print(world._supervised._process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def releases(world: World) -> Path:
    return world.environments["production"].releases_folder


async def roll_back(world: World) -> None:
    draft = releases(world) / "next"
    draft.symlink_to(world.good_commit)
    draft.replace(releases(world) / "current")
    assert await supervise(world, "restart", "production") == 0


async def supervise(world: World, *words: str) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.sandbox.supervisor", *words, "--folder", str(world.supervised_folder)),
        env={"PATH": os.defpath},
        stdout=subprocess.DEVNULL,
    )
    return await asyncio.wait_for(process.wait(), 30)


async def one(url: str, sql: str, *values: object) -> asyncpg.Record:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(sql, *values)
        assert row is not None
        return row
    finally:
        await connection.close()


async def gone(pid: int) -> None:
    """Waits for a process that is not our child."""
    look = ("ps", "-o", "pid=", "-p", str(pid))
    async with asyncio.timeout(15):
        while await (await asyncio.create_subprocess_exec(*look, stdout=subprocess.DEVNULL)).wait() == 0:
            pass
