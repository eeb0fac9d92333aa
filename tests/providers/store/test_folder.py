"""The folder of backups: a name means a whole file, whatever happened on the way."""

import asyncio
import fcntl
import hashlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.capability import Copy
from bot.domain.errors import ProviderError
from bot.providers.store.folder import FolderStore

NAME = "shop-production-20261120T030730Z-B-42.dump"


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken(part: bytes, error: BaseException) -> AsyncIterator[bytes]:
    yield part
    raise error


def store(folder: Path) -> FolderStore:
    return FolderStore(folder / "backups", reserve=0)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "backups").iterdir())


async def test_what_comes_is_stored_with_its_sum(tmp_path: Path) -> None:
    parts = (b"a" * 3_000_000, b"b", b"c" * 700_000)
    stored = await store(tmp_path).write(NAME, pieces(*parts))
    whole = b"".join(parts)
    path = store(tmp_path).path(NAME)
    assert path.read_bytes() == whole
    assert (stored.name, stored.size, stored.sha256) == (NAME, len(whole), hashlib.sha256(whole).hexdigest())
    assert await store(tmp_path).names() == {NAME}
    async with store(tmp_path).local(NAME) as copy:
        assert copy == Copy(path, stored.sha256)
    assert path.with_name(f"{NAME}.sha256").read_text() == f"{stored.sha256}  {NAME}\n"


async def test_only_the_bot_may_read_it(tmp_path: Path) -> None:
    await store(tmp_path).write(NAME, pieces(b"x"))
    path = store(tmp_path).path(NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("dump failed"), asyncio.CancelledError()])
async def test_nothing_is_left_of_a_backup_that_broke_off(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises((ProviderError, RuntimeError, asyncio.CancelledError)):
        await store(tmp_path).write(NAME, broken(b"x" * 2_000_000, error))
    assert left(tmp_path) == []


async def test_a_backup_is_never_overwritten(tmp_path: Path) -> None:
    await store(tmp_path).write(NAME, pieces(b"first"))
    with pytest.raises(ProviderError, match="already a backup"):
        await store(tmp_path).write(NAME, pieces(b"second"))
    assert store(tmp_path).path(NAME).read_bytes() == b"first"


async def test_two_writers_of_one_name_leave_one_whole_file(tmp_path: Path) -> None:
    both = [store(tmp_path).write(NAME, pieces(word * 2_000_000)) for word in (b"1", b"2")]
    ended = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["ProviderError", "Stored"]
    assert len(set(store(tmp_path).path(NAME).read_bytes())) == 1
    assert left(tmp_path) == [NAME, f"{NAME}.sha256"]


async def test_half_a_file_of_a_killed_writer_is_cleared_and_a_living_ones_kept(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    dead, living = folder / ".old.dump.aa.part", folder / ".other.dump.bb.part"
    dead.write_bytes(b"half")
    with living.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        await store(tmp_path).write(NAME, pieces(b"x"))
    assert left(tmp_path) == [living.name, NAME, f"{NAME}.sha256"]


async def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.providers.store.folder._LOOK_EVERY", 1)
    greedy = FolderStore(tmp_path / "backups", reserve=10**18)
    assert await greedy.free_bytes() == 0
    with pytest.raises(ProviderError, match="disk is full"):
        await greedy.write(NAME, pieces(b"x" * 3_000_000))
    assert left(tmp_path) == []


@pytest.mark.parametrize("name", ["../x.dump", "/etc/passwd", ".hidden", "-rf", "", "a/b", "x.sha256"])
def test_a_name_never_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a backup's name"):
        store(tmp_path).path(name)


async def test_before_the_first_backup_there_is_none(tmp_path: Path) -> None:
    assert await store(tmp_path).names() == frozenset()
    async with store(tmp_path).local(NAME) as copy:
        assert copy is None
    assert await store(tmp_path).free_bytes() > 0


KILLED = """
import asyncio, pathlib, sys
from bot.providers.store.folder import FolderStore

async def endless():
    while True:
        yield bytes(1 << 20)
        if any(path.stat().st_size for path in pathlib.Path(sys.argv[1]).glob(".*.part")):
            print("half", flush=True)
            await asyncio.Event().wait()

asyncio.run(FolderStore(pathlib.Path(sys.argv[1]), reserve=0).write("a.dump", endless()))
"""


async def test_a_killed_writer_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"half\n"
    process.kill()
    await process.wait()
    assert await store(tmp_path).names() == frozenset()
    assert [name for name in left(tmp_path) if not name.startswith(".")] == []
    await store(tmp_path).write(NAME, pieces(b"x"))
    assert left(tmp_path) == [NAME, f"{NAME}.sha256"]


async def test_what_is_removed_is_gone_with_its_sum_and_removing_it_again_is_nothing(tmp_path: Path) -> None:
    await store(tmp_path).write(NAME, pieces(b"a"))
    other = NAME.replace("B-42", "B-43")
    await store(tmp_path).write(other, pieces(b"b"))
    for _ in range(2):
        await store(tmp_path).remove(NAME)
        assert left(tmp_path) == [other, f"{other}.sha256"]


async def test_what_cannot_be_removed_is_said_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "backups" / NAME).mkdir(parents=True)
    with pytest.raises(ProviderError, match="cannot be removed from the backup folder"):
        await store(tmp_path).remove(NAME)
