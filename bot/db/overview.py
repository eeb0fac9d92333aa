"""What an App Home asks of the record: a few queries, each on an index, whatever has gathered there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from bot.db import approvals, runs
from bot.db.database import Rows
from bot.domain.approval import Approval
from bot.domain.incident import OF_INCIDENTS
from bot.domain.json import JsonObject
from bot.domain.run import Run, RunId

_MINE = "r.actor = $1 AND r.risk <> 'read'"
_OPEN = "r.state IN ('received', 'planning', 'waiting', 'queued', 'starting', 'running', 'verifying')"
_GOVERNING = ["/approve", "/deny", "/runs", "/can", "/audit", "/ops"]  # told at once, nothing to come back to


@dataclass(frozen=True, slots=True)
class Question:
    """As much of a waiting request as decides who may answer it."""

    actor: str
    team: str
    permission: str
    risk: str
    service: str | None
    environment: str | None
    channel: str


async def waiting(rows: Rows, person: str) -> list[tuple[RunId, Question]]:
    """Requests of others that wait for people and that this person has not answered, the soonest to expire first."""
    found = await rows.fetch(
        """
        SELECT a.run_id, r.actor, r.team, r.permission, r.risk, r.service, r.environment, r.channel
        FROM approvals a
        JOIN runs r ON r.id = a.run_id
        WHERE a.state = 'waiting' AND a.need > 0 AND a.expires_at > clock_now() AND r.actor <> $1
          AND NOT EXISTS (SELECT FROM votes v WHERE v.run_id = a.run_id AND v.voter = $1)
        ORDER BY a.expires_at, a.run_id
        """,
        person,
    )
    return [(RunId(row["run_id"]), Question(*tuple(row)[1:])) for row in found]


async def requests(rows: Rows, ids: Collection[RunId]) -> list[tuple[Run, Approval | None]]:
    """These runs with their approvals, in the order of `ids`."""
    found = {run.id: run for run in await runs.select(rows, "WHERE r.id = ANY($1::bigint[])", list(ids))}
    return [(found[run], await approvals.get(rows, run)) for run in ids if run in found]


async def open_of(rows: Rows, person: str, limit: int) -> list[Run]:
    return await runs.select(rows, f"WHERE {_MINE} AND {_OPEN} ORDER BY r.id DESC LIMIT $2", person, limit)


async def ended_of(rows: Rows, person: str, limit: int) -> list[Run]:
    clause = f"WHERE {_MINE} AND r.finished_at IS NOT NULL AND r.command <> ALL($3::text[])"
    return await runs.select(rows, f"{clause} ORDER BY r.id DESC LIMIT $2", person, limit, _GOVERNING)


async def under_way(rows: Rows, limit: int) -> list[Run]:
    """What runs or is about to, the newest first."""
    states = "r.state IN ('queued', 'starting', 'running', 'verifying')"
    clause = f"WHERE {states} AND r.risk <> 'read' AND r.command <> ALL($2::text[]) ORDER BY r.id DESC LIMIT $1"
    return await runs.select(rows, clause, limit, OF_INCIDENTS)


async def health(rows: Rows) -> dict[tuple[str, str], JsonObject]:
    """(service, environment) → what the watch remembers of it."""
    found = await rows.fetch(
        "SELECT service, environment, value FROM records WHERE kind = 'health' AND key = 'state'"
    )
    return {(row["service"], row["environment"]): cast("JsonObject", row["value"]) for row in found}


async def changed_by(rows: Rows, ids: Collection[RunId]) -> dict[RunId, tuple[str, str | None, str | None]]:
    """run → (who asked, service, environment) of those that are more than a look."""
    found = await rows.fetch(
        "SELECT id, actor, service, environment FROM runs WHERE id = ANY($1::bigint[]) AND risk <> 'read'", list(ids)
    )
    return {RunId(row["id"]): (row["actor"], row["service"], row["environment"]) for row in found}
