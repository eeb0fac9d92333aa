"""Whether releases can be made here: the folder, the programs, the user, the repository. Builds and fetches none."""

import asyncio
import os
import pwd
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.checkup import Remark
from bot.domain.errors import ProviderError
from bot.providers.process import PATH, ambient
from bot.providers.releases.git import Mirror

_HANDS = ("setpriv", "tar", "kill")  # what another user's releases are unpacked with, and its commands ended


@dataclass(frozen=True, slots=True)
class ReleasesDoctor:
    """`bot.domain.checkup.Doctor`."""

    folder: Path
    mirror: Mirror
    branch: str
    commands: tuple[tuple[str, ...], ...]
    run_as: str | None

    async def examine(self) -> Sequence[Remark]:
        here = await asyncio.to_thread(lambda: [self._folder(), *self._programs(), *self._user()])
        return [*here, await self._repository()]

    def _folder(self) -> Remark:
        if not self.folder.is_dir():
            what = f"{self.folder} is not there: nothing was ever released by folders."
            return Remark("releases", "fail", what, "Make it, with `current` a link to the release that runs.")
        if not os.access(self.folder, os.W_OK | os.X_OK):
            remedy = f"chown it to {_me()}, whose process writes releases."
            return Remark("releases", "fail", f"{self.folder} is not writable for the bot.", remedy)
        if not (self.folder / "current").is_symlink():
            what = f"{self.folder} has no link `current`: what runs now is unknown."
            return Remark("releases", "warn", what, "Link it to the release that runs: ln -s <commit> current.")
        return Remark("releases", "ok", str(self.folder))

    def _programs(self) -> Iterator[Remark]:
        hands = _HANDS if self.run_as else ()
        for program in dict.fromkeys(["git", *hands, *(command[0] for command in self.commands)]):
            if "/" not in program and shutil.which(program, path=PATH) is None:
                remedy = f"Install it, or write its whole path in the catalog; looked in {PATH}."
                yield Remark("programs", "fail", f"{program} is not on this host.", remedy)

    def _user(self) -> Iterator[Remark]:
        if self.run_as is None:
            return
        try:
            person = pwd.getpwnam(self.run_as)
        except KeyError:
            yield Remark("run_as", "fail", f"This host has no user {self.run_as}.", f"useradd --system {self.run_as}")
            return
        if os.geteuid() not in (0, person.pw_uid) and not _may_change_user():
            what = f"{_me()} cannot become {self.run_as}, seen from here."
            remedy = (
                "Give the service CAP_SETUID and CAP_SETGID (deploy/watchkeeper.service tells how). If it has them: "
                "this look has not, unless it is started with them too."
            )
            yield Remark("run_as", "fail", what, remedy)
        else:
            yield Remark("run_as", "ok", f"build and restart run as {self.run_as}")

    async def _repository(self) -> Remark:
        try:
            found = await self.mirror.branch_there(self.branch)
        except ProviderError as error:
            return Remark("repository", "fail", error.what, error.next_step)
        if not found:
            return Remark("repository", "fail", f"It has no branch {self.branch}.", "Name the right one as `branch`.")
        return Remark("repository", "ok", f"readable, branch {self.branch}")


def _me() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def _may_change_user() -> bool:
    """Whether what this process starts holds CAP_SETUID and CAP_SETGID."""
    return ambient() & 0b1100_0000 == 0b1100_0000
