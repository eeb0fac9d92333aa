"""Builds a release: the commit's files in a folder of its own, the service's build command, then its name.

An unfinished build never has the commit's name. The command gets an explicit environment and no shell.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.domain.capability import Step
from bot.domain.errors import StepFailed
from bot.providers.process import Finished, run
from bot.providers.releases.folder import Folder
from bot.providers.releases.git import Mirror
from bot.providers.releases.unpack import remove, unpack


@dataclass(frozen=True, slots=True)
class Builder:
    folder: Folder
    mirror: Mirror
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    timeout: timedelta
    run_as: str | None

    async def build(self, commit: str, step: Step, output: Path) -> bool:
        """Make the commit's release folder; False when it is there and whole already.

        output: a file that gets all that the build command says.
        """
        if await asyncio.to_thread(self.folder.whole, commit):
            await step.say("already built")
            return False
        for left in await asyncio.to_thread(self.folder.remains):
            await remove(left, self.run_as)
        place = self.folder.path / f".building-{commit[:12]}-{secrets.token_hex(4)}"
        try:
            await self._unpack(commit, place)
            await self._command(commit, place, step, output)
            await asyncio.to_thread(self.folder.finish, place, commit)
        finally:
            await remove(place, self.run_as)
        return True

    async def _unpack(self, commit: str, place: Path) -> None:
        archive = place.with_suffix(".tar")
        try:
            await self.mirror.archive(commit, archive)
            await unpack(archive, place, self.run_as)
        finally:
            await asyncio.to_thread(archive.unlink, missing_ok=True)

    async def _command(self, commit: str, place: Path, step: Step, output: Path) -> None:
        if self.command is None:
            return
        await step.say(f"running {Path(self.command[0]).name}")
        final = self.folder.release(commit)
        env = {**self.environment, "RELEASE_COMMIT": commit, "RELEASE_FOLDER": str(final)}
        done = await run(self.command, env=env, cwd=place, timeout=self.timeout, run_as=self.run_as, output=output)
        if done.code != 0:
            raise StepFailed(
                f"The build of {commit[:7]} {ended(done, self.timeout)}.",
                "The release that runs was not touched. Its last lines say why.",
                output=done.tail,
                changed="nothing",
            )


def ended(done: Finished, timeout: timedelta) -> str:
    """How a command ended that did not succeed."""
    if done.code is None:
        return f"was stopped after {timeout.total_seconds():.0f} s"
    return f"ended with code {done.code}" if done.code > 0 else f"was killed by signal {-done.code}"
