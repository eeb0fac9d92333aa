"""Messages in Slack: an intent first, then what became of it. The row is the queue: the last wanted content wins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

import asyncpg

from bot.db.database import LIGHTLY, Connection, Rows
from bot.domain.json import JsonObject, digest
from bot.domain.run import RunId

Kind = Literal["message", "dm", "thread", "ephemeral", "file", "reply"]
State = Literal["intended", "posted", "unknown", "gone"]

LOOK_NOT_BEFORE = timedelta(seconds=4)
"""After a crash: what was being sent then may still be on its way."""

KEPT = timedelta(days=30)
DUE = 200  # at one look
BATCH = 500  # forgotten in one transaction
_NOT_WANTED = "no longer wanted"  # of what was never sent: it may be wanted again


@dataclass(frozen=True, slots=True)
class Intent:
    """A message as it should be. only_edit: not worth a new message, but right if it is there already."""

    key: str
    run: RunId | None
    kind: Kind
    wanted: JsonObject
    priority: int
    channel: str = ""
    person: str = ""
    thread_key: str | None = None
    only_edit: bool = False

    @property
    def digest(self) -> str:
        return digest(self.wanted)


@dataclass(frozen=True, slots=True)
class Post:
    """A row. thread_key: the message that it hangs on or leads to. channel: where it is, once known.
    digest: of what is shown; wanted_digest: of what should be."""

    key: str
    run_id: RunId | None
    kind: Kind
    channel: str
    person: str
    thread_key: str | None
    priority: int
    state: State
    ts: str | None
    wanted: JsonObject
    wanted_digest: str
    digest: str | None
    error: str
    attempts: int
    lost: int
    tried_at: datetime
    number: int
    lane: str

    @property
    def told_elsewhere(self) -> bool:
        """Others would read it in its channel: `person` names those who have copies."""
        return self.state == "posted" and self.ts == "" and self.kind in ("message", "thread", "reply")


# Messages to one place go in order; edits each by themselves, and an urgent one does not wait for a calm one.
# The person first: a conversation is opened on the way, and its lane must not change while it is under way.
_LANE = """
    CASE WHEN state = 'posted' THEN concat('edit ', key, CASE WHEN priority <= 1 THEN ' now' ELSE ' soon' END)
         ELSE concat('post ', coalesce(nullif(person, ''), nullif(channel, ''), thread_key)) END
"""
_COLUMNS = f"""
    key, run_id, kind, channel, person, thread_key, priority, state, ts, wanted, wanted_digest, digest, error,
    attempts, lost, tried_at, number, {_LANE} AS lane
"""


_INTEND = """
    INSERT INTO posts (key, run_id, kind, channel, person, thread_key, priority, wanted, wanted_digest)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (key) DO UPDATE
    SET wanted = EXCLUDED.wanted, wanted_digest = EXCLUDED.wanted_digest, priority = EXCLUDED.priority,
        retry_at = CASE posts.state WHEN 'posted' THEN statement_timestamp() ELSE posts.retry_at END,
        state = CASE posts.error WHEN $10 THEN 'intended' ELSE posts.state END,
        error = CASE posts.error WHEN $10 THEN '' ELSE posts.error END,
        updated_at = clock_now()
    WHERE (posts.kind IN ('message', 'dm', 'reply') OR posts.state = 'intended')
      AND posts.wanted_digest <> EXCLUDED.wanted_digest OR posts.error = $10
