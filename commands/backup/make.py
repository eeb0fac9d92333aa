"""Dump a database into the store, prove the file whole, and by schedule let old ones go. Only reads the service."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from bot.domain.backup import KIND, Backup, file_name, made_card, to_json
from bot.domain.backup_care import REMOVED, may_go, removed_words
from bot.domain.capability import BackupStore, Running, Step
from bot.domain.card import Card, Tone
from bot.domain.catalog import Place
from bot.domain.errors import ProviderError, StepFailed
from bot.domain.json import JsonObject
from bot.domain.plan import Plan
from bot.domain.words import size, some
from bot.providers.postgres import BackupSettings, Dump, Postgres, PostgresSettings
from commands.backup.record import ALL, LIMIT, backups, check_whole, newest, the_file
from commands.backup.requests import BackupDb

_COUNTING = timedelta(seconds=10)  # how long counts may lag behind the dump


async def make(request: BackupDb, plan: Plan, running: Running) -> Card:
    place = Place(request.service, request.environment)
    database, store = running.provider(place, Postgres), running.provider(place, BackupStore)
    before = await newest(running, place)
    begun = asyncio.get_running_loop().time()
    async with running.step("dump", deadline=LIMIT) as step:
        backup = await _dump(place, database, store, before, running, step)
        dumped = asyncio.get_running_loop().time()
    async with running.step("check", deadline=LIMIT) as step:
        async with the_file(backup, store, running) as path:
            backup = await check_whole(backup, path, database, running)
        await step.say("the file is whole")
    checked = asyncio.get_running_loop().time()
    laps = [("dump", timedelta(seconds=dumped - begun)), ("check", timedelta(seconds=checked - dumped))]
    card = made_card(backup, before, store.where(backup.file), laps)
    return await _cleared(card, place, store, running) if running.run.via == "schedule" else card


async def _cleared(card: Card, place: Place, store: BackupStore, running: Running) -> Card:
    """Old backups go by schedule only. What cannot be removed is told, but the new one is none the worse for it."""
    settings = by_itself(place, running)
    if settings is None:
        return card
    keep = settings.kept_for(running.catalog.at(place).protected)
    try:
        async with running.step("remove old ones", deadline=LIMIT) as step:
            removed = [one async for one in _removing(place, store, keep, running)]
            await step.say(removed_words(removed, running.now))
    except ProviderError as error:
        return replace(card, tone=Tone.WARN, body=(*card.body, f"Old backups could not be removed: {error}"))
    return card


async def _removing(place: Place, store: BackupStore, keep: timedelta, running: Running) -> AsyncIterator[Backup]:
    """Noted, removed, forgotten, in this order: what is interrupted is done again the next night."""
    known = await backups(running, place, ALL)
    files = await store.names()
    there = frozenset(one.label for one in known if one.file in files)
    for one in may_go(known, there, keep, running.now):
        note: JsonObject = {**to_json(one), "removed_at": running.now.isoformat()}
        await running.records.put(REMOVED, place, one.label, note)
        await store.remove(one.file)
        await running.records.drop(KIND, place, one.label)
        yield one


def by_itself(place: Place, running: Running) -> BackupSettings | None:
    section = running.catalog.at(place).sections.get("postgres")
    return section.backup if isinstance(section, PostgresSettings) else None


async def _dump(
    place: Place, database: Postgres, store: BackupStore, before: Backup | None, running: Running, step: Step
) -> Backup:
    """On record only once the whole file lies there."""
    label = f"B-{running.run.id}"
    begun = asyncio.get_running_loop().time()
    await _room(store, before)
    async with database.dump(LIMIT) as dump:
        stored = await store.write(file_name(place, label, running.now), _told(dump, step, before))
        rows = await dump.counted(_COUNTING)
    took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
    facts = dump.facts
    backup = Backup(
        label, place, stored.name, stored.size, stored.sha256, rows, running.now, took, running.actor,
        facts.size, facts.version, dump.binary.major, facts.encoding,
    )  # fmt: skip
    await running.records.put(KIND, place, label, to_json(backup))
    await step.say(f"{size(stored.size)}, {some(backup.total, 'row')} in {some(len(rows), 'table')}")
    return backup


async def _told(dump: Dump, step: Step, before: Backup | None) -> AsyncIterator[bytes]:
    written = 0
    about = f" of about {size(before.size)}" if before else ""
    async for chunk in dump.chunks:
        written += len(chunk)
        await step.say(f"{size(written)}{about}")
        yield chunk


async def _room(store: BackupStore, before: Backup | None) -> None:
    free, wanted = await store.free_bytes(), int(before.size * 1.2) if before else 1
    if free is not None and free < wanted:
        raise StepFailed(
            f"The backup folder has room for {size(free)}, and this needs about {size(wanted)}.",
            "Make room there, then ask again. Nothing was changed.",
            changed="nothing",
        )
