"""Whether backups have a place: a folder that is ours to write, with room left. Makes nothing."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.checkup import Remark
from bot.domain.words import size

LITTLE = 2 * 1000**3


@dataclass(frozen=True, slots=True)
class StoreDoctor:
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
