"""A server that speaks S3's protocol on loopback, and a bucket of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from bot.providers.store.bucket import Bucket

KEY, SECRET = "made-up-key", "made-up-secret"


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address, as long as the context lasts."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


async def made_bucket(address: str, name: str) -> Bucket:
    bucket = Bucket(name, "us-east-1", address, KEY, SECRET)
    async with bucket.open() as s3:
        await s3.create_bucket(Bucket=name)
    return bucket


async def keys(bucket: Bucket) -> list[str]:
    async with bucket.open() as s3:
        return [str(one["Key"]) for one in (await s3.list_objects_v2(Bucket=bucket.name)).get("Contents", [])]


async def uploads(bucket: Bucket) -> list[dict[str, Any]]:
    """Begun and neither completed nor taken back."""
    async with bucket.open() as s3:
        return list((await s3.list_multipart_uploads(Bucket=bucket.name)).get("Uploads", []))


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
