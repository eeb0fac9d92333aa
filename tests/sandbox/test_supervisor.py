"""The supervisor on real processes: it keeps and replaces them, and tells why not."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.heavy

COMMIT_A, COMMIT_B = "a" * 40, "b" * 40
LISTENS = """
import os, pathlib, signal, socket, sys
line = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    peer, _ = line.accept()
    peer.sendall(f"{pathlib.Path.cwd().name} {os.getpid()} {sorted(os.environ)}".encode())
    peer.close()
"""
ENDS_AT_ONCE = "raise SystemExit('the lamp oil is missing')\n"


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder with one environment, `production`, and its supervisor."""

    folder: Path
    port: int

    @property
    def releases(self) -> Path:
        return self.folder / "production" / "releases"

    def release(self, commit: str, source: str) -> None:
        folder = self.releases / commit
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(source)

    def make_current(self, commit: str) -> None:
        draft = self.releases / "next"
        draft.symlink_to(commit)
        draft.replace(self.releases / "current")

    async def tell(self, *words: str) -> tuple[int, str, str]:
        """The terminal as the catalog calls it: with an almost empty environment, from anywhere."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.sandbox.supervisor", *words, "--folder", str(self.folder)),
            cwd="/",
            env={"PATH": os.defpath},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def status(self) -> dict[str, object]:
        _, out, _ = await self.tell("status", "production")
        status: list[dict[str, object]] = json.loads(out)
        return status[0]

    async def hello(self, *, unlike: str = "") -> list[str]:
        """Asks until a process (of another pid) answers: its folder, its pid and the names of its variables."""
        async with asyncio.timeout(15):
            while True:
                with suppress(OSError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    text = (await reader.read()).decode()
                    writer.close()
                    if text and text.split()[1] != unlike:
                        return text.split(" ", 2)
                await asyncio.sleep(0.02)

    async def serve(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.sandbox.supervisor", "serve", "--folder", str(self.folder), "--with-parent"),
            env={"PATH": os.defpath},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
    kept = Kept(tmp_path, port)
    plan = {
        "releases": str(kept.releases),
        "log": str(tmp_path / "production.log"),
        "host": "127.0.0.1",
        "port": port,
        "variables": {"HOST": "127.0.0.1", "PORT": str(port)},
    }
    (tmp_path / "supervisor.json").write_text(json.dumps({"environments": {"production": plan}}))
    kept.release(COMMIT_A, LISTENS)
    kept.make_current(COMMIT_A)
    return kept


@pytest.fixture
async def supervisor(kept: Kept) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await kept.serve()
    await kept.hello()
    assert (await kept.tell("start", "production"))[0] == 0  # answered only when the first start is over
    yield process
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), 15)


@pytest.mark.usefixtures("supervisor")
async def test_restart_brings_the_release_that_is_current_now(kept: Kept) -> None:
    before = await kept.hello()
    kept.release(COMMIT_B, LISTENS)
    kept.make_current(COMMIT_B)
    code, out, err = await kept.tell("restart", "production")
    after = await kept.hello()
    assert (code, err) == (0, "")
    assert out.startswith("shop production runs bbbbbbb after ")
    assert (before[0], after[0]) == (COMMIT_A, COMMIT_B)
    assert before[1] != after[1]


@pytest.mark.usefixtures("supervisor")
async def test_a_process_gets_only_the_variables_of_the_plan(kept: Kept) -> None:
    names = (await kept.hello())[2]
    assert names in (
        "['HOST', 'PATH', 'PORT', 'PYTHONUNBUFFERED']",
        "['HOST', 'LC_CTYPE', 'PATH', 'PORT', 'PYTHONUNBUFFERED']",
    )


@pytest.mark.usefixtures("supervisor")
async def test_a_crashed_process_comes_back(kept: Kept) -> None:
    pid = (await kept.hello())[1]
    os.kill(int(pid), signal.SIGKILL)
    assert (await kept.hello(unlike=pid))[0] == COMMIT_A
    assert (await kept.status())["crashes"] == 1


@pytest.mark.usefixtures("supervisor")
async def test_a_restart_that_fails_says_why_and_the_next_one_can_succeed(kept: Kept) -> None:
    kept.release(COMMIT_B, ENDS_AT_ONCE)
    kept.make_current(COMMIT_B)
    code, out, err = await kept.tell("restart", "production")
    assert (code, out) == (1, "")
    assert err == "shop production did not start: it ended with 1: the lamp oil is missing\n"
    kept.make_current(COMMIT_A)
    code, _, _ = await kept.tell("restart", "production")
    assert (code, (await kept.hello())[0]) == (0, COMMIT_A)


@pytest.mark.usefixtures("supervisor")
async def test_a_release_that_starts_late_comes_by_itself(kept: Kept) -> None:
    kept.release(COMMIT_B, ENDS_AT_ONCE)
    kept.make_current(COMMIT_B)
    await kept.tell("restart", "production")
    kept.make_current(COMMIT_A)
    assert (await kept.hello())[0] == COMMIT_A


@pytest.mark.usefixtures("supervisor")
async def test_stop_stays_stopped_until_start(kept: Kept) -> None:
    assert (await kept.tell("stop", "production"))[:2] == (0, "shop production is stopped\n")
    code, out, _ = await kept.tell("status", "production")
    assert (code, json.loads(out)[0]["running"], json.loads(out)[0]["wanted"]) == (3, False, False)
    assert (await kept.tell("start", "production"))[0] == 0
    assert (await kept.tell("start", "production"))[1] == "shop production already runs aaaaaaa\n"


@pytest.mark.usefixtures("supervisor")
async def test_a_missing_release_is_named(kept: Kept) -> None:
    (kept.releases / "current").unlink()
    _, _, err = await kept.tell("restart", "production")
    assert (
        err == f"shop production did not start: no release is current: {kept.releases}/current leads to no app.py\n"
    )


@pytest.mark.usefixtures("supervisor")
async def test_a_port_taken_by_a_stranger_is_named(kept: Kept) -> None:
    await kept.tell("stop", "production")
    with socket.create_server(("127.0.0.1", kept.port)):
        code, _, err = await kept.tell("start", "production")
        await kept.tell("stop", "production")
    assert (code, err) == (1, f"shop production did not start: port {kept.port} is taken by another program\n")


@pytest.mark.usefixtures("supervisor")
async def test_an_unknown_environment_is_refused(kept: Kept) -> None:
    code, _, err = await kept.tell("restart", "prodution")
    assert (code, err) == (1, "there is no environment 'prodution'; there are production\n")


@pytest.mark.usefixtures("supervisor")
async def test_a_second_supervisor_of_the_same_folder_is_refused(kept: Kept) -> None:
    code, _, err = await kept.tell("serve")
    assert (code, err) == (1, f"another supervisor already serves {kept.folder}\n")


async def test_without_a_supervisor_the_terminal_says_so(kept: Kept) -> None:
    code, _, err = await kept.tell("restart", "production")
    assert code == 1
    assert err.startswith("the supervisor does not answer (")


async def test_sigterm_ends_the_processes_too(kept: Kept, supervisor: asyncio.subprocess.Process) -> None:
    pid = int((await kept.hello())[1])
    supervisor.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(supervisor.wait(), 15) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not (kept.folder / "supervisor.sock").exists()


async def test_what_a_killed_supervisor_left_behind_is_ended_by_the_next(
    kept: Kept, supervisor: asyncio.subprocess.Process
) -> None:
    orphan = (await kept.hello())[1]
    supervisor.kill()
    await supervisor.wait()
    assert (await kept.hello())[1] == orphan
    second = await kept.serve()
    try:
        assert (await kept.hello(unlike=orphan))[0] == COMMIT_A
    finally:
        second.send_signal(signal.SIGTERM)
        await asyncio.wait_for(second.wait(), 15)
