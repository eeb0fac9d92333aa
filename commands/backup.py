"""Back up a service's database, see what there is, prove that it restores, and put it back. Only a restore changes
the service, and only at its very end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Literal

from bot.domain.backup import (
    KIND,
    LATEST,
    Backup,
    Proof,
    check_label,
    differs_card,
    file_name,
    from_json,
    label_of,
    made_card,
    overview_card,
    restored_card,
    status_card,
    to_json,
    whole_card,
)
from bot.domain.backup_care import REMOVED, TEST, Care, Happened, care_lines, evidence, failure, may_go, removed_words
from bot.domain.capability import BackupStore, Look, Running, Step
from bot.domain.card import Card, Tone
from bot.domain.catalog import Place
from bot.domain.command import Arg, Command, Environment, Service, Verb
from bot.domain.errors import Impossible, ProviderError, StepFailed
from bot.domain.json import JsonObject
from bot.domain.plan import Plan
from bot.domain.restore import Restored, Target, beside_card, not_restored_card, restore_plan, switched_card
from bot.domain.run import Lock, RunId, State
from bot.domain.schedule import KIND as SCHEDULE
from bot.domain.words import code, person, size, some, when
from bot.providers.postgres import (
    BackupSettings,
    Beside,
    Dump,
    Facts,
    Postgres,
    PostgresSettings,
    Standing,
    beside_name,
)
from permissions.model import BACKUP_CREATE, BACKUP_READ, BACKUP_RESTORE, BACKUP_VERIFY, Risk

LIMIT = timedelta(hours=4)
_COUNTING = timedelta(seconds=10)  # how long counts may lag behind the dump
_SHOWN = 10
_COUNT_NOW = timedelta(seconds=15)
_SWITCH = timedelta(seconds=60)
_ALL = 10_000  # retention keeps far fewer


@dataclass(frozen=True, slots=True)
class BackupDb:
    service: Service
    environment: Environment


@dataclass(frozen=True, slots=True)
class BackupStatus:
    service: Service | None = None
    environment: Environment | None = None


@dataclass(frozen=True, slots=True)
class BackupVerify:
    service: Service
    environment: Environment
    backup: Annotated[str, Arg(placeholder="latest|B-42", help="which backup; the newest without it")] = LATEST
    quick: Annotated[bool, Arg(help="read the file only, restore no copy")] = False

    def __post_init__(self) -> None:
        check_label(self.backup)


@dataclass(frozen=True, slots=True)
class BackupRestore:
    service: Service
    environment: Environment
    backup: Annotated[str, Arg(placeholder="latest|B-42", help="which backup")]
    into: Annotated[
        Literal["same", "new"], Arg(option="--into", help="new: beside the database in use, which stays as it is")
    ] = "same"

    def __post_init__(self) -> None:
        check_label(self.backup)


# --- db --------------------------------------------------------------------------------------------------------


async def make(request: BackupDb, plan: Plan, running: Running) -> Card:
    place = Place(request.service, request.environment)
    database, store = running.provider(place, Postgres), running.provider(place, BackupStore)
    before = await _newest(running, place)
    begun = asyncio.get_running_loop().time()
    async with running.step("dump", deadline=LIMIT) as step:
        backup = await _dump(place, database, store, before, running, step)
        dumped = asyncio.get_running_loop().time()
    async with running.step("check", deadline=LIMIT) as step:
        backup = await _check(backup, database, store, running)
        await step.say("the file is whole")
    checked = asyncio.get_running_loop().time()
    laps = [("dump", timedelta(seconds=dumped - begun)), ("check", timedelta(seconds=checked - dumped))]
    card = made_card(backup, before, str(store.path(backup.file)), laps)
    return await _cleared(card, place, store, running) if running.run.via == "schedule" else card


async def _cleared(card: Card, place: Place, store: BackupStore, running: Running) -> Card:
    """Old backups go by schedule only. What cannot be removed is told, but the new one is none the worse for it."""
    settings = _by_itself(place, running)
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
    backups = await _backups(running, place, _ALL)
    files = {one.name for one in await store.listed()}
    there = frozenset(one.label for one in backups if one.file in files)
    for one in may_go(backups, there, keep, running.now):
        note: JsonObject = {**to_json(one), "removed_at": running.now.isoformat()}
        await running.records.put(REMOVED, place, one.label, note)
        await store.remove(one.file)
        await running.records.drop(KIND, place, one.label)
        yield one


def _by_itself(place: Place, running: Running) -> BackupSettings | None:
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
    if free < wanted:
        raise StepFailed(
            f"The backup folder has room for {size(free)}, and this needs about {size(wanted)}.",
            "Make room there, then ask again. Nothing was changed.",
            changed="nothing",
        )


async def _check(backup: Backup, database: Postgres, store: BackupStore, running: Running) -> Backup:
    try:
        await database.check_file(store.path(backup.file), backup.client, LIMIT)
    except StepFailed:
        await _remember(running, backup, "damaged")
        raise
    return await _remember(running, backup, "file")


# --- status ----------------------------------------------------------------------------------------------------


async def status(request: BackupStatus, plan: Plan, running: Running) -> Card:
    places = [
        place
        for place in running.catalog.places()
        if request.service in (None, place.service)
        and request.environment in (None, place.environment)
        and "postgres" in running.catalog.at(place).sections
    ]
    if len(places) == 1:
        return await _status_of(places[0], running)
    return overview_card([(place, await _newest(running, place)) for place in places], running.now)


async def _status_of(place: Place, running: Running) -> Card:
    backups = await _backups(running, place, _ALL)
    files = {one.name for one in await running.provider(place, BackupStore).listed()}
    gone = frozenset(one.label for one in backups if one.file not in files)
    stray = len(files - {one.file for one in backups})
    care = care_lines(await _care(place, running))
    return status_card(place, backups[:_SHOWN], gone, stray, running.now, care)


async def _care(place: Place, running: Running) -> Care | None:
    settings = _by_itself(place, running)
    if settings is None:
        return None
    removed = await running.records.listed(REMOVED, place, 1)
    tested = await running.records.listed(TEST, place, 1)
    test = settings.test_rule
    return Care(
        settings.rule.says,
        settings.rule.next(running.now),
        await _happened("backup", place, running),
        settings.kept_for(running.catalog.at(place).protected),
        (removed[0][0], removed[0][2]) if removed else None,
        test.says if test else "",
        test.next(running.now) if test else None,
        await _happened("restore test", place, running),
        tested[0][1] if tested else None,
    )


async def _happened(name: str, place: Place, running: Running) -> Happened:
    record = await running.records.get(SCHEDULE, place, name)
    number = record.get("run") if record else None
    run = await running.govern.find_run(RunId(number)) if isinstance(number, int) else None
    return Happened(record, run)


# --- verify ----------------------------------------------------------------------------------------------------


async def verify(request: BackupVerify, plan: Plan, running: Running) -> Card:
    place = Place(request.service, request.environment)
    backup = await _wanted(request, place, running)
    database, store = running.provider(place, Postgres), running.provider(place, BackupStore)
    begun = asyncio.get_running_loop().time()
    async with running.step("read", deadline=LIMIT) as step:
        await _same(backup, store, running)
        backup = await _check(backup, database, store, running)
        await step.say("whole, SHA-256 as recorded")
    if request.quick:
        return whole_card(backup, _since(begun))
    return await _restore(backup, database, store, running, begun)


async def _restore(backup: Backup, database: Postgres, store: BackupStore, running: Running, begun: float) -> Card:
    made_on = Facts(backup.server, backup.database_size, 0, 0, 0.0, backup.encoding, "")
    async with running.step("restore a copy", deadline=LIMIT) as step:
        try:
            found = await database.check_restored(
                store.path(backup.file), dict(backup.rows), made_on, backup.client, LIMIT
            )
        except ProviderError as error:
            await step.say("could not be tried")
            return whole_card(backup, _since(begun), unknown=str(error))
        except StepFailed as failed:
            await _testify(running, backup, failed.what)
            await _remember(running, backup, "damaged")
            raise
        await step.say(f"{some(found.rows, 'row')} in {some(found.tables, 'table')}")
    if found.differs:
        await _testify(running, backup, f"{some(len(found.differs), 'table')} with other counts")
        return differs_card(await _remember(running, backup, "damaged"), found.differs)
    backup = await _remember(running, backup, "restored")
    proof = evidence(backup, found.rows, found.tables, found.uncounted, _since(begun), running.now)
    await running.records.put(TEST, backup.place, running.run.label, proof)
    return restored_card(backup, found.tables, found.rows, found.uncounted, _since(begun))


async def _testify(running: Running, backup: Backup, says: str) -> None:
    """A copy that did not restore as it should: evidence too."""
    await running.records.put(TEST, backup.place, running.run.label, failure(backup, says, running.now))


async def _wanted(request: BackupVerify | BackupRestore, place: Place, running: Look) -> Backup:
    label = label_of(request.backup)
    if not label:
        newest = await _newest(running, place)
        if newest is None:
            raise Impossible(f"{place} has no backup on record.", f"Make one with {code(f'/backup db {place}')}.")
        return newest
    value = await running.records.get(KIND, place, label)
    if value is None:
        shown = code(f"/backup status {place}")
        raise Impossible(f"{place} has no backup {label} on record.", f"See what there is with {shown}.")
    return from_json(label, place, value)


async def _same(backup: Backup, store: BackupStore, running: Running) -> None:
    """The file is there and is the one that was written."""
    found = await store.sum(backup.file)
    if found == backup.sha256:
        return
    if found is not None:
        await _remember(running, backup, "damaged")
    what = "is gone" if found is None else "is not what was written: its SHA-256 differs"
    raise StepFailed(
        f"The file of {backup.label}, {backup.file}, {what}.",
        f"Make a new one with {code(f'/backup db {backup.place}')}.",
        changed="nothing",
    )


# --- restore ---------------------------------------------------------------------------------------------------


async def plan_restore(request: BackupRestore, look: Look) -> Plan:
    place = Place(request.service, request.environment)
    backup = await _wanted(request, place, look)
    database, store = look.provider(place, Postgres), look.provider(place, BackupStore)
    another = f"Choose another: {code(f'/backup status {place}')}."
    if backup.proof == "damaged":
        raise Impossible(f"{backup.label} is damaged.", another)
    if backup.file not in {one.name for one in await store.listed()}:
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
    backup = await _wanted(replace(request, backup=str(plan.binds["backup"])), place, running)
    database, store = running.provider(place, Postgres), running.provider(place, BackupStore)
    fresh = ""
    try:
        if plan.binds["backup_first"]:
            await make(BackupDb(request.service, request.environment), plan, running)
            fresh = f"B-{running.run.id}"
        async with running.step("read the backup", deadline=LIMIT) as step:
            await _same(backup, store, running)
            await step.say("SHA-256 as recorded")
        return await _put_back(request, backup, database, store, running, fresh)
    except (StepFailed, ProviderError) as error:
        if error.changed != "nothing":
            raise
        return not_restored_card(backup, error, fresh, lacks_fresh=bool(plan.binds["backup_first"]) and not fresh)


async def _put_back(
    request: BackupRestore, backup: Backup, database: Postgres, store: BackupStore, running: Running, fresh: str
) -> Card:
    begun = asyncio.get_running_loop().time()
    now = await database.standing()
    name = beside_name(now.database, f"_restored_{running.now:%Y%m%d}_r{running.run.id}")
    async with database.beside(now, name) as copy:
        async with running.step("restore beside it", deadline=LIMIT) as step:
            found = await copy.fill(store.path(backup.file), backup.client, dict(backup.rows), LIMIT)
            await step.say(f"{some(found.rows, 'row')} in {some(found.tables, 'table')}, as when it was made")
        done = Restored(backup, now.database, name, found.rows, found.tables, found.uncounted, _since(begun), fresh)
        if request.into == "new":
            copy.kept = True
            return beside_card(done)
        kept = await _switch(copy, now, running)
    silent = await _silent(database, running)
    return switched_card(replace(done, name=kept, took=_since(begun), silent=silent))


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


# --- what is on record -----------------------------------------------------------------------------------------


async def _backups(running: Look, place: Place, limit: int) -> list[Backup]:
    """Newest first by the time they were made, not by when they were last verified."""
    rows = await running.records.listed(KIND, place, limit)
    found = [from_json(label, place, value) for label, value, _ in rows]
    return sorted(found, key=lambda one: one.at, reverse=True)


async def _newest(running: Look, place: Place) -> Backup | None:
    found = await _backups(running, place, _ALL)
    return found[0] if found else None


async def _remember(running: Running, backup: Backup, proof: Proof) -> Backup:
    """A copy that restored stays proven when only its file is read again."""
    kept: Proof = "restored" if proof == "file" and backup.proof == "restored" else proof
    proven = backup.proven(kept, running.now)
    await running.records.put(KIND, backup.place, backup.label, to_json(proven))
    return proven


def _since(begun: float) -> timedelta:
    return timedelta(seconds=asyncio.get_running_loop().time() - begun)


COMMAND = Command(
    "/backup",
    "Back up a database, see the backups, prove that one restores, put one back.",
    (
        Verb(
            "db",
            BackupDb,
            None,
            make,
            permission=BACKUP_CREATE,
            risk=Risk.RECORD,
            help="Dump the database into the backup store. Only reads the database.",
            example="/backup db shop production",
            deadline=LIMIT,
        ),
        Verb(
            "status",
            BackupStatus,
            None,
            status,
            permission=BACKUP_READ,
            risk=Risk.READ,
            help="The backups on record, newest first, and which of them were verified.",
            example="/backup status shop production",
        ),
        Verb(
            "verify",
            BackupVerify,
            None,
            verify,
            permission=BACKUP_VERIFY,
            risk=Risk.RECORD,
            help="Read a backup to its end and restore a copy on a scratch server, never on the service's own.",
            example="/backup verify shop production latest",
            deadline=2 * LIMIT,
        ),
        Verb(
            "restore",
            BackupRestore,
            plan_restore,
            restore,
            permission=BACKUP_RESTORE,
            risk=Risk.DESTRUCTIVE,
            help="Put a backup back in the place of the database in use, which is kept; or into a new one beside it.",
            example="/backup restore shop production latest",
            lock=Lock.DATA,
            deadline=4 * LIMIT,
        ),
    ),
    sets=frozenset({"five", "core", "all"}),
)
