"""The chain: committed events get a dense number in commit order and a hash over their predecessor's.

The hash covers the payload's stored digest, not the payload, so that a payload can be erased by retention and
verification then says so. One sealer at a time (bot.db.leader); hashing outside the intake's transaction
keeps the throughput (decision 0001).
"""

import asyncio
import hashlib
from collections.abc import Sequence

import asyncpg

from bot.db.bell import Bell
from bot.db.database import Pool, Rows
from bot.domain.anchor import Anchor, broken
from bot.domain.capability import ChainReport
from bot.domain.json import canonical

GENESIS = hashlib.sha256(b"watchkeeper chain, version 1").digest()
BATCH = 500
GATHER_S = 0.01  # what is recorded together is sealed, told and shown together; 200 ms are allowed
_PATIENCE_S = 3.0  # a batch is sealed within 200 ms
_SEALING = 0x57A7C5  # advisory lock: one batch at a time
UNSEALED = """
    SELECT e.id, e.kind, e.run_id, e.actor, e.service, e.environment, e.at, e.digest
    FROM (SELECT event_id FROM outbox ORDER BY event_id LIMIT $1) o
    JOIN events e ON e.id = o.event_id
    ORDER BY e.id
"""
_SEAL = """
    WITH sealed AS (DELETE FROM outbox WHERE event_id = ANY($2::bigint[]))
    INSERT INTO event_seals (number, event_id, hash)
    SELECT $1::bigint + ahead, id, hash
    FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY AS link (id, hash, ahead)
"""


def link(previous: bytes, row: asyncpg.Record, number: int) -> bytes:
    """SHA-256 of the previous hash and the event's canonical form; row: id, kind, run_id, actor, service,
    environment, at, digest."""
    body = canonical(
        [
            number,
            row["id"],
            row["kind"],
            row["run_id"],
            row["actor"],
            row["service"],
            row["environment"],
            row["at"].isoformat(),
            row["digest"].hex(),
        ]
    )
    return hashlib.sha256(previous + body.encode()).digest()


async def keep_sealing(pool: Pool, bell: Bell) -> None:
    """Until cancelled: whatever the outbox holds, at each ring and each second."""
    with bell.listener("outbox") as outbox:
        while True:
            sealed = await seal(pool)
            if sealed:
                bell.ring("sealed")
            if sealed < BATCH:
                await outbox.wait(1.0, gather_s=GATHER_S)


async def behind(rows: Rows) -> bool:
    """Whether an event lies unsealed for longer than a batch takes: two looks find the same one."""
    oldest: int | None = await rows.fetchval("SELECT min(event_id) FROM outbox")
    if oldest is None:
        return False
    await asyncio.sleep(_PATIENCE_S)
    again: int | None = await rows.fetchval("SELECT min(event_id) FROM outbox")
    return again == oldest


async def seal(pool: Pool) -> int:
    """Seal what is in the outbox, at most one batch; how many events were sealed.

    Also safe where two processes believe to lead for a moment: the second one waits, and seals what is left.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _SEALING)
        rows = await connection.fetch(UNSEALED, BATCH)
        if not rows:
            return 0
        number, previous = await _head(connection)
        ids, hashes = [row["id"] for row in rows], []
        for ahead, row in enumerate(rows, start=1):
            previous = link(previous, row, number + ahead)
            hashes.append(previous)
        await connection.execute(_SEAL, number, ids, hashes)
    return len(rows)


async def _head(rows: Rows) -> tuple[int, bytes]:
    head = await rows.fetchrow("SELECT number, hash FROM event_seals ORDER BY number DESC LIMIT 1")
    return (head["number"], head["hash"]) if head else (0, GENESIS)


async def head(rows: Rows) -> Anchor | None:
    """The newest sealed event, to be told where PostgreSQL's admin cannot change it; None of an empty chain."""
    number, hash_ = await _head(rows)
    return Anchor(number, hash_.hex()) if number else None


async def verify(pool: Pool, anchors: Sequence[Anchor] = ()) -> ChainReport:
    """Walk the whole chain in one snapshot: numbers dense, hashes linked, payloads as their digests say, and what
    was told elsewhere still there."""
    number, previous, erased = 0, GENESIS, 0
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        async for row in connection.cursor(_CHAIN, prefetch=1000):
            number += 1
            problem = _problem(row, number, previous)
            if problem:
                return ChainReport(False, number - 1, erased, previous.hex(), number, problem)
            previous = row["hash"]
            erased += row["body"] is None
        lost = await connection.fetchval(
            "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT FROM event_seals s WHERE s.event_id = e.id) "
            "AND NOT EXISTS (SELECT FROM outbox o WHERE o.event_id = e.id)"
        )
        for anchor in anchors:
            found = await connection.fetchval(
                "SELECT encode(hash, 'hex') FROM event_seals WHERE number = $1", anchor.number
            )
            if not anchor.holds(found):
                return ChainReport(False, number, erased, previous.hex(), anchor.number, broken(anchor, found))
    if lost:
        return ChainReport(False, number, erased, previous.hex(), None, f"{lost} events were never numbered")
    return ChainReport(True, number, erased, previous.hex())


_CHAIN = """
    SELECT s.number, s.hash, e.id, e.kind, e.run_id, e.actor, e.service, e.environment, e.at, e.digest, p.body
    FROM event_seals s
    LEFT JOIN events e ON e.id = s.event_id
    LEFT JOIN event_payloads p ON p.event_id = e.id
    ORDER BY s.number
"""


def _problem(row: asyncpg.Record, number: int, previous: bytes) -> str:
    if row["number"] != number:
        return f"event {number} is missing: the next one is {row['number']}"
    if row["id"] is None:
        return f"event {number} was sealed but its row is gone"
    if link(previous, row, number) != row["hash"]:
        return f"event {number} is not what was sealed"
    if row["body"] is not None and hashlib.sha256(row["body"].encode()).digest() != row["digest"]:
        return f"the payload of event {number} was changed"
    return ""
