"""HTTP checks against a real server on loopback: what each answer becomes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from bot.domain.capability import Checks, Finding
from bot.domain.errors import ProviderError
from bot.providers.http import PROVIDER, HealthSettings
from bot.providers.http.checks import Try, judge, percentile
from bot.providers.registry import Context

MS = timedelta(milliseconds=1)


@dataclass
class Site:
    """Answers /x with the statuses given, one a request, the last one for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    body: str = '{"status": "healthy", "supabase": {"serviceKey": "configured"}, "parts": [{"up": true}], "n": 3}'
    location: str = "/login?next=secret"
    silent: bool = False
    asked: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.silent:
            await self.closing.wait()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        headers = {"Location": self.location} if status == 302 else {}
        return web.Response(status=status, text=self.body, headers=headers)

    async def login(self, request: web.Request) -> web.Response:
        return web.Response(text="who are you?")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    app = web.Application()
    app.router.add_get("/x", site.answer)
    app.router.add_get("/login", site.login)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    site.closing.set()
    await runner.cleanup()


@pytest.fixture
def look(site: Site, context_for: Callable[..., Context]) -> Any:
    async def look(url: str = "", **asked: Any) -> Finding:
        settings = HealthSettings.model_validate({"path": "/x", "slow": "5s", **asked})
        checks: Any = PROVIDER.offers(settings, context_for(url=url or site.url))[Checks]
        (check,) = checks.checks()
        async with asyncio.timeout(20):
            found: Finding = await check.look()
        return found

    return look


@pytest.mark.parametrize(
    ("statuses", "asked", "state", "says"),
    [
        ([200], {}, "ok", "answers in "),
        ([500], {}, "fail", "answers 500, wants 200 (5 of 5 tries)"),
        ([500], {"tries": 1}, "fail", "answers 500, wants 200"),
        ([500, 200, 200, 200, 200], {}, "warn", "answers 500, wants 200 (1 of 5 tries)"),
        ([500, 502, 500, 200, 200], {}, "fail", "answers 500, wants 200 (2 of 5 tries)"),
        ([204], {"status": 204}, "ok", "answers in "),
        ([200], {"status": 401}, "fail", "answers 200, wants 401 (5 of 5 tries)"),
        ([302], {}, "fail", "answers 302 to /login, wants 200 (5 of 5 tries)"),
        ([302], {"follow": True}, "ok", "answers in "),
        ([200], {"expect": {"status": "healthy", "supabase.serviceKey": "configured"}}, "ok", "answers in "),
        ([200], {"expect": {"parts.0.up": True, "n": 3}}, "ok", "answers in "),
        ([200], {"expect": {"status": "fine"}, "tries": 1}, "fail", "status is “healthy”, wants “fine”"),
        ([200], {"expect": {"n": "3"}, "tries": 1}, "fail", "n is 3, wants “3”"),
        ([200], {"expect": {"parts.1.up": True}, "tries": 1}, "fail", "its answer has no parts.1.up"),
        ([200], {"slow": "0.001ms"}, "warn", "is slow: p95 "),
    ],
)
async def test_each_answer_becomes_a_finding(
    site: Site, look: Any, statuses: list[int], asked: dict[str, Any], state: str, says: str
) -> None:
    site.statuses = statuses
    finding = await look(**asked)
    assert finding.state == state
    assert finding.says.startswith(says)


async def test_an_answer_that_is_no_json_is_told(site: Site, look: Any) -> None:
    site.body = "<html>"
    assert (await look(expect={"a": 1}, tries=1)).says == "answers 200 without JSON"


async def test_only_expected_fields_of_an_answer_are_told(site: Site, look: Any) -> None:
    site.body = '{"status": "x", "email": "ada@example.com"}'
    assert "ada" not in str(await look(expect={"status": "healthy"}))


async def test_silence_ends_after_two_tries(site: Site, look: Any) -> None:
    site.silent = True
    finding = await look(timeout="400ms")
    assert (finding.state, finding.says) == ("fail", "gave no answer within 400 ms (2 of 2 tries)")
    assert site.asked == 2


async def test_a_closed_port_refuses_connections(look: Any, unused_tcp_port: int) -> None:
    finding = await look(url=f"http://127.0.0.1:{unused_tcp_port}")
    assert (finding.state, finding.says) == ("fail", "refuses connections (5 of 5 tries)")


async def test_a_circle_of_redirects_is_told(site: Site, look: Any) -> None:
    site.statuses, site.location = [302], "/x"
    assert (await look(follow=True, tries=1)).says == "redirects in a circle"


@pytest.mark.parametrize(
    ("took", "state", "says", "brief"),
    [
        ([80, 84, 90, 84, 88], "ok", "answers in 84 ms", "84 ms"),
        ([80, 84, 90, 84, 501], "warn", "is slow: p95 501 ms, wants 500 ms", "84 ms"),
        ([500] * 5, "ok", "answers in 500 ms", "500 ms"),
    ],
)
def test_latency_is_judged_by_its_p95(took: list[int], state: str, says: str, brief: str) -> None:
    finding = judge("Home", [Try("", one * MS) for one in took], 500 * MS)
    assert (finding.state, finding.says, finding.brief) == (state, says, brief)


def test_the_p95_of_twenty_leaves_one_out() -> None:
    assert percentile([n * MS for n in range(1, 21)], 95) == 19 * MS


@pytest.mark.parametrize(
    ("section", "titles"),
    [
        ({"path": "/"}, ["Home"]),
        ({"path": "/api/auth/health"}, ["Health"]),
        ([{"path": "/"}, {"name": "Checkout", "path": "/checkout/quote?sku=a"}], ["Home", "Checkout"]),
    ],
)
def test_one_check_or_a_list_with_names(section: object, titles: list[str]) -> None:
    assert [one.title for one in HealthSettings.model_validate(section).root] == titles


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ({"path": "health"}, "pattern"),
        ({"path": "//other.example/"}, "pattern"),
        ({"path": "/", "slow": "fast"}, "500ms or 2s"),
        ({"path": "/", "tries": 0}, "greater than or equal to 1"),
        ({"path": "/", "pth": "/"}, "Extra inputs"),
        ([], "at least 1"),
        ([{"path": "/a/health"}, {"path": "/b/health"}], "two checks are called Health"),
    ],
)
def test_a_wrong_section_is_refused(section: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        HealthSettings.model_validate(section)


def test_checks_without_an_address_name_what_is_missing(context_for: Callable[..., Context]) -> None:
    with pytest.raises(ProviderError, match="names `health` but no `url`"):
        PROVIDER.offers(HealthSettings.model_validate({}), context_for())
