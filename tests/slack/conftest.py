"""A strict workspace with the lantern shop's people, for everything that Slack shows."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft7Validator

from bot.sandbox.workspace import Workspace
from bot.slack.send import web_session

PEOPLE = {"U0ANA": "Ana", "U0BEN": "Ben", "U0CHI": "Chi", "U0ELI": "Eli"}
CHANNELS = {"C0SHOPOPS": "shop-ops", "C0SHOPDEV": "shop-dev", "C0RANDOM": "random"}


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    made = Workspace(signing_secret="shh", bot_token="xoxb-sandbox", request_url="http://127.0.0.1:9/slack/events")
    await made.start()
    for person, name in PEOPLE.items():
        made.add_person(person, name.lower(), name)
    for channel, name in CHANNELS.items():
        made.add_channel(channel, name, members=[*PEOPLE, made.bot_user])
    yield made
    await made.close()
    if folder := os.environ.get("SPECS_DIR"):
        check_calls(made, Path(folder) / "slack")


def check_calls(workspace: Workspace, specs: Path) -> None:
    """Every call that the bot made, held against Slack's own specifications."""
    whole = json.loads((specs / "block-kit.schema.json").read_text())
    blocks = Draft7Validator({"$ref": "#/definitions/MessageBlocks", "definitions": whole["definitions"]})
    for call in workspace.calls:
        spec = json.loads((specs / "methods" / f"{call.method}.json").read_text())
        known: dict[str, Any] = spec["args"]["properties"]
        assert sorted(call.arguments.keys() - known.keys()) == [], call.method
        needed = {name for name in spec["args"].get("required", []) if name != "token"}
        assert sorted(needed - call.arguments.keys()) == [], call.method
        if found := call.arguments.get("blocks"):
            value = json.loads(found) if isinstance(found, str) else found
            assert [error.message for error in blocks.iter_errors(value)] == [], call.method


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with web_session() as made:
        yield made
