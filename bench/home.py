"""How long an App Home takes where 1,000 requests wait, 100,000 runs have been and 300,000 events are sealed.

`python -m bench home` prints the whole Home (asked of the record, decided, rendered), each section, each filter of
`/audit` and the export of the log; with WK_HISTORY=5000000 of about five million events, without the export.
An embedded PostgreSQL in its default settings; 20 services, 40 people.
"""

import io
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench.table import Row
from bot.db import audit_log, database, migration
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.domain.event import Wanted
from bot.domain.plan import Plan, to_json
from bot.domain.run import RunId
from bot.engine.home import SECTIONS, EngineHome
from bot.engine.home.looking import Looking
from bot.engine.installation import Installation
from bot.export import Selection, export
from bot.files import read
from bot.providers.registry import Providers, find_providers
from bot.slack.home_view import home_view
from permissions.model import Person
from tests.support.desk import KnownPeople

RUNS, WAITING, TRIES = 100_000, 1_000, 20
EACH = max(int(os.environ.get("WK_HISTORY", "0")) // (3 * (RUNS + WAITING)), 1)  # how often each run's three events
TEAM, ME = "T0", "U0BEN"
SERVICES = [f"shop{n}" for n in range(20)]
CATALOG = "services:\n" + "".join(
    f"  {name}:\n    environments: {{production: {{}}, staging: {{protected: false}}}}\n" for name in SERVICES
)
POLICY = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI}
roles: {admin: [ben], operator: [admin, ana, chi], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change]}
  - {role: admin, may: [record, change, destructive]}
"""
FILL = """
    INSERT INTO runs (state, command, verb, text, request, service, environment, permission, risk, actor, team,
                      channel, via, plan, digest, finished_at, changed, created_at)
    SELECT CASE WHEN waits THEN 'waiting' ELSE 'succeeded' END, '/rollback', '', '/rollback shop production', '{}',
           'shop' || n % 20, 'production', 'deploy:rollback',
           CASE WHEN waits OR n % 3 = 0 THEN 'change' ELSE 'read' END,
           CASE WHEN NOT waits AND n % 7 = 0 THEN 'U0BEN' ELSE 'U0ANA' END, 'T0', 'C0', 'slack', $3, 'd' || n,
           CASE WHEN NOT waits THEN now() END, CASE WHEN NOT waits THEN 'something' END,
           now() - ($1::integer - n) * interval '1 min'
    FROM generate_series(1, $1::integer + $2::integer) n
    CROSS JOIN LATERAL (SELECT n > $1::integer AS waits) AS of_it
"""
ASK = """
    INSERT INTO approvals (run_id, need, asked, confirm, digest, expires_at)
    SELECT id, 1, '{U0BEN,U0CHI}', 'button', digest, now() + interval '1 hour' + id * interval '1 s'
    FROM runs WHERE state = 'waiting'
"""
EVENTS = """
    WITH made AS (
        INSERT INTO events (kind, run_id, actor, service, environment, digest)
        SELECT k, r.id, r.actor, r.service, r.environment, sha256('{"says":"as it was"}')
        FROM generate_series(1, $1), runs r CROSS JOIN unnest(ARRAY['request.received', 'run.started', 'run.ended']) k
        RETURNING id
    ), told AS (
        INSERT INTO event_payloads SELECT id, '{"says":"as it was"}' FROM made
    )
    INSERT INTO event_seals SELECT row_number() OVER (ORDER BY id), id, sha256('x') FROM made
"""


async def fill(pool: Pool) -> None:
    plan = to_json(
        Plan("Roll back shop production", "to 4c1d2a7, 2 commits back", "Approve rollback", "Now", {"to": "4c"})
    )
    async with pool.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")  # no check of what is right by its making
        await connection.execute(FILL, RUNS, WAITING, plan, timeout=300)
        await connection.execute(ASK)
        await connection.execute(EVENTS, EACH, timeout=3600)
        await connection.execute("ANALYZE", timeout=3600)


def installation(pool: Pool, folder: Path) -> Installation:
    (folder / "catalog.yml").write_text(CATALOG)
    (folder / "policy.yml").write_text(POLICY)
    files = read(folder / "catalog.yml", folder / "policy.yml")
    now = datetime.now(UTC)
    ids = ["U0ANA", ME, "U0CHI", *(f"U1{n:05d}" for n in range(40))]
    people = KnownPeople(*(Person(one, TEAM, one, checked_at=now) for one in ids))
    providers = Providers(
        files.catalog, find_providers(), secret=str, clock=lambda: now, data_dir=folder, scratch_server=None
    )
    return Installation(pool, Bell(pool), files.commands, files.catalog, files.policy, people, providers, TEAM)


async def timed(name: str, work: Callable[[], Awaitable[object]], tries: int = TRIES) -> Row:
    took = []
    for _ in range(tries):
        begun = time.perf_counter()
        await work()
        took.append((time.perf_counter() - begun) * 1000)
    return Row(name, f"{statistics.median(took):.0f} ms, at most {max(took):.0f} ms")


async def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="wk-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with database.embedded(folder / "postgres") as url:
            pool = await database.connect(url)
            await migration.migrate(pool)
            await fill(pool)
            try:
                return await measure(pool, installation(pool, folder))
            finally:
                await pool.close()


async def measure(pool: Pool, at: Installation) -> list[Row]:
    home = EngineHome(at)

    async def whole() -> None:
        view = home_view(await home.of(ME))
        assert f"Waiting for you ({WAITING:,})" in str(view)

    found = [await timed("a whole App Home", whole)]
    for section in SECTIONS:
        looking = Looking(at, at.person(ME, TEAM), at.clock())
        found.append(await timed(f"of it {section.__name__}", lambda: section(looking)))  # noqa: B023  (at once)
    now = await database.now(pool)
    newest = await pool.fetchval("SELECT max(number) FROM event_seals")
    for wanted in (
        Wanted(),
        Wanted("shop3"),
        Wanted("shop3", "production"),
        Wanted("shop3", "production", ME),
        Wanted("nothing"),
        Wanted(actor=ME),
        Wanted(actor="U0NOBODY"),
        Wanted(kind="run"),
        Wanted(kind="policy"),
        Wanted(kind="run", service="shop3", actor=ME),
        Wanted(run=RunId(77)),
        Wanted(since=now - timedelta(hours=1)),
        Wanted(before=99),
        Wanted(before=newest // 2),
    ):
        asked = partial(audit_log.found, pool, wanted, 21, None)
        found += [await timed(_named(wanted), asked)]
    some: list[audit_log.Where] = [("shop1", "production"), ("shop2", "staging")]
    for wanted in (Wanted(), Wanted(actor=ME), Wanted(kind="policy")):
        asked = partial(audit_log.found, pool, wanted, 21, some, ME)
        found += [await timed(f"{_named(wanted)}, by somebody who may see two places", asked)]
    if EACH > 1:
        return found
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole_log = await timed(
        "audit export", lambda: export(pool, Nothing(), "jsonl", Selection(), "terminal:bench", str), 1
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    what = f"audit export of {3 * (RUNS + WAITING):,} events"
    return [*found, Row(what, f"{whole_log.figure}, {grown} MB more memory")]


def _named(wanted: Wanted) -> str:
    """`/audit` and what was asked for."""
    said = [f"{name} {value}" for name, value in asdict(wanted).items() if value is not None]
    return " ".join(["/audit", *said])


class Nothing(io.StringIO):
    """A file that keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)
