"""Child processes: what they see, how they end, and that nothing of them is left."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.providers.process import Failed, run, stream

LONG, SHORT = timedelta(seconds=20), timedelta(milliseconds=300)
GROUP = (
    "import os, subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - another process tells nobody here
            await asyncio.sleep(0.01)


async def gone(pid: int) -> None:
    await until(lambda: not alive(pid))


async def test_a_command_ends_with_its_code_and_both_streams_in_order() -> None:
    done = await run(["sh", "-c", "echo one; echo two >&2; exit 3"], timeout=LONG)
    assert (done.code, done.tail) == (3, "one\ntwo")


async def test_a_child_sees_only_what_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    done = await run(["env"], env={"GIVEN": "yes"}, timeout=LONG)
    names = {line.partition("=")[0] for line in done.tail.splitlines()}
    assert names == {"GIVEN", "HOME", "LANG", "PATH", "USER"}


async def test_words_are_arguments_and_never_a_shells() -> None:
    done = await run(["echo", "$HOME; id", "`id`"], timeout=LONG)
    assert done.tail == "$HOME; id `id`"


async def test_a_command_that_is_not_there_is_told() -> None:
    done = await run(["no-such-command"], timeout=LONG)
    assert done.code == 127
    assert "no-such-command" in done.tail


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = await run(["true"], cwd=tmp_path / "nowhere", timeout=LONG)
    assert done.code == 127
    assert "cannot be started" in done.tail


async def test_a_user_that_is_not_there_is_told() -> None:
    done = await run(["true"], timeout=LONG, run_as="nobody-of-that-name")
    assert done.code == 127
    assert "no user nobody-of-that-name" in done.tail


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the user")
async def test_a_command_runs_as_the_catalogs_user() -> None:
    done = await run(["id", "-un"], timeout=LONG, run_as="nobody")
    assert done.tail == "nobody"


async def test_after_its_time_the_whole_group_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"{GROUP}; open({str(note)!r}, 'w').write(str(p.pid)); time.sleep(60)"
    done = await run([sys.executable, "-c", script], timeout=timedelta(seconds=2))
    assert done.code is None
    await gone(int(note.read_text()))


async def test_a_cancelled_command_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(run(["sh", "-c", f"echo $$ > {note}; sleep 60"], timeout=LONG))
    await until(lambda: note.exists() and note.read_text().strip())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(int(note.read_text()))


async def test_a_command_that_ignores_term_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.providers.process._GRACE_S", 0.2)
    done = await run(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], timeout=SHORT)
    assert done.code is None
    assert done.took < timedelta(seconds=3)


async def test_a_daemon_that_is_left_behind_does_not_hold_up_its_starter(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    done = await run(["sh", "-c", f"sleep 60 & echo $! > {note}; echo started"], timeout=LONG)
    assert (done.code, done.tail) == (0, "started")
    pid = int(note.read_text())
    assert alive(pid)
    os.kill(pid, signal.SIGKILL)


async def test_the_whole_output_goes_to_a_file_and_its_end_to_the_tail(tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    done = await run(["seq", "1", "100000"], timeout=LONG, output=file)
    assert len(file.read_text().splitlines()) == 100_000
    assert done.tail.splitlines()[-1] == "100000"
    assert len(done.tail.splitlines()) == 200
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_stream_gives_everything_in_order() -> None:
    got = b"".join([chunk async for chunk in stream(["seq", "1", "300000"], timeout=LONG, chunk=65536)])
    assert got.split() == [str(n).encode() for n in range(1, 300_001)]


async def test_a_stream_that_fails_says_why() -> None:
    with pytest.raises(Failed, match="sh ended with code 4: it broke") as caught:
        [chunk async for chunk in stream(["sh", "-c", "echo half; echo it broke >&2; exit 4"], timeout=LONG)]
    assert (caught.value.code, caught.value.tail) == (4, "it broke")


async def test_a_stream_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(Failed, match="was stopped after") as caught:
        [chunk async for chunk in stream(["sleep", "60"], timeout=SHORT)]
    assert caught.value.code is None


async def test_a_stream_left_early_ends_its_command(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    async with aclosing(stream(["sh", "-c", f"echo $$ > {note}; exec cat /dev/zero"], timeout=LONG)) as chunks:
        await anext(chunks)
    await gone(int(note.read_text()))


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv (util-linux) ties a child to its parent")
async def test_a_child_dies_with_a_killed_bot(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = ["sh", "-c", f"echo $$ > {note}; exec sleep 60"]
    bot = f"import asyncio, datetime; from bot.providers.process import run; asyncio.run(run({command!r}, timeout="
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", f"{bot}datetime.timedelta(minutes=1)))")
    await until(lambda: note.exists() and note.read_text().strip())
    process.kill()
    await process.wait()
    await gone(int(note.read_text()))