"""


async def intend(rows: Rows, intent: Intent) -> bool:
    """Write or renew the intent; True when something is to be sent or edited now."""
    if intent.only_edit:
        return await _renew(rows, intent)
    return await rows.execute(_INTEND, *_values(intent)) == "INSERT 0 1"


async def intend_all(rows: Rows, intents: Sequence[Intent]) -> None:
    """The same for many, in few round trips."""
    await rows.executemany(_INTEND, [_values(intent) for intent in intents if not intent.only_edit])
    for intent in intents:
        if intent.only_edit:
            await _renew(rows, intent)


def _values(intent: Intent) -> tuple[object, ...]:
    return (
        intent.key,
        intent.run,
        intent.kind,
        intent.channel,
        intent.person,
        intent.thread_key,
        intent.priority,
        intent.wanted,
        intent.digest,
        _NOT_WANTED,
    )


async def _renew(rows: Rows, intent: Intent) -> bool:
    await rows.execute(
        "UPDATE posts SET state = 'gone', error = $2, updated_at = clock_now()"
        " WHERE key = $1 AND state = 'intended' AND ts IS NULL",
        intent.key,
        _NOT_WANTED,
    )
    status = await rows.execute(
        """
        UPDATE posts
        SET wanted = $2, wanted_digest = $3, priority = $4, retry_at = statement_timestamp(), updated_at = clock_now()
        WHERE key = $1 AND state <> 'gone' AND wanted_digest <> $3
        """,
        intent.key,
        intent.wanted,
        intent.digest,
        intent.priority,
    )
    return status == "UPDATE 1"


async def drop_others(rows: Rows, runs: Collection[RunId], keys: Collection[str]) -> None:
    """What was never sent and is not wanted any more (a plan that has expired meanwhile) is not sent."""
    await rows.execute(
        """
        UPDATE posts
        SET state = 'gone', error = $3, updated_at = clock_now()
        WHERE run_id = ANY($1::bigint[]) AND state = 'intended' AND kind IN ('message', 'dm', 'ephemeral')
          AND NOT key = ANY($2::text[])
        """,
        list(runs),
        list(keys),
        _NOT_WANTED,
    )


async def get(rows: Rows, key: str) -> Post | None:
    row = await rows.fetchrow(f"SELECT {_COLUMNS} FROM posts WHERE key = $1", key)
    return _post(row) if row else None


async def of_run(rows: Rows, run: RunId) -> list[Post]:
    return _posts(await rows.fetch(f"SELECT {_COLUMNS} FROM posts WHERE run_id = $1 ORDER BY number", run))


async def due(rows: Rows, limit: int = DUE, busy: Collection[str] = (), *, edits: bool = True) -> list[Post]:
    """What is to be sent, edited or looked for now: most urgent first, then as intended.

    busy: lanes in which something is under way already; what else waits in them keeps no other one waiting.
    edits: False where enough of them wait for their turn: all share one pace.

    What hangs on another message waits until that one is there, and what comes later in a thread until it is
    known what became of what comes before.
    """
    return _posts(
        await rows.fetch(
            f"""
            SELECT {_COLUMNS}
            FROM posts p
            WHERE (state IN ('intended', 'unknown')
                   OR (state = 'posted' AND kind IN ('message', 'dm', 'reply')
                       AND digest IS DISTINCT FROM wanted_digest))
              AND retry_at <= statement_timestamp() AND {_LANE} <> ALL($2::text[])
              AND (state <> 'posted' OR $3)
              AND (thread_key IS NULL OR (
                  SELECT o.ts IS NOT NULL OR o.state = 'gone' FROM posts o WHERE o.key = p.thread_key))
              AND NOT (kind IN ('thread', 'reply') AND state <> 'posted' AND EXISTS (
                  SELECT FROM posts e
                  WHERE e.thread_key = p.thread_key AND e.kind = p.kind AND e.state IN ('intended', 'unknown')
                    AND (e.priority, e.number) < (p.priority, p.number)))
            ORDER BY priority, number
            LIMIT $1
            """,
            limit,
            list(busy),
            edits,
        )
    )


async def begin(rows: Rows, post: Post) -> bool:
    """About to be sent: from here on its outcome is unknown until `posted` says otherwise."""
    status = await rows.execute(
        """
        UPDATE posts
        SET state = 'unknown', digest = $2, tried_at = statement_timestamp(),
            retry_at = statement_timestamp() + $3, updated_at = clock_now()
        WHERE key = $1 AND state = 'intended' AND wanted_digest = $2
        """,
        post.key,
        post.wanted_digest,
        LOOK_NOT_BEFORE,
    )
    return status == "UPDATE 1"


async def posted(rows: Rows, key: str, channel: str, ts: str, shown: str) -> None:
    """It is there, showing the content of digest `shown`."""
    await rows.execute(
        """
        UPDATE posts
        SET state = 'posted', channel = $2, ts = $3, digest = $4, error = '', attempts = 0,
            retry_at = statement_timestamp(), updated_at = clock_now()
        WHERE key = $1
        """,
        key,
        channel,
        ts,
        shown,
    )


async def later(rows: Rows, key: str, error: str, wait: timedelta, *, state: State | None = None) -> None:
    """Not now: try again after `wait`. state: what is known by now (intended = it surely did not arrive)."""
    await rows.execute(
        """
        UPDATE posts
        SET state = coalesce($4, state), error = $2, attempts = attempts + 1,
            retry_at = statement_timestamp() + $3, updated_at = clock_now()
        WHERE key = $1
        """,
        key,
        error,
        wait,
        state,
    )


async def again(rows: Rows, key: str, ts: str | None) -> None:
    """That message was deleted by somebody: post it anew, once, however many edits found it missing."""
    await rows.execute(
        "UPDATE posts SET state = 'intended', ts = NULL, digest = NULL, lost = lost + 1,"
        " retry_at = statement_timestamp(), updated_at = clock_now()"
        " WHERE key = $1 AND ts IS NOT DISTINCT FROM $2",
        key,
        ts,
    )


async def gone(rows: Rows, key: str, error: str) -> None:
    await rows.execute(
        "UPDATE posts SET state = 'gone', error = $2, updated_at = clock_now() WHERE key = $1", key, error
    )


async def forget(rows: Rows) -> None:
    """Drop what nobody will edit any more: its run is over, settled and reviewed, no alert is open."""
    while await _forget(rows) == f"DELETE {BATCH}":
        pass


async def _forget(rows: Rows) -> str:
    return await rows.execute(
        """
        DELETE FROM posts WHERE key IN (
            SELECT key
            FROM posts p
            WHERE (state = 'gone' OR (state = 'posted' AND wanted->>'open' IS DISTINCT FROM 'true'))
              AND updated_at < clock_now() - $1::interval
              AND (run_id IS NULL OR EXISTS (
                  SELECT FROM runs r
                  WHERE r.id = p.run_id AND r.finished_at IS NOT NULL AND r.changed IS DISTINCT FROM 'unknown'
                    AND NOT EXISTS (SELECT FROM reviews v WHERE v.run_id = r.id AND v.reviewed_at IS NULL)))
            ORDER BY updated_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        """,
        KEPT,
        BATCH,
    )


async def as_direct_message(rows: Rows, key: str) -> None:
    """What could not be whispered where it was asked goes to the person's own conversation."""
    await rows.execute(
        "UPDATE posts SET kind = 'dm', channel = '', state = 'intended',"
        " retry_at = statement_timestamp(), updated_at = clock_now() WHERE key = $1",
        key,
    )


async def to_person(rows: Rows, key: str, person: str, kind: Kind) -> None:
    """What may not be said to all in its channel, before it was: a message of their own, or whispered there."""
    await rows.execute(
        """
        UPDATE posts
        SET kind = $3, person = $2, channel = CASE $3 WHEN 'dm' THEN '' ELSE channel END, state = 'intended',
            retry_at = statement_timestamp(), updated_at = clock_now()
        WHERE key = $1 AND ts IS NULL
        """,
        key,
        person,
        kind,
    )


async def locked(connection: Connection, key: str) -> Post | None:
    """As it is now, and stays until the transaction ends."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM posts WHERE key = $1 FOR UPDATE", key)
    return _post(row) if row else None


async def told_elsewhere(rows: Rows, post: Post, addressees: Collection[str]) -> None:
    """There are copies of it, and its channel never shows it; what changes in it from now on is theirs."""
    await rows.execute(
        """
        UPDATE posts
        SET state = 'posted', ts = '', person = $3, digest = $2, error = '', attempts = 0,
            retry_at = statement_timestamp(), updated_at = clock_now()
        WHERE key = $1
        """,
        post.key,
        post.wanted_digest,
        " ".join(addressees),
    )


async def as_message(rows: Rows, key: str) -> None:
    """What one person alone sees anyhow, in their own conversation with us."""
    await rows.execute(
        "UPDATE posts SET kind = 'message', retry_at = statement_timestamp(), updated_at = clock_now()"
        " WHERE key = $1 AND kind = 'ephemeral' AND state = 'intended'",
        key,
    )


async def place(rows: Rows, key: str, channel: str) -> None:
    """Where a direct message lives, once its conversation is open."""
    await rows.execute("UPDATE posts SET channel = $2 WHERE key = $1", key, channel)


# --- threads and alerts --------------------------------------------------------------------------------------


async def told_upto(rows: Rows, run: RunId) -> int:
    """The highest event number that the run's thread tells or will tell."""
    found = await rows.fetchval(
        "SELECT max((wanted->>'upto')::bigint) FROM posts WHERE run_id = $1 AND kind = 'thread'", run
    )
    return cast("int | None", found) or 0


async def open_thread(connection: Connection, run: RunId) -> Post | None:
    """The run's last thread message while nobody has begun to send it: more lines may still go into it."""
    row = await connection.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM posts
        WHERE run_id = $1 AND kind = 'thread' AND state = 'intended' AND wanted ? 'lines'
        ORDER BY number DESC
        LIMIT 1
        FOR UPDATE
        """,
        run,
    )
    return _post(row) if row else None


async def open_reply(connection: Connection, thread_key: str) -> str | None:
    """The key of the thread's last reply while nobody has begun to send it: more may still go into it."""
    key: str | None = await connection.fetchval(
        """
        SELECT key
        FROM posts
        WHERE thread_key = $1 AND kind = 'reply' AND state = 'intended' AND ts IS NULL
        ORDER BY number DESC
        LIMIT 1
        FOR UPDATE
        """,
        thread_key,
    )
    return key


async def open_alert(rows: Rows, service: str, environment: str) -> Post | None:
    """The alert of a place that has not recovered."""
    row = await rows.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM posts
        WHERE run_id IS NULL AND kind IN ('message', 'dm') AND wanted->>'alert' = $1 AND wanted->>'open' = 'true'
          AND state <> 'gone'
        ORDER BY number DESC
        LIMIT 1
        """,
        f"{service} {environment}",
    )
    return _post(row) if row else None


async def close_alert(rows: Rows, key: str) -> None:
    """It stays as it is; what happens next is told in a new message."""
    await rows.execute(
        'UPDATE posts SET wanted = wanted || \'{"open": "false"}\', updated_at = clock_now() WHERE key = $1', key
    )


# --- cursors -------------------------------------------------------------------------------------------------


async def cursor(connection: Connection, name: str) -> int:
    """How far that reader has come. Its transaction commits lightly: what it writes follows from sealed events."""
    found = await connection.fetchval(f"SELECT number, {LIGHTLY} FROM cursors WHERE name = $1", name)
    return cast("int | None", found) or 0


async def advance(rows: Rows, name: str, number: int) -> None:
    """Never backwards."""
    await rows.execute(
        "INSERT INTO cursors (name, number) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET number = greatest(cursors.number, $2)",
        name,
        number,
    )


def _posts(rows: Sequence[asyncpg.Record]) -> list[Post]:
    return [_post(row) for row in rows]


def _post(row: asyncpg.Record) -> Post:
    return Post(**dict(row))
