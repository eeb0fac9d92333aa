"""An incident's channel: what is set on it, and what is not where another company reads along."""

from collections.abc import Callable, Collection

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.db import incident_steps, incidents, posts
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.db.posts import Intent
from bot.domain.catalog_file import load_catalog
from bot.domain.incident import Affected, Incident, NewIncident, Severity
from bot.sandbox.workspace import Workspace
from bot.slack.incidents import header_key
from bot.slack.outsiders import READ_ALONG, Outsiders
from bot.slack.reply import Replies
from bot.slack.rooms import Rooms
from bot.slack.send import Sender, web_client

Make = Callable[[Collection[str]], Rooms]
CARDS, OWN = "C0SHOPOPS", "C0SHOPDEV"
WRITES = {"conversations.setTopic", "bookmarks.add", "pins.add"}
CATALOG = """
services:
  shop: {channels: {cards: C0SHOPOPS}, environments: {production: {url: "https://shop.example"}}}
"""


@pytest.fixture
def client(workspace: Workspace, session: aiohttp.ClientSession) -> AsyncWebClient:
    return web_client("xoxb-sandbox", workspace.api_url, session)


@pytest.fixture
def rooms(pool: Pool, workspace: Workspace, session: aiohttp.ClientSession, client: AsyncWebClient) -> Make:
    sender = Sender(client, Replies(session, workspace.api_url), clock=float)
    catalog = load_catalog(CATALOG, sections={})

    def made(listed: Collection[str]) -> Rooms:
        outsiders = Outsiders(pool, sender, lambda: listed)
        return Rooms(
            pool,
            sender,
            client,
            Bell(pool),
            catalog=lambda: catalog,
            bot_user=lambda: workspace.bot_user,
            outsiders=outsiders,
        )

    return made


async def opened(pool: Pool, severity: Severity) -> Incident:
    new = NewIncident("checkout answers 500", severity, (Affected("shop", "production"),))
    async with pool.acquire() as connection, connection.transaction():
        incident, _ = await incidents.open_(connection, new, by="U0ANA", team="T0", asked_in=CARDS, run=None)
    return incident


@pytest.mark.parametrize(("listed", "written"), [((), set[str]()), ((OWN,), WRITES)])
async def test_topic_bookmark_and_pin_are_not_set_where_another_company_reads_along(
    rooms: Make, client: AsyncWebClient, pool: Pool, workspace: Workspace, listed: Collection[str], written: set[str]
) -> None:
    incident = await opened(pool, Severity.SEV2)
    async with pool.acquire() as connection, connection.transaction():
        await incident_steps.settle_place(connection, incident, "channel", OWN, "inc-1")
    header = str((await client.chat_postMessage(channel=OWN, text="INC-1"))["ts"])
    await posts.intend(pool, Intent(header_key(incident), None, "message", {}, 1, OWN))
    await posts.posted(pool, header_key(incident), OWN, header, "shown")
    workspace.set_shared(OWN)
    while await rooms(listed).step():
        pass
    assert {call.method for call in workspace.calls} & WRITES == written
    skipped = await pool.fetch("SELECT note FROM incident_steps WHERE state = 'skipped'")
    assert [row["note"] for row in skipped] == [] if listed else [READ_ALONG, READ_ALONG]
    assert await incident_steps.due_steps(pool) == []


@pytest.mark.parametrize(("shared", "place"), [(False, "thread"), (True, "channel")])
async def test_a_lesser_incident_has_its_own_channel_where_another_company_would_read_the_thread(
    rooms: Make, pool: Pool, workspace: Workspace, shared: bool, place: str
) -> None:
    incident = await opened(pool, Severity.SEV4)
    workspace.set_shared(CARDS, shared=shared)
    assert await rooms(()).step()
    assert (await incidents.existing(pool, incident.id)).place == place
