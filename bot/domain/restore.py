"""Putting a backup back: what the plan says of it, and the cards of its ends. Pure: databases are others'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.backup import Backup
from bot.domain.card import Button, Card, Tone
from bot.domain.errors import WatchkeeperError
from bot.domain.plan import Plan
from bot.domain.words import bold, clean, code, person, size, some, span, when

_SHOWN = 6
_PROOFS = {"restored": "proven by restoring a copy", "file": "the file is whole; no copy was ever restored"}


@dataclass(frozen=True, slots=True)
class Target:
    """What stands there now. where: host, port and database, no secret; rows: as far as they were counted."""

    where: str
    database: str
    version: int
    size: int
    connected: int
    rows: Mapping[str, int]


def restore_plan(
    backup: Backup,
    now: Target,
    at: datetime,
    *,
    into_new: bool,
    backup_first: bool,
    last: Sequence[str],
    usual: timedelta | None,
) -> Plan:
    place = backup.place
    what = f"{backup.label}, {span(at - backup.at)} old"
    if into_new:
        question = f"Restore {backup.label} of {place} into a new database"
        summary = f"{what}, {size(backup.size)}, into a new database beside {now.database}. Nothing is overwritten."
    else:
        question = f"Restore {backup.label} over {place}"
        summary = f"{now.database} goes back to {what}: what was written since is no longer in use."
    steps = (
        *(("dump", "check") if backup_first else ()),
        "read the backup",
        "restore beside it",
        *(() if into_new else ("switch", "verify")),
    )
    return Plan(
        question,
        summary,
        "Approve restore",
        "Restore now",
        {
            "backup": backup.label,
            "sha256": backup.sha256,
            "database": now.where,
            "server": now.version,
            "into": "new" if into_new else "same",
            "backup_first": backup_first,
        },
        tuple(_tells(backup, now, at, into_new, backup_first, last)),
        now=f"{size(now.size)}, {_held(now.rows)}",
        usual=usual,
        steps=steps,
    )


def _tells(
    backup: Backup, now: Target, at: datetime, into_new: bool, backup_first: bool, last: Sequence[str]
) -> list[str]:
    made = f"{when(backup.at, 'date')} by {person(backup.by)}, {span(at - backup.at)} ago"
    proof = f"{_PROOFS.get(backup.proof, 'never checked')}{_on(backup.proven_at)}"
    lines = [
        f"{bold('Backup')} {backup.label}, {size(backup.size)}, {_held(backup.rows)}, made {made}; {proof}",
        f"{bold('Rows')} {compared(backup.rows, now.rows)}",
    ]
    if into_new:
        lines.append(f"{bold('Overwrites')} nothing: a new database on the same server, {now.database} stays in use")
    else:
        age = f"the last {span(at - backup.at)}"
        lines += [
            f"{bold('Overwrites')} {now.database}, {size(now.size)}: the writes of {age} are no longer in use",
            f"{bold('Ends')} {some(now.connected, 'connection')} for a moment at the switch; services connect again",
            f"{bold('First')} {'a fresh backup' if backup_first else 'no backup: the policy asks for none'}",
            f"{bold('Way back')} the database of now is kept on the server under another name",
        ]
    return [*lines, *(f"{bold('Last here')} {one}" for one in last)]


def _on(at: datetime | None) -> str:
    return f" on {when(at, 'date')}" if at else ""


def _held(rows: Mapping[str, int]) -> str:
    return f"{some(sum(rows.values()), 'row')} in {some(len(rows), 'table')}" if rows else "rows not counted"


def compared(then: Mapping[str, int], now: Mapping[str, int]) -> str:
    """orders 1,204 now, 1,198 in the backup; not in the backup: notes (12)."""
    if not now:
        return "those of now could not be counted"
    changed = [
        f"{clean(table, 60)} {now[table]:,} now, {rows:,} in the backup"
        for table, rows in sorted(then.items())
        if table in now and now[table] != rows
    ]
    younger = [f"{clean(table, 60)} ({rows:,})" for table, rows in sorted(now.items()) if table not in then]
    missing = [clean(table, 60) for table in sorted(then) if table not in now]
    parts = [
        *changed[:_SHOWN],
        *([f"and {len(changed) - _SHOWN} other tables"] if len(changed) > _SHOWN else []),
        *([f"only now, not in the backup: {', '.join(younger[:_SHOWN])}"] if younger else []),
        *([f"not counted or not there now: {', '.join(missing[:_SHOWN])}"] if missing else []),
    ]
    return "; ".join(parts) or "as many in every table now as in the backup"


# --- the ends --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. name: of the new database, or of the old one that is kept; fresh: the backup made first;
    silent: why the restored database does not answer."""

    backup: Backup
    database: str
    name: str
    rows: int
    tables: int
    uncounted: int
    took: timedelta
    fresh: str = ""
    silent: str = ""


