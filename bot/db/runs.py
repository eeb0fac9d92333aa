"""Runs: every change of state is one conditional UPDATE; zero rows means that somebody else was first."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, cast

import asyncpg

from bot.db import events
from bot.db.database import LIGHTLY, Connection, Rows
from bot.domain.catalog import Place
from bot.domain.event import Kind
from bot.domain.incident import OF_INCIDENTS
from bot.domain.invocation import Invocation
from bot.domain.json import JsonObject, canonical
from bot.domain.run import BEFORE_RUNNING, FINAL, Lock, Run, RunId, State, may_move
from permissions.model import Risk

_COLUMNS = """
    r.id, r.uuid, r.state, r.command, r.verb, r.text, r.request, r.service, r.environment, r.lock, r.permission,
    r.risk, r.actor, r.team, r.channel, r.via, r.reason, r.dry_run, r.because, r.plan, r.digest, r.outcome,
    r.changed, r.worker, r.cancel_by, r.settled_by, r.created_at, r.start_by, r.started_at, r.finished_at,
    r.approved_at, r.thread, r.hold_until, a.expires_at
"""
_TARGET = re.compile(r"(\d{1,15})-[0-9a-f]{8}")
START_WITHIN = timedelta(minutes=15)
"""How long an approved run may wait for its start once its lock is free (design, presets)."""
SOMEBODY_HAS_IT = timedelta(minutes=10)
"""While a version is replaced: for so long a run waits for a worker that has its command."""
_GOVERNING = ("/approve", "/deny", "/runs", "/can", "/audit", "/ops")  # not listed among runs
_TELLING = f""",
        told AS MATERIALIZED (
            SELECT record_event(${{}}, r.id, '{events.BOT}', r.service, r.environment, ${{}}) FROM r
        )"""
_INCIDENTS = ", ".join(f"'{name}'" for name in OF_INCIDENTS)
_FROM = "FROM runs r LEFT JOIN approvals a ON a.run_id = r.id"


RECEIVES = ("bytea", *["text"] * 4, "jsonb", *["text"] * 10, "boolean", *["text"] * 4)
_NUMBERED = ", ".join(f"${n}" for n, _ in enumerate(RECEIVES, 1))

Received: TypeAlias = tuple[RunId | None, bool]
"""(run, fresh). Not fresh: this delivery was seen, or the same open request within a minute is that run.
A delivery that made no run gives (None, False)."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A request as the intake writes it, with the decision made on it."""

    state: State  # refused | received (plan or decide later) | queued (runs at once)
    command: str
    verb: str
    line: str
    request: JsonObject
    service: str | None
    environment: str | None
    lock: Lock | None
    permission: str
    risk: Risk
    reason: str
    dry_run: bool
    because: str


async def receive(rows: Rows, invocation: Invocation, new: NewRun) -> Received:
    """Commit delivery key, decision and run in one round trip.

    With a thread, `rows` is a transaction of the caller's.
    """
    row = await rows.fetchrow(f"SELECT * FROM receive_run({_NUMBERED})", *to_receive(invocation, new))
    assert row is not None  # noqa: S101  (a function with OUT parameters gives exactly one row)
    if invocation.thread and row["fresh"]:
        await rows.execute("UPDATE runs SET thread = $2 WHERE id = $1", row["run_id"], invocation.thread)
    return row["run_id"], row["fresh"]


def to_receive(invocation: Invocation, new: NewRun) -> tuple[object, ...]:
    """What `receive_run` takes, in its order and of the types in `RECEIVES`."""
    kind = Kind.REQUEST_REFUSED if new.state is State.REFUSED else Kind.REQUEST_RECEIVED
    via = invocation.channel if invocation.via == "terminal" else invocation.via
    return (
        invocation.delivery,
        new.state.value,
        new.command,
        new.verb,
        new.line,
        new.request,
        new.service,
        new.environment,
        new.lock.value if new.lock else None,
        new.permission,
        new.risk.value,
        invocation.actor.id,
        invocation.actor.team,
        invocation.channel,
        invocation.via,
        new.reason,
        new.dry_run,
        new.because,
        kind.value,
        canonical({"line": new.line, "because": new.because, "reason": new.reason, "via": via}),
        invocation.response_url,
    )


async def claim_delivery(rows: Rows, key: bytes) -> bool:
    """True the first time a delivery key is seen; for clicks and events."""
    status = await rows.execute("INSERT INTO deliveries (key) VALUES ($1) ON CONFLICT DO NOTHING", key)
    return status == "INSERT 0 1"


async def get(rows: Rows, run: RunId) -> Run | None:
    row = await rows.fetchrow(f"SELECT {_COLUMNS} {_FROM} WHERE r.id = $1", run)
    return _run(row) if row else None


