"""What people see in Slack while a run lives, on real PostgreSQL and a strict workspace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.db import approvals, events, files, offers, posts, reply_urls, runs
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
from bot.slack import deliver, follow
from bot.slack.desired import Desired
from bot.slack.follow import Follower
from bot.slack.reply import Replies
from bot.slack.send import Sender, web_client
from bot.slack.share import share
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


@pytest.fixture
def story(pool: Pool, bell: Bell, workspace: Workspace, session: aiohttp.ClientSession) -> Story:
    return Story(pool, bell, workspace, session)


def buttons(message: Message) -> list[str]:
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return [str(one["action_id"]) for row in rows for one in row]


async def test_a_rollback_is_asked_approved_run_and_told(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        root = await story.see("Roll back shop production?")
        assert buttons(root) == ["approval.approve", "approval.deny", "run.details"]
        for person in ("U0BEN", "U0CHI"):
            copy = await story.see("Roll back shop production?", person)
            assert buttons(copy) == [*buttons(root), "approval.stop"]
        mine = await story.see("It waits for 1 of Ben, Chi", "U0ANA")
        assert buttons(mine) == ["run.withdraw", "run.details"]
        await story.approved()
        await story.see("about to start")
        for person in ("U0BEN", "U0CHI", "U0ANA"):
            assert buttons(await story.see("Approved by Ben", person)) == []
        await story.starts()
        await story.step("fetch")
        await story.see("1 of 2 steps done")
        await story.ends(State.SUCCEEDED, DONE, changed="something")
        ended = await story.see("shop production is back on 4c1d2a7")
        assert ended.ts == root.ts
        assert buttons(ended) == ["ask:1", "run.details"]
        thread = await story.thread("<@U0ANA>", root)
        await story.thread("fetch* 6.2 s", root)
        await story.settled()
    assert "👍 Ben approved (1 of 1)" in await story.thread("Ben approved", root)
    assert "<@U0ANA> R-" in thread
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert [len(story.workspace.dms(one)) for one in NAMES] == [1, 1, 1]
    assert story.workspace.ephemerals("U0ANA") == []


async def test_a_button_that_asks_carries_only_an_opaque_id(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.approved()
        await story.ends(State.SUCCEEDED, DONE)
        ended = await story.see("shop production is back")
    asked = next(one for block in ended.blocks if block["type"] == "actions" for one in block["elements"])
    assert asked["text"]["text"] == "Replay 6 webhooks…"
    assert "replay" not in asked["value"]
    assert await offers.find(story.pool, asked["value"]) == "/replay-webhook shop production --since 2h"
    assert await offers.find(story.pool, "forged00") is None


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.EXPIRED, "expired"),
        (State.DENIED, "denied"),
        (State.WITHDRAWN, "withdrawn"),
        (State.VOIDED, "not what was approved any more"),
    ],
)
async def test_when_it_is_over_every_copy_says_so_and_asks_nothing_more(
    story: Story, state: State, said: str
) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        root = await story.see("Roll back shop production?")
        for person in NAMES:
            await story.see("Roll back shop production", person)
        await story.ends(state)
        for where in ("C0SHOPOPS", *NAMES):
            copy = await story.see(f"Roll back shop production: {said}", where)
            assert not {"approval.approve", "approval.deny", "run.withdraw"} & set(buttons(copy))
        assert "<@U0ANA>" in await story.thread("<@U0ANA>", root)
        await story.settled()
    assert [len(story.workspace.dms(one)) for one in NAMES] == [1, 1, 1]


async def test_ones_own_plan_is_whispered_and_rooted_only_once_confirmed(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(need=0, asked=("U0ANA",))
        own = await story.whispered("Roll back shop production?")
        assert buttons(own) == ["run.confirm", "run.withdraw"]
        assert story.workspace.messages("C0SHOPOPS") == []
        await story.approved("U0ANA")
        await story.see("about to start")
        await story.settled()
    assert story.workspace.dms("U0ANA") == []


async def test_asked_elsewhere_the_requester_is_shown_the_way(story: Story) -> None:
    await story.ask(channel="C0RANDOM")
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
        link = await story.whispered("it is in <#C0SHOPOPS")
        assert buttons(link) == ["open"]
        assert story.workspace.messages("C0RANDOM") == []


@pytest.mark.parametrize(
    ("command", "channel", "public", "shared"),
    [
        ("/health", "C0SHOPOPS", True, False),
        ("/health", "C0SHOPDEV", True, False),
        ("/health", "C0RANDOM", False, True),
        ("/runs", "C0SHOPOPS", False, False),
    ],
)
async def test_a_look_is_public_where_the_channel_is_about_it(
    story: Story, command: str, channel: str, public: bool, shared: bool
) -> None:
    await story.ask(command, channel, "read")
    look = Card(Tone.OK, "shop production is well", "shop production is well: 9 of 9.", ("fine",))
    async with story.followed():
        await story.ends(State.SUCCEEDED, look)
        if public:
            await story.see("shop production is well", channel)
        else:
            told = await story.whispered("shop production is well")
            assert ("share" in buttons(told)) == shared
        await story.settled()
    assert bool(story.workspace.messages(channel)) == public


async def test_only_who_asked_may_share_an_answer_and_it_is_shared_once(story: Story) -> None:
    await story.ask("/health", "C0RANDOM", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "shop is well", "shop is well.", ("fine",)))
        target = (await story.now()).target

        async def press(by: str, value: str = target) -> str:
            card = await share(story.pool, value, by, "C0RANDOM", installed=COMMANDS, names=lambda one: one)
            return card.text

        assert await press("U0BEN") == "Only the person who asked can share an answer."
        assert await press("U0ANA", "1-00000000") == "That button is not one of mine, or no longer."
        refused = await story.pool.fetch("SELECT actor FROM events WHERE kind = 'vote.refused' ORDER BY id")
        assert [row["actor"] for row in refused] == ["U0BEN", "U0ANA"]
        assert await press("U0ANA") == await press("U0ANA") == "Shared with the channel."
        message = await story.see("shop is well", "C0RANDOM")
        assert "share" not in buttons(message)
        await story.settled()
    assert len(story.workspace.messages("C0RANDOM")) == 1


async def test_what_is_for_one_person_alone_is_not_shared_whatever_the_button_carries(story: Story) -> None:
    await story.ask("/runs", "C0RANDOM", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "two runs", "two runs", ("R-1",)))
        shown = await story.whispered("two runs")
        assert "share" not in buttons(shown)
        target = (await story.now()).target
        card = await share(story.pool, target, "U0ANA", "C0RANDOM", installed=COMMANDS, names=lambda one: one)
        assert card.text == "This answer is for you alone; it cannot be shared."
        await story.settled()
    assert story.workspace.messages("C0RANDOM") == []


async def test_messages_of_what_is_long_over_are_forgotten_and_those_of_what_waits_are_not(story: Story) -> None:
    def alert(key: str, still: str) -> posts.Intent:
        wanted: JsonObject = {"card": cards.to_json(DONE), "offers": {}, "alert": f"shop {key}", "open": still}
        return posts.Intent(key, None, "message", wanted, 0, "C0SHOPOPS")

    await posts.intend(story.pool, alert("failing", "true"))
    await posts.intend(story.pool, alert("recovered", "false"))
    await story.ask()
    ended = story.run
    async with story.followed():
        await story.planned()
        await story.ends(State.EXPIRED)
        await story.ask()
        await story.planned()
        await story.see("Roll back shop production?")
        await story.settled()
    await posts.forget(story.pool)
    assert await posts.of_run(story.pool, ended)
    await story.pool.execute("UPDATE clock SET ahead = ahead + $1", posts.KEPT + timedelta(minutes=1))
    await posts.forget(story.pool)
    assert await posts.of_run(story.pool, ended) == []
    assert await posts.of_run(story.pool, story.run)
    assert [await posts.get(story.pool, one) is not None for one in ("failing", "recovered")] == [True, False]


async def test_a_message_that_two_edits_found_deleted_comes_back_once(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
        await story.settled()
    post = await posts.get(story.pool, f"{(await story.now()).label}:root")
    assert post is not None
    assert post.ts is not None
    await posts.again(story.pool, post.key, post.ts)
    await posts.posted(story.pool, post.key, post.channel, "2.0", post.wanted_digest)
    await posts.again(story.pool, post.key, post.ts)
    assert (await posts.of_run(story.pool, story.run))[0].ts == "2.0"


async def test_who_is_asked_no_more_and_then_again_is_asked(story: Story) -> None:
    card: JsonObject = {"card": cards.to_json(DONE), "offers": {}}
    await story.ask()
    asked = posts.Intent("copy", story.run, "dm", card, 0, person="U0BEN")
    await posts.intend(story.pool, asked)
    await posts.intend(story.pool, replace(asked, only_edit=True))
    assert [post.state for post in await posts.of_run(story.pool, story.run)] == ["gone"]
    await posts.intend(story.pool, asked)
    assert [post.state for post in await posts.of_run(story.pool, story.run)] == ["intended"]


async def test_an_answer_uses_the_requests_own_address_while_it_is_good(story: Story) -> None:
    story.workspace.add_channel("C0SECRET", "secret", members=["U0ANA"])
    await story.ask("/runs", "C0SECRET", "read")
    url = story.workspace._response_url("U0ANA", "C0SECRET", ts=None, ephemeral=False, thread_ts=None)
    await reply_urls.keep(story.pool, story.run, url)
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "two runs", "two runs", ("R-1",)))
        assert (await story.whispered("two runs")).channel == "C0SECRET"
        await story.settled()
    assert not [call for call in story.workspace.calls if call.method.startswith("chat.")]


async def test_where_the_bot_is_not_the_answer_goes_to_a_direct_message(story: Story) -> None:
    story.workspace.add_channel("C0SECRET", "secret", members=["U0ANA"])
    await story.ask("/runs", "C0SECRET", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "two runs", "two runs", ("R-1",)))
        await story.see("two runs", "U0ANA")


async def test_an_address_is_used_four_times_and_never_when_old(story: Story) -> None:
    await story.ask()
    await reply_urls.keep(story.pool, story.run, "https://hooks.slack.com/x")
    taken = [await reply_urls.take(story.pool, story.run) for _ in range(6)]
    assert [one is not None for one in taken] == [True] * 4 + [False] * 2
    await story.pool.execute("UPDATE reply_urls SET uses = 0")
    await story.pool.execute("UPDATE clock SET ahead = '30 minutes'")
    assert await reply_urls.take(story.pool, story.run) is None
    await reply_urls.forget(story.pool)
    assert await story.pool.fetchval("SELECT count(*) FROM reply_urls") == 0


async def test_what_the_acknowledgement_refused_is_not_told_again(story: Story) -> None:
    await story.ask()
    await story.pool.execute("UPDATE runs SET state = 'refused', finished_at = clock_now() WHERE id = $1", story.run)
    await story.pool.execute("TRUNCATE outbox")
    refused = await story.now()
    async with story.followed():
        await story.pool.execute("ALTER TABLE events DISABLE TRIGGER USER")
        await story.pool.execute("UPDATE events SET kind = 'request.refused'")
        await events.record(story.pool, Kind.REQUEST_REFUSED, run=refused)
        await seal(story.pool)
        await story.ask("/health", risk="read")
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "well", "well", ("well",)))
        await story.see("well")
        await story.settled()
    assert story.workspace.ephemerals("U0ANA") == []
    assert len(story.workspace.messages("C0SHOPOPS")) == 1


# --- Slack away, late, forgetful ------------------------------------------------------------------------------


async def test_a_restart_neither_loses_nor_doubles_a_message(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
    await story.approved()
    await story.starts()
    async with story.followed():
        await story.see("running")
    await story.step("fetch")
    await story.ends(State.SUCCEEDED, DONE)
    async with story.followed():
        root = await story.see("shop production is back")
        thread = await story.thread("<@U0ANA>", root)
        await story.settled()
    async with story.followed():
        await story.settled()
    assert thread.count("<@U0ANA>") == 1
    assert (await story.thread("fetch", root)).count("fetch*") == 1
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert [len(story.workspace.dms(one)) for one in NAMES] == [1, 1, 1]


async def test_what_could_not_be_told_is_tried_again_and_in_the_end_that_is_told(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Desired]:
        raise KeyError

    await story.ask()
    with monkeypatch.context() as defect:
        defect.setattr(follow, "desired", broken)
        await story.planned()
        async with story.followed():
            await story.until("SELECT EXISTS (SELECT FROM untold WHERE due_at > clock_now())")
            await story.pool.execute("UPDATE untold SET attempts = 7, due_at = clock_now()")
            await story.until("SELECT EXISTS (SELECT FROM untold WHERE due_at IS NULL)")
            while await seal(story.pool):
                pass
            told = await story.see("R-1 could not be told in Slack")
            assert "KeyError" in story.workspace.all_text(told)
            await story.pool.execute("UPDATE untold SET attempts = 1, due_at = clock_now()")
    async with story.followed():
        await story.see("Roll back shop production?")
        await story.until("SELECT NOT EXISTS (SELECT FROM untold)")


async def test_what_a_newer_version_recorded_waits_for_it_and_silences_nothing_else(story: Story) -> None:
    await story.ask()
    await story.pool.execute("SELECT record_event('tide.turned', $1, 'U0ANA', 'shop', 'production', '{}')", story.run)
    async with story.followed():
        await story.planned()
        await story.see("Roll back shop production?")
        await story.until("SELECT EXISTS (SELECT FROM untold WHERE error = 'NewerVersion' AND due_at IS NOT NULL)")


@pytest.mark.parametrize("how", ["reset_after_apply", "reset", 503, "internal_error"])
async def test_a_post_of_unknown_outcome_is_looked_for_before_it_is_repeated(story: Story, how: str | int) -> None:
    await story.ask()
    story.workspace.faults.fail("chat.postMessage", how)
    async with story.followed():
        await story.planned(asked=())
        await story.see("Roll back shop production?")
        await story.settled()
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert len(story.workspace.dms("U0ANA")) == 1
    assert "conversations.history" in [call.method for call in story.workspace.calls]


async def test_a_slow_answer_is_waited_for_and_what_changed_meanwhile_is_edited_in(story: Story) -> None:
    story.workspace.faults.late("chat.postMessage", 1.5)
    await story.ask()
    async with story.followed():
        await story.planned(asked=("U0BEN",))
        await story.see("Roll back shop production?", "U0BEN")
        await story.approved()
        await story.see("Approved by Ben", "U0BEN")
        await story.see("about to start")
        await story.settled()
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert [len(story.workspace.dms(one)) for one in ("U0ANA", "U0BEN")] == [1, 1]


async def test_a_crash_between_sending_and_recording_adopts_the_message(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.see("Roll back shop production?")
        await story.settled()
    await story.pool.execute("UPDATE posts SET state = 'unknown', ts = NULL WHERE key LIKE '%:root'")
    async with story.followed():
        await story.settled()
    root = await posts.get(story.pool, f"R-{story.run}:root")
    assert root is not None
    assert root.ts == story.workspace.messages("C0SHOPOPS")[0].ts
    assert len(story.workspace.messages("C0SHOPOPS")) == 1


async def test_slack_away_during_a_whole_run_delays_words_only(story: Story) -> None:
    story.workspace.faults.down()
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.approved()
        await story.starts()
        for number in range(5):
            await story.step(f"step {number}")
        await story.ends(State.SUCCEEDED, DONE)
        await story.until("SELECT count(*) > 0 FROM posts WHERE attempts > 0")
        story.workspace.faults.up()
        root = await story.see("shop production is back", within=20)
        thread = await story.thread("step 4", root)
        await story.settled()
    assert [thread.index(f"step {number}*") for number in range(5)] == sorted(
        thread.index(f"step {number}*") for number in range(5)
    )
    assert len(story.workspace.messages("C0SHOPOPS")) == 1
    assert "approval.approve" not in buttons(root)


async def test_a_card_that_somebody_deleted_comes_back_while_it_asks(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        first = await story.see("Roll back shop production?")
        story.workspace.state.delete(first)
        await story.approved()
        again = await story.see("about to start")
        assert again.ts != first.ts
        await story.settled()


async def test_an_approver_who_cannot_be_reached_stops_nobody_else(story: Story) -> None:
    await story.ask()
    story.workspace.faults.fail("conversations.open", "user_disabled")
    async with story.followed():
        await story.planned(asked=("U0BEN", "U0CHI"))
        await story.see("Roll back shop production?")
        await story.settled()
    kept = await posts.of_run(story.pool, story.run)
    states = sorted((one.state, one.error) for one in kept if one.kind == "dm")
    assert states == [("gone", "user_disabled"), ("posted", ""), ("posted", "")]


async def test_where_slack_lets_nobody_write_the_requester_is_told(story: Story) -> None:
    story.workspace.faults.fail("chat.postMessage", "restricted_action")
    await story.ask("/health", "C0SHOPOPS", "read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "shop is well", "shop is well.", ("fine",)))
        await story.see("I cannot write in", "U0ANA")
    answer = await posts.get(story.pool, f"{(await story.now()).label}:answer")
    assert answer is not None
    assert (answer.state, answer.error) == ("intended", "restricted_action")


async def test_blocks_that_slack_will_not_have_are_said_in_plain_text(story: Story) -> None:
    await story.ask("/health", risk="read")
    story.workspace.faults.fail("chat.postMessage", "invalid_blocks")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "well", "shop production is well", ("fine",)))
        message = await story.see("shop production is well")
        assert message.blocks == []


@pytest.mark.heavy
async def test_two_hundred_lines_in_a_burst_all_arrive_in_order_within_the_limits(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.approved()
        await story.starts()
        root = await story.see("running")
        async with story.pool.acquire() as connection, connection.transaction():
            run = await story.now()
            for number in range(200):
                body: JsonObject = {"step": f"s{number:03}", "state": "done", "says": "", "took_s": 1}
                await events.record(connection, Kind.STEP_ENDED, run=run, body=body)
        await story.happens(Kind.RUN_QUEUED)
        thread = await story.thread("s199", root)
        await story.settled()
    places = [thread.index(f"*s{number:03}*") for number in range(200)]
    assert places == sorted(places)
    assert len(story.workspace.messages("C0SHOPOPS", thread=root.ts)) <= 15
    assert [call.response.get("error") for call in story.workspace.calls if not call.response.get("ok")] == []


async def test_a_run_that_cannot_be_told_silences_nobody_else(story: Story) -> None:
    await story.ask()
    await story.to(State.WAITING, plan={"broken": True})
    await story.happens(Kind.PLAN_MADE)
    await story.ask("/health", risk="read")
    async with story.followed():
        await story.ends(State.SUCCEEDED, Card(Tone.OK, "well", "well", ("well",)))
        await story.see("well")


async def test_long_output_lies_in_the_requesters_conversation(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned()
        await story.approved()
        await story.starts()
        await files.add(story.pool, story.run, "build.log", b"line\n" * 500)
        await story.ends(State.FAILED, None, changed="something", because="It broke.")
        await story.see("It broke.")
        await story.workspace.wait_for(lambda: story.workspace.files() or None, 10, "the file")
        async with asyncio.timeout(10):
            while await files.of_run(story.pool, story.run):  # kept until Slack's answer is known
                await story.settled()
    assert [file.name for file in story.workspace.files()] == ["build.log"]


async def test_progress_turns_orange_when_it_takes_longer_than_usual(story: Story) -> None:
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.approved()
        await story.starts()
        await story.see("⏳ Roll back shop production: running")
        await story.pool.execute("UPDATE clock SET ahead = '42 seconds'")
        await story.see("🟠 Roll back shop production: running")
        assert "longer than usual" in story.workspace.all_text(story.workspace.messages("C0SHOPOPS")[0])


# --- the watch ------------------------------------------------------------------------------------------------


async def test_an_alert_is_one_message_until_more_fails_or_it_has_recovered(story: Story) -> None:
    async def health(state: str, title: str, says: str = "") -> None:
        card = Card(Tone.OK if state == "recovered" else Tone.FAIL, title, title, (title,))
        body: JsonObject = {"state": state, "says": says, "card": cards.to_json(card)}
        await events.record(story.pool, Kind.HEALTH_CHANGED, body=body, service="shop", environment="production")
        await seal(story.pool)
        story.bell.ring("sealed")

    async with story.followed():
        await health("recovered", "nobody knew")
        await health("failing", "2 of 9 checks fail")
        first = await story.see("2 of 9 checks fail")
        await health("better", "1 of 9 checks fails", "Checkout is fine again")
        assert (await story.see("1 of 9 checks fails")).ts == first.ts
        assert "Checkout is fine again" in await story.thread("fine again", first)
        await health("worse", "3 of 9 checks fail", "Home now fails too")
        second = await story.see("3 of 9 checks fail")
        assert second.ts != first.ts
    async with story.followed():
        await health("recovered", "all 9 checks pass")
        assert (await story.see("all 9 checks pass")).ts == second.ts
        assert "all 9 checks pass" in await story.thread("all 9", second)
        await health("failing", "again 1 of 9")
        assert (await story.see("again 1 of 9")).ts not in (first.ts, second.ts)
        await story.settled()
    assert len(story.workspace.messages("C0SHOPOPS")) == 3


async def test_who_marks_a_message_late_sends_nothing_before_it_was_looked_for(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frozen between the mark and the sending, it wakes up when another process has said it already."""
    clock, begin = [0.0], posts.begin

    async def frozen(rows: Pool, post: posts.Post) -> bool:
        begun = await begin(rows, post)
        if post.key.endswith(":root") and clock == [0.0]:
            clock[0] = deliver.SEND_WITHIN.total_seconds() + 0.1
        return begun

    monkeypatch.setattr(deliver, "monotonic", lambda: clock[0])
    monkeypatch.setattr(posts, "begin", frozen)
    await story.ask()
    async with story.followed():
        await story.planned(asked=())
        await story.see("Roll back shop production?")
        await story.settled()
    calls = [call.method for call in story.workspace.calls if call.arguments.get("channel") == "C0SHOPOPS"]
    assert calls == ["conversations.info", "conversations.history", "chat.postMessage"]
