"""One S3 bucket as we use it: opened with our keys, every failure told in words. Knows nothing of backups."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, cast

import aiohttp

from bot.connecting import astray, opened_socket
from bot.domain.errors import ProviderError
from bot.domain.words import clean

Client: TypeAlias = Any
"""aiobotocore's client: made from the service's description at run time, it has no types. What it answers is read
here and in the rooms beside this one by key, and checked there."""

PART = 16 * 1024**2  # bytes; all parts but the last must be of one size for some stores
PARTS = 10_000  # of one upload, the protocol's own limit
_CONNECT_S, _READ_S, _TRIES = 5, 60, 3


@dataclass(frozen=True, slots=True)
class Bucket:
    """endpoint: None for Amazon's own of the region."""

    name: str
    region: str
    endpoint: str | None
    key: str
    secret: str

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Client]:
        """What fails inside becomes a ProviderError. Every call has a timeout; the library repeats only those that
        have the same effect when they are repeated, which are all that we use."""
        from aiobotocore.config import AioConfig
        from botocore.exceptions import BotoCoreError, ClientError

        config = AioConfig(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            s3={"addressing_style": "path" if self.endpoint else "auto"},
            # checksums are ours: SHA-256, where we ask for them
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connector_args={"socket_factory": opened_socket},
        )
        making = _session().create_client(
            "s3",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            config=config,
        )
        try:
            async with making as client:
                yield client
        except ClientError as error:
            raise self._refused(error) from None
        except (BotoCoreError, aiohttp.ClientError) as error:  # nothing wider: what is written may fail as well
            raise self._unreached(error) from None

    @property
    def where(self) -> str:
        return f"bucket {self.name}" + (f" at {self.endpoint}" if self.endpoint else "")

    def _refused(self, error: Exception) -> ProviderError:
        code, message = told(error)
        remedy = _REMEDIES.get(code, "The store's own documentation explains that code.")
        says = f"The {self.where} refused it: {code}{f' ({message})' if message else ''}."
        return ProviderError("store", says, remedy)

    def _unreached(self, error: Exception) -> ProviderError:
        return ProviderError(
            "store",
            f"The {self.where} cannot be reached ({astray(error) or type(error).__name__}).",
            "See that its address is right and that this machine may reach it.",
            retryable=True,
        )


@cache
def _session() -> Any:
    """Imported when a bucket is first opened: it takes half a second. It keeps the service's description read."""
    from aiobotocore.session import get_session

    return get_session()


_KEYS = "See that the keys under `backups: {s3: …}` are the right ones and may read, write, list and remove there."
_REMEDIES: Mapping[str, str] = {
    "NoSuchBucket": "Make the bucket, or name another under `backups: {s3: …}`.",
    "AccessDenied": _KEYS,
    "403": _KEYS,
    "404": "Make the bucket, or name another under `backups: {s3: …}`.",
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "RequestTimeTooSkewed": "This machine's clock is wrong: set it by NTP.",
    "PermanentRedirect": "The bucket lies in another region: name that one as `region`.",
    "SlowDown": "The store is busy; ask again later.",
}


def told(error: Exception) -> tuple[str, str]:
    """(code, message) of what the store answered; never its request, which may hold keys."""
    answer = cast("Mapping[str, Any]", getattr(error, "response", {}))
    said = answer.get("Error", {})
    return clean(str(said.get("Code", "unknown")), 60), clean(str(said.get("Message", "")), 200).rstrip(".")
