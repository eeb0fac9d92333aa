"""Where measurements happen: a durable PostgreSQL on TCP, the sandbox workspace, and servers as processes."""

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import asyncpg

from bot.sandbox.workspace import Workspace
from tests.support.company import OPS, POLICY, SECRET, TOKEN
from tests.support.replica import Replica
from tests.support.server import Server, ensure_servant, free_port

PEOPLE = 3000  # nobody asks twice in a round: the same open request within a minute would be no new run
CATALOG = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS]}
    environments:
      production: {}
"""
_AT_WORK = """
    SELECT EXISTS (SELECT FROM runs WHERE state IN ('planning', 'starting', 'running', 'verifying'))
        OR EXISTS (SELECT FROM outbox) AND EXISTS (SELECT FROM workers)  -- a door alone seals nothing
    """


class Bench:
    def __init__(self, folder: Path, server: Server, slack: Workspace) -> None:
        self.folder = folder
        self.server = server
        self.slack = slack
        self._stack: list[Replica] = []
        self._bare: list[asyncio.subprocess.Process] = []

    async def database(self, name: str) -> str:
        connection = await asyncpg.connect(self.server.url("postgres"))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return self.server.url(name)

    async def tidy(self, name: str) -> None:
        """End what is open, outside the measured time: people may ask for the same again, and nothing works on."""
        connection = await asyncpg.connect(self.server.url(name))
        await connection.execute(
            "UPDATE runs SET state = 'cancelled', changed = 'nothing', finished_at = clock_now()"
            " WHERE state IN ('received', 'queued')"
        )
        while await connection.fetchval(_AT_WORK):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        await connection.close()

    async def bot(self, name: str, *words: str, catalog: str = CATALOG, again: bool = False) -> Replica:
        """A bot on a database of its own, all of it switched on. again: one more on that database."""
        folder = self.folder / (f"{name}-again" if again else name)
        folder.mkdir()
        (folder / "catalog.yml").write_text(catalog)
        (folder / "policy.yml").write_text(POLICY)
        environment = {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": self.slack.api_url,
            "DATABASE_URL": self.server.url(name) if again else await self.database(name),
        }
        replica = Replica(folder, environment, *words)
        self._stack.append(replica)
        await replica.start()
        return replica

    async def bare(self, kind: str, *words: str) -> int:
        """A bare server; its port."""
        port = free_port()
        process = await asyncio.create_subprocess_exec(*(sys.executable, "-m", "bench.bare", kind, str(port), *words))
        self._bare.append(process)
        async with asyncio.timeout(20):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return port
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        for process in self._bare:
            process.terminate()
            await process.wait()
        await asyncio.gather(*(replica.close() for replica in self._stack))


@contextmanager
def durable_server() -> Iterator[tuple[Path, Server]]:
    """A folder, and in it a PostgreSQL that waits for the disk; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wk-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        ensure_servant()
        server = Server(folder / "server", durable=True)
        server.create()
        server.start()
        try:
            yield folder, server
        finally:
            server.stop()


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    with durable_server() as (folder, server):
        slack = Workspace(signing_secret=SECRET, bot_token=TOKEN, request_url="", strict_limits=False)
        for number in range(PEOPLE):
            slack.add_person(f"U1{number:05d}", f"p{number}", f"Person {number}")
        slack.add_channel(OPS, "shop-ops", members=[Workspace.bot_user, *slack.state.people])
        await slack.start()
        place = Bench(folder, server, slack)
        try:
            yield place
        finally:
            await place.close()
            await slack.close()


async def load(port: int, clients: int, requests: int, per_second: int = 0, first: int = 0) -> dict[str, float]:
    """One round of the client's process."""
    words = [str(word) for word in (port, clients, requests, PEOPLE, per_second, first)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.load", *words), stdout=subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit("the client stopped")
    answer: dict[str, float] = json.loads(said)
    return answer


def machine() -> str:
    """One line about where this was measured."""
    load_1, _, _ = os.getloadavg()
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"PostgreSQL 18 with fsync and synchronous_commit on, load before: {load_1:.1f}"
    )
