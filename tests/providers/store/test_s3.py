"""The bucket of backups, against a server that speaks the protocol."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.errors import ProviderError
from bot.providers.store import S3Store, StoreSettings
from bot.providers.store.bucket import Bucket
from bot.providers.store.doctor import BucketDoctor
from tests.support.bucket import keys, made_bucket, pieces, s3_server, uploads

pytestmark = pytest.mark.heavy

NAME = "shop-production-20261120T030730Z-B-42.dump"
PREFIX = "watchkeeper/shop/production/"
MB = 1024 * 1024


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with s3_server() as found:
        yield found


@pytest.fixture
async def bucket(address: str) -> Bucket:
    return await made_bucket(address, f"backups-{secrets.token_hex(4)}")


@pytest.fixture
def store(bucket: Bucket, tmp_path: Path) -> S3Store:
    return S3Store(bucket, PREFIX, tmp_path / "downloads", now, part=5 * MB)


async def test_what_comes_in_pieces_is_one_object_with_its_sum(store: S3Store, bucket: Bucket) -> None:
    whole = secrets.token_bytes(11 * MB)
    stored = await store.write(NAME, pieces(whole[: 3 * MB], whole[3 * MB : 9 * MB], whole[9 * MB :]))
    sha256 = hashlib.sha256(whole).hexdigest()
    assert (stored.name, stored.size, stored.sha256) == (NAME, len(whole), sha256)
    assert await keys(bucket) == [PREFIX + NAME, f"{PREFIX}{NAME}.sha256"]
    assert await store.names() == {NAME}
    async with store.local(NAME) as copy:
        assert copy is not None
        assert copy.sha256 == sha256
        assert copy.path.read_bytes() == whole
        assert copy.path.stat().st_mode & 0o777 == 0o600
    assert list((store.scratch).iterdir()) == []
    assert await uploads(bucket) == []


async def test_an_empty_backup_is_an_object_too(store: S3Store) -> None:
    assert (await store.write(NAME, pieces())).size == 0


async def test_a_name_is_never_used_twice(store: S3Store, bucket: Bucket) -> None:
    first = await store.write(NAME, pieces(b"first"))
    with pytest.raises(ProviderError, match="already a backup"):
        await store.write(NAME, pieces(b"second"))
    async with store.local(NAME) as copy:
        assert copy is not None
        assert copy.sha256 == first.sha256
    assert await uploads(bucket) == []


async def test_of_two_that_write_one_name_at_once_one_is_refused(
    store: S3Store, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the name free: the condition of the completion decides."""
    begin, both = S3Store._begin, asyncio.Barrier(2)

    async def together(self: S3Store, s3: Any, name: str) -> Any:
        await both.wait()
        return await begin(self, s3, name)

    monkeypatch.setattr(S3Store, "_begin", together)
    ended = await asyncio.gather(
        store.write(NAME, pieces(b"one")), store.write(NAME, pieces(b"other")), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in ended) == ["ProviderError", "Stored"]
    assert await uploads(bucket) == []


async def _broken(error: BaseException) -> AsyncIterator[bytes]:
    yield b"x" * (6 * MB)
    raise error


