"""The embedded PostgreSQL ends with its bot, also when an earlier bot was killed."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bot.db import database

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.db import database
async def main():
    async with database.embedded(Path(sys.argv[1])):
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""

STARTED = """
import asyncio, sys
from pathlib import Path
from bot.db import database
async def main():
    async with database.embedded(Path(sys.argv[1])):
        pass
asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """As root the embedded server is another user, who may not enter pytest's own folder."""
    with tempfile.TemporaryDirectory(prefix="wk-embedded-", ignore_cleanup_errors=True) as name:
        yield Path(name) / "postgres"


async def test_after_a_kill_the_next_bot_finds_the_server_and_stops_it_at_its_own_end(folder: Path) -> None:
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(folder)), stderr=subprocess.DEVNULL
    )
    assert await killed.wait() == -9
    os.kill(int((folder / "postmaster.pid").read_text().split()[0]), 0)  # the server outlives the bot
    assert json.loads((folder / ".handle_pids.json").read_text()) == [killed.pid]
    async with database.embedded(folder) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT pg_postmaster_start_time() < now()")
        await connection.close()
    assert not (folder / "postmaster.pid").exists()  # it takes that with it when it stops


async def test_it_starts_although_another_user_of_this_machine_has_had_one(folder: Path, tmp_path: Path) -> None:
    (tmp_path / ".lockfile").mkdir()  # what the library would lock; nobody can open it for writing
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "none")}
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STARTED, str(folder)), env=environment, stderr=subprocess.DEVNULL
    )
    assert await started.wait() == 0
