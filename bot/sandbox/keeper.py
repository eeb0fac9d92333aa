"""One environment's process: started from the current release, watched, started again after a crash."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

START_S = 15.0
STOP_S = 5.0
SLOWEST_RETRY_S = 30.0
CALM_S = 10.0  # a process that lived so long starts again at once


class NotStarted(Exception):
    """The shop did not start."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What to keep for one environment."""

    name: str
    releases: Path
    log: Path
    pid_file: Path
    host: str
    port: int
    variables: Mapping[str, str]

    def current(self) -> Path:
        folder = (self.releases / "current").resolve()
        if not (folder / "app.py").is_file():
            raise NotStarted(f"no release is current: {self.releases / 'current'} leads to no app.py")
        return folder


class Keeper:
    """One environment's process. `wanted` is what people asked for; the process follows it."""

    def __init__(self, entry: Entry, tasks: asyncio.TaskGroup) -> None:
        self.entry = entry
        self.wanted = False
        self.crashes = 0
        self._quick_crashes = 0
        self._tasks = tasks
        self._process: asyncio.subprocess.Process | None = None
        self._release = ""
        self._failure = ""
        self._turn = asyncio.Lock()
        self._retrying: asyncio.Task[None] | None = None

    async def start(self) -> str:
        async with self._turn:
            if self._running():
                return f"shop {self.entry.name} already runs {self._release[:7]}"
            return await self._launch_now()

    async def restart(self) -> str:
        async with self._turn:
            await self._halt()
            return await self._launch_now()

    async def stop(self) -> str:
        async with self._turn:
            self.wanted = False
            self._forget_retry()
            await self._halt()
            return f"shop {self.entry.name} is stopped"

    async def _launch_now(self) -> str:
        self.wanted = True
        self._forget_retry()
        begun = time.monotonic()
        try:
            await self._launch()
        except NotStarted:
            self._retry_later(1)
            raise
        return f"shop {self.entry.name} runs {self._release[:7]} after {time.monotonic() - begun:.2f} s"

    def status(self) -> dict[str, object]:
        running = self._running()
        return {
            "environment": self.entry.name,
            "running": running,
            "wanted": self.wanted,
            "release": self._release if running else None,
            "pid": self._process.pid if running and self._process else None,
            "crashes": self.crashes,
            "failure": self._failure or None,
        }

    def _running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _launch(self) -> None:
        try:
            folder = self.entry.current()
            await _port_is_free(self.entry)
            process = await _spawn(self.entry, folder)
            self._process, self._release = process, folder.name
            await _listens(self.entry, process)
        except (NotStarted, OSError) as error:
            self._failure = str(error)
            await self._halt()
            raise NotStarted(self._failure) from error
        self._failure = ""
        self._tasks.create_task(self._watch(process, time.monotonic()))

    async def _halt(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            await _end(process)
        self.entry.pid_file.unlink(missing_ok=True)

    async def _watch(self, process: asyncio.subprocess.Process, since: float) -> None:
        code = await process.wait()
        if self._process is process and self.wanted:
            self.crashes += 1
            self._quick_crashes = 0 if time.monotonic() - since > CALM_S else self._quick_crashes + 1
            self._failure = f"ended by itself with {code}"
            self._retry_later(self._quick_crashes)

    def _retry_later(self, attempts: int) -> None:
        self._retrying = self._tasks.create_task(self._retry(attempts))

    def _forget_retry(self) -> None:
        """Under the turn: a retry is then asleep or waits for its turn, never in the middle of a launch."""
        if self._retrying is not None:
            self._retrying.cancel()
            self._retrying = None

    async def _retry(self, attempts: int) -> None:
        """Tries until it runs, is no longer wanted, or somebody else started it; each wait twice the last."""
        while True:
            await asyncio.sleep(min(SLOWEST_RETRY_S, 0.1 * 2**attempts))
            async with self._turn:
                if self._running() or not self.wanted:
                    return
                with contextlib.suppress(NotStarted):
                    await self._launch()
                    return
            attempts += 1


async def _spawn(entry: Entry, folder: Path) -> asyncio.subprocess.Process:
    """Its own session, so that signals to us or to the bot never reach it."""
    with entry.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "app.py",
            cwd=folder,
            env={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", **entry.variables},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    entry.pid_file.write_text(str(process.pid))
    return process


async def _end(process: asyncio.subprocess.Process) -> None:
    _signal_group(process.pid, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        _signal_group(process.pid, signal.SIGKILL)
        await process.wait()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


async def _listens(entry: Entry, process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(START_S):
            while not await _answers(entry):
                if process.returncode is not None:
                    raise NotStarted(f"it ended with {process.returncode}: {_last_words(entry.log)}")
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise NotStarted(f"port {entry.port} is silent after {START_S:.0f} s: {_last_words(entry.log)}") from None


async def _port_is_free(entry: Entry) -> None:
    if await _answers(entry):
        raise NotStarted(f"port {entry.port} is taken by another program")


async def _answers(entry: Entry) -> bool:
    try:
        _, writer = await asyncio.open_connection(entry.host, entry.port)
    except OSError:
        return False
    writer.close()
    return True


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][-300:] if lines else "it said nothing"


def end_orphan(entry: Entry) -> None:
    """A supervisor that was killed leaves its shop behind; the port would stay taken."""
    if not entry.pid_file.exists():
        return
    pid = int(entry.pid_file.read_text() or 0)
    look = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    seen = subprocess.run(look, capture_output=True, text=True, timeout=5, check=False)
    if re.search(r"\bapp\.py$", seen.stdout.strip()):
        _signal_group(pid, signal.SIGKILL)
    entry.pid_file.unlink()
