"""Ends what an earlier demo could not end because it was killed itself. Only processes that name our own folder."""

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path

_PATIENCE_S = 20.0


def forget_dead_handles(data: Path) -> None:
    """An embedded PostgreSQL stops with its last user; one that was killed is still counted. Not any more."""
    file = data / ".handle_pids.json"
    if file.exists():
        pids: list[int] = json.loads(file.read_text() or "[]")
        file.write_text(json.dumps([pid for pid in pids if pid != os.getpid() and _alive(pid)]))


async def end_bot(pid_file: Path, mark: str) -> None:
    """The bot of a demo that is gone."""
    pid = _first_number(pid_file)
    if pid and mark in await _command(pid):
        await _end(pid, signal.SIGTERM)
    await asyncio.to_thread(pid_file.unlink, missing_ok=True)


async def end_postgres(data: Path) -> None:
    """A PostgreSQL whose user was killed, if it still runs."""
    pid = _first_number(data / "postmaster.pid")
    if pid and str(data) in await _command(pid):
        await _end(pid, signal.SIGINT)  # its fast shutdown


async def _end(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        os.kill(pid, how)
        async with asyncio.timeout(_PATIENCE_S):
            while _alive(pid):  # noqa: ASYNC110 - not our child: nothing to wait on
                await asyncio.sleep(0.05)


async def _command(pid: int) -> str:
    process = await asyncio.create_subprocess_exec(
        *("ps", "-ww", "-o", "command=", "-p", str(pid)), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    return said.decode(errors="replace")


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
