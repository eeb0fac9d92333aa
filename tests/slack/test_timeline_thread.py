"""Five hundred entries in a minute, told in one thread: all, in order, once, and no faster than Slack allows."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from time import time as wall

import aiohttp
import pytest

import commands
from bot.db import events, followups, incident_steps, incidents, posts, seal, timeline
from bot.db.bell import Bell
from bot.db.database import Pool
from bot.db.posts import Intent
from bot.domain.catalog import Catalog
from bot.domain.event import Kind
from bot.domain.incident import Affected, Incident, IncidentState, NewIncident, Severity
from bot.domain.json import JsonObject, digest
from bot.domain.timeline import NewEntry
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Message
from bot.slack import manifest
from bot.slack.deliver import Deliverer
from bot.slack.incidents import IncidentTeller, header_key
from bot.slack.outsiders import Outsiders
from bot.slack.pace import BURST
from bot.slack.reply import Replies
from bot.slack.rooms import Rooms
from bot.slack.send import Sender, web_client
from bot.timeline import Projector

TOKEN, CHANNEL = "xoxb-test-token", "C0INCIDENT"
SECONDS, ENTRIES = 60, 500


class Seconds:
    """A clock that moves when it is told to; whoever sleeps until then is woken."""

    def __init__(self) -> None:
        self.now = wall()
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, woken))
        await woken

    @property
    def asleep(self) -> bool:
        return any(not woken.done() for _, woken in self._sleepers)

    def forward(self, seconds: float) -> None:
        self.now += seconds
        for at, woken in self._sleepers:
            if at <= self.now and not woken.done():
                woken.set_result(None)
        self._sleepers = [one for one in self._sleepers if not one[1].done()]


class Bot:
    """The parts that tell a timeline; ended in the middle of whatever they do, and begun anew from PostgreSQL."""

    def __init__(self, pool: Pool, slack: Workspace, clock: Seconds, session: aiohttp.ClientSession) -> None:
        self.pool, self.slack, self.clock, self.session = pool, slack, clock, session
        self.begin()

    def begin(self) -> None:
        client = web_client(TOKEN, self.slack.api_url, self.session)
        replies = Replies(self.session, self.slack.api_url)
        self.sender = Sender(client, replies, clock=self.clock, sleep=self.clock.sleep)
        self.deliverer = Deliverer(self.pool, self.sender)
        bell = Bell(self.pool)
        self.projector = Projector(self.pool, bell, str)
        self.teller = IncidentTeller(
            self.pool,
            bell,
            self.deliverer.wake,
            catalog=lambda: Catalog({}, ""),
            names=str,
            on_call=lambda _: (),
            commands=commands.find(),
        )
        self.working = asyncio.ensure_future(self.deliverer.run())

    async def kill(self) -> None:
        self.working.cancel()
        await asyncio.wait({self.working})

    async def tell(self) -> None:
        """What is recorded becomes entries, and intents of messages."""
        while await seal.seal(self.pool):
            pass
        while await self.projector.step():
            pass
        await self.teller.step()

    async def settle(self) -> None:
        """Until all has been sent that may be sent now."""
        await self.pool.execute("UPDATE posts SET retry_at = statement_timestamp()")
        self.deliverer.wake()
        async with asyncio.timeout(20):
            while not self.clock.asleep and await posts.due(self.pool):  # noqa: ASYNC110  (PostgreSQL is the queue)
                await asyncio.sleep(0.002)


@pytest.fixture
async def clock() -> Seconds:
    return Seconds()


@pytest.fixture
async def slack(clock: Seconds) -> AsyncIterator[Workspace]:
    made = manifest.manifest(commands.find().values(), which="all")
    slack = Workspace(signing_secret="s", bot_token=TOKEN, request_url="", manifest=made, clock=clock)
    slack.add_channel(CHANNEL, "inc-1", members=[Workspace.bot_user])
    await slack.start()
    yield slack
    await slack.close()


@pytest.fixture
async def bot(pool: Pool, slack: Workspace, clock: Seconds) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as session:
        bot = Bot(pool, slack, clock, session)
        yield bot
        await bot.kill()


async def opened(pool: Pool) -> Incident:
    new = NewIncident("checkout answers 500", Severity.SEV2, (Affected("shop", "production"),))
    async with pool.acquire() as connection, connection.transaction():
        incident, _ = await incidents.open_(connection, new, by="U0ANA", team="T0", asked_in="C0", run=None)
        await incident_steps.settle_place(connection, incident, "channel", CHANNEL, "inc-1")
    return incident


async def storm(bot: Bot, second: int) -> None:
    """A minute of 429, then one of 500, two lost answers after it, and the bot killed in each of the two minutes."""
    faults = bot.slack.faults
    match second:
        case 10:
            faults.rate_limit("chat.postMessage", 60)
        case 30 | 100:
            await bot.kill()
            bot.begin()
        case 130:
            faults.clear()
            faults.fail("chat.postMessage", "reset_after_apply", times=2)
        case _ if 70 <= second < 130:
            faults.clear()
            faults.fail("chat.postMessage", 500)


async def calm(_: Bot, __: int) -> None: ...


@pytest.mark.parametrize("weather", [pytest.param(calm, marks=pytest.mark.heavy), storm])
async def test_five_hundred_entries_in_a_minute_arrive_complete_in_order_and_within_limits(
    bot: Bot, pool: Pool, slack: Workspace, clock: Seconds, weather: Callable[[Bot, int], object]
) -> None:
    incident = await opened(pool)
    begun, at = clock(), 0
    for second in range(SECONDS):
        upto = ENTRIES * (second + 1) // SECONDS
        for number in range(at, upto):
            entry = NewEntry(incident.id, "webhook", f"evt_{number}", datetime.now(UTC), f"number <{number}>")
            for _ in range(1 + (number % 50 == 0)):  # some are delivered twice
                await timeline.add(pool, entry)
        at = upto
        await bot.tell()
        await bot.settle()
        await weather(bot, second)  # type: ignore[misc]
        clock.forward(1)
    open_ = "SELECT EXISTS (SELECT FROM posts WHERE state NOT IN ('posted', 'gone'))"
    while await posts.due(pool) or clock.asleep or await pool.fetchval(open_):
        await bot.settle()
        await weather(bot, round(clock() - begun))  # type: ignore[misc]
        clock.forward(1)
        assert clock() - begun < 300
    thread = slack.messages(CHANNEL, thread=slack.messages(CHANNEL)[0].ts)
    assert numbers(slack, thread) == list(range(ENTRIES))
    took = clock() - begun
    assert len(thread) <= took + BURST
    if weather is storm:
        assert took > 130
        answers = {call.status for call in slack.calls if call.method == "chat.postMessage"}
        assert {429, 500} <= answers
    if weather is calm:
        assert took < SECONDS + 10
        assert not [call for call in slack.calls if call.response.get("error") == "ratelimited"]
    assert await pool.fetchval("SELECT count(*) FROM timeline_entries WHERE told_in IS NULL") == 0


async def test_a_message_of_the_thread_waits_while_it_is_not_known_whether_the_one_before_it_arrived(
    pool: Pool,
) -> None:
    for key, kind in (("root", "message"), ("one", "reply"), ("two", "reply")):
        thread_key = "root" if kind == "reply" else None
        content: JsonObject = {"card": key}
        await posts.intend(pool, Intent(key, None, kind, content, 1, CHANNEL, thread_key=thread_key))  # type: ignore[arg-type]
    await posts.posted(pool, "root", CHANNEL, "1.0", digest({"card": "root"}))
    (first,) = await posts.due(pool)
    await posts.begin(pool, first)
    assert await posts.due(pool) == []
    await posts.posted(pool, "one", CHANNEL, "1.1", first.wanted_digest)
    assert [post.key for post in await posts.due(pool)] == ["two"]


async def test_a_burst_that_grows_after_it_was_told_says_so_in_the_thread(
    bot: Bot, pool: Pool, slack: Workspace
) -> None:
    await opened(pool)
    since = datetime.now(UTC).isoformat()
    for count in (1, 40):
        body: JsonObject = {"name": "stripe", "kind": "payment", "from": "Stripe", "says": "a payment failed"}
        told: JsonObject = {**body, "since": since, "count": count}
        await events.record(pool, Kind.WEBHOOK_RECEIVED, service="shop", environment="production", body=told)
        for _ in range(2):  # the header, then what hangs on it
            await bot.tell()
            await bot.settle()
    (header,) = slack.messages(CHANNEL)
    thread = slack.messages(CHANNEL, thread=header.ts)
    assert "a payment failed ×40 since" in str([one.blocks for one in thread])
    assert str([one.blocks for one in thread]).count("a payment failed") == 1


async def test_what_is_put_right_months_after_the_end_is_an_edit_and_no_second_message(
    bot: Bot, pool: Pool, slack: Workspace
) -> None:
    incident = await opened(pool)
    async with pool.acquire() as connection, connection.transaction():
        left = await followups.add(connection, incident, "alert on pool use", "", None, by="U0ANA", run=None)
        for to in (IncidentState.RESOLVED, IncidentState.CLOSED):
            await incidents.move(connection, incident.id, to, by="U0ANA")
    told: list[Message] = []
    async with asyncio.timeout(10):
        while not told:  # the header, then what hangs on it
            await bot.tell()
            await bot.settle()
            told = [one for header in slack.messages(CHANNEL) for one in slack.messages(CHANNEL, thread=header.ts)]
    (header,) = slack.messages(CHANNEL)
    await pool.execute("UPDATE clock SET ahead = ahead + interval '100 days'")
    await posts.forget(pool)
    await timeline.correct(pool, incident.id, by="U0ANA", number=1, text="it began at three")
    await bot.tell()
    await bot.settle()
    again = slack.messages(CHANNEL, thread=header.ts)
    assert [one.ts for one in again] == [one.ts for one in told]
    assert "it began at three" in str(again[0].blocks)
    async with pool.acquire() as connection, connection.transaction():
        assert await followups.finish(connection, left.id, by="U0ANA")
    await bot.tell()
    await bot.settle()
    assert [one.ts for one in slack.messages(CHANNEL)] == [header.ts]


async def test_a_header_that_slack_refuses_for_good_is_not_waited_for(bot: Bot, pool: Pool) -> None:
    incident = await opened(pool)
    await pool.execute("UPDATE incident_steps SET state = 'done' WHERE step <> 'pin'")
    await bot.tell()
    await posts.gone(pool, header_key(incident), "is_archived")
    client = web_client(TOKEN, bot.slack.api_url, bot.session)
    outsiders, catalog = Outsiders(pool, bot.sender, frozenset), Catalog({}, "")
    rooms = Rooms(pool, bot.sender, client, Bell(pool), catalog=lambda: catalog, bot_user=str, outsiders=outsiders)
    assert await rooms.step()
    assert await incident_steps.due_steps(pool) == []
    assert await pool.fetchval("SELECT note FROM incident_steps WHERE state = 'failed'") == "is_archived"


def numbers(slack: Workspace, thread: list[Message]) -> list[int]:
    """What the thread's blocks tell, in its order."""
    return [int(found) for one in thread for found in re.findall(r"number &lt;(\d+)&gt;", str(one.blocks))]
