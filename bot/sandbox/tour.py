"""The tour: what a newcomer does in three minutes, played without a browser. A step that is not as told ends it."""

import time
from collections.abc import Awaitable, Callable

from aiohttp import ClientError

from bot.sandbox.player import SOON_S, Player, expect
from bot.sandbox.stage import ANA, BEN, ELI, OPS, Stage
from bot.sandbox.workspace.things import Message

PLACE = "shop production"
RUN_S = 60.0
RETURN_S = 60.0  # a killed bot comes back, and one lease later it is sure of what it left

Step = tuple[str, Callable[[], Awaitable[None]]]


class Tour:
    """`as_told` after `play`."""

    _health_card: Message
    _room: str  # the incident's channel
    _header: Message
    _resolved: Message  # the answer at its end
    _plan: Message  # the rollback's card in the channel
    _copies: list[Message]
    _done: Message  # the same card after its end

    def __init__(self, stage: Stage) -> None:
        self.as_told = False
        self._stage = stage
        self._player = Player(stage)
        self._timings: list[tuple[str, float]] = []

    async def play(self) -> None:
        begun = time.monotonic()
        for number, (title, step) in enumerate(self._steps(), start=1):
            print(f"\n━━ {number}. {title}\n", flush=True)
            if not await self._one(f"{number}. {title}", step):
                break
        else:
            self.as_told = True
        self._sum_up(time.monotonic() - begun)

    def _steps(self) -> list[Step]:
        return [
            ("The alert comes by itself", self._alert),
            ("Eli may only look", self._refused),
            ("Ana looks", self._health),
            ("The shop really fails", self._really),
            ("Ana opens an incident from the card: its channel is there", self._open),
            ("In that channel she asks for the rollback, and names no place", self._ask),
            ("Ana may not approve it herself", self._not_herself),
            ("Ben approves in his direct messages; it runs and is verified", self._approve),
            ("The shop answers, no copy of the card is left with buttons", self._answers),
            ("Six webhooks are replayed, and nothing twice", self._replay),
            ("She resolves the incident; its timeline has written itself", self._resolve),
            ("It is handed on: a PDF, a page for those without Slack, a post-mortem", self._hand_on),
            ("The bot is killed in the middle of a backup", self._kill),
            ("A backup, and its proof", self._backup),
            ("What may Eli do, and what ran", self._questions),
            ("The chain is whole", self._audit),
        ]

    async def _one(self, title: str, step: Callable[[], Awaitable[None]]) -> bool:
        begun = time.monotonic()
        try:
            await step()
        except (AssertionError, ClientError, TimeoutError) as error:
            print(f"\n ✗ NOT AS TOLD: {error}\n", flush=True)
            return False
        finally:
            self._timings.append((title, time.monotonic() - begun))
        return True

    def _sum_up(self, took: float) -> None:
        print("\n━━ Timings\n")
        for title, seconds in self._timings:
            print(f"{seconds:8.2f} s  {title}")
        print(f"{took:8.2f} s  in all; {'everything was as told' if self.as_told else 'NOT as told'}", flush=True)

    # --- the steps --------------------------------------------------------------------------------------------

    async def _alert(self) -> None:
        await self._player.public(OPS, PLACE, "Checkout", "500", "6 undelivered", within=60, new=False)

    async def _refused(self) -> None:
        play = self._player
        await play.type(ELI, OPS, "/rollback shop production")
        await play.whisper(ELI, f"Eli may not roll back {PLACE}", "policy.yml:", "Ana", "Nothing was changed")

    async def _health(self) -> None:
        play = self._player
        await play.type(ANA, OPS, "/health shop production")
        card = await play.public(
            OPS, "2 of ", "fail", "Checkout", "answers 500", "Last change", "“New checkout” by Mia"
        )
        self._offers(card, "Roll back…", "Replay 6 webhooks…", "Open incident")
        self._health_card = card

    async def _really(self) -> None:
        await self._player.url(self._checkout(), 500)

    async def _open(self) -> None:
        play = self._player
        await play.click(ANA, self._health_card, "Open incident", "on that card")
        self._room = await play.ws.wait_for(self._incident_channel, SOON_S, "the incident's channel")
        play.say(f"(#{self._stage.name(self._room)} is there, with Ana in it)")
        self._header = await play.public(
            self._room, "INC-1 SEV2", f"investigating · {PLACE}", "Failing", "Checkout", "on call is Ana", new=False
        )
        self._offers(self._header, "I'm on it", "Roll back…", "Resolve")
        await play.click(ANA, self._header, "I'm on it", "on the header")
        await play.becomes(self._header, "On it Ana")

    async def _ask(self) -> None:
        play = self._player
        await play.type(ANA, self._room, "/rollback because checkout answers 500")
        await play.whisper(ANA, f"it is in #{self._stage.name(OPS)}")
        bad, good = self._stage.world.bad_commit[:7], self._stage.world.good_commit[:7]
        self._plan = await play.public(
            OPS, f"Roll back {PLACE}?", bad, good, "“New checkout”", "checkout answers 500"
        )
        self._copies = [self._plan]
        self._copies.append(await play.dm(BEN, f"Roll back {PLACE}?", bad, good, show=False))
        play.say("(the same card is in the direct messages of the approvers: Ben, Chi, Mia)")
        self._copies += [await play.dm(one, f"Roll back {PLACE}?", show=False) for one in ("U0CHI", "U0MIA")]
        await play.dm(ANA, "waiting", "Ben")

    async def _not_herself(self) -> None:
        play = self._player
        await play.click(ANA, self._plan, "Approve", "on the card in #shop-ops")
        await play.whisper(ANA, "You asked for this. These can approve: Ben")

    async def _approve(self) -> None:
        play = self._player
        await play.click(BEN, self._copies[1], "Approve", "in his direct messages")
        self._done = await play.becomes(
            self._plan, "is back on", "Verified", "checks pass", "approved Ben", within=RUN_S
        )
        play.live(self._done)
        await play.thread(self._done, "Ben approved", "fetch", "build", "switch", "verify", "@Ana", "is back on")
        self._offers(self._done, "Replay 6 webhooks…")

    async def _answers(self) -> None:
        await self._player.url(self._checkout(), 200)
        await self._player.bare(self._copies, "Approve rollback")
        await self._player.bare(self._copies, "Deny")

    async def _replay(self) -> None:
        play = self._player
        await play.click(ANA, self._done, "Replay 6 webhooks…", "on the end card")
        plan = await play.public(OPS, "Replay", PLACE, "6 ")
        copy = await play.dm(BEN, "Replay", PLACE, show=False)
        await play.click(BEN, copy, "Approve", "in his direct messages")
        await play.becomes(plan, "6 of 6", "delivered", within=RUN_S)
        left = self._stage.world.payments.undelivered(self._stage.world.environments["production"].endpoint)
        expect(not left, f"the payment provider still holds {left}")
        sent = len(self._stage.world.payments.deliveries)
        play.say(f"(the payment provider counts {sent} deliveries, none is undelivered)")
        await play.click(ANA, self._done, "Replay 6 webhooks…", "on the old card, once more")
        await play.whisper(ANA, "Nothing was changed")
        again = len(self._stage.world.payments.deliveries)
        expect(again == sent, f"{again - sent} webhooks were sent twice")
        play.say(f"(the payment provider still counts {sent} deliveries: nothing was sent twice)")

    async def _resolve(self) -> None:
        play = self._player
        await play.becomes(self._header, "none of the watch's alarms is on", "/replay-webhook", within=RUN_S)
        await play.type(ANA, self._room, "/incident resolve checkout answers again")
        self._resolved = await play.public(self._room, "INC-1 is resolved. Down ", " entries, none typed")
        self._header = await play.becomes(self._header, "resolved", "checkout answers again")
        await play.thread(
            self._header, "opened it as SEV2", "Ana is on it", "Ben approved", "is back on", "6 of 6", "resolved"
        )

    async def _hand_on(self) -> None:
        play = self._player
        await play.click(ANA, self._resolved, "Export PDF", "on the answer")
        exported = await play.dm(ANA, "inc-1-timeline.pdf")
        await play.click(ANA, self._resolved, "Draft post-mortem", "beside it")
        drafted = await play.dm(ANA, "inc-1-postmortem.pdf")
        for file in (*exported.files, *drafted.files):
            expect(file.content.startswith(b"%PDF"), f"{file.name} is no PDF")
        await play.type(ANA, self._room, "/incident link")
        link = await play.whisper(ANA, "The live timeline of INC-1", "also while Slack is down")
        page = await play.page(str(link.blocks))
        expect("Ben approved" in page, f"the page without Slack says only: {page[:500]}")

    async def _kill(self) -> None:
        play, stage = self._player, self._stage
        held = await stage.hold_up_staging()
        play.say("(somebody's long transaction holds staging's orders: a backup there has to wait)")
        await play.type(ANA, OPS, "/backup db shop staging")
        root = await play.public(OPS, "shop staging", "running")
        play.say(f"(SIGKILL to the bot, process {stage.bot.kill()})")
        await play.ws.wait_for(lambda: stage.bot.deaths, 10, "the bot's death")
        held.cancel()
        await play.becomes(root, "interrupted", within=RETURN_S)
        play.say(f"(the bot is back as process {stage.bot.pid})")
        await play.click(ANA, root, "It was not done", "on the card, after she looked: no new file lies there")
        await play.becomes(root, "Settled as not done by Ana")

    async def _backup(self) -> None:
        play = self._player
        await play.type(ANA, OPS, "/backup db shop staging")
        await play.public(OPS, "shop staging", "SHA-256", within=RUN_S)
        await play.type(ANA, OPS, "/backup verify shop staging latest")
        await play.public(OPS, "restore", "shop staging", within=RUN_S)

    async def _questions(self) -> None:
        play = self._player
        await play.type(ELI, OPS, "/can rollback shop production")
        await play.whisper(ELI, "policy.yml:", "Ana")
        await play.type(ANA, OPS, "/runs")
        await play.public(OPS, "R-", "/rollback", "succeeded")

    async def _audit(self) -> None:
        play = self._player
        await play.type(ANA, OPS, "/audit verify")
        await play.public(OPS, "whole", "every one sealed and unchanged")

    # --- inside -----------------------------------------------------------------------------------------------

    def _incident_channel(self) -> str | None:
        return next((one.id for one in self._stage.workspace.state.channels.values() if one.name[:4] == "inc-"), None)

    def _checkout(self) -> str:
        return f"{self._stage.world.environments['production'].url}/checkout?sku=harbour"

    def _offers(self, message: Message, *labels: str) -> None:
        there = self._player.text(message)
        for label in labels:
            expect(f"[{label}]" in there, f"the card has no [{label}]")