def switched_card(did: Restored) -> Card:
    place, backup = did.backup.place, did.backup
    fresh = f"; {did.fresh} is the backup of it" if did.fresh else ""
    lines = [
        f"{bold('In use')} {code(did.database)} as of {when(backup.at, 'date')}: {_holds(did)}, {_as_then(did)}",
        f"{bold('Took')} {span(did.took)}",
        f"{bold('Changed')} the database of {place}: what was written after {when(backup.at, 'date')} is not in it",
        f"{bold('Way back')} the one before is kept as {code(did.name)}{fresh}",
        f"{bold('When you are sure')} an administrator drops it: {code(_drop(did.name))}",
    ]
    lines += [f"{bold('But')} it does not answer yet: {clean(did.silent, 300)}"] if did.silent else []
    back = (Button(f"Restore {did.fresh}…", ask=f"/backup restore {place} {did.fresh}"),) if did.fresh else ()
    return Card(
        Tone.WARN if did.silent else Tone.OK,
        f"{place} is back at {backup.label}",
        f"{place} is back at {backup.label}: {_holds(did)}, {_as_then(did)}. The database before it is kept as "
        f"{did.name}{fresh}. What was written after the backup was made is not in use.",
        ("\n".join(lines),),
        (Button(f"Health of {place}", ask=f"/health {place}"), *back),
        footer="The database was replaced; the one before is kept",
    )


def beside_card(did: Restored) -> Card:
    place, backup = did.backup.place, did.backup
    lines = [
        f"{bold('New')} {code(did.name)} on the same server: {_holds(did)}, {_as_then(did)}",
        f"{bold('Took')} {span(did.took)}",
        f"{bold('Changed')} nothing in use: {place} works on {code(did.database)} as before",
        f"{bold('To switch')} name {code(did.name)} in the address that the service has, and the bot; restart both",
        f"{bold('To drop it')} {code(_drop(did.name))}, by an administrator",
    ]
    return Card(
        Tone.OK,
        f"{backup.label} of {place} is restored into a new database",
        f"{backup.label} of {place} is restored into {did.name}: {_holds(did)}, {_as_then(did)}. "
        f"{place} works on {did.database} as before.",
        ("\n".join(lines),),
        footer="One new database; nothing in use was changed",
    )


def not_restored_card(backup: Backup, error: WatchkeeperError, fresh: str, *, lacks_fresh: bool = False) -> Card:
    """It stopped before the switch: the service never noticed. lacks_fresh: the backup of now could not be made."""
    beside = f"{code(f'/backup restore {backup.place} {backup.label} --into new')} needs no fresh backup."
    following = f"{error.next_step} {beside if lacks_fresh else ''}".strip()
    made = f" The fresh backup {fresh} was made and stays." if fresh else ""
    place = backup.place
    return Card(
        Tone.FAIL,
        f"{backup.label} was not restored; {place} is as it was",
        f"{backup.label} was not restored: {error.what} The database of {place} was not touched.{made}",
        (
            "\n".join(
                line
                for line in (
                    clean(error.what, 1000),
                    f"{bold('Changed')} nothing in the service: its database was not touched.{made}",
                    f"{bold('Next')} {following}" if following else "",
                )
                if line
            ),
        ),
        (Button("See the backups", ask=f"/backup status {place}"),),
        footer="Nothing in the service was changed",
    )


def _holds(did: Restored) -> str:
    return f"{some(did.rows, 'row')} in {some(did.tables, 'table')}"


def _drop(database: str) -> str:
    return f'DROP DATABASE "{database}"'


def _as_then(did: Restored) -> str:
    if did.uncounted:
        return f"{some(did.uncounted, 'table')} without a count of then"
    return "as many as when it was made"
