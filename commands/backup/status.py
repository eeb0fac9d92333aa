"""What backups there are, how well they are proven, and what happens to them by itself."""

from bot.domain.backup import overview_card, status_card
from bot.domain.backup_care import REMOVED, TEST, Care, Happened, care_lines
from bot.domain.capability import BackupStore, Running
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.plan import Plan
from bot.domain.run import RunId
from bot.domain.schedule import KIND as SCHEDULE
from commands.backup.make import by_itself
from commands.backup.record import ALL, backups, newest
from commands.backup.requests import BackupStatus

_SHOWN = 10


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
    return overview_card([(place, await newest(running, place)) for place in places], running.now)


async def _status_of(place: Place, running: Running) -> Card:
    known = await backups(running, place, ALL)
    files = await running.provider(place, BackupStore).names()
    gone = frozenset(one.label for one in known if one.file not in files)
    stray = len(files - {one.file for one in known})
    care = care_lines(await _care(place, running))
    return status_card(place, known[:_SHOWN], gone, stray, running.now, care)


async def _care(place: Place, running: Running) -> Care | None:
    settings = by_itself(place, running)
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
