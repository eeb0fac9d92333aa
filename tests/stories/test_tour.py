"""The demo from outside, as a newcomer starts it: the tour is as told, Ctrl-C leaves nothing, the data stay."""

import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.sandbox.folder import MARKER

pytestmark = pytest.mark.heavy
STEPS = 16


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not in pytest's folder: as root the embedded PostgreSQL is another user, who may not enter that."""
    with tempfile.TemporaryDirectory(prefix="wk-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name) / "demo"


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "bot", "demo", "--folder", str(folder), "--port", "0", *more]


@contextmanager
def demo(folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and the URL that it printed; killed at the end if it still runs."""
    process = subprocess.Popen(command(folder, *more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process, _url(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"Open +(http://\S+/)\?as=U0ANA", line):
            return found[1]
    raise AssertionError("".join(said))


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    return process.wait(60)


def processes_of(folder: Path) -> str:
    """What still runs and names the folder."""
    listed = subprocess.run(["ps", "-eww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listed.splitlines() if str(folder) in line)


def get(url: str) -> dict[str, object]:
    found: dict[str, object] = httpx.get(url, timeout=5).raise_for_status().json()
    return found


def said(page: str) -> str:
    return json.dumps(get(f"{page}ui/messages?as=U0ANA&channel=C0SHOPOPS"), ensure_ascii=False)


def test_the_tour_is_as_told_and_leaves_no_process(folder: Path) -> None:
    played = subprocess.run(command(folder, "--tour"), capture_output=True, text=True, timeout=240, check=False)
    assert played.returncode == 0, played.stdout[-6000:] + played.stderr[-2000:]
    assert "everything was as told" in played.stdout
    assert [f"━━ {number}. " in played.stdout for number in range(1, STEPS + 1)] == [True] * STEPS
    assert "xoxb-" not in played.stdout
    assert processes_of(folder.parent) == ""


def test_the_next_start_has_its_data_at_the_same_address(folder: Path) -> None:
    with demo(folder) as (process, page):
        _type(page, "U0ANA", "hello from the first start")
        state = get(f"{page}ui/state?as=U0ANA")
        assert "/rollback" in json.dumps(state["commands"])
        assert stop(process) == 0
    assert processes_of(folder) == ""
    with demo(folder) as (process, again):
        assert again == page
        assert "hello from the first start" in said(again)
        assert stop(process) == 0
    assert processes_of(folder) == ""


def test_a_demo_that_was_killed_leaves_nothing_after_the_next_one(folder: Path) -> None:
    with demo(folder) as (process, _):
        process.kill()
        process.wait()
        assert "serve" in processes_of(folder), "the bot outlives a killed demo: this test wants that"
    with demo(folder) as (process, _):
        assert processes_of(folder).count("-m bot serve") == 1
        assert stop(process) == 0
    assert processes_of(folder) == ""


def test_a_second_demo_in_the_same_folder_says_that_one_runs(folder: Path) -> None:
    with demo(folder) as (process, _):
        second = subprocess.run(command(folder, "--fresh"), capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1
        assert "Another demo already runs in" in second.stderr
        assert stop(process) == 0


def test_fresh_deletes_only_a_demos_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    refused = subprocess.run(command(folder, "--fresh"), capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert MARKER in refused.stderr
    assert "Nothing was changed" in refused.stderr
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def _type(page: str, person: str, text: str) -> None:
    body = {"as": person, "channel": "C0SHOPOPS", "text": text}
    assert httpx.post(f"{page}ui/type", json=body, timeout=10).json()["ok"] is True
