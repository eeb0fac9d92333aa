"""Where backups lie: a folder of this host, by itself under the bot's data folder, one for each environment."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bot.domain.capability import BackupStore
from bot.domain.checkup import Doctor
from bot.providers.registry import Context, Provider
from bot.providers.store.doctor import StoreDoctor
from bot.providers.store.folder import FolderStore

__all__ = ["PROVIDER", "FolderStore"]


class StoreSettings(BaseModel):
    """`backups: {folder: /var/backups/watchkeeper}`; without it the bot's own data folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = None


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, StoreSettings)  # noqa: S101 - the registry parsed it with this very model
    root = settings.folder or context.data_dir / "backups"
    place = context.entry.place
    folder = root / place.service / place.environment
    return {BackupStore: FolderStore(folder), Doctor: StoreDoctor(folder)}


PROVIDER = Provider("backups", StoreSettings, offers, gives=(BackupStore,), by_itself=True)
