"""Where backups lie: a folder of this host, by itself under the bot's data folder; or an S3 bucket. One place for
each environment."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from bot.domain.capability import BackupStore
from bot.domain.checkup import Doctor
from bot.providers.registry import Context, Provider
from bot.providers.store.bucket import Bucket
from bot.providers.store.bucket_settings import BucketSettings
from bot.providers.store.doctor import BucketDoctor, FolderDoctor
from bot.providers.store.folder import FolderStore
from bot.providers.store.s3 import S3Store

__all__ = ["PROVIDER", "FolderStore", "S3Store"]


class StoreSettings(BaseModel):
    """`backups: {folder: /var/backups/watchkeeper}` or `backups: {s3: {…}}`; without either the bot's data folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = None
    s3: BucketSettings | None = None

    @model_validator(mode="after")
    def _one(self) -> "StoreSettings":
        if self.folder and self.s3:
            raise ValueError("backups lie in one place: name a folder or a bucket, not both")
        return self


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, StoreSettings)  # noqa: S101 - the registry parsed it with this very model
    place = context.entry.place
    if settings.s3 is not None:
        given = settings.s3
        bucket = Bucket(
            given.bucket, given.region, given.endpoint, context.secret(given.key), context.secret(given.secret)
        )
        prefix = "".join(f"{part}/" for part in (given.prefix, place.service, place.environment) if part)
        return {
            BackupStore: S3Store(bucket, prefix, context.data_dir / "downloads", context.clock),
            Doctor: BucketDoctor(bucket, prefix, context.clock),
        }
    folder = (settings.folder or context.data_dir / "backups") / place.service / place.environment
    return {BackupStore: FolderStore(folder), Doctor: FolderDoctor(folder)}


PROVIDER = Provider("backups", StoreSettings, offers, gives=(BackupStore,), by_itself=True)
