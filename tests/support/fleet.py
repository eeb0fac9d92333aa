"""Several bots as processes on one PostgreSQL, the strict workspace in front of them, a yard of releases behind."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import asyncpg
import yaml

import commands
from bot.db import database, runs
from bot.db.database import AWAY, Pool
from bot.domain.run import Run, RunId, State
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Answer, Delivery, Message
from bot.slack import manifest
from tests.support import laws, recall
from tests.support.company import OPS, PEOPLE, POLICY, SECRET, TOKEN
from tests.support.history import History, Trouble
from tests.support.replica import Replica
from tests.support.server import Server
from tests.support.yard import Yard

T = TypeVar("T")
PATIENCE_S = 120.0
ELIGIBLE = ("U0ANA", "U0BEN", "U0CHI")  # operators, by POLICY


class Fleet:
    """`close` ends everything. Waiting is by looking again every 20 ms: these are other processes."""

    def __init__(self, server: Server, name: str, folder: Path, *environments: str) -> None:
        self.server = server
        self.folder = folder
        self.yard = Yard(folder / "yard", *(environments or ("production",)))
        self.replicas: list[Replica] = []
        self.pool: Pool
        self._database = name
        self.slack = self._workspace()
        for person, real in self.people().items():
            self.slack.add_person(f"U0{person.upper()}", person, real)
        self.slack.add_channel(OPS, "shop-ops", members=[Workspace.bot_user, *self.slack.state.people])

    def _workspace(self) -> Workspace:
        made = manifest.manifest(commands.find().values(), which="all")
        return Workspace(signing_secret=SECRET, bot_token=TOKEN, request_url="", manifest=made)

    def people(self) -> Mapping[str, str]:
        return PEOPLE

    def policy(self) -> str:
        return POLICY

    def environments(self) -> Mapping[str, object]:
        """Those of the shop, as in catalog.yml."""
        return {name: {"releases": self.yard.section(name)} for name in self.yard.names}

    async def open(self) -> None:
        self.yard.folder.mkdir(parents=True)
        await asyncio.gather(asyncio.to_thread(self.yard.build), self.slack.start(), self._create_database())
        shop = {"channels": {"cards": OPS}, "environments": dict(self.environments())}
        (self.folder / "catalog.yml").write_text(yaml.safe_dump({"services": {"shop": shop}}))
        (self.folder / "policy.yml").write_text(self.policy())
        self.pool = await database.connect(self.server.url(self._database), size=4)

    async def _create_database(self) -> None:
        connection = await asyncpg.connect(self.server.url("postgres"))
        await connection.execute(f"CREATE DATABASE {self._database}")
        await connection.close()

    async def close(self) -> None:
        for name in self.yard.names:
            self.yard.remove_gate(name)
        await asyncio.gather(*(replica.close() for replica in self.replicas))
        await self.slack.close()
        self.pool.terminate()

    async def start(self, *words: str) -> Replica:
        """One more bot; the first that answers Slack is where people's words go."""
        folder = self.folder / f"bot{len(self.replicas) + 1}"
        replica = Replica(folder, self.environment(), *(words or ("serve",)))
        self.replicas.append(replica)
        await replica.start()
        if not self.slack.request_url and words[:1] != ("worker",):
            self.slack.request_url = replica.url
        return replica

    def environment(self) -> dict[str, str]:
        """What a bot needs to know."""
        return {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": self.slack.api_url,
            "DATABASE_URL": self.server.url(self._database),
            "WATCHKEEPER_CATALOG": str(self.folder / "catalog.yml"),
            "WATCHKEEPER_POLICY": str(self.folder / "policy.yml"),
        }

    # --- what people do -------------------------------------------------------------------------------------

    async def ask(self, line: str, *, to: Sequence[Replica] = (), times: int = 1) -> list[Answer]:
        """Ana types; `times` delivers the same command again, at once, to each of `to` in turn."""
        delivery = Delivery(times=times, to=tuple(replica.url for replica in to), patience_s=10)
        answer = await self.slack.type("U0ANA", OPS, line, delivery=delivery)
        return [answer, *answer.others]

    async def asked(self, environment: str = "production") -> Run:
        """A rollback to the other release, with its plan, waiting for an approver."""
        answers = await self.ask(f"/rollback shop {environment} --to {self.yard.other(environment)[:7]}")
        assert answers[0].status == 200, answers
        number = await self.pool.fetchval("SELECT max(id) FROM runs WHERE environment = $1", environment)
        return await self.until_state(number, State.WAITING)

    async def press(self, who: str, run: Run, button: str, at: Replica, *, times: int = 1) -> Answer:
        """A click on the run's card, without waiting for the pace at which Slack takes messages."""
        words = {"type": "plain_text", "text": button}
        element = {"type": "button", "action_id": button, "value": run.target, "text": words}
        block = {"type": "actions", "block_id": "buttons", "elements": [element]}
        card = Message(self.slack.state.next_ts(), OPS, Workspace.bot_user, "", 0.0, [block])
        return await self.slack.press(
            f"U0{who.upper()}", card, button, delivery=Delivery(to=(at.url,), times=times, patience_s=10)
        )

    async def approved(self, run: Run, at: Replica, who: str = "ben") -> None:
        answer = await self.press(who, run, "approval.approve", at)
        assert answer.status == 200

    # --- what is to be seen ---------------------------------------------------------------------------------

    async def until(self, ask: Callable[[], Awaitable[T | None]], what: str, patience_s: float = PATIENCE_S) -> T:
        """What it gives once that is neither None nor false. PostgreSQL being away counts as not yet."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while loop.time() < deadline:
            try:
                if found := await ask():
                    return found
            except AWAY:
                pass
            await asyncio.sleep(0.02)
        said = "\n\n".join(replica.last_words() for replica in self.replicas)
        raise AssertionError(f"waited {patience_s} s for {what} in vain\n{self.slack.dump()}\n{said}")

    async def until_state(self, number: int, *states: State, patience_s: float = PATIENCE_S) -> Run:
        async def there() -> Run | None:
            run = await runs.get(self.pool, RunId(number))
            return run if run is not None and run.state in states else None

        try:
            return await self.until(there, f"R-{number} to be {' or '.join(states)}", patience_s)
        except AssertionError as error:
            raise AssertionError(f"it is {await runs.get(self.pool, RunId(number))}\n{error}") from None

    async def told(self, words: str, patience_s: float = PATIENCE_S) -> Message:
        """The newest message of the channel that says this."""
        return await self.slack.wait_for(lambda: self._newest(words), patience_s, f"“{words}”")

    def _newest(self, words: str) -> Message | None:
        return next((m for m in reversed(self.slack.messages(OPS)) if words in self.slack.all_text(m)), None)

    async def count(self, kind: str, run: Run | None = None) -> int:
        found: int = await self.pool.fetchval(
            "SELECT count(*) FROM events WHERE kind = $1 AND ($2::bigint IS NULL OR run_id = $2)",
            kind,
            run.id if run else None,
        )
        return found

    async def quiet(self) -> None:
        """Until every event is sealed and every message of the channel is as it should be."""

        async def nothing_left() -> bool:
            left: int = await self.pool.fetchval(
                """
                SELECT (SELECT count(*) FROM outbox)
                     + (SELECT count(*) FROM posts WHERE state IN ('intended', 'unknown')
                        OR (state = 'posted' AND kind IN ('message', 'dm') AND digest IS DISTINCT FROM wanted_digest))
                     + (SELECT coalesce(max(number), 0) FROM event_seals)
                     - (SELECT coalesce(max(number), 0) FROM cursors WHERE name = 'slack')
                """
            )
            return left == 0

        await self.until(nothing_left, "all words to have arrived")

    async def history(self) -> History:
        """What was done to the bots is each test's own knowledge: here something may have been, at any moment."""
        history = await recall.recall(self.pool, self.yard, self.slack, ELIGIBLE)
        return replace(history, troubles=(Trouble("moment", None, 0.0, time.time()),))

    async def check(self, *, told: bool = True) -> None:
        """Every promise was kept. told: False where Slack's pace would take minutes to tell it all."""

        async def sealed() -> bool:
            left: int = await self.pool.fetchval("SELECT count(*) FROM outbox")
            return left == 0

        await self.until(sealed, "all events to be sealed")
        broken = laws.broken(await self.history())
        later = ("the thread tells", "nothing is left unsaid")
        asked = [one for one in broken if told or not one.startswith(later)]
        assert asked == [], asked