@pytest.mark.parametrize(
    "error", [RuntimeError("dump failed"), asyncio.CancelledError()], ids=["failed", "cancelled"]
)
async def test_nothing_is_left_of_a_backup_that_broke_off(
    store: S3Store, bucket: Bucket, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        await store.write(NAME, _broken(error))
    assert await uploads(bucket) == []
    assert await keys(bucket) == []


async def test_nothing_is_left_of_a_backup_that_was_cancelled_while_it_waited(store: S3Store, bucket: Bucket) -> None:
    sent = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * (6 * MB)
        sent.set()
        await asyncio.Event().wait()

    writing = asyncio.create_task(store.write(NAME, slow()))
    await sent.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await uploads(bucket) == []


class SlowToBegin:
    """The server has begun the upload, and its answer is on the way."""

    def __init__(self, s3: Any) -> None:
        self._s3, self.begun, self.answered = s3, asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    async def create_multipart_upload(self, **given: Any) -> Any:
        answer = await self._s3.create_multipart_upload(**given)
        self.begun.set()
        await self.answered.wait()
        return answer


async def test_nothing_is_left_of_a_backup_that_was_cancelled_while_it_began(store: S3Store, bucket: Bucket) -> None:
    async with bucket.open() as s3:
        slow = SlowToBegin(s3)
        beginning = asyncio.create_task(store._begin(slow, NAME))
        await slow.begun.wait()
        beginning.cancel()
        slow.answered.set()
        with pytest.raises(asyncio.CancelledError):
            await beginning
    assert await uploads(bucket) == []


async def test_what_a_killed_process_left_is_told_and_then_taken_back(store: S3Store, bucket: Bucket) -> None:
    async with bucket.open() as s3:
        await s3.create_multipart_upload(Bucket=bucket.name, Key=PREFIX + "old.dump")
    (begun,) = [one["Initiated"] for one in await uploads(bucket)]
    told = await BucketDoctor(bucket, PREFIX, lambda: begun + timedelta(days=2)).examine()
    assert "1 upload under watchkeeper/shop/production/ never completed" in told[1].says
    fresh = await BucketDoctor(bucket, PREFIX, lambda: begun + timedelta(hours=2)).examine()
    assert [remark.state for remark in fresh if "upload" in remark.says] == []
    await replace(store, clock=lambda: begun + timedelta(hours=2)).write("first.dump", pieces(b"x"))
    assert len(await uploads(bucket)) == 1, "a young one may be another replica's"
    await replace(store, clock=lambda: begun + timedelta(days=2)).write("second.dump", pieces(b"x"))
    assert await uploads(bucket) == []


async def test_an_object_without_its_sum_is_no_backup(store: S3Store, bucket: Bucket) -> None:
    async with bucket.open() as s3:
        await s3.put_object(Bucket=bucket.name, Key=PREFIX + NAME, Body=b"x")
    assert await store.names() == frozenset()


async def test_a_changed_object_has_another_sum_and_a_removed_one_is_gone(store: S3Store, bucket: Bucket) -> None:
    stored = await store.write(NAME, pieces(b"as it was"))
    async with bucket.open() as s3:
        await s3.put_object(Bucket=bucket.name, Key=PREFIX + NAME, Body=b"as it is")
    async with store.local(NAME) as copy:
        assert copy is not None
        assert copy.sha256 != stored.sha256
    await store.remove(NAME)
    await store.remove(NAME)
    async with store.local(NAME) as copy:
        assert copy is None
    assert await keys(bucket) == []


async def test_places_do_not_see_each_other(store: S3Store, bucket: Bucket, tmp_path: Path) -> None:
    await store.write(NAME, pieces(b"x"))
    assert await S3Store(bucket, "watchkeeper/shop/", tmp_path, now).names() == frozenset()
    assert await S3Store(bucket, "watchkeeper/shop/staging/", tmp_path, now).names() == frozenset()


async def test_what_the_store_refuses_is_told_with_what_to_do(bucket: Bucket, tmp_path: Path) -> None:
    nowhere = Bucket("no-such-bucket", bucket.region, bucket.endpoint, bucket.key, bucket.secret)
    with pytest.raises(ProviderError, match="NoSuchBucket") as caught:
        await S3Store(nowhere, PREFIX, tmp_path, now).names()
    assert "Make the bucket" in caught.value.next_step
    (remark,) = await BucketDoctor(nowhere, PREFIX, now).examine()
    assert remark.state == "fail"
    away = Bucket("backups", bucket.region, "http://127.0.0.1:9", bucket.key, bucket.secret)
    with pytest.raises(ProviderError, match="cannot be reached") as unreached:
        await S3Store(away, PREFIX, tmp_path, now).names()
    assert unreached.value.retryable
    assert bucket.secret not in str(unreached.value)


async def test_keys_that_open_other_buckets_are_told(bucket: Bucket, address: str) -> None:
    await made_bucket(address, f"invoices-{secrets.token_hex(4)}")
    remarks = await BucketDoctor(bucket, PREFIX, now).examine()
    assert [remark.state for remark in remarks] == ["ok", "warn"]
    assert "see" in remarks[1].says


GIVEN = {"bucket": "acme-backups", "key": "$BACKUP_KEY", "secret": "$BACKUP_SECRET"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"folder": "/x", "s3": GIVEN}, "not both"),
        ({"s3": {**GIVEN, "endpoint": "http://s3.example.com"}}, "a key goes there"),
        ({"s3": {**GIVEN, "endpoint": "https://s3.example.com/bucket"}}, "only https"),
        ({"s3": {**GIVEN, "prefix": "/up/"}}, "without a slash"),
        ({"s3": {**GIVEN, "secret": "AKIA0123"}}, "environment variable"),
    ],
    ids=["both", "plain", "path", "prefix", "pasted"],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        StoreSettings.model_validate(wrong)
