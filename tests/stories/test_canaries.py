"""Secrets with no shape to know them by, planted wherever there are any: none comes out anywhere, whatever breaks."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from bot import logs
from bot.dead_man import DeadMan
from tests.stories.conftest import Open
from tests.support.company import SECRET, TOKEN, Company
from tests.support.desk import Shelf

pytestmark = pytest.mark.heavy  # seconds each: it builds or watches a whole world

PLANTED = {
    "SHOP_DB": "zebra-in-the-database-url",
    "STAGING_DB": "zebra-in-another-url",
    "READ_DB": "zebra-in-a-url-that-refuses",
    "STRIPE": "sk_test_zebrainthekey",
    "HOOK": "zebra-in-the-hook-of-thirty-letters",
    "BACKUP_KEY": "zebra-in-the-bucket-key",
    "BACKUP_SECRET": "zebra-in-the-bucket-secret",
    "PING_URL": "zebra-in-the-path-of-the-dead-man",
    "STATUS": "zebra-in-the-status-token",
}
TOLD_BY_VENDORS = ("zebra-in-a-header", "zebra-in-a-body", "zebra-in-a-reason")
IN_AN_EXCEPTION = "postgresql://app:zebra-in-an-exception@db.example/shop"

CATALOG = """
dead_man: {{url: $PING_URL}}
services:
  shop:
    channels: {{cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}}
    environments:
      production:
        url: "{vendor}"
        health: [{{path: /healthz}}, {{name: Home, path: /}}]
        postgres: {{url: $SHOP_DB, read: $READ_DB}}
        stripe: {{key: $STRIPE, api: "{vendor}"}}
        webhooks: {{deploys: {{kind: generic, secret: $HOOK}}}}
        backups: {{s3: {{bucket: shop, endpoint: "{vendor}", key: $BACKUP_KEY, secret: $BACKUP_SECRET}}}}
      staging: {{protected: false, postgres: {{url: $STAGING_DB}}}}
"""
LINES = (
    *("/health", "/backup db", "/backup status", "/backup verify", "/backup restore B-1", "/rollback because x"),
    *("/replay-webhook evt_1 because x", "/runs", "/runs R-1", "/audit --last 50", "/audit verify", "/can /health"),
    *("/freeze shop production 1h because x", "/ops", "/ops report", "/incident checkout answers 500"),
    *("/timeline add it is slow", "/rollback $(id)", "/nonsense", "/health shop staging", "/backup db shop staging"),
)


@pytest.fixture
async def vendor() -> AsyncIterator[str]:
    """Answers everything with an error that holds secrets in each of its parts."""

    async def answer(_: web.Request) -> web.Response:
        header, body, reason = TOLD_BY_VENDORS
        return web.Response(status=500, reason=reason, text=f"<Error>{body}</Error>", headers={"Set-Cookie": header})

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@contextmanager
def logged_as_in_service() -> Iterator[None]:
    before = structlog.get_config()
    logs.configure(json=True)
    try:
        yield
    finally:
        structlog.configure(**before)


@pytest.fixture
def argv(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every argument list of a child, as `ps` shows it to everybody on the host."""
    seen: list[str] = []
    start = asyncio.create_subprocess_exec

    async def started(*words: Any, **more: Any) -> asyncio.subprocess.Process:
        seen.append(" ".join(map(str, words)))
        return await start(*words, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    return seen


async def everything(company: Company, shelf: Shelf) -> None:
    """Each command, most of them failing; an exception of a command with an address in its words."""
    for line in LINES:
        await company.type("ben", line)
    shelf.error = RuntimeError(f"could not connect to {IN_AN_EXCEPTION}")
    card = await company.asked("ana", "/poke because it breaks")
    await company.click("ben", card, "approval.approve")
    await company.see("failed")
    number = await company.pool.fetchval("SELECT max(id) FROM runs")
    await company.ended(number)
    process = company.process
    dead = DeadMan(
        process.installation, process.session, lambda name: f"http://127.0.0.1:9/{PLANTED['PING_URL']}", _fine
    )
    await dead.look()


async def _fine() -> list[str]:
    return []


async def metrics(company: Company) -> str:
    url = f"http://127.0.0.1:{company.process.admin_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        return await reply.text()


def files(folder: Path) -> str:
    """All that the bot wrote but the dumps, which are the customer's own data."""
    found = (one for one in folder.rglob("*") if one.is_file() and one.suffix not in (".dump", ".sql"))
    return "".join(one.read_bytes().decode("utf-8", "replace") for one in found)


async def test_no_secret_comes_out_anywhere(
    open_company: Open,
    shelf: Shelf,
    shop: str,
    vendor: str,
    argv: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, secret in PLANTED.items():
        monkeypatch.setenv(name, secret)
    for name in ("SHOP_DB", "STAGING_DB"):
        monkeypatch.setenv(name, shop.replace("postgres:@", f"postgres:{PLANTED[name]}@"))
    monkeypatch.setenv("READ_DB", f"postgresql://reader:{PLANTED['READ_DB']}@127.0.0.1:9/shop")
    monkeypatch.setenv("PING_URL", f"https://127.0.0.1:9/{PLANTED['PING_URL']}")
    with logged_as_in_service():
        company = await open_company(catalog=CATALOG.format(vendor=vendor))
        await everything(company, shelf)
        out = {
            "ps": "\n".join(argv),
            "metrics": await metrics(company),
            "Slack": str([(call.method, call.arguments) for call in (*company.slack.calls, *company.slack.replies)]),
            "events": str(await company.pool.fetch("SELECT body FROM event_payloads")),
            "rows": str(
                [await company.pool.fetch(f"SELECT * FROM {table}") for table in ("runs", "posts", "records")]
            ),
            "files": files(company.folder),
        }
    said = capfd.readouterr()
    out |= {"log": said.out + said.err, "log of libraries": logs.redact(caplog.text)}
    assert "bot.started" in out["log"]
    assert "[redacted]@db.example" in out["log"]
    assert "pg_dump" in out["ps"]
    for where, text in out.items():
        for secret in (*PLANTED.values(), *TOLD_BY_VENDORS, "zebra", SECRET, TOKEN):
            assert secret not in text, (where, text[max(0, text.index(secret) - 300) : text.index(secret) + 100])
