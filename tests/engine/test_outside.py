"""What changes without us becomes an event once: deploys by others, vendors' status pages; never our own runs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from bot.db import incidents, seal, timeline
from bot.db.bell import Bell
from bot.domain.capability import Deploys, ReleaseInfo, StatusPages, VendorStatus
from bot.domain.catalog import Place
from bot.domain.incident import Affected, NewIncident, Severity
from bot.engine.installation import Installation
from bot.outside import Outside
from bot.providers.registry import Providers
from bot.timeline import Projector
from tests.support.desk import Desk, Shelf

SHOP = Place("shop", "production")
OLD, NEW = "9f8e7d6" + "0" * 33, "4c1d2a7" + "0" * 33


@dataclass
class World:
    """What is there, as the providers would tell it."""

    commit: str = OLD
    state: str = "ok"

    async def releases(self) -> Sequence[ReleaseInfo]:
        return [ReleaseInfo(self.commit, "New checkout", "Eli", True, None)]

    async def statuses(self) -> Sequence[VendorStatus]:
        return [VendorStatus("stripe", cast("Any", self.state), "Elevated errors", "https://status.stripe.com")]

    def all(self, place: Place, capability: type) -> list["World"]:
        return [self] if place == SHOP and capability in (Deploys, StatusPages) else []


def watching(desk: Desk, world: World) -> Outside:
    desk.installation.providers = cast("Providers", world)
    return Outside(desk.installation)


async def told(installation: Installation) -> list[dict[str, Any]]:
    rows = await installation.pool.fetch(
        "SELECT kind, body FROM events JOIN event_payloads ON event_id = id"
        " WHERE kind IN ('deploy.seen', 'vendor.changed') ORDER BY id"
    )
    return [{"event": row["kind"], **json.loads(row["body"])} for row in rows]


async def test_what_others_changed_is_told_once_and_reaches_the_incident(desk: Desk) -> None:
    world = World()
    outside = watching(desk, world)
    for commit, state in (
        (OLD, "ok"),
        (OLD, "unknown"),
        (NEW, "major"),
        (NEW, "major"),
        (NEW, "unknown"),
        (NEW, "ok"),
    ):
        world.commit, world.state = commit, state
        await outside.look(SHOP)
    events = await told(desk.installation)
    assert [(one["event"], one.get("was"), one.get("state", "")) for one in events] == [
        ("deploy.seen", OLD, ""),
        ("vendor.changed", "ok", "major"),
        ("vendor.changed", "major", "ok"),
    ]
    new = NewIncident("checkout answers 500", Severity.SEV2, (Affected("shop", "production"),))
    async with desk.pool.acquire() as connection, connection.transaction():
        incident, _ = await incidents.open_(connection, new, by="U0ANA", team="T0", asked_in="C0", run=None)
    while await seal.seal(desk.pool):
        pass
    projector = Projector(desk.pool, Bell(desk.pool), str)
    while await projector.step():
        pass
    lines = [(one.text, one.before) for one in await timeline.of_incident(desk.pool, incident.id)]
    assert lines[:3] == [
        ("Release 4c1d2a7 “New checkout” by Eli became current (was 9f8e7d6); not through Watchkeeper", True),
        ("stripe says major on its status page: Elevated errors", True),
        ("stripe says that all is well again (was major)", True),
    ]


async def test_a_release_that_a_run_of_ours_put_there_is_no_news(desk: Desk, shelf: Shelf) -> None:
    world = World()
    outside = watching(desk, world)
    await outside.look(SHOP)
    run = await desk.asked("U0ANA", "/poke shop production")
    await desk.pool.execute(
        "UPDATE runs SET state = 'succeeded', started_at = clock_now(), finished_at = clock_now(),"
        " plan = jsonb_set(plan, '{binds,to}', to_jsonb($2::text)) WHERE id = $1",
        run.id,
        NEW,
    )
    world.commit = NEW
    await outside.look(SHOP)
    assert await told(desk.installation) == []
    world.commit = OLD
    await outside.look(SHOP)
    assert [one["event"] for one in await told(desk.installation)] == ["deploy.seen"]
