"""A shop's releases on this host, and a restart that waits at a gate as long as the test wants. Knows no bot."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.sandbox.shop import BAD, COMMITS, GOOD, repository
from bot.sandbox.shop.repository import Switch

_RESTART = """\
echo "$RELEASE_COMMIT" >> restarts.log
if [ -p gate ]; then echo $$ > at-the-gate; exec cat gate; fi
"""


class Yard:
    """One repository; each environment has two releases, the bad one current. `restart` is a script of ours."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        self.names = names
        self.good = self.bad = ""

    def build(self) -> None:
        """Blocking."""
        now = datetime.now(UTC)
        commits = repository.create(self.folder / "shop.git", now)
        self.good, self.bad = commits[GOOD], commits[BAD]
        for name in self.names:
            releases = self.releases(name)
            for commit in (self.good, self.bad):
                repository.release(self.folder / "shop.git", commit, releases, now)
            past = [
                Switch(commits[n], now - commit.ago, commit.author)
                for n, commit in enumerate(COMMITS)
                if n in (GOOD, BAD)
            ]
            repository.switch(releases, past)
        (self.folder / "restart.sh").write_text(_RESTART)

    def releases(self, name: str) -> Path:
        return self.folder / name / "releases"

    def section(self, name: str) -> dict[str, object]:
        """The `releases` of an environment in catalog.yml."""
        return {
            "repository": str(self.folder / "shop.git"),
            "folder": str(self.releases(name)),
            "restart": ["/bin/sh", str(self.folder / "restart.sh")],
        }

    def current(self, name: str) -> str:
        return (self.releases(name) / "current").readlink().name

    def other(self, name: str) -> str:
        """The release that is not the current one."""
        return self.good if self.current(name) == self.bad else self.bad

    def switches(self, name: str) -> list[str]:
        """The commits that the bot switched to, in order: the side effect."""
        lines = (self.releases(name) / "history.jsonl").read_text().splitlines()
        told = [json.loads(line) for line in lines]
        return [line["commit"] for line in told if line["action"] == "rollback"]

    def restarts(self, name: str) -> list[str]:
        log = self.releases(name) / "restarts.log"
        return log.read_text().split() if log.exists() else []

    # --- the gate -------------------------------------------------------------------------------------------

    def shut(self, name: str) -> None:
        """From now on a restart waits."""
        os.mkfifo(self.releases(name) / "gate")

    async def arrived(self, name: str, within: timedelta = timedelta(seconds=20)) -> int:
        """The process that waits at the gate."""
        file = self.releases(name) / "at-the-gate"
        async with asyncio.timeout(within.total_seconds()):
            while not file.exists() or not file.read_text().strip():  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.01)
        return int(file.read_text())

    async def open(self, name: str) -> None:
        """Who waits goes on, and nobody waits any more."""
        gate = self.releases(name) / "gate"
        await asyncio.to_thread(gate.write_bytes, b"go\n")
        self.remove_gate(name)

    def remove_gate(self, name: str) -> None:
        for file in ("gate", "at-the-gate"):
            (self.releases(name) / file).unlink(missing_ok=True)
