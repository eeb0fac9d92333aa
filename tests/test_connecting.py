"""A name that leads to where the bot never asks: decided by the address that is connected, however it changes."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

import aiohttp
import httpx
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.connecting import connector
from bot.dead_man import DeadMan
from bot.domain import address
from bot.domain.address import led_astray
from bot.domain.catalog import Catalog
from bot.domain.errors import ProviderError
from bot.engine.installation import Installation
from bot.providers.http.checks import HttpCheck
from bot.providers.http.models import HealthCheck
from bot.providers.registry import Providers
from bot.providers.store.bucket import Bucket
from bot.providers.tls import TlsCheck
from bot.slack.send import web_session
from tests.test_dead_man import Outbox, _Installed

METADATA = (
    *("169.254.169.254", "169.254.170.23", "fe80::1%eth0", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
    *("2002:a9fe:a9fe::", "::a9fe:a9fe"),
)


@pytest.mark.parametrize("where", METADATA)
def test_no_connection_is_made_to_a_clouds_metadata(where: str) -> None:
    assert "mend that name's DNS" in led_astray(where)


@pytest.mark.parametrize("where", ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.2", "fd12::1", "203.0.113.7", "::"])
def test_private_networks_and_this_machine_stay_in_reach(where: str) -> None:
    assert led_astray(where) == ""


@dataclass
class Dns:
    """Answers for any name: one address a look-up, the last one for ever. None of it leaves the machine."""

    answers: list[str] = field(default_factory=list)

    def look_up(self, _host: object, port: Any, *_: object, **__: object) -> list[tuple[Any, ...]]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, int(port or 0)))]


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Dns:
    """127.0.0.2 stands for the metadata: a connection that gets through is then seen, and harms nobody."""
    made = Dns()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    monkeypatch.setattr(address, "_METADATA", (*address._METADATA, ip_network("127.0.0.2")))
    return made


@pytest.fixture
async def there() -> AsyncIterator[tuple[list[str], int]]:
    """What was asked at 127.0.0.1 and at 127.0.0.2, by the address; and their port."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(str(request.transport.get_extra_info("sockname")[0]) if request.transport else "")
        return web.Response(text="{}", headers={"Connection": "close"})

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = int(runner.addresses[0][1])
    await web.TCPSite(runner, "127.0.0.2", port).start()
    yield asked, port
    await runner.cleanup()


async def by_providers(url: str) -> str:
    providers = Providers(Catalog({}, ""), {}, str, lambda: None, Path())  # type: ignore[arg-type,return-value]
    try:
        return str((await providers._http.get(url)).status_code)
    except httpx.ConnectError as error:
        return str(error)
    finally:
        await providers.close()


async def by_aiohttp(url: str) -> str:
    """Slack, answers to response_url, the dead man."""
    try:
        async with aiohttp.ClientSession(connector=connector()) as session, session.get(url) as answer:
            return str(answer.status)
    except aiohttp.ClientConnectorError as error:
        return str(error)


WAYS: Mapping[str, Callable[[str], Awaitable[str]]] = {"httpx": by_providers, "aiohttp": by_aiohttp}


@pytest.mark.parametrize("way", WAYS)
async def test_a_name_that_moves_after_it_was_looked_at_gets_nothing(
    way: str, dns: Dns, there: tuple[list[str], int]
) -> None:
    asked, port = there
    dns.answers = ["127.0.0.1", "127.0.0.2"]
    url = f"http://shop.example:{port}/latest/meta-data/"
    assert await WAYS[way](url) == "200"
    assert "leads to 127.0.0.2, a cloud's metadata: mend that name's DNS" in await WAYS[way](url)
    assert asked == ["127.0.0.1"]


async def test_aiohttp_does_not_go_to_the_address_itself_either(dns: Dns, there: tuple[list[str], int]) -> None:
    """No resolver is asked for an address: where a redirect leads is looked at all the same."""
    dns.answers, (asked, port) = ["127.0.0.1"], there
    assert "mend that name's DNS" in await by_aiohttp(f"http://127.0.0.2:{port}/")
    assert asked == []


async def test_checks_and_a_bucket_say_what_to_do(
    dns: Dns, there: tuple[list[str], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.providers.store.bucket._TRIES", 1)  # it would wait in between
    dns.answers, (asked, port) = ["127.0.0.2"], there
    url = f"http://store.example:{port}"
    with pytest.raises(ProviderError, match="mend that name's DNS"):
        async with Bucket("shop", "eu-1", url, "key", "secret").open() as client:
            await client.list_objects_v2(Bucket="shop")
    providers = Providers(Catalog({}, ""), {}, str, lambda: None, Path())  # type: ignore[arg-type,return-value]
    check = HttpCheck(HealthCheck(path="/"), url, providers._http, timedelta(seconds=1))
    assert "mend that name's DNS" in (await check.look()).says
    await providers.close()
    tls = TlsCheck("store.example", port, 14, lambda: datetime.now(UTC))
    assert "mend that name's DNS" in (await tls.look()).says
    assert asked == []


async def test_the_dead_man_says_so_in_the_log(dns: Dns, there: tuple[list[str], int]) -> None:
    async def fine() -> list[str]:
        return []

    dns.answers, (asked, port) = ["127.0.0.2"], there
    async with web_session() as session:
        with capture_logs() as logs:
            url = f"https://ping.example:{port}/"
            await DeadMan(cast("Installation", _Installed(Outbox())), session, lambda _: url, fine).look()
    told = [entry["why"] for entry in logs if entry["event"] == "dead_man.failed"]
    assert ["mend that name's DNS" in why for why in told] == [True]
    assert asked == []
