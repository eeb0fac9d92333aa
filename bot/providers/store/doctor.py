"""Whether backups have a place: a folder that is ours to write, with room left; or a bucket that answers to our
keys, and only that one. Makes nothing."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.domain.checkup import Remark
from bot.domain.errors import ProviderError
from bot.domain.words import size, some
from bot.providers.store.bucket import Bucket, Client
from bot.providers.store.s3 import LEFT_AFTER, left_uploads

LITTLE = 2 * 1000**3


@dataclass(frozen=True, slots=True)
class FolderDoctor:
    """`bot.domain.checkup.Doctor`."""

    folder: Path

    async def examine(self) -> Sequence[Remark]:
        return [await asyncio.to_thread(self._look)]

    def _look(self) -> Remark:
        there = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            remedy = "Make it and give it to the bot's user, or name another as `backups: {folder: …}`."
            return Remark("backups", "fail", f"The bot may not write to {there}.", remedy)
        free = shutil.disk_usage(there).free
        if free < LITTLE:
            return Remark("backups", "warn", f"Only {size(free)} are free for backups in {there}.", "Make room.")
        return Remark("backups", "ok", f"{self.folder}, {size(free)} free")


@dataclass(frozen=True, slots=True)
class BucketDoctor:
    """`bot.domain.checkup.Doctor`. Reads only: whether the keys may write shows with the first backup."""

    bucket: Bucket
    prefix: str
    clock: Callable[[], datetime]

    async def examine(self) -> Sequence[Remark]:
        try:
            async with self.bucket.open() as s3:
                await s3.head_bucket(Bucket=self.bucket.name)
                await s3.list_objects_v2(Bucket=self.bucket.name, Prefix=self.prefix, MaxKeys=1)
                found = [*await self._left(s3), *await self._more_than_needed(s3)]
        except ProviderError as error:
            return [Remark("backups", "fail", error.what, error.next_step)]
        return [Remark("backups", "ok", f"{self.bucket.where}, under {self.prefix}, answers to its keys"), *found]

    async def _left(self, s3: Client) -> list[Remark]:
        """Uploads that a killed process left: invisible, and paid for."""
        left = [begun for _, _, begun in await left_uploads(s3, self.bucket.name, self.prefix)]
        old = [begun for begun in left if self.clock() - begun > LEFT_AFTER]
        if not old:
            return []
        since = f"{min(old):%d %b %Y}"
        says = f"{some(len(old), 'upload')} under {self.prefix} never completed, the oldest since {since}."
        remedy = "The next backup takes them back; a lifecycle rule for incomplete uploads does it for good."
        return [Remark("backups", "warn", says, remedy)]

    async def _more_than_needed(self, s3: Client) -> list[Remark]:
        from botocore.exceptions import ClientError

        with suppress(ClientError):  # as it should be: the keys open this bucket and no other
            listed = await s3.list_buckets()
            others = {str(one["Name"]) for one in listed.get("Buckets", [])} - {self.bucket.name}
            if others:
                says = f"The keys of {self.bucket.where} see {some(len(others), 'other bucket')} too."
                remedy = "Give the bot keys for this bucket alone: read, write, list and remove, nothing else."
                return [Remark("backups", "warn", says, remedy)]
        return []
