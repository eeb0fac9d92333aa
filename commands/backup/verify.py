"""Prove a backup: its file is the one that was written, and a copy restores with the counts of then."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from bot.domain.backup import Backup, differs_card, restored_card, whole_card
from bot.domain.backup_care import TEST, evidence, failure
from bot.domain.capability import BackupStore, Running
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.errors import ProviderError, StepFailed
from bot.domain.plan import Plan
from bot.domain.words import some
from bot.providers.postgres import Facts, Postgres
from commands.backup.record import LIMIT, check_whole, remember, since, the_file, wanted
from commands.backup.requests import BackupVerify


async def verify(request: BackupVerify, plan: Plan, running: Running) -> Card:
    place = Place(request.service, request.environment)
    backup = await wanted(request, place, running)
    database, store = running.provider(place, Postgres), running.provider(place, BackupStore)
    begun = asyncio.get_running_loop().time()
    async with AsyncExitStack() as opened:
        async with running.step("read", deadline=LIMIT) as step:
            path = await opened.enter_async_context(the_file(backup, store, running))
            backup = await check_whole(backup, path, database, running)
            await step.say("whole, SHA-256 as recorded")
        if request.quick:
            return whole_card(backup, since(begun))
        return await _restore(backup, path, database, running, begun)


async def _restore(backup: Backup, path: Path, database: Postgres, running: Running, begun: float) -> Card:
    made_on = Facts(backup.server, backup.database_size, 0, 0, 0.0, backup.encoding, "")
    async with running.step("restore a copy", deadline=LIMIT) as step:
        try:
            found = await database.check_restored(path, dict(backup.rows), made_on, backup.client, LIMIT)
        except ProviderError as error:
            await step.say("could not be tried")
            return whole_card(backup, since(begun), unknown=str(error))
        except StepFailed as failed:
            await _testify(running, backup, failed.what)
            await remember(running, backup, "damaged")
            raise
        await step.say(f"{some(found.rows, 'row')} in {some(found.tables, 'table')}")
    if found.differs:
        await _testify(running, backup, f"{some(len(found.differs), 'table')} with other counts")
        return differs_card(await remember(running, backup, "damaged"), found.differs)
    backup = await remember(running, backup, "restored")
    proof = evidence(backup, found.rows, found.tables, found.uncounted, since(begun), running.now)
    await running.records.put(TEST, backup.place, running.run.label, proof)
    return restored_card(backup, found.tables, found.rows, found.uncounted, since(begun))


async def _testify(running: Running, backup: Backup, says: str) -> None:
    """A copy that did not restore as it should: evidence too."""
    await running.records.put(TEST, backup.place, running.run.label, failure(backup, says, running.now))
