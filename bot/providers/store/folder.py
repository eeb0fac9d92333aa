"""Backups in a folder: a file has its name only when it is whole and on the disk. Never overwrites one."""

import asyncio
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.domain.capability import Copy, Stored
from bot.domain.errors import ProviderError
from bot.domain.words import size
from bot.providers.store.names import SUM, UNFINISHED, check_name

RESERVE = 256 * 1000 * 1000  # bytes of the disk that a backup leaves free
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
        return self.folder / check_name(name)

    def where(self, name: str) -> str:
        return str(self.path(name))

    @asynccontextmanager
    async def local(self, name: str) -> AsyncIterator[Copy | None]:
        """The file itself; its sum is made now."""
        sha256 = await asyncio.to_thread(_sum_of, self.path(name))
        yield Copy(self.path(name), sha256) if sha256 else None

    async def names(self) -> frozenset[str]:
        return await asyncio.to_thread(self._names)

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
            path = self.folder / f".{final.name}.{secrets.token_hex(4)}{UNFINISHED}"
            return Part(_locked(path), path)
        except OSError as error:
            raise _full(error, self.folder) from error

    def _finish(self, part: Part, final: Path) -> Stored:
        part.file.flush()
        os.fsync(part.file.fileno())
        stored = Stored(final.name, part.size, part.hash.hexdigest())
        sums = final.with_name(final.name + SUM)
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
        for path in self.folder.glob(f".*{UNFINISHED}"):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    def _names(self) -> frozenset[str]:
        if not self.folder.is_dir():
            return frozenset()
        files = (path for path in self.folder.iterdir() if path.is_file() and not path.name.startswith("."))
        return frozenset(path.name for path in files if path.suffix != SUM)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        path.with_name(path.name + SUM).unlink(missing_ok=True)
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
