"""The desk: an engine with one made-up command, `/poke`, on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.db import seal
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.engine.installation import Installation
from bot.providers.registry import Providers
from permissions import model
from permissions.model import Person
from permissions.policy import load_policy
from tests.support.desk import POLICY, TEAM, Desk, KnownPeople, Shelf


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def desk(pool: Pool, bell: Bell, shelf: Shelf, tmp_path: Path) -> AsyncIterator[Desk]:
    environments = {
        name: EnvironmentEntry(Place("shop", name), name == "production", None, {})
        for name in ("production", "staging")
    }
    service = ServiceEntry("shop", None, (), "C0", {}, Thresholds(), environments)
    catalog = Catalog({"shop": service}, "digest")
    policy = load_policy(POLICY, services=catalog.protection(), permissions=model.ALL)
    now = datetime.now(UTC)
    people = KnownPeople(
        *(
            Person(f"U0{name.upper()}", TEAM, name.capitalize(), checked_at=now)
            for name in ("ana", "ben", "chi", "eli")
        )
    )
    providers = Providers(catalog, {}, lambda _: "", lambda: now, tmp_path)
    command = shelf.command()
    installation = Installation(pool, bell, {command.name: command}, catalog, policy, people, providers, TEAM)
    worker = await pool.fetchval("INSERT INTO workers (name) VALUES ('desk') RETURNING id")
    desk = Desk(installation, shelf, people, worker)
    yield desk
    while await seal.seal(pool):
        pass
    report = await seal.verify(pool)
    assert report.whole, report.says
    await providers.close()
