"""What keeps incidents going: their timelines, whom they ask, their channels and messages; wired for one process."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.calls import Calls
from bot.db import incidents
from bot.db.database import AWAY
from bot.engine.installation import Installation
from bot.slack.app import Identity
from bot.slack.follow import Follower
from bot.slack.incidents import IncidentTeller
from bot.slack.outsiders import Outsiders
from bot.slack.presence import Presence
from bot.slack.rooms import Rooms
from bot.slack.send import Sender
from bot.timeline import Projector
from bot.updates import Updates

POLL_S = 2.0


async def know_rooms(installation: Installation) -> None:
    """In every process that hears people: which channels stand for which places, as of now."""
    with installation.bell.listener("incidents") as rung:
        while True:
            with suppress(*AWAY):
                installation.rooms = await incidents.rooms(installation.pool)
            await rung.wait(POLL_S)


async def keep(installation: Installation) -> None:
    """Under a leader of its own: works without Slack."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Projector(installation.pool, installation.bell, installation.people.name).run())
        tasks.create_task(Calls(installation).run())
        tasks.create_task(Updates(installation).run())


def tell(
    installation: Installation, follower: Follower, sender: Sender, client: AsyncWebClient, identity: Identity
) -> None:
    """Under the follower's leader: everything about incidents that Slack is told or asked."""

    def on_call(at: datetime) -> Sequence[str]:
        oncall = installation.policy.oncall
        return oncall.order(at) if oncall else ()

    teller = IncidentTeller(
        installation.pool,
        installation.bell,
        follower.wake,
        catalog=lambda: installation.catalog,
        names=installation.people.name,
        on_call=on_call,
        commands=installation.commands,
        presence=Presence(client, installation.clock),
    )
    rooms = Rooms(
        installation.pool,
        sender,
        client,
        installation.bell,
        catalog=lambda: installation.catalog,
        bot_user=lambda: identity.bot_user,
        outsiders=Outsiders(installation.pool, sender, lambda: installation.policy.shared_channels),
    )
    follower.duties += [teller.run, rooms.run]
