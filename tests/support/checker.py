"""Reads the histories after a trial, of PostgreSQL, of the shop and of Slack, and names every broken promise."""

from collections import Counter
from collections.abc import Iterable

from bot.db import seal
from bot.db.database import Pool
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Message
from tests.support.yard import Yard

_WAITS = ("waiting",)  # for a person, or for a lock whose holder waits for one
_FINAL = (
    "succeeded", "failed", "timed_out", "cancelled", "interrupted", "refused", "denied", "withdrawn", "expired",
    "voided",
)  # fmt: skip


async def broken(pool: Pool, yard: Yard, slack: Workspace) -> list[str]:
    """Nothing, when every promise was kept."""
    return [
        *await _unfinished(pool),
        *await _more_than_once(pool),
        *await _locks(pool),
        *await _effects(pool, yard),
        *await _chain(pool),
        *_doubled(slack),
    ]


async def _unfinished(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT id, state FROM runs WHERE NOT state = ANY($1::text[])", [*_FINAL, *_WAITS])
    return [f"R-{row['id']} is still {row['state']}" for row in rows]


async def _more_than_once(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        """
        SELECT run_id, kind, count(*) AS times
        FROM events
        WHERE kind IN ('request.received', 'approval.granted', 'run.queued', 'run.started', 'run.ended')
        GROUP BY run_id, kind
        HAVING count(*) > 1
        """
    )
    return [f"R-{row['run_id']} has {row['times']} × {row['kind']}" for row in rows]


async def _locks(pool: Pool) -> list[str]:
    """Held only by what runs, or by what ended without anybody knowing how."""
    rows = await pool.fetch(
        "SELECT r.id, r.state, r.changed FROM locks l JOIN runs r ON r.id = l.run_id"
        " WHERE r.finished_at IS NOT NULL AND (r.changed <> 'unknown' OR r.settled_by IS NOT NULL)"
    )
    return [f"R-{row['id']} is {row['state']} and keeps its lock" for row in rows]


async def _effects(pool: Pool, yard: Yard) -> list[str]:
    """A switch for each run that began to switch at the most; for each that ended well exactly one."""
    found = []
    for name in yard.names:
        rows = await pool.fetch(
            """
            SELECT r.id, r.state, count(e.id) AS begun
            FROM runs r
            LEFT JOIN events e ON e.run_id = r.id AND e.kind = 'step.started'
            LEFT JOIN event_payloads p ON p.event_id = e.id
            WHERE r.environment = $1 AND r.command = '/rollback' AND (p.body IS NULL OR p.body LIKE '%"switch"%')
            GROUP BY r.id, r.state
            """,
            name,
        )
        begun, well = sum(row["begun"] for row in rows), sum(row["state"] == "succeeded" for row in rows)
        done, restarts = len(yard.switches(name)), len(yard.restarts(name))
        if not well <= done <= begun or restarts > done:
            found.append(f"{name}: {begun} switches begun, {done} done, {restarts} restarts, {well} runs succeeded")
        found += [f"R-{row['id']} began to switch {row['begun']} times" for row in rows if row["begun"] > 1]
    return found


async def _chain(pool: Pool) -> list[str]:
    report = await seal.verify(pool)
    left = await pool.fetchval("SELECT count(*) FROM outbox")
    return [*([] if report.whole else [report.says]), *([f"{left} events wait for their seal"] if left else [])]


def _doubled(slack: Workspace) -> list[str]:
    keys = Counter(key for message in _said(slack) if (key := _key(message)))
    return [f"{key} was posted {times} times" for key, times in keys.items() if times > 1]


def _said(slack: Workspace) -> Iterable[Message]:
    return (message for channel in slack.state.messages.values() for message in channel.values())


def _key(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))
