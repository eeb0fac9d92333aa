"""A started workspace with people and channels, a small app behind it, and Slack's own SDK in front of it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.workspace import Workspace
from tests.sandbox.small_app import SECRET, TOKEN, Clock, SmallApp, people_and_places


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def small_app() -> AsyncIterator[SmallApp]:
    small = SmallApp()
    server = web.Application()
    server.router.add_post("/slack/events", small.serve)
    runner = web.AppRunner(server, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    small.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield small
    await runner.cleanup()


@pytest.fixture
async def ws(small_app: SmallApp, clock: Clock) -> AsyncIterator[Workspace]:
    workspace = Workspace(signing_secret=SECRET, bot_token=TOKEN, request_url=small_app.url, clock=clock)
    people_and_places(workspace)
    await workspace.start()
    yield workspace
    await workspace.close()


@pytest.fixture
def slack(ws: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=TOKEN, base_url=ws.api_url, timeout=5)


@pytest.fixture
async def small_workspace(small_app: SmallApp, clock: Clock) -> AsyncIterator[Workspace]:
    """With a manifest that asks for little: two commands, two scopes, one event."""
    manifest = {
        "display_information": {"name": "Watchkeeper"},
        "features": {
            "slash_commands": [
                {"command": "/health", "description": "Look", "usage_hint": "[service]", "should_escape": True},
                {"command": "/plain", "description": "Look"},
            ]
        },
        "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
    }
    workspace = Workspace(
        signing_secret=SECRET, bot_token=TOKEN, request_url=small_app.url, clock=clock, manifest=manifest
    )
    people_and_places(workspace)
    await workspace.start()
    yield workspace
    await workspace.close()
