"""The shop's git repository and its release folders, made with the real git. Blocking: call it in a thread."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from bot.sandbox.shop.history import COMMITS, Commit, source

if sys.version_info >= (3, 12):
    import tarfile
else:
    from backports import tarfile

AUTHORS = {"ana": "Ana Ortiz", "chi": "Chi Okafor", "mia": "Mia Novak"}
GIT_S = 20
_QUIET_GIT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True, slots=True)
class Switch:
    """One line of history.jsonl: a release became the current one."""

    commit: str
    at: datetime
    by: str
    action: str = "deploy"

    def line(self) -> str:
        at = self.at.astimezone(UTC).isoformat(timespec="seconds")
        return json.dumps({"commit": self.commit, "at": at, "by": self.by, "action": self.action}) + "\n"


def create(repository: Path, now: datetime) -> list[str]:
    """A bare repository with every commit of the history on `main`; their ids, oldest first."""
    _git(["init", "--quiet", "--bare", "--initial-branch=main", str(repository)])
    stream = b"".join(_commit_stream(index, commit, now) for index, commit in enumerate(COMMITS))
    _git([f"--git-dir={repository}", "fast-import", "--quiet"], stream)
    return _git([f"--git-dir={repository}", "rev-list", "--reverse", "main"]).decode().split()


def release(repository: Path, commit: str, releases: Path, built: datetime) -> Path:
    """Exports one commit and runs its own build there."""
    folder = releases / commit
    folder.mkdir(parents=True)
    archive = _git([f"--git-dir={repository}", "archive", "--format=tar", commit])
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    subprocess.run(
        [sys.executable, "build.py"],
        cwd=folder,
        env={"PATH": os.defpath, "SOURCE_DATE_EPOCH": str(int(built.timestamp()))},
        check=True,
        capture_output=True,
        timeout=GIT_S,
    )
    return folder


def switch(releases: Path, history: Sequence[Switch]) -> None:
    """Writes the history and makes its last release the current one."""
    draft = releases / "current.new"
    draft.symlink_to(history[-1].commit, target_is_directory=True)
    draft.replace(releases / "current")
    with (releases / "history.jsonl").open("a") as file:
        file.writelines(entry.line() for entry in history)


def _commit_stream(index: int, commit: Commit, now: datetime) -> bytes:
    """One commit in git's fast-import format, with its whole tree."""
    who = f"{AUTHORS[commit.author]} <{commit.author}@lantern.example>"
    when = int((now - commit.ago).timestamp())
    head = (
        "commit refs/heads/main\n"
        f"author {who} {when} +0000\ncommitter {who} {when} +0000\n"
        f"data {len(commit.subject.encode())}\n{commit.subject}\n"
        "deleteall\n"
    )
    files = (
        f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
        for path, content in source(index).items()
    )
    return head.encode() + b"".join(files)


def _git(arguments: Sequence[str], given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], input=given, env=_QUIET_GIT, capture_output=True, timeout=GIT_S, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"git {arguments[-1]} failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
