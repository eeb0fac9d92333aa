"""Soak of the bucket of backups: many multipart uploads against a server that speaks S3's protocol, each read back.

`python -m bench.soak_store [--uploads 1000] [--endpoint http://127.0.0.1:9000 --bucket b]`; without an endpoint it
starts moto's server in a process of its own, so that this one's memory is the client's alone.
"""

import argparse
import asyncio
import contextlib
import hashlib
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.errors import ProviderError
from bot.providers.store.bucket import Bucket
from bot.providers.store.s3 import S3Store

MB = 1024 * 1024
PART = 5 * MB
SIZE = 6 * MB  # two parts
TOGETHER = 2


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 64 * 1024):
        yield content[at : at + 64 * 1024]


async def _cut_off(content: bytes) -> AsyncIterator[bytes]:
    async for piece in _pieces(content[: SIZE - MB]):
        yield piece
    raise ConnectionError("the dump broke off")


async def _one(store: S3Store, number: int, content: bytes) -> None:
    """Up, back, compared, removed; every tenth is cut off first, and every twentieth cancelled in the middle."""
    name = f"soak-{number}.dump"
    mine = number.to_bytes(8, "big") + content[8:]
    if number % 10 == 0:
        with contextlib.suppress(ConnectionError):
            await store.write(name, _cut_off(mine))
    if number % 20 == 0:
        writing = asyncio.create_task(store.write(name, _pieces(mine)))
        await asyncio.sleep(0.05)
        writing.cancel()
        await asyncio.wait({writing})
    stored = await store.write(name, _pieces(mine))
    assert stored.sha256 == hashlib.sha256(mine).hexdigest()
    if number % 10 == 1:
        try:
            await store.write(name, _pieces(mine))
        except ProviderError:
            pass
        else:
            raise AssertionError("a name was used twice")
    async with store.local(name) as copy:
        assert copy is not None
        assert copy.sha256 == stored.sha256
    await store.remove(name)


async def soak(bucket: Bucket, uploads: int) -> None:
    content = secrets.token_bytes(SIZE)
    with tempfile.TemporaryDirectory() as scratch:
        # moto says of every upload that it began in November 2010; none may look as if a killed process left it
        store = S3Store(bucket, "soak/", Path(scratch), lambda: datetime(2010, 11, 11, tzinfo=UTC), part=PART)
        turn = asyncio.Semaphore(TOGETHER)
        begun, done = time.monotonic(), 0

        async def next_one(number: int) -> None:
            nonlocal done
            async with turn:
                await _one(store, number, content)
            done += 1
            if done % 100 == 0:
                print(f"{done:5} uploads  {time.monotonic() - begun:7.1f} s  {_memory():6.0f} MB", flush=True)

        async with asyncio.TaskGroup() as tasks:
            for number in range(1, uploads + 1):
                tasks.create_task(next_one(number))
        left = await store.names()
        async with bucket.open() as s3:
            open_ = (await s3.list_multipart_uploads(Bucket=bucket.name)).get("Uploads", [])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = time.monotonic() - begun
    print(
        f"Python {sys.version.split()[0]}: {uploads} uploads of {SIZE // MB} MB in {took:.0f} s, peak {peak:.0f} MB"
    )
    print(f"left behind: {len(left)} backups, {len(open_)} uploads")
    assert not left
    assert not open_


def _memory() -> float:
    """Resident now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


async def _with_server(uploads: int, port: int) -> None:
    command = [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"]
    server = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        bucket = Bucket("soak-backups", "us-east-1", f"http://127.0.0.1:{port}", "key", "secret")
        async with asyncio.timeout(60):
            await _listens("127.0.0.1", port)
        async with bucket.open() as s3:
            await s3.create_bucket(Bucket=bucket.name)
        await soak(bucket, uploads)
    finally:
        server.terminate()
        await server.wait()


async def _listens(host: str, port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--uploads", type=int, default=1000)
    given.add_argument("--endpoint")
    given.add_argument("--port", type=int, default=5055, help="of the server that it starts")
    given.add_argument("--bucket", default="soak-backups")
    asked = given.parse_args()
    if asked.endpoint:
        key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        asyncio.run(soak(Bucket(asked.bucket, "us-east-1", asked.endpoint, key, secret), asked.uploads))
    else:
        asyncio.run(_with_server(asked.uploads, asked.port))


if __name__ == "__main__":
    main()
