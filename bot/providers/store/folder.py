"""Backups in a folder: a file has its name only when it is whole and on the disk. Never overwrites one."""

import asyncio
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.domain.capability import Stored
from bot.domain.errors import ProviderError
from bot.domain.words import size

RESERVE = 256 * 1000 * 1000  # bytes of the disk that a backup leaves free
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")
_SUM, _PART = ".sha256", ".part"
_BLOCK = 1024 * 1024  # written and hashed in one go, in a thread: small pieces would cost more to hand over
_LOOK_EVERY = 64  # blocks between two looks at the free space


@dataclass(slots=True)
class Part:
    """A file in the making; locked while its writer lives, so that leftovers of a killed one can be told."""

    file: IO[bytes]
    path: Path
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    size: int = 0

    def add(self, data: bytes) -> None:
        self.file.write(data)
        self.hash.update(data)
        self.size += len(data)


@dataclass(frozen=True, slots=True)
class FolderStore:
    """`bot.domain.capability.BackupStore` on one folder (mode 0700, files 0600)."""

    folder: Path
    reserve: int = RESERVE

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Store what comes, under `name` once all of it came. Whatever goes wrong, nothing is left of it."""
        final = self.path(name)
        part = await asyncio.to_thread(self._begin, final)
        try:
            await self._take(part, chunks)
            return await asyncio.to_thread(self._finish, part, final)
        except OSError as error:
            raise _full(error, self.folder) from error
        finally:
            with suppress(OSError):
                part.path.unlink(missing_ok=True)
            part.file.close()

    def path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith((_SUM, _PART)):
            raise ValueError(f"not a backup's name: {name!r}")
        return self.folder / name

    async def sum(self, name: str) -> str | None:
        """SHA-256 of what lies there now; None when it is gone."""
        return await asyncio.to_thread(_sum_of, self.path(name))

    async def listed(self) -> list[Stored]:
        """Whole backups by name."""
        return await asyncio.to_thread(self._listed)

    async def remove(self, name: str) -> None:
        """The file first: a sum without its file is never taken for a backup."""
        try:
            await asyncio.to_thread(self._remove, self.path(name))
        except OSError as error:
            raise ProviderError(
                "store",
                f"{name} cannot be removed from the backup folder ({error.strerror}).",
                f"See that the bot's user may write {self.folder}.",
            ) from error

    async def free_bytes(self) -> int:
        """What a backup may still take."""
        free = await asyncio.to_thread(self._free)
        return max(0, free - self.reserve)

    async def _take(self, part: Part, chunks: AsyncIterator[bytes]) -> None:
        block, count = bytearray(), 0
        async for chunk in chunks:
            block += chunk
            if len(block) < _BLOCK:
                continue
            await asyncio.to_thread(part.add, bytes(block))
            block.clear()
            count += 1
            if count % _LOOK_EVERY == 0:
                await self._room()
        await asyncio.to_thread(part.add, bytes(block))

    async def _room(self) -> None:
        if not await self.free_bytes():
            raise OSError(errno.ENOSPC, "disk full")

    # --- in threads

    def _begin(self, final: Path) -> Part:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._clear_remains()
            if final.exists():
                raise ProviderError("store", f"There is already a backup {final.name}.", "Ask again for a new one.")
            path = self.folder / f".{final.name}.{secrets.token_hex(4)}{_PART}"
            return Part(_locked(path), path)
        except OSError as error:
            raise _full(error, self.folder) from error

    def _finish(self, part: Part, final: Path) -> Stored:
        part.file.flush()
        os.fsync(part.file.fileno())
        stored = Stored(final.name, part.size, part.hash.hexdigest())
        sums = final.with_name(final.name + _SUM)
        with self._named(sums):  # first: a backup with its name has its sum beside it
            _write_sum(sums, stored)
            os.link(part.path, final)  # unlike rename, refuses a name that is taken
        _sync(self.folder)
        return stored

    @contextmanager
    def _named(self, sums: Path) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            raise ProviderError("store", f"There is already a backup {sums.stem}.", "Ask again.") from None
        except BaseException:
            sums.unlink(missing_ok=True)
            raise

    def _clear_remains(self) -> None:
        """Parts whose writer is gone hold half a backup: nobody needs them."""
        for path in self.folder.glob(f".*{_PART}"):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    def _listed(self) -> list[Stored]:
        if not self.folder.is_dir():
            return []
        files = sorted(path for path in self.folder.iterdir() if path.is_file() and not path.name.startswith("."))
        return [Stored(path.name, path.stat().st_size, _sum(path)) for path in files if path.suffix != _SUM]

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        path.with_name(path.name + _SUM).unlink(missing_ok=True)
        if self.folder.is_dir():
            _sync(self.folder)

    def _free(self) -> int:
        at = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        return shutil.disk_usage(at).free


def _new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)


def _locked(path: Path) -> IO[bytes]:
    """A new file that says by its lock that somebody writes it, also to one who is just clearing remains."""
    file = _new(path)
    fcntl.flock(file, fcntl.LOCK_EX)
    if os.fstat(file.fileno()).st_nlink:
        return file
    file.close()
    return _locked(path)


def _write_sum(path: Path, stored: Stored) -> None:
    """As `sha256sum -c` reads it."""
    with _new(path) as file:
        file.write(f"{stored.sha256}  {stored.name}\n".encode())
        os.fsync(file.fileno())


def _sum(path: Path) -> str:
    try:
        return path.with_name(path.name + _SUM).read_text().partition(" ")[0]
    except OSError:
        return ""


def _sum_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _full(error: OSError, folder: Path) -> ProviderError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ProviderError(
            "store",
            f"The backup folder's disk is full ({size(RESERVE)} are kept free). Nothing was kept of this backup.",
            f"Make room under {folder}, then ask again.",
        )
    return ProviderError(
        "store",
        f"The backup folder cannot be written ({error.strerror}). Nothing was kept of this backup.",
        f"See that the bot's user may write {folder}.",
    )
