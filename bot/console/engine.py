"""The engine as a terminal opens it: the bot's database, the files in force, people as Slack described them last."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import reload
from bot.db import events
from bot.db import people as facts
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.domain.command import Command
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.engine.govern import EngineGovern
from bot.engine.installation import Installation
from bot.engine.intake import Intake
from bot.engine.votes import Votes
from bot.files import Files
from bot.providers.registry import Providers
from bot.slack.people import LastKnown
from permissions.terminal import PREFIX, Unseated, seat


class NeverStarted(Exception):
    """The bot has not run on this database yet, so nobody is known and no policy is in force: start it once."""


@dataclass(frozen=True, slots=True)
class Console:
    """What the terminal's commands need of the engine, and the login that they are typed from."""

    pool: Pool
    installation: Installation
    intake: Intake
    votes: Votes
    govern: EngineGovern
    files: Files
    login: str

    @property
    def channel(self) -> str:
        """Where it is asked: `terminal:ana`."""
        return f"{PREFIX}{self.login}"

    def name(self, person: str) -> str:
        return self.installation.people.name(person)

    async def seat(self, name: str | None, wanted: str) -> str | Unseated:
        """Who acts; somebody who may not is audited, with what was wanted."""
        found = seat(self.installation.policy, self.login, name)
        if isinstance(found, Unseated) and not found.usage:
            body: JsonObject = {"line": wanted, "as": name, "because": found.because.sentence, "via": "terminal"}
            await events.record(self.pool, Kind.REQUEST_REFUSED, actor=self.channel, body=body)
            self.installation.bell.ring("outbox")
        return found


@asynccontextmanager
async def console(pool: Pool, login: str, commands: Mapping[str, Command] | None = None) -> AsyncIterator[Console]:
    """On an open database. The files are those that the bot has in force, never those that lie beside us."""
    workspace, files = await facts.fact(pool, "workspace"), await reload.in_force(pool, commands)
    if not isinstance(workspace, dict) or files is None:
        raise NeverStarted
    people = LastKnown.of(pool, files.policy.people)
    people.trust(files.policy.roles_by_group)
    await people.load()
    providers = Providers(files.catalog, {}, secret=str, clock=_now, data_dir=Path())  # plans are the worker's
    at = Installation(
        pool, Bell(pool), files.commands, files.catalog, files.policy, people, providers, str(workspace["team"])
    )
    votes = Votes(at)
    ringing = asyncio.create_task(at.bell.run())
    try:
        yield Console(pool, at, Intake(at), votes, EngineGovern(at, votes), files, login)
    finally:
        ringing.cancel()
        await asyncio.wait({ringing})
        await providers.close()


def _now() -> datetime:
    return datetime.now(UTC)
