"""Schedules looked at by several at once, whenever: each instant is one run or is reported as missed, once."""

import asyncio
import json
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db import database
from bot.domain.catalog import Place
from bot.domain.schedule import Rule, Schedule
from bot.schedule import Scheduler
from tests.support.desk import Desk
from tests.support.examples import TIMES

RULES = (Rule("*/20 * * * *", "UTC", "often"), Rule("30 1 * * *", "Europe/London", "nightly"))


@settings(max_examples=6 * TIMES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(RULES), st.lists(st.integers(1, 3000), min_size=1, max_size=6), st.integers(1, 3))
async def test_every_instant_is_run_or_reported_once(desk: Desk, rule: Rule, waits: list[int], at_once: int) -> None:
    number = await desk.pool.fetchval("SELECT count(*) FROM schedules")
    schedule = Schedule(f"poke{number}", Place("shop", "production"), "/poke shop production", rule, "a test")
    schedulers = [Scheduler(desk.installation) for _ in range(at_once)]
    begun = await database.now(desk.pool)
    for minutes in (0, *waits):
        await desk.forward(timedelta(minutes=minutes))
        await asyncio.gather(*(one.look(schedule) for one in schedulers))
    rows = await desk.pool.fetch(
        "SELECT fire_at, state, run_id FROM schedules WHERE schedule = $1 ORDER BY fire_at", schedule.key
    )
    assert rows[0]["state"] == "begun"
    due = rule.between(rows[0]["fire_at"], await database.now(desk.pool))
    assert rows[0]["fire_at"] >= begun
    assert [row["fire_at"] for row in rows[1:]] == due
    runs = [row["run_id"] for row in rows[1:] if row["state"] in ("fired", "late")]
    assert None not in runs
    assert len(set(runs)) == len(runs)
    told = await desk.pool.fetch(
        "SELECT p.body FROM events e JOIN event_payloads p ON p.event_id = e.id"
        " WHERE kind = 'schedule.missed' ORDER BY e.id"
    )
    missed = [
        at for row in told if (body := json.loads(row["body"]))["schedule"] == schedule.key for at in body["missed"]
    ]
    assert missed == [row["fire_at"].isoformat() for row in rows[1:] if row["state"] == "missed"]
