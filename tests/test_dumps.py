"""What dies leaves nothing of its memory: no core file, no copy for a crash handler, no values in a traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "zebra-in-the-environment"
UNCAUGHT = """
import asyncio, os, sys, threading
from bot import cli, serve
from bot.__main__ import main

def thread(secret):
    key = {"key": secret}
    raise ValueError("a thread broke")

class Held:
    def __del__(self):
        secret = os.environ["SHOP_DB"]
        raise ValueError("an object broke")

async def task(secret):
    key = {"key": secret}
    raise KeyError("a task broke")

async def broken(*_, **__):
    secret = os.environ["SHOP_DB"]
    asyncio.get_running_loop().call_soon(lambda key: 1 / 0, secret)
    asyncio.ensure_future(task(secret))
    worker = threading.Thread(target=thread, args=(secret,))
    worker.start()
    worker.join()
    Held()
    await asyncio.sleep(0)
    raise RuntimeError("the bot broke")

serve.serve = broken
sys.argv = ["watchkeeper", "serve"]
main()
"""


def started(*words: str, folder: Path, **more: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SHOP_DB": SECRET, "SLACK_BOT_TOKEN": f"xoxb-{SECRET}", **more}
    environment |= {"SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *words], cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe
    )


# As where nobody has set a limit.
AS_LOGIN = """
import resource
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
from bot.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells limits in /proc")
def test_a_process_that_is_aborted_leaves_no_core_file(tmp_path: Path) -> None:
    bot = started("-c", AS_LOGIN, "init", folder=tmp_path)
    assert bot.stdout is not None
    asked = bot.stdout.readline()
    assert b"questions" in asked
    limits = Path(f"/proc/{bot.pid}/limits").read_text()
    assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
    assert Path(f"/proc/{bot.pid}/mem").stat().st_uid == 0, "no other process of its user may read its memory"
    bot.send_signal(signal.SIGABRT)
    _, status = os.waitpid(bot.pid, 0)
    bot.returncode = os.waitstatus_to_exitcode(status)
    assert (bot.returncode, os.WCOREDUMP(status)) == (-signal.SIGABRT, False)
    assert list(tmp_path.iterdir()) == []
    bot.communicate()


def test_no_traceback_shows_a_value(tmp_path: Path) -> None:
    """Uncaught, in a task, in a callback, in a thread, in a finaliser; with Python's development mode on."""
    bot = started("-X", "dev", "-c", UNCAUGHT, folder=tmp_path, PYTHONFAULTHANDLER="1", PYTHONASYNCIODEBUG="1")
    _, told = bot.communicate(timeout=60)
    for broke in (b"the bot broke", b"a task broke", b"a thread broke", b"an object broke", b"ZeroDivisionError"):
        assert broke in told, told.decode()
    assert SECRET.encode() not in told, told.decode()
