"""`audit export`: everything with its seals, verified by the file alone; and what was changed in it is found."""

import asyncio
import csv
import io
import json
import stat
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import cli_audit
from bot.db import events, seal
from bot.db.database import Pool
from bot.domain import exported
from bot.domain.anchor import Anchor
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.export import COLUMNS, Format, Selection, export
from tests.db.conftest import invoke, new_run

run = CliRunner().invoke
EVERYTHING = Selection()
DOCS = Path(__file__).parent.parent / "docs" / "audit.md"
RECIPE = DOCS.read_text().partition("```python\n")[2].partition("```")[0]


@pytest.fixture
def installed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's settings as its host would give them."""
    for name, value in {
        "DATABASE_URL": database_url,
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_SIGNING_SECRET": "s",
    }.items():
        monkeypatch.setenv(name, value)


async def written(pool: Pool, form: Format = "jsonl", wanted: Selection = EVERYTHING) -> str:
    out = io.StringIO()
    await export(pool, out, form, wanted, "terminal:root", lambda one: "=HYPERLINK(1)" if one == "U0ANA" else one)
    while await seal.seal(pool):
        pass
    return out.getvalue()


@pytest.fixture
async def log(pool: Pool) -> Pool:
    from bot.db import runs

    await runs.receive(pool, invoke("U0ANA"), new_run())
    says: JsonObject = {"says": "Ärger “mit”\n<!channel>, 1,5", "n": 1.5, "b": [None, True]}
    await events.record(pool, Kind.HEALTH_CHANGED, service="servio", environment="production", body=says)
    await events.record(pool, Kind.POLICY_CHANGED, actor="U0BEN")
    await seal.seal(pool)
    return pool


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_an_export_proves_itself(log: Pool, form: Format) -> None:
    text = await written(log, form)
    report = exported.verify(io.StringIO(text, newline=""))
    head = await log.fetchval("SELECT encode(hash, 'hex') FROM event_seals WHERE number = 3")
    assert report == exported.FileReport(3, 1, 3, 0, 0, head)
    again = await written(log, form)
    assert exported.verify(io.StringIO(again, newline="")).events == 4
    assert "audit.exported" in again
    assert "terminal:root" in again


async def test_the_recipe_in_the_docs_works(log: Pool) -> None:
    """Whoever follows docs/audit.md and has nothing of ours comes to the same head; a changed file fails."""
    text = await written(log)
    done = await _python(RECIPE, text)
    assert exported.verify(text.splitlines()).head in done[1]
    assert (await _python(RECIPE, text.replace("U0BEN", "U0CHI")))[0] != 0


async def _python(recipe: str, text: str) -> tuple[int | None, str]:
    made = await asyncio.create_subprocess_exec(sys.executable, "-c", recipe, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    out, _ = await made.communicate(text.encode())
    return made.returncode, out.decode()


async def test_every_fact_is_there_and_no_cell_is_a_formula(log: Pool) -> None:
    lines = [json.loads(line) for line in (await written(log)).splitlines()]
    assert tuple(lines[0]) == COLUMNS
    first = {name: lines[0][name] for name in ("number", "kind", "actor", "service", "environment", "run")}
    assert first == {
        "number": 1,
        "kind": "request.received",
        "actor": "U0ANA",
        "service": "shop",
        "environment": "production",
        "run": 1,
    }
    assert lines[1]["body"]["says"].startswith("Ärger")
    assert lines[0]["at"].endswith("+00:00")
    rows = list(csv.DictReader(io.StringIO(await written(log, "csv"), newline="")))
    assert rows[0]["actor_name"] == "'=HYPERLINK(1)"


async def test_a_selection_says_that_it_is_one(log: Pool) -> None:
    text = await written(log, wanted=Selection(service="servio"))
    report = exported.verify(text.splitlines())
    assert (report.events, report.first, report.wrong) == (1, 2, "")
    later = await log.fetchval("SELECT clock_now() + interval '1 hour'")
    assert await written(log, wanted=Selection(since=later)) == ""
    assert exported.verify(()).events == 0


async def test_an_erased_payload_is_marked(log: Pool) -> None:
    async with log.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL watchkeeper.retention = 'on'")
        await connection.execute("DELETE FROM event_payloads WHERE event_id = 1")
    for form in ("jsonl", "csv"):
        text = await written(log, "jsonl" if form == "jsonl" else "csv")
        report = exported.verify(io.StringIO(text, newline=""))
        assert (report.erased, report.wrong) == (1, "")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("U0BEN", "U0CHI", "event 3 is not what was sealed"),
        ('"n":1.5', '"n":2.5', "event 2 has another body"),
        ("health.changed", "health.chanced", "event 2 is not what was sealed"),
        ('{"number":2', '{"number":1', "event 1 comes after event 1"),
    ],
)
async def test_what_was_changed_in_the_file_is_found(log: Pool, old: str, new: str, says: str) -> None:
    text = await written(log)
    assert old in text
    assert exported.verify(text.replace(old, new).splitlines()).wrong.startswith(says)


async def test_a_file_of_another_log_does_not_hold_what_was_told_of_this_one(log: Pool) -> None:
    lines = (await written(log)).splitlines()
    told = Anchor(3, exported.verify(lines).head)
    assert exported.verify(lines, [told]).wrong == ""
    assert "event 3 is not the one" in exported.verify(lines, [Anchor(3, "0" * 32)]).wrong
    assert "there is no event 3 any more" in exported.verify(lines[:2], [told]).wrong


async def test_a_line_that_is_missing_leaves_a_gap(log: Pool) -> None:
    first, _, third = (await written(log)).splitlines()
    assert exported.verify([first, third]).gaps == 1


def test_the_terminal_writes_a_file_for_its_owner_alone_and_reads_it_back(tmp_path: Path, installed: None) -> None:
    file = tmp_path / "log.jsonl"
    done = run(cli_audit.app, ["export", "--output", str(file), "--since", "30d"])
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert "0 events written to" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["log.jsonl"]
    assert "holds no events" in run(cli_audit.app, ["verify", "--file", str(file)]).stdout
    file.write_text("id,name\n1,x\n")
    assert "no event of an export" in run(cli_audit.app, ["verify", "--file", str(file)]).stderr
    assert "is no anchor" in run(cli_audit.app, ["verify", "--anchor", "1042"]).stderr
    assert "is no time" in run(cli_audit.app, ["export", "--since", "yesterday"]).stderr
