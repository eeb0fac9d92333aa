"""The bot as an operating system's process of its own: started, frozen, killed, asked to end."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.support.server import free_port

READY_S = 180.0  # on a machine that has much else to do
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class Replica:
    """`python -m bot <words>` in its own folder and session; everything it says is in `log`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *words: str, module: str = "bot") -> None:
        self.log = folder / "log"
        self.port, self.admin_port = free_port(), free_port()
        self.door = self.port  # where Slack reaches it: a cable may lie between
        self._folder = folder
        self._words = words
        self._module = module
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        ports = {"PORT": str(self.port), "ADMIN_PORT": str(self.admin_port)}
        self._environment = {**kept, **environment, **ports, "PYTHONPATH": str(Path.cwd())}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door}/slack/events"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Returns when /readyz says so."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, *self._words),
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        async with asyncio.timeout(READY_S), ClientSession(timeout=ClientTimeout(total=2)) as session:
            while not await self.ready(session):
                assert self.alive, self.last_words()
                await asyncio.sleep(0.02)

    async def ready(self, session: ClientSession) -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{self.admin_port}/readyz") as reply:
                return reply.status == 200
        except (ClientError, TimeoutError):
            return False

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def kill(self) -> None:
        """SIGKILL: no last words, no cleaning up."""
        os.kill(self.pid, signal.SIGKILL)
        await self.ended()

    def ask_to_end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    async def ended(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def end(self) -> int:
        """SIGTERM; its exit code."""
        self.ask_to_end()
        return await self.ended()

    async def close(self) -> None:
        """However a test left it, nothing of it stays."""
        if not self.alive:
            return
        self.thaw()
        try:
            await asyncio.wait_for(self.end(), 35)
        except TimeoutError:
            await self.kill()

    async def draining(self) -> bool:
        return self.says("worker.draining")

    def says(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")

    def last_words(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def descendants(pid: int) -> set[int]:
    """Every living process below this one."""
    parents = {int(folder.name): _parent(folder) for folder in Path("/proc").iterdir() if folder.name.isdigit()}
    below, found = {pid}, set[int]()
    while below:
        below = {child for child, parent in parents.items() if parent in below} - found
        found |= below
    return found


def living(pids: set[int]) -> set[int]:
    return {pid for pid in pids if _state(Path(f"/proc/{pid}")) not in ("", "Z", "X")}


def _parent(folder: Path) -> int:
    fields = _stat(folder)
    return int(fields[1]) if fields else 0


def _state(folder: Path) -> str:
    fields = _stat(folder)
    return fields[0] if fields else ""


def _stat(folder: Path) -> list[str]:
    """state, parent, …: what stands behind the name."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
