"""Which provider offers what, and what is said when none does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from pydantic import BaseModel

from bot.domain.capability import BackupStore, Checks, Deploys
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, SecretName, ServiceEntry, Thresholds
from bot.domain.errors import Impossible, ProviderError
from bot.providers.postgres import Postgres
from bot.providers.registry import Context, Provider, Providers, find_providers

PRODUCTION, STAGING = Place("shop", "production"), Place("shop", "staging")


class Lamps(Protocol):
    """A made-up capability."""


class LampSettings(BaseModel):
    key: SecretName


class Lit:
    def __init__(self, key: str) -> None:
        self.key = key


def offers(settings: BaseModel, context: Context) -> Mapping[type, object]:
    assert isinstance(settings, LampSettings)
    return {Lamps: Lit(context.secret(settings.key))}


LAMPS = Provider("lamps", LampSettings, offers, gives=(Lamps,))


def secret(name: str) -> str:
    if name == "$MISSING":
        raise ProviderError("environment", "$MISSING is not set in the bot's environment.", "Set it and restart.")
    return f"value of {name}"


def catalog(**sections: BaseModel) -> Catalog:
    entries = {
        "production": EnvironmentEntry(PRODUCTION, True, None, sections),
        "staging": EnvironmentEntry(STAGING, False, None, {}),
    }
    return Catalog({"shop": ServiceEntry("shop", None, (), None, {}, Thresholds(), entries)}, "")


@pytest.fixture
async def lit(tmp_path: Path) -> AsyncIterator[Providers]:
    found = {**find_providers(), "lamps": LAMPS}
    providers = Providers(
        catalog(lamps=LampSettings(key="$LAMP")), found, secret, lambda: datetime.now(UTC), tmp_path
    )
    yield providers
    await providers.close()


@pytest.fixture
async def broken(tmp_path: Path) -> AsyncIterator[Providers]:
    providers = Providers(
        catalog(lamps=LampSettings(key="$MISSING")), {"lamps": LAMPS}, secret, lambda: datetime.now(UTC), tmp_path
    )
    yield providers
    await providers.close()


def test_every_folder_with_a_provider_is_found() -> None:
    assert {"health", "releases", "postgres", "stripe", "disk", "tls", "backups"} <= set(find_providers())


def test_a_section_is_built_once(lit: Providers) -> None:
    one = lit.one(PRODUCTION, Lamps)
    assert isinstance(one, Lit)
    assert one.key == "value of $LAMP"
    assert lit.one(PRODUCTION, Lamps) is one


@pytest.mark.parametrize(
    ("capability", "section"), [(Lamps, "lamps"), (Postgres, "postgres")], ids=["lamps", "postgres"]
)
def test_what_the_catalog_lacks_is_named_with_its_remedy(lit: Providers, capability: type, section: str) -> None:
    with pytest.raises(Impossible, match=f"shop staging has no .{section}. in the catalog") as caught:
        lit.one(STAGING, capability)
    assert "Add" in caught.value.next_step


def test_a_backup_store_is_there_by_itself(lit: Providers) -> None:
    assert lit.one(STAGING, BackupStore)
    assert lit.all(STAGING, Deploys) == []


def test_a_missing_secret_is_told_when_it_is_needed(broken: Providers) -> None:
    with pytest.raises(ProviderError, match=r"\$MISSING is not set"):
        broken.one(PRODUCTION, Lamps)
    assert broken.problems() == [
        "shop production: lamps: $MISSING is not set in the bot's environment. Set it and restart."
    ]


async def test_a_section_that_cannot_be_made_is_a_finding_of_its_own(broken: Providers) -> None:
    (checks,) = broken.all(PRODUCTION, Checks)
    (check,) = checks.checks()
    finding = await check.look()
    assert (finding.check, finding.state) == ("lamps", "unknown")
    assert "$MISSING is not set" in finding.says


class Wired:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http


WIRED = Provider("lamps", LampSettings, lambda _, context: {Lamps: Wired(context.http)}, gives=(Lamps,))


async def answers(_: web.BaseRequest) -> web.Response:
    return web.Response()


async def test_what_was_replaced_is_closed_when_the_last_one_lets_go(tmp_path: Path) -> None:
    """A run goes on with what it began with; nothing stays open until the process ends."""
    async with RawTestServer(answers) as lamp, asyncio.timeout(10):
        sections = catalog(lamps=LampSettings(key="$LAMP"))
        providers = Providers(sections, {"lamps": WIRED}, secret, lambda: datetime.now(UTC), tmp_path)
        held = providers.one(PRODUCTION, Lamps)
        assert isinstance(held, Wired)
        providers.replaced()
        del providers
        for _ in range(2):
            assert (await held.http.get(str(lamp.make_url("/")))).is_success
        assert lamp.runner is not None
        assert lamp.runner.server is not None
        assert len(lamp.runner.server.connections) == 1
        del held
        for _ in range(500):
            await asyncio.sleep(0.01 if lamp.runner.server.connections else 0)
        assert not lamp.runner.server.connections
