"""Takes over a changed catalog.yml and policy.yml: all of both files or nothing, and tells the difference in words.

Which files are in force is recorded with their texts, so that a change across a restart is told as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import cast

import structlog

from bot.db import events
from bot.db import people as facts
from bot.db.database import Pool, Rows
from bot.domain.catalog_difference import catalog_differences
from bot.domain.catalog_file import CatalogError
from bot.domain.command import Command
from bot.domain.event import Kind
from bot.domain.json import Json, JsonObject
from bot.files import Files, Texts, understand
from bot.review import things
from bot.settings import SettingsError
from permissions.difference import differences
from permissions.policy import PolicyError

log = structlog.get_logger()

POLICY, CATALOG, TEXTS = "policy", "catalog", "files"  # names of facts
MOST = 40
"""Sentences of a difference that are kept; `policy explain` says the rest."""


class Refused(Exception):
    """The files on disk cannot be used; those in force stay."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def read_again(read: Callable[[], Files]) -> Files:
    """Blocking. Raises Refused, whatever is wrong with the files."""
    try:
        return read()
    except (CatalogError, PolicyError) as error:
        raise Refused([str(problem) for problem in error.problems]) from None
    except SettingsError as error:
        raise Refused(error.lines) from None
    except OSError as error:
        raise Refused([f"{error.filename} cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise Refused(["One of the files is not UTF-8 text."]) from None


async def note(pool: Pool, files: Files, by: str) -> bool:
    """Records what is in force from now on, once among all replicas; False when it was recorded already."""
    async with pool.acquire() as connection, connection.transaction():
        await facts.lock_facts(connection)
        before = (await facts.fact(connection, POLICY), await facts.fact(connection, CATALOG))
        now = (files.policy.digest, files.catalog.digest)
        if before == now:
            return False
        says = _says(await in_force(connection), before[0], files)
        body: JsonObject = {"digest": now[0], "before": before[0], "catalog": now[1], "by": by}
        for name, value in ((POLICY, now[0]), (CATALOG, now[1]), (TEXTS, cast("JsonObject", asdict(files.texts)))):
            await facts.set_fact(connection, name, value)
        told: list[Json] = [*says[:MOST], *([f"And {len(says) - MOST} more."] if len(says) > MOST else [])]
        await events.record(connection, Kind.POLICY_CHANGED, body={**body, "says": told})
    log.info("reload.in_force", by=by, policy=now[0][:12], catalog=now[1][:12], says=says[:MOST])
    return True


async def refuse(pool: Pool, problems: list[str]) -> None:
    """Loud: a log line, and an event that becomes a post."""
    log.error("reload.refused", problems=problems, remedy="mend the files, then send SIGHUP again")
    told: list[Json] = [*problems[:MOST]]
    await events.record(pool, Kind.POLICY_REFUSED, body={"problems": told})


async def in_force(rows: Rows, commands: Mapping[str, Command] | None = None) -> Files | None:
    """The files as they were recorded last; None when there is no record, or when this version cannot read them."""
    recorded = await facts.fact(rows, TEXTS)
    if not isinstance(recorded, dict):
        return None
    try:
        return understand(Texts(**{str(key): str(value) for key, value in recorded.items()}), commands)
    except (CatalogError, PolicyError, TypeError):
        log.warning("reload.recorded_unreadable")
        return None


def _says(before: Files | None, digest: Json, now: Files) -> list[str]:
    if before is None:
        return [_UNKNOWN] if digest not in (None, now.policy.digest) else []
    places = now.catalog.protection()
    told = catalog_differences(before.catalog, now.catalog)
    told += differences(before.policy, now.policy, places, things(now.commands))
    return told or ["Nobody's rights change by it."]


_UNKNOWN = (
    "The policy is another one than before; what differs is not known, because the earlier file was not kept. "
    "`watchkeeper policy explain` says what holds now."
)


def in_step(files: Files, policy: Json, catalog: Json) -> list[str]:
    """Why this process is not ready: other files than the recorded ones are in force here."""
    found = []
    if policy != files.policy.digest:
        found.append("policy.yml here is not the one that the newest replica runs with")
    if catalog not in (None, files.catalog.digest):
        found.append("catalog.yml here is not the one that the newest replica runs with")
    return found
