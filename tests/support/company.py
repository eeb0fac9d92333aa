"""A small company for stories: the strict workspace, the real bot on loopback, a made-up command besides its own."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

import commands
from bot.db import runs
from bot.db.database import Pool
from bot.domain.command import Command
from bot.domain.run import Run, RunId
from bot.files import read
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Answer, Delivery, Message
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

    async def asked(self, who: str = "ana", text: str = "/poke because checkout answers 500") -> Message:
        """Typed in the channel of production and planned: the card that asks for approval."""
        await self.type(who, text)
        return await self.see("Poke shop production?")

    async def click(
        self,
        who: str,
        message: Message,
        action: str,
        *,
        value: str | None = None,
        times: int = 1,
        delivery: Delivery | None = None,
    ) -> Answer:
        return await self.slack.click(
            f"U0{who.upper()}", message, action, value=value, times=times, delivery=delivery
        )

    async def restart(self) -> None:
        """The bot ends and starts again, as at a deploy."""
        await self.process.stop()
        await self.start_bot()

    async def forward(self, length: timedelta) -> None:
        """PostgreSQL's clock, which decides all that is about time."""
        await self.pool.execute("UPDATE clock SET ahead = ahead + $1", length)

    async def happened(self, kind: str) -> list[str]:
        """Who did the events of this kind, oldest first."""
        found = await self.pool.fetch("SELECT actor FROM events WHERE kind = $1 ORDER BY id", kind)
        return [row["actor"] for row in found]

    def text(self, message: Message) -> str:
        return self.slack.all_text(message)

    async def see(self, words: str, channel: str = OPS, thread: str | None = None) -> Message:
        """The newest message of the channel (or of a thread in it) that says this, as soon as it is there."""
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

    async def becomes(self, message: Message, words: str = "", *, without: str = "") -> Message:
        """The same message once it says this and has no such button any more."""

        def as_wanted() -> Message | None:
            now = self.slack.now(message)
            assert now is not None
            return now if words in self.text(now) and not (without and without in str(now.blocks)) else None

        return await self.slack.wait_for(as_wanted, what=f"“{words}” without “{without}” in {message.ts}")

    def _find(self, messages: list[Message], words: str) -> Message | None:
        return next((one for one in reversed(messages) if words in self.text(one)), None)

    async def run(self, number: int = 1) -> Run:
        run = await runs.get(self.pool, RunId(number))
        assert run is not None
        return run
