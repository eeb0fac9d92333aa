"""Put a backup back. Until the switch at its very end the service is as it was."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.domain.backup import Backup
from bot.domain.capability import BackupStore, Look, Running
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.domain.plan import Plan
from bot.domain.restore import Restored, Target, beside_card, not_restored_card, restore_plan, switched_card
from bot.domain.run import State
from bot.domain.words import code, person, size, some, when
from bot.providers.postgres import Beside, Postgres, Standing, beside_name
from commands.backup.make import make
from commands.backup.record import LIMIT, since, the_file, wanted
from commands.backup.requests import BackupDb, BackupRestore

_COUNT_NOW = timedelta(seconds=15)
_SWITCH = timedelta(seconds=60)


async def plan_restore(request: BackupRestore, look: Look) -> Plan:
    place = Place(request.service, request.environment)
    backup = await wanted(request, place, look)
    database, store = look.provider(place, Postgres), look.provider(place, BackupStore)
    another = f"Choose another: {code(f'/backup status {place}')}."
    if backup.proof == "damaged":
        raise Impossible(f"{backup.label} is damaged.", another)
    if backup.file not in await store.names():
        raise Impossible(
            f"The file of {backup.label} is gone.", f"Choose another: {code(f'/backup status {place}')}."
        )
    standing = await database.standing()
    standing.check(backup.server)
    rows = await database.counted(_COUNT_NOW)
    before = [run for run in await look.last_runs(place, "/backup", 50) if run.verb == "restore"]
    done = [run for run in before if run.state is State.SUCCEEDED]
    last = [f"{one.label} by {person(one.actor)}, {when(one.finished_at, 'date')}" for one in done if one.finished_at]
    return restore_plan(
        backup,
        Target(database.where, standing.database, standing.version, standing.size, standing.connected, rows),
        look.now,
        into_new=request.into == "new",
        backup_first=look.backup_first and request.into == "same",
        last=last[:1],
        usual=done[0].took if done else None,
    )


async def restore(request: BackupRestore, plan: Plan, running: Running) -> Card:
    """Until the switch the service is as it was, and whatever stops us is told so."""
    place = Place(request.service, request.environment)
    backup = await wanted(replace(request, backup=str(plan.binds["backup"])), place, running)
    database, store = running.provider(place, Postgres), running.provider(place, BackupStore)
    fresh = ""
    try:
        if plan.binds["backup_first"]:
            await make(BackupDb(request.service, request.environment), plan, running)
            fresh = f"B-{running.run.id}"
        async with AsyncExitStack() as opened:
            async with running.step("read the backup", deadline=LIMIT) as step:
                path = await opened.enter_async_context(the_file(backup, store, running))
                await step.say("SHA-256 as recorded")
            return await _put_back(request, backup, path, database, running, fresh)
    except (StepFailed, ProviderError) as error:
        if error.changed != "nothing":
            raise
        return not_restored_card(backup, error, fresh, lacks_fresh=bool(plan.binds["backup_first"]) and not fresh)


async def _put_back(
    request: BackupRestore, backup: Backup, path: Path, database: Postgres, running: Running, fresh: str
) -> Card:
    begun = asyncio.get_running_loop().time()
    now = await database.standing()
    name = beside_name(now.database, f"_restored_{running.now:%Y%m%d}_r{running.run.id}")
    async with database.beside(now, name) as copy:
        async with running.step("restore beside it", deadline=LIMIT) as step:
            found = await copy.fill(path, backup.client, dict(backup.rows), LIMIT)
            await step.say(f"{some(found.rows, 'row')} in {some(found.tables, 'table')}, as when it was made")
        done = Restored(backup, now.database, name, found.rows, found.tables, found.uncounted, since(begun), fresh)
        if request.into == "new":
            copy.kept = True
            return beside_card(done)
        kept = await _switch(copy, now, running)
    silent = await _silent(database, running)
    return switched_card(replace(done, name=kept, took=since(begun), silent=silent))


async def _silent(database: Postgres, running: Running) -> str:
    """Why it does not, or empty. The switch has happened: nothing may call this a restore that was not made."""
    async with running.verifying() as step:
        try:
            after = await database.facts()
        except ProviderError as error:
            await step.say(error.what)
            return error.what
        await step.say(f"it answers, {size(after.size)}")
    return ""


async def _switch(copy: Beside, now: Standing, running: Running) -> str:
    kept = beside_name(now.database, f"_before_r{running.run.id}")
    async with running.step("switch", deadline=2 * _SWITCH) as step:
        await copy.switch(kept, _SWITCH)
        await step.say(f"{now.database} is the restored one, the one before is {kept}")
    return kept
