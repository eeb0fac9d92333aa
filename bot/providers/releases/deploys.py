"""Releases of a git repository on this host: what ran when, what lies between, and the switch to another one.

The link and the restart are one step: a run cancelled between steps never leaves them apart.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.capability import Commit, Difference, ReleaseInfo, Running, Step
from bot.domain.errors import ProviderError, StepFailed
from bot.domain.json import JsonObject
from bot.domain.words import some, span
from bot.providers.process import run
from bot.providers.releases.build import Builder, ended
from bot.providers.releases.folder import Folder, Moved, Stay
from bot.providers.releases.git import HEX, Mirror
from bot.providers.releases.unpack import remove

_FETCH = timedelta(seconds=60)
_FETCH_SPARE = timedelta(seconds=15)  # the release is here already: the news may wait
INLINE_LINES = 20  # of a command's output; more goes out as a file (design §6)
_TITLED = 100  # releases whose titles are looked up


@dataclass(frozen=True, slots=True)
class Restart:
    """The service's own supervisor, as the catalog names it."""

    command: tuple[str, ...]
    environment: dict[str, str]
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class GitReleases:
    """`bot.domain.capability.Deploys` for one place."""

    place: str
    folder: Folder
    mirror: Mirror
    builder: Builder
    restart: Restart
    branch: str
    migrations: tuple[str, ...]
    keep: int
    clock: Callable[[], datetime]
    gone: set[str] = field(default_factory=set)  # commits that the repository does not hold: not asked for again

    async def releases(self) -> Sequence[ReleaseInfo]:
        stays = await asyncio.to_thread(self.folder.stays)
        known: Mapping[str, Commit] = {}
        with suppress(ProviderError):  # titles are a courtesy: the history stands without the repository
            known = await self._bring([stay.commit for stay in stays[:_TITLED]])
        current = await asyncio.to_thread(self.folder.current)
        return [_info(stay, known.get(stay.commit), stay.commit == current) for stay in stays]

    async def find(self, ref: str) -> ReleaseInfo | None:
        if not HEX.fullmatch(ref):
            return None
        hits = [one for one in await self.releases() if one.commit.startswith(ref)]
        if len(hits) > 1:
            ids = " and ".join(one.commit[:12] for one in hits)
            raise ProviderError(
                "git", f"{ref} begins several releases: {ids}.", "Give more digits of the one you mean."
            )
        return hits[0] if hits else await self._unreleased(ref)

    async def compare(self, current: str, target: str) -> Difference:
        known = await self._bring([current, target])
        if lost := [commit[:7] for commit in (current, target) if commit not in known]:
            raise ProviderError(
                "git",
                f"The repository does not hold {' and '.join(lost)}, so what lies between cannot be told.",
                "Choose a release whose commit is there.",
            )
        back, forward = await self.mirror.between(target, current), await self.mirror.between(current, target)
        return Difference(back, forward, await self.mirror.changed(target, current, self.migrations))

    async def holder(self, commit: str) -> str:
        with suppress(ProviderError):
            return self.branch if await self.mirror.holds(self.branch, commit) else ""
        return ""

    def binds(self) -> JsonObject:
        return {
            "repository": hashlib.sha256(self.mirror.repository.encode()).hexdigest()[:16],
            "folder": str(self.folder.path),
            "build": [*(self.builder.command or ())],
            "build_env": [*sorted(self.builder.environment)],
            "restart": list(self.restart.command),
            "restart_env": [*sorted(self.restart.environment)],
            "run_as": self.builder.run_as,
        }

    def steps(self) -> tuple[str, ...]:
        return ("fetch", "build", "switch")

    async def switch(self, target: str, running: Running, *, by: str, expect: str) -> Sequence[tuple[str, timedelta]]:
        took = _Watch()
        async with running.step("fetch", deadline=_FETCH * 2) as step:
            await self._fetch(target, step)
        took.lap("fetch")
        limit = self.builder.timeout + timedelta(minutes=3)
        async with (
            _kept_whole(running, f"build-{target[:7]}.log") as output,
            running.step("build", deadline=limit) as step,
        ):
            built = await self.builder.build(target, step, output)
        took.lap("build")
        async with running.step("switch", deadline=self.restart.timeout + timedelta(seconds=30)) as step:
            await self._point(target, expect, by)
            await step.say(f"current is {target[:7]}, restarting")
            await self._restart(target, step, tidy=built)
        took.lap("switch")
        return took.laps

    async def _bring(self, commits: Sequence[str]) -> Mapping[str, Commit]:
        """What is known of these commits, after a fetch if one is news to us."""
        found = await self.mirror.commits(commits)
        if {*commits} - {*found} - self.gone:
            await self.mirror.fetch(_FETCH_SPARE)
            found = await self.mirror.commits(commits)
            self.gone.update({*commits} - {*found})
        return found

    async def _unreleased(self, ref: str) -> ReleaseInfo | None:
        """A commit of the deploy branch that never was a release here; other branches do not count."""
        if not self.mirror.made():
            await self.mirror.fetch(_FETCH_SPARE)
        commit = await self.mirror.resolve(ref, self.branch)
        if commit is None:
            return None
        found = (await self.mirror.commits([commit]))[commit]
        return ReleaseInfo(commit, found.title, found.author, current=False, at=None)

    async def _fetch(self, target: str, step: Step) -> None:
        """The repository's news; without them a release that is here can still be gone back to."""
        here = await self.mirror.has(target)
        try:
            await self.mirror.fetch(_FETCH_SPARE if here else _FETCH)
        except ProviderError as error:
            if not here:
                raise StepFailed(error.what, error.next_step, changed="nothing") from error
            await step.say(f"the repository cannot be read now; {target[:7]} is already here")
        if not await self.mirror.has(target):
            raise StepFailed(
                f"The repository no longer holds {target[:7]}.", "Choose another release.", changed="nothing"
            )

    async def _point(self, target: str, expect: str, by: str) -> None:
        action = "rollback"
        try:
            await asyncio.to_thread(self.folder.switch, target, expect, by, action, self.clock())
        except Moved as error:
            raise StepFailed(
                f"{self.place} runs {(error.found or 'no release')[:10]} by now, not {expect[:7]} as planned: "
                "somebody switched it meanwhile. This run switched nothing.",
                "Look with /health, then ask again if it is still wanted.",
                changed="nothing",
            ) from error
        except OSError as error:
            now = await asyncio.to_thread(self.folder.current)
            raise StepFailed(
                f"The link {self.folder.path}/current could not be set: {error.strerror or error}. "
                f"It points to {(now or 'nothing')[:7]}; the service was not restarted.",
                "See that the bot's user may write there.",
                changed="something" if now == target else "nothing",
            ) from error

    async def _restart(self, target: str, step: Step, *, tidy: bool) -> None:
        restart = self.restart
        env = {**restart.environment, "RELEASE_COMMIT": target}
        cwd, run_as = self.folder.path, self.builder.run_as
        done = await run(restart.command, env=env, cwd=cwd, timeout=restart.timeout, run_as=run_as)
        if done.code != 0:
            raise StepFailed(
                f"The restart {ended(done, restart.timeout)}. `current` points to {target[:7]}; whether the service "
                "runs, and on which release, is not known.",
                f"Look with /health {self.place}.",
                output=done.tail,
                changed="something",
            )
        count = await self._prune() if tidy else 0
        gone = f", removed {some(count, 'old release folder')}" if count else ""
        await step.say(f"restarted on {target[:7]} in {span(done.took)}{gone}")

    async def _prune(self) -> int:
        """How many folders are gone."""
        spare = [self.folder.release(commit) for commit in await asyncio.to_thread(self.folder.spare, self.keep)]
        for path in spare:
            await remove(path, self.builder.run_as)
        return await asyncio.to_thread(lambda: sum(not path.exists() for path in spare))


def _info(stay: Stay, found: Commit | None, current: bool) -> ReleaseInfo:
    title, author = (found.title, found.author) if found else ("", "")
    return ReleaseInfo(stay.commit, title, author, current, stay.at, None if current else stay.until)


@asynccontextmanager
async def _kept_whole(running: Running, name: str) -> AsyncIterator[Path]:
    """A file for a command's output; what is longer than a card shows goes to whoever asked, however it ended."""
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
        output = Path(folder) / name
        try:
            yield output
        finally:
            if await asyncio.to_thread(_lines, output) > INLINE_LINES:
                await running.attach(name, output)


def _lines(path: Path) -> int:
    return len(path.read_bytes().splitlines()) if path.exists() else 0


class _Watch:
    """Measures laps by the event loop's clock."""

    def __init__(self) -> None:
        self._at = asyncio.get_running_loop().time()
        self.laps: list[tuple[str, timedelta]] = []

    def lap(self, name: str) -> None:
        now = asyncio.get_running_loop().time()
        self.laps.append((name, timedelta(seconds=now - self._at)))
        self._at = now
