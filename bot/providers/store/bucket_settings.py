"""How the catalog names a bucket. Pure."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.domain.address import web_address
from bot.domain.catalog import SecretName

_PREFIX = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]*)(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*")


def _address(value: str) -> str:
    parts = web_address(value)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("write only https:// and the host of the store, like https://s3.example.com")
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
