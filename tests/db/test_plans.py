"""What is asked each second, at each click or at each command, of a database with a long history: by index, always.

Every query of a call is explained as it is made, in a transaction that is rolled back.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest

from bot.db import (
    alive,
    approvals,
    audit_log,
    database,
    events,
    freezes,
    homes,
    incident_seen,
    incident_steps,
    incidents,
    locks,
    overview,
    people,
    posts,
    reviews,
    runs,
    schedules,
    seal,
    timeline,
    workers,
)
from bot.db.database import Rows
from bot.domain.catalog import Place
from bot.domain.event import Kind, Wanted
from bot.domain.incident import Affected, IncidentId
from bot.domain.run import RunId
from tests.conftest import uri_of
from tests.support.long_history import history_sql

pytestmark = pytest.mark.xdist_group("history")

MUCH = ("runs", "events", "event_payloads", "event_seals", "posts", "approvals", "timeline_entries", "schedules")
ENOUGH = 3500
"""Rows that one call may touch: what is open (a thousand requests wait), never what has gathered."""


class Explained:
    """A connection that explains each query before it is made."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self.plans: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> object:
        made = getattr(self._connection, name)
        if name not in ("fetch", "fetchrow", "fetchval", "execute"):
            return made

        async def explained(query: str, *values: object) -> object:
            await self._explain(query, *values)
            return await made(query, *values)

        return explained

    async def _explain(self, query: str, *values: object) -> None:
        undone = self._connection.transaction()
        await undone.start()
        found = await self._connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values)
        await undone.rollback()
        self.plans.append((query, json.loads(found)[0]["Plan"]))


def touched(plan: dict[str, Any]) -> int:
    """Rows that the plan read, thrown away ones too."""
    thrown = sum(plan.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Join Filter", "Index Recheck"))
    own = (plan["Actual Rows"] + thrown) * plan["Actual Loops"]
    return int(own) + sum(touched(inner) for inner in plan.get("Plans", ()))


def scanned(plan: dict[str, Any]) -> list[str]:
    """Tables that were read from one end to the other."""
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for inner in plan.get("Plans", ()) for name in scanned(inner)]


@pytest.fixture(scope="module")
def history(postgres: str) -> Iterator[str]:
    """A database with a long history."""
    asyncio.run(_fill(postgres))
    yield uri_of(postgres, "history")
    asyncio.run(_execute(postgres, "DROP DATABASE history WITH (FORCE)"))


async def _fill(postgres: str) -> None:
    await _execute(postgres, "CREATE DATABASE history TEMPLATE watchkeeper_template")
    await _execute(uri_of(postgres, "history"), history_sql(runs=20_000, events=40_000))


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


RUN, WAITING = RunId(500), RunId(19500)
INCIDENT = IncidentId(1999)


async def _acted(rows: Rows) -> object:
    return await incident_steps.acted(rows, await incidents.existing(rows, INCIDENT))


async def _looked_back(rows: Rows) -> object:
    an_hour_ago = await rows.fetchval("SELECT now() - interval '1 hour'")
    return await events.before(rows, 39000, an_hour_ago)


async def _recorded(rows: Rows) -> object:
    """With something in the outbox, of which PostgreSQL knows no figures."""
    for number in range(30):
        await rows.fetchval("SELECT record_event('bot.started', NULL, 'U', NULL, NULL, $1)", str(number))
    found = await rows.fetch(seal.UNSEALED, 500)
    assert len(found) == 30
    return found