async def switched_to(rows: Rows, place: Place, commit: str) -> bool:
    """Whether a run of ours that is at work there, or ended within ten minutes, is about that release."""
    found: bool = await rows.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM runs
            WHERE service = $1 AND environment = $2 AND lock = 'deploy' AND started_at IS NOT NULL
              AND (finished_at IS NULL OR finished_at > clock_now() - interval '10 minutes')
              AND plan->'binds'->>'to' = $3)
        """,
        place.service,
        place.environment,
        commit,
    )
    return found


async def by_target(rows: Rows, target: str) -> Run | None:
    """The run that a button or form names (`Run.target`); None for a value that was never one of ours."""
    found = _TARGET.fullmatch(target)
    run = await get(rows, RunId(int(found[1]))) if found else None
    return run if run is not None and run.target == target else None


async def listed(
    rows: Rows, *, service: str | None = None, environment: str | None = None, limit: int = 10
) -> list[Run]:
    """The newest runs that are more than a look, newest first."""
    found = await rows.fetch(
        f"""
        SELECT {_COLUMNS} {_FROM}
        WHERE ($1::text IS NULL OR r.service = $1)
          AND ($2::text IS NULL OR r.environment = $2)
          AND (r.risk <> 'read' OR r.state NOT IN ('succeeded', 'refused'))
          AND r.command <> ALL($4::text[])
        ORDER BY r.id DESC
        LIMIT $3
        """,
        service,
        environment,
        limit,
        [*_GOVERNING, *OF_INCIDENTS],
    )
    return [_run(row) for row in found]


async def select(rows: Rows, clause: str, *values: object) -> list[Run]:
    """Runs `r`, each with its approval `a`, by a clause of our own code: `WHERE … ORDER BY … LIMIT …`."""
    return [_run(row) for row in await rows.fetch(f"SELECT {_COLUMNS} {_FROM} {clause}", *values)]


async def newest(rows: Rows, limit: int) -> list[Run]:
    """Every kind of request, the newest first."""
    found = await rows.fetch(f"SELECT {_COLUMNS} {_FROM} ORDER BY r.id DESC LIMIT $1", limit)
    return [_run(row) for row in found]


async def waiting(rows: Rows) -> list[Run]:
    """What waits for people or for its turn, the oldest first."""
    found = await rows.fetch(f"SELECT {_COLUMNS} {_FROM} WHERE r.state = 'waiting' ORDER BY r.id")
    return [_run(row) for row in found]


async def say_why(rows: Rows, run: RunId, because: str) -> None:
    """Another reason by which a run that has not started may be."""
    await rows.execute("UPDATE runs SET because = $2 WHERE id = $1 AND started_at IS NULL", run, because)


async def finished_at_place(rows: Rows, service: str, environment: str, command: str, limit: int) -> list[Run]:
    found = await rows.fetch(
        f"""
        SELECT {_COLUMNS} {_FROM}
        WHERE r.service = $1 AND r.environment = $2 AND r.command = $3 AND r.finished_at IS NOT NULL
        ORDER BY r.finished_at DESC
        LIMIT $4
        """,
        service,
        environment,
        command,
        limit,
    )
    return [_run(row) for row in found]


async def held_by(rows: Rows, worker: int) -> list[Run]:
    """Runs that a worker has in hand."""
    found = await rows.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE r.worker = $1"
        " AND r.state IN ('planning', 'starting', 'running', 'verifying')",
        worker,
    )
    return [_run(row) for row in found]


async def claim(rows: Rows, worker: int, most: int = 1, *, known: Collection[str] | None = None) -> list[Run]:
    """Take the oldest runs that want planning or starting. known: commands that this version has; None = every one.

    Claiming promises nothing: planning and starting only read, so a dead worker's claim is undone by a sweeper,
    and one that PostgreSQL's crash undoes is made again.
    What is typed about an incident comes to its turn when what was typed before it, in the same channel or about
    the same incident, has taken effect.
    """
    found = await rows.fetch(
        f"""
        WITH r AS (
            UPDATE runs
            SET state = CASE state WHEN 'received' THEN 'planning' ELSE 'starting' END, worker = $1
            WHERE id = ANY(ARRAY(
                SELECT id
                FROM runs w
                WHERE state IN ('received', 'queued') AND (hold_until IS NULL OR hold_until <= clock_now())
                  AND ($3::text[] IS NULL OR command = ANY($3)
                       OR greatest(created_at, approved_at) <= clock_now() - $4::interval)
                  AND NOT (risk IN ('read', 'record') AND command IN ({_INCIDENTS}) AND EXISTS (
                      SELECT FROM runs e
                      WHERE e.risk = 'record' AND e.command IN ({_INCIDENTS}) AND e.id < w.id
                        AND e.state IN ('queued', 'starting', 'running', 'verifying')
                        AND (e.channel = w.channel OR e.request->>'incident' = w.request->>'incident')))
                ORDER BY id
                FOR NO KEY UPDATE SKIP LOCKED
                LIMIT $2
            ))
            RETURNING *
        ), lightly AS MATERIALIZED (SELECT {LIGHTLY} FROM r)
        SELECT {_COLUMNS}
        FROM r CROSS JOIN (SELECT FROM lightly LIMIT 1) l LEFT JOIN approvals a ON a.run_id = r.id
        ORDER BY r.id
        """,
        worker,
        most,
        None if known is None else list(known),
        SOMEBODY_HAS_IT,
    )
    return [_run(row) for row in found]


async def move(
    rows: Rows,
    run: RunId,
    before: Collection[State],
    after: State,
    *,
    worker: int | None = None,
    tell: tuple[Kind, JsonObject] | None = None,
    **columns: object,
) -> Run | None:
    """`run` from one of `before` to `after`, setting `columns`; None when it was elsewhere (or not ours).

    `MOVES` has the last word: from where it may not go there, it does not go.

    worker: only while this worker has it in hand. A final state stamps finished_at, running stamps started_at.
    tell: the bot's own event of it, in the same statement, which needs no transaction then.
    """
    stamped = {State.RUNNING: ["started_at = clock_now()"]}.get(after, [])
    stamped += ["finished_at = clock_now()"] if after in FINAL else []
    values = list(columns.values())
    sets = [f"{name} = ${number}" for number, name in enumerate(columns, start=5)]
    told = _TELLING.format(len(values) + 5, len(values) + 6) if tell else ""
    row = await rows.fetchrow(
        f"""
        WITH r AS (
            UPDATE runs
            SET {", ".join(["state = $2", *stamped, *sets])}
            WHERE id = $1 AND state = ANY($3::text[]) AND ($4::bigint IS NULL OR worker = $4)
            RETURNING *
        ){told}
        SELECT {_COLUMNS} FROM r {"CROSS JOIN told" if tell else ""} LEFT JOIN approvals a ON a.run_id = r.id
        """,
        run,
        after.value,
        [state.value for state in before if may_move(state, after)],
        worker,
        *values,
        *((tell[0].value, canonical(tell[1])) if tell else ()),
    )
    return _run(row) if row else None


async def ours(rows: Rows, run: RunId, worker: int) -> str | Literal[False] | None:
    """Confirm that we still have it: who asked to cancel (None = nobody), or False when it is no longer ours."""
    row = await rows.fetchrow(
        "SELECT cancel_by FROM runs WHERE id = $1 AND worker = $2 AND state IN ('running', 'verifying')"
        " FOR NO KEY UPDATE",
        run,
        worker,
    )
    return row["cancel_by"] if row else False


async def ask_cancel(rows: Rows, run: RunId, by: str) -> bool:
    """Note on a running run that it shall stop before its next step."""
    status = await rows.execute(
        "UPDATE runs SET cancel_by = $2 WHERE id = $1 AND cancel_by IS NULL AND state IN ('running', 'verifying')",
        run,
        by,
    )
    return status == "UPDATE 1"


async def settle(rows: Rows, run: RunId, by: str, changed: str) -> Run | None:
    """A person says what is true of a run of which nobody knew."""
    row = await rows.fetchrow(
        f"""
        WITH r AS (
            UPDATE runs SET settled_by = $2, changed = $3
            WHERE id = $1 AND finished_at IS NOT NULL AND changed = 'unknown' AND settled_by IS NULL
            RETURNING *
        )
        SELECT {_COLUMNS} FROM r LEFT JOIN approvals a ON a.run_id = r.id
        """,
        run,
        by,
        changed,
    )
    return _run(row) if row else None


async def past_start(rows: Rows) -> list[Run]:
    """Approved runs that did not start in their time."""
    found = await rows.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE r.state = 'queued' AND r.start_by < clock_now() ORDER BY r.id LIMIT 50"
    )
    return [_run(row) for row in found]


async def put_back(rows: Rows, worker: int, *, spare: Collection[RunId] = ()) -> list[int]:
    """Undo a worker's claims but `spare`: what it only planned or was about to start may be claimed again."""
    found = await rows.fetch(
        """
        UPDATE runs
        SET state = CASE state WHEN 'planning' THEN 'received' ELSE 'queued' END, worker = NULL
        WHERE worker = $1 AND state IN ('planning', 'starting') AND id <> ALL($2::bigint[])
        RETURNING id
        """,
        worker,
        list(spare),
    )
    return [row["id"] for row in found]


async def open_before_running(connection: Connection, run: RunId) -> Run | None:
    """The run, locked, if it has not started."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} {_FROM} WHERE r.id = $1 AND r.state = ANY($2::text[]) FOR NO KEY UPDATE OF r",
        run,
        [state.value for state in BEFORE_RUNNING],
    )
    return _run(row) if row else None


def _run(row: asyncpg.Record) -> Run:
    values = dict(row)
    values["state"] = State(row["state"])
    values["lock"] = Lock(row["lock"]) if row["lock"] else None
    values["risk"] = Risk(row["risk"])
    values["id"] = RunId(cast("int", row["id"]))
    return Run(**values)
