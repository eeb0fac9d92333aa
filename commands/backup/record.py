"""The backups that are on record, and their files as they lie in the store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.domain.backup import KIND, Backup, Proof, from_json, label_of, to_json
from bot.domain.capability import BackupStore, Look, Running
from bot.domain.catalog import Place
from bot.domain.errors import Impossible, StepFailed
from bot.domain.words import code
from bot.providers.postgres import Postgres
from commands.backup.requests import BackupRestore, BackupVerify

LIMIT = timedelta(hours=4)
ALL = 10_000  # retention keeps far fewer


async def backups(running: Look, place: Place, limit: int) -> list[Backup]:
    """Newest first by the time they were made, not by when they were last verified."""
    rows = await running.records.listed(KIND, place, limit)
    found = [from_json(label, place, value) for label, value, _ in rows]
    return sorted(found, key=lambda one: one.at, reverse=True)


async def newest(running: Look, place: Place) -> Backup | None:
    found = await backups(running, place, ALL)
    return found[0] if found else None


async def remember(running: Running, backup: Backup, proof: Proof) -> Backup:
    """A copy that restored stays proven when only its file is read again."""
    kept: Proof = "restored" if proof == "file" and backup.proof == "restored" else proof
    proven = backup.proven(kept, running.now)
    await running.records.put(KIND, backup.place, backup.label, to_json(proven))
    return proven


def since(begun: float) -> timedelta:
    return timedelta(seconds=asyncio.get_running_loop().time() - begun)


async def wanted(request: BackupVerify | BackupRestore, place: Place, running: Look) -> Backup:
    label = label_of(request.backup)
    if not label:
        found = await newest(running, place)
        if found is None:
            raise Impossible(f"{place} has no backup on record.", f"Make one with {code(f'/backup db {place}')}.")
        return found
    value = await running.records.get(KIND, place, label)
    if value is None:
        shown = code(f"/backup status {place}")
        raise Impossible(f"{place} has no backup {label} on record.", f"See what there is with {shown}.")
    return from_json(label, place, value)


@asynccontextmanager
async def the_file(backup: Backup, store: BackupStore, running: Running) -> AsyncIterator[Path]:
    """To read, once it is there and is the one that was written. StepFailed when it is not."""
    async with store.local(backup.file) as copy:
        if copy is not None and copy.sha256 == backup.sha256:
            yield copy.path
            return
        if copy is not None:
            await remember(running, backup, "damaged")
        what = "is gone" if copy is None else "is not what was written: its SHA-256 differs"
        raise StepFailed(
            f"The file of {backup.label}, {backup.file}, {what}.",
            f"Make a new one with {code(f'/backup db {backup.place}')}.",
            changed="nothing",
        )


async def check_whole(backup: Backup, path: Path, database: Postgres, running: Running) -> Backup:
    """Read to its end as a restore would."""
    try:
        await database.check_file(path, backup.client, LIMIT)
    except StepFailed:
        await remember(running, backup, "damaged")
        raise
    return await remember(running, backup, "file")