SOME = [("s3", "production"), ("s4", None)]
Call = Callable[[Any], Awaitable[object]]
EACH_SECOND: dict[str, Call] = {
    "a claim": lambda rows: runs.claim(rows, 1),
    "what a worker holds": lambda rows: runs.held_by(rows, 1),
    "dead workers": workers.bury_dead,
    "a living worker": workers.alive,
    "approvals past their time": approvals.overdue,
    "the next wave of asking": approvals.to_escalate,
    "going on alone": approvals.to_offer_alone,
    "starts past their time": runs.past_start,
    "locks to repair": locks.repair,
    "reviews due": reviews.due,
    "freezes that ended": freezes.end_overdue,
    "freezes that end soon": freezes.warn_due,
    "posts due": posts.due,
    "posts to forget": posts.forget,
    "events to seal": _recorded,
    "events to tell": lambda rows: events.after(rows, 39950),
    "incidents whose timelines grow": incidents.told_of,
    "incidents to show": incidents.unshown,
    "incidents to call for": incident_steps.to_call,
    "who acted": _acted,
    "steps of incidents": incident_steps.due_steps,
    "a Home to publish": homes.due,
    "gaps to tell": alive.untold,
    "what a gap waits for": alive.known,
    "a schedule's last time": lambda rows: schedules.last(rows, "check 3"),
}
EACH_TIME: dict[str, Call] = {
    "freezes at intake": freezes.standing,
    "one run": lambda rows: runs.get(rows, WAITING),
    "a run's events": lambda rows: events.of_run(rows, RUN),
    "a run's last event": lambda rows: events.is_last(rows, Kind.RUN_ENDED, RUN, {}),
    "an approval": lambda rows: approvals.lock(rows, WAITING),
    "a review": lambda rows: reviews.get(rows, RunId(10)),
    "a review to close": lambda rows: reviews.lock(rows, RunId(10)),
    "reviews that are open": reviews.still_open,
    "locks held": locks.listed,
    "people": people.everyone,
    "who got no message": lambda rows: approvals.undelivered(rows, WAITING),
    "/runs": runs.listed,
    "/runs of a service": lambda rows: runs.listed(rows, service="s3", environment="production"),
    "/runs of a service without any": lambda rows: runs.listed(rows, service="nothing"),
    "last runs at a place": lambda rows: runs.finished_at_place(rows, "s3", "production", "/health", 5),
    "a foreign deploy": lambda rows: runs.switched_to(rows, Place("s3", "production"), "abc"),
    "a lock's next": lambda rows: locks.hand_on(rows, "s3", "production", "data"),
    "posts of a run": lambda rows: posts.of_run(rows, RUN),
    "a thread's last line": lambda rows: posts.told_upto(rows, RUN),
    "an open thread": lambda rows: posts.open_thread(rows, RUN),
    "an open reply": lambda rows: posts.open_reply(rows, "R-19990:root"),
    "an open alert": lambda rows: posts.open_alert(rows, "s3", "production"),
    "/audit by who may see little": lambda rows: audit_log.found(rows, Wanted(), 21, [("s3", "staging")], "U7"),
    "/audit by who may see some": lambda rows: audit_log.found(rows, Wanted(), 21, SOME, "U7"),
    "/audit of others' places": lambda rows: audit_log.found(rows, Wanted("s9"), 21, SOME, "U7"),
    "/incident list": lambda rows: incidents.listed(rows, 10),
    "follow-ups": lambda rows: incidents.of_ids(rows, [IncidentId(7), INCIDENT]),
    "incidents going on": incidents.ongoing,
    "an incident's channel": lambda rows: incidents.at_channel(rows, "I1999"),
    "an incident's thread": lambda rows: incidents.at_thread(rows, "I1999", "1.1999"),
    "the hour before an incident": _looked_back,
    "its last changes": lambda rows: incident_seen.last_changes(rows, [Affected("s3", "")]),
    "its timeline": lambda rows: timeline.of_incident(rows, INCIDENT),
    "its untold entries": lambda rows: timeline.untold(rows, INCIDENT, 50),
    "its counts": lambda rows: timeline.counts(rows, INCIDENT),
    "what a message tells": lambda rows: timeline.told_in(rows, "I-77"),
    "its corrected messages": lambda rows: timeline.corrected_messages(rows, INCIDENT),
    "a Home's open requests": lambda rows: overview.open_of(rows, "U7", 5),
    "a Home's ended requests": lambda rows: overview.ended_of(rows, "U7", 5),
    "what is under way": lambda rows: overview.under_way(rows, 5),
}


@pytest.fixture
async def rows(history: str) -> AsyncIterator[Explained]:
    connection = await asyncpg.connect(history)
    await database._prepare(connection)
    undone = connection.transaction()
    await undone.start()
    yield Explained(connection)
    await undone.rollback()
    await connection.close()


@pytest.mark.parametrize("name", [*EACH_SECOND, *EACH_TIME])
async def test_what_has_gathered_is_never_read_to_find_what_is_new(rows: Explained, name: str) -> None:
    await (EACH_SECOND | EACH_TIME)[name](rows)
    assert rows.plans
    wrong = [
        (query, scanned(plan), touched(plan), plan)
        for query, plan in rows.plans
        if set(MUCH) & set(scanned(plan)) or touched(plan) >= ENOUGH
    ]
    assert not wrong


async def test_what_was_prepared_outlives_a_column_of_a_newer_version(history: str) -> None:
    """The newer one migrates while this one works: inside a transaction a statement cannot be prepared anew."""
    connection, every = await asyncpg.connect(history), EACH_SECOND | EACH_TIME
    try:
        await database._prepare(connection)
        undone = connection.transaction()
        await undone.start()
        assert [name for name, call in every.items() if await _outdated(connection, call)] == []
        for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            await connection.execute(f"ALTER TABLE {row['tablename']} ADD COLUMN of_a_newer_version integer")
        assert [name for name, call in every.items() if await _outdated(connection, call)] == []
        await undone.rollback()
    finally:
        await connection.close()


async def _outdated(connection: "asyncpg.Connection[asyncpg.Record]", call: Call) -> bool:
    undone = connection.transaction()
    await undone.start()
    try:
        await call(connection)
    except asyncpg.InvalidCachedStatementError:
        return True
    finally:
        await undone.rollback()
    return False
