"""The bot's own PostgreSQL: reachable, direct, new enough, ours to write, on time. Starts an embedded one at most."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.db import database
from bot.db.database import Unreachable
from bot.db.inspect import OLDEST, Inspected, inspect
from bot.db.migration import ENCODING, MAKE_ANEW
from bot.db.untold import Untold
from bot.domain.checkup import Remark
from bot.domain.untold_card import WHERE
from bot.domain.words import listed, span
from bot.settings import Settings

_SKEW = timedelta(seconds=5)
_SHOWN = 5
_TELL_AGAIN = (
    "A defect of the bot: send its log of that time to whoever maintains it; /runs and /audit have what is recorded. "
    "With a version that mends it: UPDATE untold SET attempts = 0, due_at = clock_now() WHERE due_at IS NULL; tells "
    "them, DELETE FROM untold WHERE due_at IS NULL; lets them be."
)
_ENOUGH = 25  # connections: a process takes 20 at most, its locks included


async def look(settings: Settings, clock: Callable[[], datetime]) -> Sequence[Remark]:
    try:
        if settings.database_url is not None:
            found = await inspect(settings.database_url.get_secret_value())
            return list(_remarks(found, clock()))
        return await _embedded(settings, clock)
    except Unreachable as error:
        return [Remark("database", "fail", str(error), "Mend DATABASE_URL, or what stands between.")]


async def _embedded(settings: Settings, clock: Callable[[], datetime]) -> Sequence[Remark]:
    folder = settings.data_dir.absolute() / "postgres"
    says = "embedded, for one process only; set DATABASE_URL for more"
    if not (folder / "PG_VERSION").exists():
        return [Remark("database", "ok", f"{says}; `serve` makes it at its first start")]
    async with database.embedded(folder) as uri:
        found = await inspect(uri)
    return [Remark("database", "ok", f"PostgreSQL {found.version}, {says}"), *_migrations(found), *_untold(found)]


def _remarks(found: Inspected, now: datetime) -> Iterator[Remark]:
    yield _server(found)
    yield _direct(found)
    if found.encoding != ENCODING:
        what = f"{found.database} is made for {found.encoding}: the bot does not start in it."
        yield Remark("encoding", "fail", what, MAKE_ANEW)
    if found.more:
        what = f"{found.name} is more than the bot needs: {listed(list(found.more), 'and')}."
        yield Remark("role", "warn", what, f"Make a role that only owns the database {found.database}.")
    if not found.may_create and found.missing:
        what = f"{found.name} may not make tables in {found.database}."
        yield Remark("role", "fail", what, f"ALTER DATABASE {found.database} OWNER TO {found.name};")
    yield from _migrations(found)
    yield from _untold(found)
    off = abs(now - found.at)
    if off > _SKEW:
        what = f"PostgreSQL's clock is {span(off)} off this host's; PostgreSQL's decides."
        yield Remark("clock", "warn", what, "Set both clocks by NTP.")
    else:
        yield Remark("clock", "ok", "agrees with PostgreSQL's")


def _server(found: Inspected) -> Remark:
    says = f"PostgreSQL {found.version}, {found.database} as {found.name}"
    if found.version < OLDEST:
        return Remark("database", "fail", f"{says}: too old.", f"Use PostgreSQL {OLDEST} or newer.")
    if found.standby:
        return Remark("database", "fail", f"{says}: a standby, which cannot be written.", "Name the primary.")
    if found.most < _ENOUGH:
        remedy = f"Raise max_connections; a process of the bot wants {_ENOUGH}."
        return Remark("database", "warn", f"{says} takes {found.most} connections only.", remedy)
    return Remark("database", "ok", says)


def _direct(found: Inspected) -> Remark:
    if found.pooled:
        what = "A transaction-mode pooler stands in between: locks and LISTEN do not work through it."
        remedy = "Put the direct address into DATABASE_URL (at Supabase port 5432 not 6543; at Neon without -pooler)."
        return Remark("connection", "fail", what, remedy)
    return Remark("connection", "ok", "direct: locks hold, NOTIFY arrives")


def _migrations(found: Inspected) -> Iterator[Remark]:
    if found.strange:
        what = f"The database was used by a newer version ({found.strange[-1]})."
        yield Remark("tables", "fail", what, "Install that version again, or go on with a backup from before.")
    elif found.missing:
        new = "new" if not found.applied else f"{len(found.missing)} to come"
        yield Remark("tables", "ok", f"{new}: `serve` makes them at its start")
    else:
        yield Remark("tables", "ok", f"all {len(found.applied)} migrations are there")


def _untold(found: Inspected) -> Iterator[Remark]:
    """Nobody else looks at these again: the card that told of them may have scrolled away, or was one of them."""
    for where in sorted({one.follower for one in found.untold}):
        missing = [one for one in found.untold if one.follower == where]
        what = f"Never told {WHERE.get(where, where)}: {_all(missing)}."
        yield Remark("untold", "warn", what, _TELL_AGAIN)


def _all(missing: list[Untold]) -> str:
    more = [f"{len(missing) - _SHOWN} more"] if len(missing) > _SHOWN else []
    return listed([*map(_named, missing[:_SHOWN]), *more], "and")


def _named(one: Untold) -> str:
    what = f"R-{one.number}" if one.of == "run" else f"No. {one.number} of /audit"
    return f"{what} ({one.error}, last tried {one.tried_at:%Y-%m-%d %H:%M} UTC)"
