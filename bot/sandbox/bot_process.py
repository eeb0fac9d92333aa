"""The bot as a process of its own: started, killed, started again. It is given an environment and nothing else."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

READY_S = 60.0
STOP_S = 35.0  # it lets runs end for 25 s
AWAY_S = 2.0  # between its death and the next start
_KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


class DidNotStart(Exception):
    """The bot ended before it was ready; the words hold its last lines."""


class BotProcess:
    """Keeps one bot running in `folder` until `close`; `changed` is called whenever it comes or goes."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], admin_port: int, changed: Callable[[], None]
    ) -> None:
        self.log = folder / "bot.log"
        self.pid_file = folder / "bot.pid"
        self.deaths = 0
        self.ready = asyncio.Event()
        self._folder = folder
        self._environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ} | {
            **environment,
            "PYTHONUNBUFFERED": "1",
        }
        self._admin = f"http://127.0.0.1:{admin_port}"
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process else None

    async def start(self) -> None:
        """Returns when /readyz says so. Raises DidNotStart."""
        await self._launch()
        await self._become_ready()
        self._keeper = asyncio.create_task(self._keep(), name="bot keeper")

    def kill(self) -> int | None:
        """SIGKILL: no last words, no cleaning up. It comes back by itself."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        return pid

    async def close(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._stop()
        self.pid_file.unlink(missing_ok=True)

    def last_words(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    async def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command(self._folder),
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is the demo's, who then tells the bot
            )
        self.pid_file.write_text(f"{self._process.pid}\n")
        self._changed()

    async def _become_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            while time.monotonic() < deadline and self.pid is not None:
                if await _answers(session, f"{self._admin}/readyz"):
                    self.ready.set()
                    self._changed()
                    return
                await asyncio.sleep(0.05)
        ended = "is not ready after a minute" if self.pid else f"ended with code {self._code()}"
        await self._stop()
        raise DidNotStart(f"The bot {ended}. Its last lines:\n\n{self.last_words()}")

    async def _keep(self) -> None:
        """Whenever it dies it comes back, later each time it does not even become ready."""
        wait_s = AWAY_S
        while True:
            await self._ended()
            await asyncio.sleep(wait_s)
            await self._launch()
            try:
                await self._become_ready()
            except DidNotStart as error:
                print(f"{error}\n\nIt is tried again.", file=sys.stderr, flush=True)
                wait_s = min(wait_s * 2, 30.0)
            else:
                wait_s = AWAY_S

    async def _ended(self) -> None:
        if self._process is not None:
            await self._process.wait()
        self.deaths += 1
        self.ready.clear()
        self._changed()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _code(self) -> int | None:
        return self._process.returncode if self._process else None


def mark(folder: Path) -> str:
    """Python's -X takes anything and this means nothing to the bot: it only tells our bot from others in `ps`."""
    return f"folder={folder}"


def command(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-X", mark(folder), "-m", "bot", "serve")


async def _answers(session: ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as reply:
            return reply.status == 200
    except (ClientError, TimeoutError):
        return False
