"""What is recorded becomes a report, a page behind a signed link, and a file from the terminal."""

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import logs
from bot.cli import app
from bot.db import database, events, incident_links, incident_report, incidents, seal, timeline
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.db.records import PostgresRecords
from bot.domain.catalog import Place
from bot.domain.event import Kind
from bot.domain.incident import Affected, Incident, IncidentState, NewIncident, Severity
from bot.domain.incident_link import signed
from bot.domain.json import JsonObject
from bot.domain.timeline import NewEntry
from bot.paper import Papers
from bot.timeline import Projector

SHOP = Place("shop", "production")
NEW = NewIncident("checkout <b>500</b>", Severity.SEV2, (Affected("shop", "production"),))


def name(person: str) -> str:
    return {"U0ANA": "Ana"}.get(person, person)


async def later(pool: Pool, minutes: int) -> None:
    await pool.execute("UPDATE clock SET ahead = ahead + $1", timedelta(minutes=minutes))


async def health(pool: Pool, *failing: str) -> None:
    body: JsonObject = {
        "state": "failing" if failing else "recovered",
        "failing": list(failing),
        "card": {"text": f"health: {', '.join(failing) or 'fine'}"},
    }
    await events.record(pool, Kind.HEALTH_CHANGED, service=SHOP.service, environment=SHOP.environment, body=body)


async def played(pool: Pool) -> Incident:
    """checkout fails, two minutes later the incident is opened, after 18 it is fine and after 20 resolved."""
    await PostgresRecords(pool).put("health", SHOP, "state", {"state": "failing"})
    await health(pool, "checkout")
    await later(pool, 2)
    async with pool.acquire() as connection, connection.transaction():
        incident, _ = await incidents.open_(connection, NEW, by="U0ANA", team="T0", asked_in="C0", run=None)
    at = await database.now(pool)
    typed = NewEntry(incident.id, "typed", "1", at, "<i>we</i> & they", "U0ANA", public=True, typed=True)
    await timeline.add(pool, typed, actor="U0ANA")
    await later(pool, 16)
    await health(pool)
    await later(pool, 2)
    async with pool.acquire() as connection, connection.transaction():
        await incidents.move(connection, incident.id, IncidentState.RESOLVED, by="U0ANA")
    while await seal.seal(pool):
        pass
    projector = Projector(pool, Bell(pool), name)
    while await projector.step():
        pass
    return await incidents.existing(pool, incident.id)


async def test_downtime_is_what_the_watch_saw_not_what_people_said(pool: Pool) -> None:
    made = await incident_report.report(pool, await played(pool))
    assert made.watched
    assert made.downtime is not None
    assert round(made.downtime / timedelta(minutes=1)) == 18
    assert (len(made.entries), made.typed) == (5, 1)
    assert [mark.says for mark in made.marks] == ["opened", "mitigated", "resolved"]


async def test_people_outside_get_what_is_public(pool: Pool) -> None:
    made = await incident_report.report(pool, await played(pool), whole=False)
    assert [entry.text for entry in made.entries] == ["<i>we</i> & they"]


async def test_a_link_opens_the_page_until_it_ends_or_is_revoked(pool: Pool) -> None:
    incident = await played(pool)
    key = await incident_links.key(pool, incident.id)
    assert key is not None
    papers = Papers(pool, name)
    link = signed(incident.id, await database.now(pool) + timedelta(hours=1), key)
    paper = await papers.show(link)
    assert paper.status == 200
    assert "checkout &lt;b&gt;500&lt;/b&gt;" in paper.page
    assert "&lt;i&gt;we&lt;/i&gt; &amp; they" in paper.page
    assert "<script" not in paper.page
    assert "down 18 min" in paper.page
    await later(pool, 61)
    assert (await papers.show(link)).status == 404
    fresh = signed(incident.id, await database.now(pool) + timedelta(hours=1), key)
    assert (await papers.show(fresh)).status == 200
    await incident_links.revoke(pool, incident.id)
    assert (await papers.show(fresh)).status == 404


async def test_a_link_that_is_not_ours_opens_nothing(pool: Pool) -> None:
    incident = await played(pool)
    key = await incident_links.key(pool, incident.id)
    assert key is not None
    good = signed(incident.id, datetime(2100, 1, 1, tzinfo=UTC), key)
    number, expiry, signature = good.split("-", 2)
    wrong = [
        f"{int(number) + 1}-{expiry}-{signature}",
        f"{number}-{int(expiry) + 1}-{signature}",
        f"{number}-{expiry}-{signature[:-1]}{'A' if signature[-1] != 'A' else 'B'}",
        good[:-1],
        f"{good}A",
        f"0{good}",
        "",
        "../../etc/passwd",
        signed(incident.id, datetime(2100, 1, 1, tzinfo=UTC), bytes(32)),
    ]
    papers = Papers(pool, name)
    assert [(await papers.show(link)).status for link in wrong] == [404] * len(wrong)
    assert (await papers.show(good)).status == 200


async def test_the_terminal_writes_a_file_for_one_pair_of_eyes(
    pool: Pool, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = await played(pool)
    monkeypatch.chdir(tmp_path)
    for variable, value in {
        "SLACK_BOT_TOKEN": "xoxb-x",
        "SLACK_SIGNING_SECRET": "shh",
        "DATABASE_URL": database_url,
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(logs, "silence", lambda: None)  # it is for a whole process
    cli = CliRunner()
    made = await asyncio.to_thread(cli.invoke, app, ["incident", "export", incident.label, "--as", "json"])
    assert made.exit_code == 0, made.output
    file = tmp_path / f"{incident.label.lower()}-timeline.json"
    assert json.loads(file.read_text())["downtime_seconds"] == 18 * 60
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await pool.fetchval("SELECT count(*) FROM events WHERE kind = 'incident.exported'") == 1
    missing = await asyncio.to_thread(cli.invoke, app, ["incident", "export", "INC-99"])
    assert (missing.exit_code, "There is no INC-99" in missing.output) == (1, True)
    wrong = await asyncio.to_thread(cli.invoke, app, ["incident", "export", "7; rm"])
    assert (wrong.exit_code, "Write it like INC-7" in wrong.output) == (1, True)
    assert await asyncio.to_thread(lambda: [one.name for one in tmp_path.iterdir()]) == [file.name]
