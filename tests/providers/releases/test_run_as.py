"""Builds as another user: by root, and by an ordinary user with the two capabilities that the unit file offers."""

import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.providers.process import PATH

BUILDER = "nobody"
BOT = 54321  # a user without a name, as containers have them
PLAIN = ("setpriv", f"--reuid={BOT}", f"--regid={BOT}", "--clear-groups")
# The third only lets it read a Python that lies in root's own home; it writes nothing by it.
CAPS = "+setuid,+setgid,+dac_read_search"
ABLE = (*PLAIN, f"--inh-caps={CAPS}", f"--ambient-caps={CAPS}", "--")

BUILD = """
import asyncio, json, sys
from datetime import timedelta
from pathlib import Path
from bot.domain.errors import StepFailed
from bot.providers.process import run
from bot.providers.releases.build import Builder
from bot.providers.releases.folder import Folder
from bot.providers.releases.git import Mirror
from bot.providers.releases.unpack import remove

class Step:
    async def say(self, text): pass

async def main(home, commit, builder):
    folder, mirror = Folder(home / "releases"), Mirror(str(home / "shop.git"), home / "mirror.git")
    await mirror.fetch(timedelta(seconds=20))
    script = (home / "build.sh").read_text()
    make = Builder(folder, mirror, ("sh", "-c", script), {}, timedelta(seconds=30), builder)
    try:
        await make.build(commit, Step(), home / "output.txt")
    except StepFailed as error:
        return {"failed": str(error), "output": error.output, "left": [p.name for p in folder.path.iterdir()]}
    release = folder.release(commit)
    whole = {str(p.relative_to(release)): p.lstat().st_uid for p in release.rglob("*")}
    words = {p.name: p.read_text() for p in release.glob("*.txt")}
    own = await run(["grep", "CapEff", "/proc/self/status"], timeout=timedelta(seconds=5))
    victim = (home / "victim").read_text()
    await remove(release, builder)
    return {"whole": whole, "words": words, "own": own.tail, "victim": victim, "gone": not release.exists()}

print(json.dumps(asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))))
"""

STOP = """
import asyncio, json
from datetime import timedelta
from bot.providers.process import run

async def main():
    done = await run(["sh", "-c", "sleep 61.5 & sleep 61.5"], timeout=timedelta(seconds=0.5), run_as="nobody")
    print(json.dumps([done.code, done.took.total_seconds()]))

asyncio.run(main())
"""

BUILD_SH = """
id -un > who.txt; grep CapEff /proc/self/status > held.txt; mkdir -p deep/er; echo x > deep/er/made; cat app/a.txt
ln -s ../../victim .complete; rm -f app/a.txt
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0
    or not all(any((Path(p) / name).exists() for p in PATH.split(":")) for name in ("setpriv", "tar", "kill")),
    reason="only root can set this up, with setpriv (util-linux), tar and kill",
)


@pytest.fixture
def home() -> Iterator[Path]:
    """Reachable for all, as a service's folder is; the releases, the repository and all else are the bot's."""
    with tempfile.TemporaryDirectory(prefix="wk-run-as-") as name:
        made = Path(name)
        made.chmod(0o755)
        (made / "build.sh").write_text(BUILD_SH)
        (made / "victim").write_text("untouched")
        (made / "releases").mkdir()
        yield made


def committed(home: Path) -> str:
    def git(*words: str) -> str:
        who = ("-c", "user.name=Mia", "-c", "user.email=m@shop.example", "-c", "safe.directory=*")
        done = subprocess.run(["git", *who, *words], cwd=home, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main", "work")
    (home / "work/app").mkdir()
    (home / "work/app/a.txt").write_text("4")
    git("-C", "work", "add", "--all")
    git("-C", "work", "commit", "--quiet", "--message", "Shop opens")
    git("clone", "--quiet", "--bare", "work", "shop.git")
    return git("-C", "work", "rev-parse", "HEAD")


def built(home: Path, by: tuple[str, ...]) -> dict[str, object]:
    commit = committed(home)
    if by:
        for path in (home, *home.rglob("*")):
            os.chown(path, BOT, BOT, follow_symlinks=False)
    found: dict[str, object] = json.loads(said(by, home, BUILD, str(home), commit, BUILDER))
    return found


def said(by: tuple[str, ...], home: Path, script: str, *words: str) -> str:
    # A shell between: only what is started with capabilities has them in effect.
    argv = [*by, "/bin/sh", "-c", 'umask 022; exec "$0" "$@"', sys.executable, "-c", script, *words]
    done = subprocess.run(argv, cwd=home, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("by", [(), ABLE], ids=["root", "two capabilities"])
def test_another_user_builds_and_its_release_is_whole_and_can_be_removed(home: Path, by: tuple[str, ...]) -> None:
    found = built(home, by)
    builder, bot = pwd.getpwnam(BUILDER).pw_uid, BOT if by else 0
    assert found["whole"] == {
        ".complete": bot, "app": builder, "deep": builder, "deep/er": builder, "deep/er/made": builder,
        "held.txt": builder, "who.txt": builder,
    }  # fmt: skip
    assert found["words"] == {"who.txt": f"{BUILDER}\n", "held.txt": "CapEff:\t0000000000000000\n"}
    assert found["gone"] is True


def test_nothing_that_it_starts_keeps_the_bots_capabilities(home: Path) -> None:
    assert built(home, ABLE)["own"] == "CapEff:\t0000000000000000"


def test_a_link_that_a_build_leaves_leads_the_bot_nowhere(home: Path) -> None:
    assert built(home, ())["victim"] == "untouched"


def test_without_the_capabilities_it_is_said_and_nothing_is_left(home: Path) -> None:
    caps = "+dac_read_search"
    found = built(home, (*PLAIN, f"--inh-caps={caps}", f"--ambient-caps={caps}", "--"))
    assert "could not be unpacked as nobody" in str(found["failed"])
    assert "watchkeeper doctor" in str(found["failed"])
    assert "not permitted" in str(found["output"])
    assert found["left"] == []


def test_what_takes_too_long_is_ended_though_it_is_another_users(home: Path) -> None:
    code, took = json.loads(said(ABLE, home, STOP))
    assert code is None
    assert took < 4
    assert not [one for one in Path("/proc").glob("[0-9]*/cmdline") if _words(one) == b"sleep\x0061.5\x00"]


def _words(file: Path) -> bytes:
    with suppress(OSError):
        return file.read_bytes()
    return b""
