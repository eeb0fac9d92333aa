"""The demo's parts, without the whole demo: its folder, a bot that does not start, the broken release once more."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox import folder as home
from bot.sandbox import panel
from bot.sandbox.bot_process import BotProcess, DidNotStart
from bot.sandbox.folder import MARKER, NotOurs
from bot.sandbox.trouble import deploy_again, hold_orders
from bot.sandbox.world import World
from bot.sandbox.world_state import free_ports

pytestmark = pytest.mark.heavy  # seconds each: it builds or watches a whole world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Not in pytest's folder: as root the embedded PostgreSQL is another user, who may not enter that."""
    with tempfile.TemporaryDirectory(prefix="world-", ignore_cleanup_errors=True) as name:
        world = World(Path(name) / "world", now=datetime.now(UTC))
        await world.start()
        yield world
        await world.close()


def test_the_folder_keeps_its_ports_and_secrets(tmp_path: Path) -> None:
    with home.held(tmp_path, fresh=False):
        first = home.identity(tmp_path)
    with home.held(tmp_path, fresh=False):
        assert home.identity(tmp_path) == first
    assert (tmp_path / MARKER).stat().st_mode & 0o077 == 0
    assert first.bot_token not in repr(first)


def test_fresh_forgets_everything_in_a_demos_own_folder(tmp_path: Path) -> None:
    with home.held(tmp_path, fresh=False):
        first = home.identity(tmp_path)
        (tmp_path / "world").mkdir()
        (tmp_path / "world" / "world.json").write_text("{}")
        (tmp_path / "bot.log").write_text("old")
    with home.held(tmp_path, fresh=True):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]
        assert home.identity(tmp_path).bot_token != first.bot_token


def test_a_strangers_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for fresh in (True, False):
        with pytest.raises(NotOurs, match="Nothing was changed"), home.held(tmp_path, fresh=fresh):
            pass
    with pytest.raises(NotOurs, match="is a file"), home.held(tmp_path / "thesis.txt", fresh=True):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


async def test_a_bot_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    bot = BotProcess(tmp_path, {}, free_ports(["admin"])["admin"], lambda: None)
    with pytest.raises(DidNotStart, match="SLACK_BOT_TOKEN is missing"):
        await bot.start()
    assert bot.pid is None
    await bot.close()


async def test_the_broken_release_comes_back_with_six_more_lost_payments(world: World) -> None:
    production = world.environments["production"]
    before = world.payments.undelivered(production.endpoint)
    current = production.releases_folder / "current"
    current.unlink()
    current.symlink_to(world.good_commit, target_is_directory=True)
    await deploy_again(world, datetime.now(UTC))
    assert current.resolve().name == world.bad_commit
    last = json.loads((production.releases_folder / "history.jsonl").read_text().splitlines()[-1])
    assert (last["commit"], last["by"], last["action"]) == (world.bad_commit, "mia", "deploy")
    assert len(world.payments.undelivered(production.endpoint)) == len(before) + 6
    assert (await world.facts())[0]["state"] == "failing"


async def test_who_reads_the_orders_waits_for_a_held_up_database(world: World) -> None:
    url = world.environments["staging"].database_url
    held, second = asyncio.Event(), asyncio.Event()
    holding = asyncio.create_task(hold_orders(url, 60, held))
    await asyncio.wait_for(held.wait(), 5)
    waiting = asyncio.create_task(hold_orders(url, 0, second))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(second.wait(), 0.3)
    holding.cancel()
    await asyncio.wait_for(waiting, 5)
    with pytest.raises(asyncio.CancelledError):
        await holding


def test_the_panel_says_how_the_bot_is() -> None:
    rows = [
        (panel.bot_fact(7, ready=True), "ok", "process 7"),
        (panel.bot_fact(7, ready=False), "waiting", "is starting"),
        (panel.bot_fact(None, ready=False), "down", "dead; it is started again"),
    ]
    for fact, state, detail in rows:
        assert (fact["state"], fact["detail"]) == (state, detail)
    shown = panel.world([{"label": "Shop", "state": "ok", "detail": "", "url": ""}], rows[0][0])
    assert set(shown) == {"title", "facts", "actions", "tour"}
