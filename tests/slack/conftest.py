"""A strict workspace with the lantern shop's people, for everything that Slack shows."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.db.bell import Bell
from bot.db.database import Pool
from bot.sandbox.workspace import Workspace
from bot.slack.send import web_session
from tests.support.followed import Story
from tests.support.specs import check_calls

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
    check_calls(made)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with web_session() as made:
        yield made


@pytest.fixture
def story(pool: Pool, bell: Bell, workspace: Workspace, session: aiohttp.ClientSession) -> Story:
    return Story(pool, bell, workspace, session)
