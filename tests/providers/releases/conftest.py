"""A real repository with releases, and a handle of a run that writes down its steps."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.domain.catalog import EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.providers.registry import Context
from bot.providers.releases import GitReleases, ReleasesSettings, releases

NOW = datetime(2026, 11, 20, 3, 10, tzinfo=UTC)

BUILD = """
import os, pathlib, sys
home = pathlib.Path.cwd()
if (home / "broken.txt").exists():
    print("cannot compile checkout"); sys.exit(3)
for line in range(int((home / "chatty.txt").read_text()) if (home / "chatty.txt").exists() else 0):
    print("line", line)
if (home / "slow.txt").exists():
    import time; time.sleep(60)
(home / "built.txt").write_text(os.environ["RELEASE_COMMIT"] + " " + os.environ.get("FLAVOUR", "") + "\\n")
(home / "environment.txt").write_text("\\n".join(sorted(os.environ)))
"""

RESTART = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
if (folder / "fail-restart").exists():
    print("port 8080 is taken"); sys.exit(7)
(folder / "running.txt").write_text((folder / "current").resolve().name)
"""


@dataclass
class Repository:
    """A bare repository that commits can be put into, and the releases folder of one environment."""

    folder: Path
    commits: dict[str, str] = field(default_factory=dict)

    @property
    def bare(self) -> Path:
        return self.folder / "shop.git"

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_EMAIL": "m@shop.example",
            "GIT_COMMITTER_EMAIL": "m@shop.example", "GIT_COMMITTER_NAME": "Mia", "GIT_AUTHOR_NAME": "Mia",
        }  # fmt: skip
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.folder / "work", env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def create(self) -> None:
        (self.folder / "work").mkdir()
        self.releases.mkdir()
        self.git("init", "--quiet", "--initial-branch=main", ".")
        self.git("init", "--quiet", "--bare", str(self.bare), cwd=self.folder)
        (self.folder / "build.py").write_text(BUILD)
        (self.folder / "restart.py").write_text(RESTART)

    def commit(self, title: str, files: Mapping[str, str], branch: str = "main") -> str:
        for name, text in files.items():
            path = self.folder / "work" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", title)
        self.git("push", "--quiet", "--force", str(self.bare), f"HEAD:refs/heads/{branch}")
        self.commits[title] = self.git("rev-parse", "HEAD")
        return self.commits[title]

    def released(self, commit: str, at: datetime, action: str = "deploy") -> None:
        """As a deploy would leave it."""
        (self.releases / commit).mkdir(exist_ok=True)
        (self.releases / commit / "release.json").write_text(json.dumps({"commit": commit}))
        with (self.releases / "history.jsonl").open("a") as file:
            file.write(json.dumps({"commit": commit, "at": at.isoformat(), "by": "mia", "action": action}) + "\n")
        link = self.releases / "current"
        link.unlink(missing_ok=True)
        link.symlink_to(commit)

    def settings(self, **other: object) -> ReleasesSettings:
        return ReleasesSettings.model_validate(
            {
                "repository": str(self.bare),
                "folder": str(self.releases),
                "build": [sys.executable, str(self.folder / "build.py")],
                "restart": [sys.executable, str(self.folder / "restart.py"), str(self.releases)],
                "build_env": {"FLAVOUR": "$FLAVOUR"},
                **other,
            }
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Four commits: opened, steady (ran 6 days), rounding and broken checkout (runs now, by Mia)."""
    made = Repository(tmp_path)
    made.create()
    opened = made.commit("Shop opens", {"app.txt": "1", "migrations/0001_orders.sql": "create"})
    steady = made.commit("Steady shop", {"app.txt": "2"})
    made.commit("VAT rounding", {"app.txt": "3"})
    checkout = made.commit("New checkout", {"app.txt": "4"})
    made.released(opened, NOW - timedelta(days=20))
    made.released(steady, NOW - timedelta(days=6, minutes=16))
    made.released(checkout, NOW - timedelta(minutes=16))
    return made


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def deploys_of(repository: Repository, tmp_path: Path, http: httpx.AsyncClient) -> Callable[..., GitReleases]:
    def make(**settings: object) -> GitReleases:
        entry = EnvironmentEntry(Place("shop", "production"), True, None, {}, {"LEVEL": "high"})
        service = ServiceEntry("shop", None, ("migrations",), None, {}, Thresholds(), {"production": entry})
        context = Context(service, entry, {"$FLAVOUR": "vanilla"}.__getitem__, lambda: NOW, tmp_path / "data", http)
        return releases(repository.settings(**settings), context)

    return make


@pytest.fixture
def deploys(deploys_of: Callable[..., GitReleases]) -> GitReleases:
    return deploys_of()


class Steps:
    """Stands in for a run: keeps what each step said. `before` is called as a step begins."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}
        self.files: dict[str, str] = {}
        self.before: Callable[[str], None] = lambda name: None

    @asynccontextmanager
    async def step(self, name: str, *, deadline: timedelta | None = None) -> AsyncIterator["StepSays"]:
        self.before(name)
        self.said[name] = []
        async with asyncio.timeout(deadline.total_seconds() if deadline else None):
            yield StepSays(self.said[name])

    async def attach(self, name: str, path: Path) -> None:
        self.files[name] = await asyncio.to_thread(path.read_text)


@dataclass
class StepSays:
    words: list[str]

    async def say(self, text: str) -> None:
        self.words.append(text)


@pytest.fixture
def steps() -> Steps:
    return Steps()
