"""How soon does work start: from the recorded request of a look, and from the recorded click of an approver.

`python -m bench start`; times are PostgreSQL's own, from the events; a start is committed before its first effect.
"""

from statistics import median, quantiles

from bench.place import durable_server
from bench.table import Row
from bot.domain.run import State
from tests.support.fleet import Fleet

ROUNDS = 40
_BETWEEN = """
    SELECT extract(epoch FROM b.at - a.at) * 1000 AS ms
    FROM events a JOIN events b ON b.run_id = a.run_id JOIN runs r ON r.id = a.run_id
    WHERE r.command = $1 AND a.kind = $2 AND b.kind = $3
    ORDER BY r.id
    OFFSET 5
"""


async def rows() -> list[Row]:
    found = []
    with durable_server() as (folder, server):
        fleet = Fleet(server, "bench", folder / "fleet")
        try:
            await fleet.open()
            await play(fleet)
            for words, command, before, after in (
                ("request recorded → look starts", "/health", "request.received", "run.started"),
                ("request recorded → plan made", "/rollback", "request.received", "plan.made"),
                ("approver's click recorded → run starts", "/rollback", "vote.cast", "run.started"),
                ("run starts → rollback verified", "/rollback", "run.started", "run.ended"),
            ):
                times = await fleet.pool.fetch(_BETWEEN, command, before, after)
                took = [float(row["ms"]) for row in times]
                p99 = quantiles(took, n=100)[-1]
                found.append(Row(words, f"{median(took):.1f} ms p50, {p99:.1f} ms p99"))
        finally:
            await fleet.close()
    return found


async def play(fleet: Fleet) -> None:
    bot = await fleet.start("serve")
    for _ in range(ROUNDS):
        await fleet.ask("/health shop production")
        run = await fleet.asked()
        await fleet.approved(run, bot)
        await fleet.until_state(run.id, State.SUCCEEDED)
