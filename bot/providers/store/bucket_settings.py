"""How the catalog names a bucket. Pure."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.catalog import SecretName

_PREFIX = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]*)(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _address(value: str) -> str:
    split = urlsplit(value)
    near = split.scheme == "http" and split.hostname in _LOOPBACK
    if not split.hostname or not (split.scheme == "https" or near) or split.path.strip("/") or split.query:
        raise ValueError("write the store's address like https://s3.example.com: keys travel over https only")
    return value.rstrip("/")


def _folder(value: str) -> str:
    if value and not _PREFIX.fullmatch(value):
        raise ValueError("write the prefix like watchkeeper/backups, without a slash at its ends")
    return value


class BucketSettings(BaseModel):
    """`s3: {bucket: acme-backups, region: eu-central-1, key: $BACKUP_KEY, secret: $BACKUP_SECRET}`; `endpoint` for
    every store that is not Amazon's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{2,40}$")
    endpoint: Annotated[str, AfterValidator(_address)] | None = None
    prefix: Annotated[str, AfterValidator(_folder)] = ""
    key: SecretName
    secret: SecretName
