"""Rollback and replay on the sandbox's shop: real git, build, restart, webhooks and database, from the catalog on."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.card import Card, Tone
from bot.domain.catalog import Catalog, Place
from bot.domain.catalog_file import load_catalog
from bot.domain.command import Environment, Service, Since
from bot.domain.words import plain
from bot.providers.registry import Providers, find_providers
from bot.sandbox.world import World
from commands import replay_webhook, rollback

pytestmark = pytest.mark.heavy  # seconds each: it builds or watches a whole world

PLACE = Place("shop", "production")
SERVICE, PRODUCTION = Service("shop"), Environment("production")


@dataclass
class Broken:
    """The world, its catalog and what the catalog offers."""

    world: World
    catalog: Catalog
    providers: Providers
    stepping: Callable[..., Any]
    number: int = 40

    def running(self) -> Any:
        self.number += 1
        running = self.stepping(self.number)
        running.catalog = self.catalog
        running.provider = self.providers.one
        running.providers = self.providers.all
        return running

    async def roll_back(self) -> Card:
        running, request = self.running(), rollback.Rollback(SERVICE, PRODUCTION)
        return await rollback.execute(request, await rollback.plan(request, running), running)

    def since(self) -> replay_webhook.ReplayWebhook:
        return replay_webhook.ReplayWebhook(SERVICE, PRODUCTION, since=Since(datetime.now(UTC) - timedelta(hours=2)))

    async def replay(self) -> Card:
        running, request = self.running(), self.since()
        return await replay_webhook.execute(request, await replay_webhook.plan(request, running), running)


@pytest.fixture
async def broken(tmp_path: Path, stepping: Callable[..., Any]) -> AsyncIterator[Broken]:
    world = World(tmp_path / "world", now=datetime.now(UTC))
    await world.start()
    try:
        world.write_catalog(tmp_path / "catalog.yml")
        providers = find_providers()
        sections = {name: provider.settings for name, provider in providers.items()}
        catalog = load_catalog((tmp_path / "catalog.yml").read_text(), file="catalog.yml", sections=sections)
        secrets = {f"${name}": value for name, value in world.bot_environment().items()}
        offered = Providers(catalog, providers, secrets.__getitem__, lambda: datetime.now(UTC), tmp_path / "data")
        yield Broken(world, catalog, offered, stepping)
        await offered.close()
    finally:
        await world.close()


async def test_the_broken_shop_is_rolled_back_verified_and_gets_its_webhooks_once(broken: Broken) -> None:
    plan = await rollback.plan(rollback.Rollback(SERVICE, PRODUCTION), broken.running())
    told = plain("\n".join(plan.tells))
    assert (plan.binds["from"], plan.binds["to"]) == (broken.world.bad_commit, broken.world.good_commit)
    assert "takes back 2 commits by Mia" in told
    assert "no migration between them" in told

    card = await broken.roll_back()
    assert (card.tone, card.title) == (Tone.OK, f"shop production is back on {broken.world.good_commit[:7]}")
    assert [button.label for button in card.buttons] == ["Replay 6 webhooks…"]

    card = await broken.replay()
    assert (card.tone, card.title) == (Tone.OK, "6 of 6 webhooks delivered to shop production")
    assert broken.world.payments.undelivered(broken.world.environments["production"].endpoint) == []
    again = await replay_webhook.plan(broken.since(), broken.running())
    assert again.nothing_to_do.startswith("shop production has no webhook to replay")
    assert len(broken.world.payments.deliveries) == 6


async def test_replaying_into_the_broken_shop_delivers_nothing_and_says_so(
    broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.replay_webhook.ARRIVES_WITHIN", timedelta(seconds=2))
    card = await broken.replay()
    assert (card.tone, card.title) == (Tone.WARN, "0 of 6 webhooks delivered to shop production")
    assert "asked at Stripe" in plain(str(card.body))
