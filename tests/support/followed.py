"""One run and the world around it, told by a real follower on a strict workspace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from bot.db import approvals, events, runs
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.db.seal import seal
from bot.domain import card as cards
from bot.domain import plan as plans
from bot.domain.approval import ApprovalState
from bot.domain.card import Button, Card, Tone
from bot.domain.catalog import Catalog, EnvironmentEntry, Place, ServiceEntry, Thresholds
from bot.domain.command import Command, Verb
from bot.domain.event import Kind
from bot.domain.json import JsonObject
from bot.domain.plan import Plan
from bot.domain.run import FINAL, Run, RunId, State
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Message
from bot.slack.follow import Follower
from bot.slack.reply import Replies
from bot.slack.send import Sender, web_client
from permissions.model import DEPLOY_ROLLBACK, HEALTH_READ, RUN_READ, Risk

NAMES = {"U0ANA": "Ana", "U0BEN": "Ben", "U0CHI": "Chi"}
PLAN = Plan(
    "Roll back shop production",
    "9f8e7d6 → 4c1d2a7. Data is not touched.",
    "Approve rollback",
    "Roll back now",
    {"to": "4c1d2a7"},
    ("9f8e7d6 → 4c1d2a7",),
    usual=timedelta(seconds=41),
    steps=("fetch", "build"),
)
DONE = Card(
    Tone.OK,
    "shop production is back on 4c1d2a7",
    "shop production is back on 4c1d2a7: 9 of 9 checks pass.",
    ("All is well.",),
    (
        Button("Replay 6 webhooks…", ask="/replay-webhook shop production --since 2h"),
        Button("Hold deploys", ask="/freeze shop production"),
    ),
)


NO_RUN = RunId(0)


async def _never(*_: object) -> Any:
    raise AssertionError


def verb(name: str, permission: Any, risk: Risk, answers: Any = "public") -> Command:
    plan = None if risk.harmless else _never
    return Command(name, "x", (Verb("", dict, plan, _never, permission, risk, "x", name, answers=answers),))


COMMANDS = {
    "/rollback": verb("/rollback", DEPLOY_ROLLBACK, Risk.CHANGE),
    "/health": verb("/health", HEALTH_READ, Risk.READ),
    "/runs": verb("/runs", RUN_READ, Risk.READ, "private"),
    "/replay-webhook": verb("/replay-webhook", DEPLOY_ROLLBACK, Risk.CHANGE),
}


def catalog() -> Catalog:
    entry = EnvironmentEntry(Place("shop", "production"), True, None, {})
    bound = {"production": ("C0SHOPOPS",), "staging": ("C0SHOPDEV",)}
    shop = ServiceEntry("shop", None, (), "C0SHOPOPS", bound, Thresholds(), {"production": entry})
    return Catalog({"shop": shop}, "digest")


@dataclass
class Story:
    """One run and the world around it; each method is what the engine would have recorded."""

    pool: Pool
    bell: Bell
    workspace: Workspace
    session: aiohttp.ClientSession
    run: RunId = NO_RUN

    async def now(self) -> Run:
        run = await runs.get(self.pool, self.run)
        assert run is not None
        return run

    async def ask(
        self, command: str = "/rollback", channel: str = "C0SHOPOPS", risk: str = "change", **more: Any
    ) -> None:
        columns = {
            "state": "planning",
            "command": command,
            "verb": "",
            "text": f"{command} shop production",
            "request": {},
            "service": "shop",
            "environment": "production",
            "permission": "deploy:rollback",
            "risk": risk,
            "actor": "U0ANA",
            "team": "T0LANTERN",
            "channel": channel,
            "via": "slack",
            "reason": "checkout answers 500",
            **more,
        }
        names, marks = ", ".join(columns), ", ".join(f"${n}" for n in range(1, len(columns) + 1))
        sql = f"INSERT INTO runs ({names}) VALUES ({marks}) RETURNING id"
        self.run = RunId(await self.pool.fetchval(sql, *columns.values()))
        await self.happens(Kind.REQUEST_RECEIVED, {"line": "x"})

    async def planned(self, need: int = 1, asked: tuple[str, ...] = ("U0BEN", "U0CHI")) -> None:
        await self.to(State.WAITING, plan=plans.to_json(PLAN), digest=PLAN.digest)
        answer = timedelta(minutes=15)
        await approvals.ask(
            self.pool, self.run, need=need, asked=asked, confirm="button", digest=PLAN.digest, answer=answer
        )
        await self.happens(Kind.APPROVAL_ASKED, {"asked": list(asked), "need": need})

    async def approved(self, by: str = "U0BEN") -> None:
        async with self.pool.acquire() as connection:
            await approvals.add_vote(connection, self.run, by, yes=True, digest=PLAN.digest, via="slack")
        await approvals.close(self.pool, self.run, ApprovalState.GRANTED)
        await self.pool.execute("UPDATE runs SET state = 'queued', approved_at = clock_now() WHERE id = $1", self.run)
        await self.happens(Kind.VOTE_CAST, {"yes": True, "have": 1, "need": 1, "reason": ""}, by)

    async def starts(self) -> None:
        worker = await self.pool.fetchval("INSERT INTO workers (name) VALUES ('w') RETURNING id")
        await self.to(State.RUNNING, started_at=None, worker=worker)
        await self.pool.execute("UPDATE runs SET started_at = clock_now() WHERE id = $1", self.run)
        await self.happens(Kind.RUN_STARTED)

    async def step(self, name: str) -> None:
        await self.happens(Kind.STEP_STARTED, {"step": name})
        await self.happens(Kind.STEP_ENDED, {"step": name, "state": "done", "says": "", "took_s": 6.2})

    async def ends(self, state: State, card: Card | None = None, **columns: Any) -> None:
        columns = {"changed": "nothing", "outcome": cards.to_json(card) if card else None, **columns}
        await self.to(state, **columns)
        await self.happens(Kind.RUN_ENDED, {"state": state.value})

    async def to(self, state: State, **columns: Any) -> None:
        stamps = ", finished_at = clock_now()" if state in FINAL else ""
        sets = "".join(f", {name} = ${number}" for number, name in enumerate(columns, start=3))
        await self.pool.execute(
            f"UPDATE runs SET state = $2{sets}{stamps} WHERE id = $1", self.run, state.value, *columns.values()
        )

    async def happens(self, kind: Kind, body: JsonObject | None = None, actor: str = "watchkeeper") -> None:
        await events.record(self.pool, kind, run=await self.now(), actor=actor, body=body)
        while await seal(self.pool):
            pass
        self.bell.ring("sealed")

    # --- what people see

    def root(self, channel: str = "C0SHOPOPS") -> Message | None:
        return next((one for one in self.workspace.messages(channel) if one.by_bot), None)

    async def see(self, words: str, where: str = "C0SHOPOPS", within: float = 10.0) -> Message:
        """A message of a channel (C…) or a direct one (U…) with these words, once it is there."""

        def found() -> Message | None:
            there = self.workspace.dms(where) if where.startswith("U") else self.workspace.messages(where)
            return next((one for one in there if words in self.workspace.all_text(one)), None)

        return await self.workspace.wait_for(found, within, f"“{words}” in {where}")

    async def whispered(self, words: str, person: str = "U0ANA") -> Message:
        def found() -> Message | None:
            there = self.workspace.ephemerals(person)
            return next((one for one in there if words in self.workspace.all_text(one)), None)

        return await self.workspace.wait_for(found, 10, f"“{words}” whispered to {person}")

    async def thread(self, words: str, root: Message) -> str:
        """The whole thread once it holds these words."""

        def found() -> str | None:
            said = self.workspace.messages(root.channel, thread=root.ts)
            whole = "\n".join(one.text for one in said)
            return whole if words in whole else None

        return await self.workspace.wait_for(found, 20, f"“{words}” in the thread")

    async def settled(self) -> None:
        """Nothing is left to be sent."""
        await self.until(
            "SELECT NOT EXISTS (SELECT FROM posts WHERE state IN ('intended', 'unknown') OR"
            " (state = 'posted' AND kind IN ('message', 'dm') AND digest IS DISTINCT FROM wanted_digest))"
            " AND coalesce((SELECT max(number) FROM event_seals), 0)"
            " = coalesce((SELECT number FROM cursors WHERE name = 'slack'), 0)"
        )

    async def until(self, question: str) -> None:
        """The database is asked until it says yes: nothing rings when a row is as wanted."""
        async with asyncio.timeout(20):
            while not await self.pool.fetchval(question):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[Follower]:
        """A follower at work, until the block ends; the next one is a restart."""
        client = web_client("xoxb-sandbox", self.workspace.api_url, self.session)
        loop = asyncio.get_running_loop()
        sender = Sender(client, Replies(self.session, self.workspace.api_url), clock=loop.time)
        follower = Follower(
            self.pool,
            sender,
            catalog=catalog,
            names=lambda one: NAMES.get(one, one),
            commands=COMMANDS,
            bell=self.bell,
            poll=0.2,
        )
        working = asyncio.ensure_future(follower.work())
        try:
            yield follower
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


def buttons(message: Message) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [str(one["action_id"]) for row in rows for one in row]
