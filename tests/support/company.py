"""A small company for stories: the strict workspace, the real bot on loopback, a made-up command besides its own."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

import commands
from bot.db.database import Pool
from bot.domain.command import Command
from bot.domain.run import Run, RunId
from bot.files import read
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Answer, Message
from bot.serve import Process
from bot.settings import Settings
from bot.slack import manifest

SECRET, TOKEN = "shh-signing", "xoxb-test-token"
OPS, DEV, GENERAL = "C0SHOPOPS", "C0SHOPDEV", "C0GENERAL"
PEOPLE = {"ana": "Ana Ortiz", "ben": "Ben Okafor", "chi": "Chi Nguyen", "eli": "Eli Sand", "mia": "Mia Lund"}

CATALOG = """
services:
  shop:
    channels: {cards: C0SHOPOPS, production: [C0SHOPOPS], staging: [C0SHOPDEV]}
    environments:
      production: {}
      staging: {protected: false}
"""
POLICY = """
preset: small-team
people: {ana: U0ANA, ben: U0BEN, chi: U0CHI, eli: U0ELI}
roles: {admin: [ben], operator: [admin, ana, chi], viewer: everyone}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [record, change], in: [shop]}
  - {role: admin, may: [record, change, destructive], in: [shop]}
"""


class Company:
    """People type and click; `see` and `dm` wait for what they are shown. Nothing here sleeps."""

    def __init__(self, pool: Pool, folder: Path, records: Mapping[str, Command], **files: str) -> None:
        self.pool = pool
        self.folder = folder
        self.records = {**commands.find(), **records}
        made = manifest.manifest(self.records.values(), which="all")
        self.slack = Workspace(
            signing_secret=SECRET, bot_token=TOKEN, request_url="", manifest=made, strict_limits=False
        )
        for name, real in PEOPLE.items():
            self.slack.add_person(f"U0{name.upper()}", name, real)
        for channel, name in ((OPS, "shop-ops"), (DEV, "shop-staging"), (GENERAL, "general")):
            self.slack.add_channel(
                channel, name, members=[Workspace.bot_user, *(f"U0{one.upper()}" for one in PEOPLE)]
            )
        (folder / "catalog.yml").write_text(files.get("catalog", CATALOG))
        (folder / "policy.yml").write_text(files.get("policy", POLICY))
        self.process: Process

    async def open(self) -> None:
        await self.slack.start()
        await self.start_bot()

    async def start_bot(self) -> None:
        settings = Settings(
            bot_token=SecretStr(TOKEN),
            signing_secret=SecretStr(SECRET),
            api_url=self.slack.api_url,
            data_dir=self.folder,
            port=0,
            admin_port=0,
        )
        files = read(self.folder / "catalog.yml", self.folder / "policy.yml", self.records)
        self.process = Process(settings, files, self.pool)
        await self.process.start()
        self.slack.request_url = f"http://127.0.0.1:{self.process.port}/slack/events"

    async def close(self) -> None:
        await self.process.stop()
        await self.slack.close()

    async def type(self, who: str, text: str, channel: str = OPS) -> Answer:
        return await self.slack.type(f"U0{who.upper()}", channel, text)

    async def click(self, who: str, message: Message, action: str, *, value: str | None = None) -> Answer:
        return await self.slack.click(f"U0{who.upper()}", message, action, value=value)

    def text(self, message: Message) -> str:
        return self.slack.all_text(message)

    async def see(self, words: str, channel: str = OPS, thread: str | None = None) -> Message:
        """The newest message of the channel that says this, as soon as it is there."""
        return await self.slack.wait_for(
            lambda: self._find(self.slack.messages(channel, thread=thread), words), what=f"“{words}” in {channel}"
        )

    async def dm(self, who: str, words: str) -> Message:
        return await self.slack.wait_for(
            lambda: self._find(self.slack.dms(f"U0{who.upper()}"), words), what=f"“{words}” in {who}'s DM"
        )

    async def alone(self, who: str, words: str) -> Message:
        """A message that only this person sees."""
        return await self.slack.wait_for(
            lambda: self._find(self.slack.ephemerals(f"U0{who.upper()}"), words), what=f"“{words}” for {who} alone"
        )

    def settled(self, who: str, message: Message, button: str) -> Message | None:
        """The person's copy of a message once it no longer has that button."""
        now = next(one for one in self.slack.dms(f"U0{who.upper()}") if one.ts == message.ts)
        return now if button not in str(now.blocks) else None

    def _find(self, messages: list[Message], words: str) -> Message | None:
        return next((one for one in reversed(messages) if words in self.text(one)), None)

    async def run(self, number: int) -> Run:
        from bot.db import runs

        run = await runs.get(self.pool, RunId(number))
        assert run is not None
        return run
