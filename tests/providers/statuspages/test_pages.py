"""What vendors say of themselves: three shapes of pages, asked once a minute, unknown where nothing can be read."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.domain.capability import Checks, StatusPages
from bot.providers.registry import Context
from bot.providers.statuspages import PROVIDER, StatusPageSettings
from bot.providers.statuspages.pages import read
from tests.providers.conftest import NOW

FINE: dict[str, Any] = {"status": {"indicator": "none", "description": "All Systems Operational"}, "incidents": []}
ILL: dict[str, Any] = {
    "status": {"indicator": "major", "description": "Partial System Outage"},
    "components": [
        {"name": "API", "status": "major_outage"},
        {"name": "All of it", "status": "major_outage", "group": True},
        {"name": "Dashboard", "status": "operational"},
    ],
    "incidents": [{"name": "Elevated errors", "impact": "major", "shortlink": "https://stspg.io/x1"}],
}


@pytest.mark.parametrize(
    ("body", "state", "says", "link"),
    [
        (FINE, "ok", "", "https://p"),
        (ILL, "major", "Elevated errors (API)", "https://stspg.io/x1"),
        ({"status": {"indicator": "maintenance", "description": "Work"}}, "maintenance", "Work", "https://p"),
        ({"status": {"indicator": "purple"}}, "unknown", "unknown", "https://p"),
        ({"status": "ok"}, "ok", "", "https://p"),
        ({"status": "active", "active_incidents": [{"title": "Slow", "type": "outage", "url": "https://s/1"}]},
         "major", "Slow", "https://s/1"),
        ({"page": {"status": "HASISSUES"}, "activeIncidents": [{"name": "Down"}]}, "major", "Down", "https://p"),
        ({"page": {"status": "UP"}}, "ok", "", "https://p"),
    ],
)  # fmt: skip
def test_each_shape_is_read(body: Any, state: str, says: str, link: str) -> None:
    found = read("v", "https://p", json.dumps(body).encode())
    assert found is not None
    assert (found.state, found.says, found.link) == (state, says, link)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"status": 7}', b'{"page": {}}'])
def test_anything_else_is_not_read_as_well(body: bytes) -> None:
    assert read("v", "https://p", body) is None


@dataclass
class Vendor:
    """A status page on this machine."""

    url: str = ""
    says: Any = field(default_factory=lambda: FINE)
    way: str = "/api/v2/summary.json"
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response(self.says) if request.path == self.way else web.Response(status=404)


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    made = Vendor()
    app = web.Application()
    app.router.add_get("/{tail:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


async def test_a_page_is_asked_once_a_minute_and_tells_health(
    vendor: Vendor, context_for: Callable[..., Context]
) -> None:
    clock = Clock()
    settings = StatusPageSettings.model_validate([{"name": "Pay", "page": vendor.url}])
    offered = PROVIDER.offers(settings, context_for(clock=clock))
    pages: StatusPages = offered[StatusPages]  # type: ignore[assignment]
    checks: Checks = offered[Checks]  # type: ignore[assignment]
    (check,) = checks.checks()
    assert (check.name, (await check.look()).state) == ("Pay status page", "ok")
    vendor.says = ILL
    assert (await pages.statuses())[0].state == "ok"
    clock.now += timedelta(seconds=61)
    finding = await check.look()
    assert (finding.state, finding.says) == ("warn", "says major: Elevated errors (API)")
    assert len(vendor.asked) == 2


async def test_another_address_of_the_page_is_found_and_kept(
    vendor: Vendor, context_for: Callable[..., Context]
) -> None:
    clock = Clock()
    vendor.way, vendor.says = "/summary.json", {"page": {"status": "UP"}}
    settings = StatusPageSettings.model_validate([{"name": "Pay", "page": vendor.url}])
    pages: StatusPages = PROVIDER.offers(settings, context_for(clock=clock))[StatusPages]  # type: ignore[assignment]
    assert (await pages.statuses())[0].state == "ok"
    clock.now += timedelta(seconds=61)
    vendor.asked.clear()
    await pages.statuses()
    assert vendor.asked == ["/summary.json"]


async def test_a_page_that_does_not_answer_is_unknown(
    vendor: Vendor, context_for: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.way = "/nowhere"
    settings = StatusPageSettings.model_validate([{"name": "Pay", "page": vendor.url}])
    pages: StatusPages = PROVIDER.offers(settings, context_for())[StatusPages]  # type: ignore[assignment]
    assert (await pages.statuses())[0].state == "unknown"
    dead = StatusPageSettings.model_validate([{"name": "Pay", "page": "http://127.0.0.1:1"}])
    checks: Checks = PROVIDER.offers(dead, context_for())[Checks]  # type: ignore[assignment]
    finding = await checks.checks()[0].look()
    assert (finding.state, finding.says) == ("unknown", "its status page does not answer")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (["mailgun"], "write {name: mailgun, page:"),
        ([{"name": "x", "page": "status.example"}], "write only https://"),
        ([{"name": "x", "page": "https://u:p@status.example"}], "write only https://"),
    ],
)
def test_a_vendor_that_is_not_known_needs_its_page(written: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        StatusPageSettings.model_validate(written)


def test_known_vendors_need_only_their_name() -> None:
    pages = dict(StatusPageSettings.model_validate(["stripe", "slack"]).pages())
    assert pages["stripe"] == "https://status.stripe.com"
    assert isinstance(httpx.URL(pages["slack"]), httpx.URL)
