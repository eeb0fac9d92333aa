"""A release's folder on the disk, filled and removed as the user who builds there.

Where that is another user, nothing is given away: the folder stays ours and takes that user's group, which may
write in it. So `run_as` needs CAP_SETUID and CAP_SETGID, and neither root nor a right over others' files.
"""

import asyncio
import os
import pwd
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bot.domain.errors import StepFailed
from bot.domain.words import clean
from bot.providers.process import Finished, run

if sys.version_info >= (3, 12):
    import tarfile
else:
    from backports import tarfile

_LIMIT = timedelta(minutes=2)


async def unpack(archive: Path, place: Path, run_as: str | None) -> None:
    """Links and paths that lead out of the folder are refused (tarfile's `data` filter). StepFailed."""
    another = _another(run_as)
    try:
        fill: Callable[[Path, Path], None] = _prepare if another else _extract
        await asyncio.to_thread(fill, archive, place)
    except tarfile.FilterError as error:
        raise StepFailed(
            f"{clean(error.tarinfo.name, 200)} of this commit leads out of the release's folder.",
            "Take it out of the repository. The release that runs was not touched.",
            changed="nothing",
        ) from error
    if another:
        await _share(another, archive, place)
        argv = ["tar", "-xf", str(archive), "-C", str(place)]
        _well(await run(argv, timeout=_LIMIT, run_as=another.pw_name), another)


async def remove(path: Path, run_as: str | None) -> None:
    """What a build made is its user's to remove; the folder around it is ours. What cannot be removed stays."""
    if _another(run_as) is not None and await asyncio.to_thread(_is_folder, path):
        await run(["rm", "-rf", "--", str(path)], timeout=_LIMIT, run_as=run_as)
    await asyncio.to_thread(_remove, path)


def _another(run_as: str | None) -> pwd.struct_passwd | None:
    try:
        person = pwd.getpwnam(run_as) if run_as else None
    except KeyError:
        what = f"This host has no user {run_as}, as whom the catalog wants releases built."
        raise StepFailed(what, f"Make it: useradd --system {run_as}.", changed="nothing") from None
    return person if person and person.pw_uid != os.geteuid() else None


def _extract(archive: Path, place: Path) -> None:
    place.mkdir(mode=0o755)
    with tarfile.open(archive) as tar:
        tar.extractall(place, filter="data")


def _prepare(archive: Path, place: Path) -> None:
    place.mkdir(mode=0o755)
    with tarfile.open(archive) as tar:
        for member in tar:
            tarfile.data_filter(member, str(place))


async def _share(person: pwd.struct_passwd, archive: Path, place: Path) -> None:
    """Whoever owns a file may give it to a group of their own: for as long as that takes, we are in that group."""
    group = person.pw_gid
    _well(await run(["chgrp", str(group), str(archive), str(place)], timeout=_LIMIT, group=group), person)
    await asyncio.to_thread(archive.chmod, 0o640)
    await asyncio.to_thread(place.chmod, 0o775)


def _well(done: Finished, person: pwd.struct_passwd) -> None:
    if done.code != 0:
        raise StepFailed(
            f"The release could not be unpacked as {person.pw_name}.",
            "`watchkeeper doctor` tells whether the bot may become that user. The release that runs was not touched.",
            output=clean(done.tail),
            changed="nothing",
        )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    if _is_folder(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
