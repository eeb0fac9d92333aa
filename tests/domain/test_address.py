"""Wherever a file may name an address: only a website's, without a key in it, and never a cloud's metadata."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.domain.address import forbidden, web_address
from bot.domain.catalog import Catalog
from bot.domain.catalog_file import CatalogError, load_catalog
from bot.domain.dead_man import unsafe
from bot.providers.registry import Providers, find_providers
from bot.settings import Settings

CATALOG = """
services:
  shop:
    environments:
      production:
        {}
"""
TOKEN = "zebra-in-an-address"


def in_catalog(section: str) -> Callable[[str], object]:
    sections = {name: one.settings for name, one in find_providers().items()}
    return lambda url: load_catalog(CATALOG.format(section.replace("URL", f'"{url}"')), sections=sections)


def of_the_dead_man(url: str) -> None:
    if why := unsafe(url):
        raise ValueError(why)


def of_slack(url: str) -> object:
    return Settings(bot_token=SecretStr("xoxb-1"), signing_secret=SecretStr("s"), api_url=url)


def of_the_bot(url: str) -> object:
    return Settings(bot_token=SecretStr("xoxb-1"), signing_secret=SecretStr("s"), url=url)


KEYED = {
    "stripe": in_catalog("stripe: {key: $S, api: URL}"),
    "a bucket": in_catalog("backups: {s3: {bucket: shop, endpoint: URL, key: $K, secret: $S}}"),
    "a status page": in_catalog("statuspage: {page: abcdef, token: $T, api: URL}"),
    "a status webhook": in_catalog("status_webhook: {url: URL, secret: $S}"),
    "the dead man": of_the_dead_man,
    "SLACK_API_URL": of_slack,
}
PLAIN = {
    "a service": in_catalog("url: URL"),
    "a vendor's page": in_catalog("depends_on: [{name: Mailgun, page: URL}]"),
    "WATCHKEEPER_URL": of_the_bot,
}
NEVER = (
    *("ftp://shop.example", "file:///etc/passwd", "gopher://shop.example", "javascript:alert(1)", "//shop.example"),
    *("shop.example", "https://", "https:///x", "https://[broken", "https://shop.example:99999", "https://:443"),
    *(f"https://ana:{TOKEN}@shop.example", f"https://{TOKEN}@shop.example", f"https://:{TOKEN}@shop.example"),
    *("https://shop.example\\\\@evil.example", "https://shop .example", "https://shop.example/\\tx"),
)
METADATA = (
    *("169.254.169.254", "169.254.170.2", "metadata.google.internal", "METADATA.google.internal.", "2852039166"),
    *("0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "169.254.169.254.", "[fd00:ec2::254]", "[fe80::1]"),
    *("[::ffff:169.254.169.254]", "[2002:a9fe:a9fe::]", "100.100.100.200", "192.0.0.192"),
)


@pytest.mark.parametrize("url", [*NEVER, *(f"https://{host}" for host in METADATA)])
@pytest.mark.parametrize("door", [*KEYED, *PLAIN])
def test_no_file_sends_the_bot_where_it_must_not_go(door: str, url: str) -> None:
    with pytest.raises((CatalogError, ValueError)) as refused:
        (KEYED | PLAIN)[door](url)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("door", KEYED)
def test_a_key_goes_over_https_or_stays_on_this_machine(door: str) -> None:
    for url in ("http://shop.example", "http://10.0.0.7"):
        with pytest.raises((CatalogError, ValueError), match="http"):
            KEYED[door](url)
    for url in ("https://shop.example", "https://10.0.0.7:8443", "http://127.0.0.1:9", "http://localhost:9"):
        KEYED[door](url)


@pytest.mark.parametrize("door", PLAIN)
def test_a_service_may_live_in_a_private_network(door: str) -> None:
    for url in ("http://10.0.0.7:8080", "http://shop.internal", "https://shop.example"):
        PLAIN[door](url)


@pytest.mark.parametrize("host", ["shop.example", "10.0.0.7", "::1", "1.example", "metadata.example", "172.16.0.1"])
def test_every_other_host_may_be_asked(host: str) -> None:
    assert forbidden(host) == ""


async def test_no_answer_leads_there_either(tmp_path: Path) -> None:
    """Where a check follows redirects: `follow: true`."""
    providers = Providers(Catalog({}, ""), {}, str, lambda: None, tmp_path)  # type: ignore[arg-type,return-value]
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data/"})

    providers._http._transport = httpx.MockTransport(answer)
    with pytest.raises(httpx.ConnectError, match="never asks there"):
        await providers._http.get("http://shop.example/healthz", follow_redirects=True)
    assert asked == ["http://shop.example/healthz"]
    await providers.close()


def test_the_address_is_read_as_it_stands() -> None:
    assert web_address("https://shop.example:8443/a?b=1#c").port == 8443
