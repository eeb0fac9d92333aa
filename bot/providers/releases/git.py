"""Reads a repository through a bare mirror of our own: fetch, log, compare, archive. Never pushes, never runs hooks.

Everything that reaches git's argument list is ours, from the catalog, or 40 hex digits.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.domain.capability import Commit
from bot.domain.errors import ProviderError
from bot.domain.words import clean
from bot.providers.process import Failed, stream

HEX = re.compile(r"[0-9a-f]{7,40}")
FULL = re.compile(r"[0-9a-f]{40}")

_QUIET = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.askPass=",
    "-c", "credential.helper=",
    "-c", "gc.auto=0",  # commits of a force-pushed branch stay: releases name them
    "-c", "protocol.ext.allow=never",
    "-c", "advice.detachedHead=false",
)  # fmt: skip
_ENVIRONMENT: Mapping[str, str] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
    "LC_ALL": "C.UTF-8",
}
_READ = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A bare copy of `repository` at `path`; made at the first fetch."""

    repository: str
    path: Path
    busy: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False)

    async def fetch(self, limit: timedelta) -> None:
        """Bring branches and tags here. ProviderError when the repository cannot be read; nothing was changed."""
        async with self.busy:
            await asyncio.to_thread(self.path.parent.mkdir, parents=True, exist_ok=True)
            await self._run("init", "--quiet", "--bare", "--template=", str(self.path), at_home=False)
            await self._run(
                "fetch", "--quiet", "--prune", "--no-write-fetch-head", "--no-tags", "--no-recurse-submodules",
                "--", self.repository, "+refs/heads/*:refs/heads/*",
                limit=limit,
            )  # fmt: skip

    async def branch_there(self, branch: str) -> bool:
        """Whether the repository can be read and has the branch; brings nothing here. ProviderError: it cannot."""
        out = await self._run("ls-remote", "--heads", "--", self.repository, f"refs/heads/{branch}", at_home=False)
        return bool(out.strip())

    async def commits(self, ids: Sequence[str]) -> Mapping[str, Commit]:
        """Those of these commits that are here."""
        if not ids or not self.made():
            return {}
        found = await self._log("--no-walk=unsorted", "--ignore-missing", *map(_full, ids))
        return {commit.id: commit for commit in found}

    async def has(self, commit: str) -> bool:
        return bool(await self.commits([commit]))

    def made(self) -> bool:
        return (self.path / "HEAD").exists()

    async def resolve(self, prefix: str, branch: str) -> str | None:
        """The commit of `branch` whose id begins so; None: there is none. ProviderError: there are several."""
        if not HEX.fullmatch(prefix):
            return None
        ids = (await self._run("rev-list", f"refs/heads/{branch}", "--")).split()
        hits = [one for one in ids if one.startswith(prefix)]
        if len(hits) > 1:
            raise ProviderError(
                "git", f"{prefix} begins {len(hits)} commits.", "Give more digits of the one you mean."
            )
        return hits[0] if hits else None

    async def between(self, older: str, newer: str) -> tuple[Commit, ...]:
        """Commits that `newer` holds and `older` does not, newest first."""
        return await self._log(f"{_full(older)}..{_full(newer)}")

    async def changed(self, one: str, other: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Files under `paths` that differ between two commits; none when no path is named."""
        if not paths:
            return ()
        out = await self._run(
            "diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", _full(one), _full(other), "--", *paths
        )
        return tuple(name for name in out.split("\0") if name)

    async def holds(self, branch: str, commit: str) -> bool:
        """Whether the branch still holds the commit."""
        out = await self._run("branch", "--list", "--format=%(refname)", "--contains", _full(commit), branch)
        return out.strip() == f"refs/heads/{branch}"

    async def archive(self, commit: str, file: Path) -> None:
        """The commit's files as a tar file."""
        await self._run("archive", "--format=tar", f"--output={file}", _full(commit), limit=timedelta(minutes=2))

    async def _log(self, *what: str) -> tuple[Commit, ...]:
        out = await self._run(
            "log", "--encoding=UTF-8", "--no-show-signature", "--format=%H%x1f%an%x1f%s", *what, "--"
        )
        rows = [line.split("\x1f", 2) for line in out.splitlines() if line.count("\x1f") >= 2]
        return tuple(Commit(commit, clean(title, 200), clean(author, 100)) for commit, author, title in rows)

    async def _run(self, *arguments: str, limit: timedelta = _READ, at_home: bool = True) -> str:
        where = (f"--git-dir={self.path}",) if at_home else ()
        argv = ["git", *_QUIET, *where, *arguments]
        try:
            chunks = [chunk async for chunk in stream(argv, env=_ENVIRONMENT, timeout=limit)]
        except Failed as error:
            raise _told(self.repository, arguments[0], error.tail or str(error)) from error
        return b"".join(chunks).decode(errors="replace")


def _full(commit: str) -> str:
    if not FULL.fullmatch(commit):
        raise ValueError(f"not a whole commit id: {commit!r}")
    return commit


def _without_keys(text: str) -> str:
    """A password may hold an @ itself: all up to the last one before the host's end goes."""
    return re.sub(r"(://)[^/\s]*@", r"\1", text)


def _told(repository: str, verb: str, words: str) -> ProviderError:
    """git's own last words, without the password that an address may hold."""
    said = clean(_without_keys(words), 500)
    if verb in ("fetch", "ls-remote"):
        place = _without_keys(repository)
        return ProviderError(
            "git", f"{place} cannot be read: {said}", "See that the bot's user may read it.", retryable=True
        )
    return ProviderError("git", f"git {verb} failed: {said}")
