"""The dead man's handle: an address that hears of us only while all is well."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from bot.dead_man import DeadMan
from bot.domain.catalog import Catalog
from bot.domain.catalog import DeadMan as Wanted
from bot.domain.dead_man import unsafe
from bot.engine.installation import Installation


class Listener:
    """Whoever would raise the alarm."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.called_by = ""
        self.answer: web.Response | web.HTTPFound = web.Response(text="OK")

    async def hear(self, request: web.Request) -> web.StreamResponse:
        self.heard.append(request.path)
        self.called_by = request.headers["User-Agent"]
        if isinstance(self.answer, web.HTTPFound):
            raise self.answer
        return web.Response(status=self.answer.status)


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    made = Listener()
    app = web.Application()
    app.router.add_get("/{any}", made.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class Outbox:
    """Of the database only this is asked: the oldest event that is not sealed, and the newest one that is."""

    def __init__(self, *oldest: int | None) -> None:
        self.oldest = list(oldest)

    async def fetchval(self, _sql: str) -> int | None:
        return self.oldest.pop(0) if self.oldest else None

    async def fetchrow(self, _sql: str) -> dict[str, Any]:
        return {"number": 1042, "hash": bytes(32)}


async def look(url: str, monkeypatch: pytest.MonkeyPatch, outbox: Outbox, problems: list[str] | None = None) -> None:
    async def not_ready() -> list[str]:
        return problems or []

    monkeypatch.setattr("bot.db.seal._PATIENCE_S", 0)
    installation = cast("Installation", _Installed(outbox))
    async with aiohttp.ClientSession() as session:
        await DeadMan(installation, session, lambda name: url if name == "$PING" else "", not_ready).look()


class _Installed:
    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.catalog = replace(Catalog({}, ""), dead_man=Wanted("$PING"))


async def test_while_all_is_well_it_hears_of_us(
    listener: tuple[Listener, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, url = listener
    await look(f"{url}/ping", monkeypatch, Outbox())
    await look(f"{url}/ping", monkeypatch, Outbox(7, 8))
    assert heard.heard == ["/ping", "/ping"]
    assert heard.called_by == f"watchkeeper audit/1042:{'0' * 32}"


@pytest.mark.parametrize(
    ("problems", "outbox"),
    [(["the database is away"], Outbox()), ([], Outbox(7, 7))],
    ids=["not ready", "unsealed"],
)
async def test_when_something_is_wrong_it_hears_nothing(
    listener: tuple[Listener, str], monkeypatch: pytest.MonkeyPatch, problems: list[str], outbox: Outbox
) -> None:
    heard, url = listener
    await look(f"{url}/ping", monkeypatch, outbox, problems)
    assert heard.heard == []


async def test_no_redirect_is_followed(listener: tuple[Listener, str], monkeypatch: pytest.MonkeyPatch) -> None:
    heard, url = listener
    heard.answer = web.HTTPFound(f"{url}/elsewhere")
    await look(f"{url}/ping", monkeypatch, Outbox())
    assert heard.heard == ["/ping"]


async def test_an_address_that_nobody_answers_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    await look("http://127.0.0.1:9/ping", monkeypatch, Outbox())
    await look("", monkeypatch, Outbox())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://hc.example/abc", ""),
        ("http://127.0.0.1:8000/x", ""),
        ("http://[::1]/x", ""),
        ("http://10.0.0.5/x", "write https://…, or http:// on this machine only: a key goes there"),
        ("http://169.254.169.254/latest", "write https://…, or http:// on this machine only: a key goes there"),
        (
            "https://me:secret@hc.example/",
            "write it without a user name or password: they would be shown wherever it is",
        ),
        ("file:///etc/passwd", "write https:// and the name of the host"),
    ],
)
def test_only_safe_addresses_are_called(url: str, why: str) -> None:
    assert unsafe(url) == why
