"""Backups in an S3 bucket: an object has its name only when it is whole, and counts only once its sum lies beside it.

Nothing is ever overwritten: an upload is completed only where no object has the name (`If-None-Match: *`), and
every name belongs to one run.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.capability import Copy, Stored
from bot.domain.errors import ProviderError
from bot.domain.words import size
from bot.providers.store.bucket import PART, PARTS, Bucket, Client, told
from bot.providers.store.names import SUM, check_name

LEFT_AFTER = timedelta(days=1)
"""No upload of ours takes so long: one that is older was left by a process that is gone."""
_RESERVE = 256 * 1000 * 1000  # bytes of this machine's disk that a downloaded backup leaves free
_READ = 1024 * 1024
_ABORT_S = 15


@dataclass(slots=True)
class Upload:
    """A multipart upload under way: what was sent, and the sums of it."""

    key: str
    id: str
    mark: str  # ours alone: says whose object lies there when an answer was lost
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    size: int = 0
    parts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class S3Store:
    """`bot.domain.capability.BackupStore`. prefix: ends in "/". scratch: where backups lie while they are read."""

    bucket: Bucket
    prefix: str
    scratch: Path
    clock: Callable[[], datetime]
    part: int = PART

    # --- writing

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Two parts in memory at most. Whatever goes wrong before its completion, the upload is taken back."""
        async with self.bucket.open() as s3:
            await self._take_back_what_was_left(s3)
            if await self._head(s3, self._key(name)) is not None:
                raise _taken(name)
            upload = await self._begin(s3, name)
            try:
                async for part in _parts(chunks, self.part):
                    await self._send(s3, upload, part)
                await self._complete(s3, upload)
            except BaseException:
                await self._take_back(s3, upload)
                raise
            return await self._vouch(s3, name, upload)

    async def _begin(self, s3: Client, name: str) -> Upload:
        """Its answer holds the only name by which it can be taken back: who is cancelled waits for that."""
        key, mark = self._key(name), secrets.token_hex(8)
        beginning = asyncio.ensure_future(
            s3.create_multipart_upload(
                Bucket=self.bucket.name, Key=key, ChecksumAlgorithm="SHA256", Metadata={"upload": mark}
            )
        )
        try:
            begun = await asyncio.shield(beginning)
        except asyncio.CancelledError:
            with suppress(Exception):
                async with asyncio.timeout(_ABORT_S):
                    await self._take_back(s3, Upload(key, str((await beginning)["UploadId"]), mark))
            raise
        return Upload(key, str(begun["UploadId"]), mark)

    async def _send(self, s3: Client, upload: Upload, part: bytes) -> None:
        number = len(upload.parts) + 1
        if number > PARTS:
            raise ProviderError(
                "store",
                f"The backup is larger than {size(PARTS * self.part)}, the most that this store takes.",
                "Keep it in a folder instead: `backups: {folder: …}`.",
            )
        await asyncio.to_thread(upload.hash.update, part)
        upload.size += len(part)
        sum_ = b64encode(hashlib.sha256(part).digest()).decode()
        sent = await s3.upload_part(
            Bucket=self.bucket.name,
            Key=upload.key,
            UploadId=upload.id,
            PartNumber=number,
            Body=part,
            ChecksumSHA256=sum_,
        )
        known = {"ChecksumSHA256": sent["ChecksumSHA256"]} if sent.get("ChecksumSHA256") else {}
        if known and known["ChecksumSHA256"] != sum_:
            raise _damaged(upload.key)
        upload.parts.append({"PartNumber": number, "ETag": sent["ETag"], **known})

    async def _complete(self, s3: Client, upload: Upload) -> None:
        from botocore.exceptions import ClientError

        parts = {"Parts": upload.parts}
        to = {"Bucket": self.bucket.name, "Key": upload.key, "UploadId": upload.id, "MultipartUpload": parts}
        try:
            try:
                await s3.complete_multipart_upload(**to, IfNoneMatch="*")
            except ClientError as error:
                if told(error)[0] not in ("NotImplemented", "501"):
                    raise
                # a store without the condition: the name was free when we began, and it belongs to this run alone
                await s3.complete_multipart_upload(**to)
        except ClientError as error:
            code, _ = told(error)
            if code in ("PreconditionFailed", "412", "NoSuchUpload", "404"):
                await self._ours(s3, upload)  # an answer that was lost, and repeated
            else:
                raise

    async def _ours(self, s3: Client, upload: Upload) -> None:
        found = await self._head(s3, upload.key)
        if found is None or found.get("Metadata", {}).get("upload") != upload.mark:
            raise _taken(upload.key.rpartition("/")[2])

    async def _vouch(self, s3: Client, name: str, upload: Upload) -> Stored:
        """As large as what was sent; then its sum is laid beside it, as `sha256sum -c` reads it."""
        found = await self._head(s3, upload.key)
        if found is None or found["ContentLength"] != upload.size:
            raise _damaged(upload.key)
        stored = Stored(name, upload.size, upload.hash.hexdigest())
        line = f"{stored.sha256}  {name}\n".encode()
        await s3.put_object(Bucket=self.bucket.name, Key=upload.key + SUM, Body=line)
        return stored

    async def _take_back(self, s3: Client, upload: Upload) -> None:
        """Also while we are being cancelled; what cannot be taken back now is, by a later backup."""
        with suppress(Exception):
            async with asyncio.timeout(_ABORT_S):
                await asyncio.shield(
                    s3.abort_multipart_upload(Bucket=self.bucket.name, Key=upload.key, UploadId=upload.id)
                )

    async def _take_back_what_was_left(self, s3: Client) -> None:
        """Uploads of processes that were killed: nobody sees them, and they are paid for."""
        with suppress(Exception):
            for key, upload, begun in await left_uploads(s3, self.bucket.name, self.prefix):
                if self.clock() - begun > LEFT_AFTER:
                    await s3.abort_multipart_upload(Bucket=self.bucket.name, Key=key, UploadId=upload)

    # --- reading

    @asynccontextmanager
    async def local(self, name: str) -> AsyncIterator[Copy | None]:
        """Downloaded into a file of our own, which goes again at the end."""
        async with self._downloaded(name) as copy:
            yield copy

    @asynccontextmanager
    async def _downloaded(self, name: str) -> AsyncIterator[Copy | None]:
        path = await asyncio.to_thread(self._own_file)
        try:
            async with self.bucket.open() as s3:
                found = await self._head(s3, self._key(name))
                sha256 = await self._download(s3, name, int(found["ContentLength"]), path) if found else None
            yield Copy(path, sha256) if sha256 else None
        finally:
            path.unlink(missing_ok=True)

    async def _download(self, s3: Client, name: str, length: int, path: Path) -> str:
        room = shutil.disk_usage(path.parent).free - _RESERVE
        if room < length:
            raise ProviderError(
                "store",
                f"{name} is {size(length)}, and {path.parent} has room for {size(max(0, room))}: it must lie there "
                "to be read.",
                "Make room under the bot's data folder, then ask again.",
            )
        answer = await s3.get_object(Bucket=self.bucket.name, Key=self._key(name))
        sum_, written = hashlib.sha256(), 0
        with await asyncio.to_thread(path.open, "wb") as file:
            async with answer["Body"] as body:
                async for chunk in body.iter_chunks(_READ):
                    await asyncio.to_thread(file.write, chunk)
                    sum_.update(chunk)
                    written += len(chunk)
        if written != length:
            raise ProviderError("store", f"{name} broke off while it was read.", "Ask again.", retryable=True)
        return sum_.hexdigest()

    def _own_file(self) -> Path:
        """For us alone; what a killed process left here a day ago goes."""
        self.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in self.scratch.glob("*.download"):
            with suppress(OSError):
                if self.clock().timestamp() - old.stat().st_mtime > LEFT_AFTER.total_seconds():
                    old.unlink()
        path = self.scratch / f"{secrets.token_hex(8)}.download"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return path

    # --- what there is

    async def names(self) -> frozenset[str]:
        async with self.bucket.open() as s3:
            found = {key.removeprefix(self.prefix) async for key in self._keys(s3)}
        return frozenset(name for name in found if name + SUM in found)

    async def _keys(self, s3: Client) -> AsyncIterator[str]:
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket.name, Prefix=self.prefix, Delimiter="/"
        )
        async for page in pages:
            for one in page.get("Contents", []):
                yield str(one["Key"])

    async def remove(self, name: str) -> None:
        """The object first: a sum without its object is never taken for a backup."""
        async with self.bucket.open() as s3:
            for key in (self._key(name), self._key(name) + SUM):
                await s3.delete_object(Bucket=self.bucket.name, Key=key)

    def where(self, name: str) -> str:
        return f"s3://{self.bucket.name}/{self._key(name)}"

    async def free_bytes(self) -> int | None:
        """A bucket does not say."""
        return None

    async def _head(self, s3: Client, key: str) -> Mapping[str, Any] | None:
        from botocore.exceptions import ClientError

        try:
            found: Mapping[str, Any] = await s3.head_object(Bucket=self.bucket.name, Key=key)
        except ClientError as error:
            if told(error)[0] not in ("404", "NoSuchKey"):
                raise
            return None
        return found

    def _key(self, name: str) -> str:
        return self.prefix + check_name(name)


async def left_uploads(s3: Client, bucket: str, prefix: str) -> list[tuple[str, str, datetime]]:
    """(key, id, begun) of the uploads that nobody completed."""
    answer = await s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix)
    return [(str(one["Key"]), str(one["UploadId"]), one["Initiated"]) for one in answer.get("Uploads", [])]


async def _parts(chunks: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    """All of one length but the last; an upload needs at least one."""
    block, none_yet = bytearray(), True
    async for chunk in chunks:
        block += chunk
        while len(block) >= length:
            yield bytes(block[:length])
            del block[:length]
            none_yet = False
    if block or none_yet:
        yield bytes(block)


def _taken(name: str) -> ProviderError:
    return ProviderError("store", f"There is already a backup {name}.", "Ask again for a new one.")


def _damaged(key: str) -> ProviderError:
    return ProviderError(
        "store",
        f"What the store holds of {key.rpartition('/')[2]} is not what was sent. It does not count as a backup.",
        "Ask again; if it happens twice, do not trust that store.",
    )
