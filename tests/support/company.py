"""A small company for stories: the strict workspace, the real bot on loopback, a made-up command besides its own."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from json import dumps
from pathlib import Path
from urllib.parse import urlencode

from pydantic import SecretStr

import commands
from bot.db import runs, seal
from bot.db.database import Pool
from bot.domain.command import Command
from bot.domain.run import FINAL, Run, RunId, State
from bot.files import read
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.shapes import api_person
from bot.sandbox.workspace.things import Answer, Delivery, Message
from bot.serve import Process
from bot.settings import Settings
from bot.slack import manifest
from tests.support.specs import check_calls

SECRET, TOKEN, APP_TOKEN = "shh-signing", "xoxb-test-token", "xapp-test-token"
OPS, DEV, GENERAL = "C0SHOPOPS", "C0SHOPDEV", "C0GENERAL"
PEOPLE = {"ana": "Ana Ortiz", "ben": "Ben Okafor", "chi": "Chi Nguyen", "eli": "Eli Sand", "mia": "Mia Lund"}

MALFORMED = {"invalid_blocks", "invalid_arguments", "missing_scope", "msg_too_long", "msg_blocks_too_long", "no_text"}

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

    def __init__(
        self,
        pool: Pool,
        folder: Path,
        records: Mapping[str, Command],
        *,
        drain_s: float = 5.0,
        socket: bool = False,
        **files: str,
    ) -> None:
        self.pool = pool
        self.folder = folder
        self.records = {**commands.find(), **records}
        made = manifest.manifest(
            self.records.values(), which="all", groups="trust_groups: true" in files.get("policy", "")
        )
        self.slack = Workspace(
            signing_secret=SECRET,
            bot_token=TOKEN,
            request_url="",
            manifest=made,
            strict_limits=False,
            app_token=APP_TOKEN if socket else None,
        )
        for name, real in PEOPLE.items():
            self.slack.add_person(f"U0{name.upper()}", name, real)
        for channel, name in ((OPS, "shop-ops"), (DEV, "shop-staging"), (GENERAL, "general")):
            self.slack.add_channel(
                channel, name, members=[Workspace.bot_user, *(f"U0{one.upper()}" for one in PEOPLE)]
            )
        (folder / "catalog.yml").write_text(files.get("catalog", CATALOG))
        (folder / "policy.yml").write_text(files.get("policy", POLICY))
        self.drain_s = drain_s
        self.process: Process

    async def open(self) -> None:
        await self.slack.start()
        await self.start_bot()

    async def start_bot(self) -> None:
        settings = Settings(
            bot_token=SecretStr(TOKEN),
            signing_secret=None if self.slack.socket.on else SecretStr(SECRET),
            app_token=SecretStr(APP_TOKEN) if self.slack.socket.on else None,
            api_url=self.slack.api_url,
            data_dir=self.folder,
            catalog=self.folder / "catalog.yml",
            policy=self.folder / "policy.yml",
            port=0,
            admin_port=0,
        )
        files = read(self.folder / "catalog.yml", self.folder / "policy.yml", self.records)
        self.process = Process(settings, files, self.pool, drain_s=self.drain_s)
        await self.process.start()
        self.slack.request_url = f"http://127.0.0.1:{self.process.port}/slack/events"

    async def close(self) -> None:
        await self.process.stop()
        await self.slack.close()
        check_calls(self.slack)
        await self._nothing_is_wrong()

    async def _nothing_is_wrong(self) -> None:
        """After every story: Slack refused no message for its shape, nothing secret was said, the chain is whole."""
        refused = [call for call in self.slack.calls if call.response.get("error") in MALFORMED]
        assert not refused, refused
        said = str([(call.method, call.arguments) for call in (*self.slack.calls, *self.slack.replies)])
        written = str(await self.pool.fetch("SELECT body FROM event_payloads"))
        assert self.slack.socket.wrong == []
        for secret in (SECRET, TOKEN, APP_TOKEN, "/respond/"):
            assert secret not in said, secret
            assert secret not in written, secret
        while await seal.seal(self.pool):
            pass
        report = await seal.verify(self.pool)
        assert report.whole, report.says

    async def becomes_known(self, who: str, **flags: bool | str) -> None:
        """Slack tells of a person who came, left or became a guest."""
        person = self.slack.add_person(f"U0{who.upper()}", who, who.capitalize(), **flags)  # type: ignore[arg-type]
        answer = await self.slack.send_event({"type": "user_change", "user": api_person(person, 0)})
        assert answer.status == 200

    async def type(self, who: str, text: str, channel: str = OPS, *, delivery: Delivery | None = None) -> Answer:
        return await self.slack.type(f"U0{who.upper()}", channel, text, delivery=delivery)

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

    async def raw(self, form: Mapping[str, object], *, stamp: int | None = None, **headers: str) -> Answer:
        """A signed form as nobody's client would send it; a mapping in it goes as JSON."""
        body = urlencode({name: value if isinstance(value, str) else dumps(value) for name, value in form.items()})
        signed = self.slack.sign(body.encode(), stamp)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.slack.deliver_raw(body.encode(), {**signed, **kind, **headers})

    async def raw_event(self, body: Mapping[str, object]) -> Answer:
        """A signed event, its wrapper included."""
        told = dumps(body).encode()
        return await self.slack.deliver_raw(told, {**self.slack.sign(told), "Content-Type": "application/json"})

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

    async def whispered(self, who: str, number: int) -> Message:
        """The so-many-th message that only this person sees, as soon as it is there."""
        person = f"U0{who.upper()}"
        await self.slack.wait_for(
            lambda: len(self.slack.ephemerals(person)) >= number, what=f"{number} for {who} alone"
        )
        return self.slack.ephemerals(person)[number - 1]

    async def becomes(self, message: Message, words: str = "", *, without: str = "") -> Message:
        """The same message once it says this and has no such button any more."""

        def as_wanted() -> Message | None:
            now = self.slack.now(message)
            assert now is not None
            return now if words in self.text(now) and not (without and without in str(now.blocks)) else None

        return await self.slack.wait_for(as_wanted, what=f"“{words}” without “{without}” in {message.ts}")

    def _find(self, messages: list[Message], words: str) -> Message | None:
        return next((one for one in reversed(messages) if words in self.text(one)), None)

    async def reaches(self, number: int, *states: State) -> Run:
        """The run once it is in one of these states; woken by what is recorded, not by what Slack shows."""
        with self.process.bell.listener("sealed") as sealed:
            async with asyncio.timeout(10):
                while (run := await runs.get(self.pool, RunId(number))) is None or run.state not in states:
                    await sealed.wait(1)
        return run

    async def ended(self, number: int = 1) -> Run:
        return await self.reaches(number, *FINAL)

    async def run(self, number: int = 1) -> Run:
        run = await runs.get(self.pool, RunId(number))
        assert run is not None
        return run
