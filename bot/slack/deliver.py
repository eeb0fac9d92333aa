"""Brings what is in `posts` to Slack: posts, edits, looks for what may have arrived, and never gives up on words.

Runs in one process at a time. What it does not know it says so in the row, before it sends.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from time import monotonic
from weakref import WeakValueDictionary

import structlog

from bot import metrics
from bot.db import files, posts, runs
from bot.db.database import AWAY, Pool
from bot.db.posts import Intent, Post
from bot.db.reply_urls import take
from bot.domain.card import Card, Tone
from bot.domain.words import channel as channel_words
from bot.domain.words import code
from bot.slack.elsewhere import Elsewhere
from bot.slack.outsiders import READ_ALONG, Listed, Outsiders
from bot.slack.send import Content, Later, Refused, Sender, Unknown, has_file, has_key
from bot.slack.spoken import Spoken, all_spoken, as_it_stands
from bot.slack.wanted import card_of, content_of, wanted

log = structlog.get_logger()

POLL_S = 1.0
GATHER_S = 0.02  # each turn that ends wakes: many of them are one look for what is due
LOOK_AFTER = timedelta(seconds=2)
SEND_WITHIN = posts.LOOK_NOT_BEFORE / 2
LONGEST_WAIT_S = 15.0
ANEW_AT_MOST = 3
ALERT = 0  # priority
IN_THREADS = ("thread", "reply")
_TOO_MUCH = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_metadata_schema"}
)
_DELETED = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"})
_NOT_THERE = frozenset({"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"})
_PUT_RIGHT_BY_PEOPLE = frozenset(
    {"not_in_channel", "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}
    | {"missing_scope", "access_denied", "no_permission", "team_access_not_granted"}
)


class Deliverer:
    """One task per message under way; messages of one place go one after another."""

    def __init__(
        self,
        pool: Pool,
        sender: Sender,
        say: Spoken = as_it_stands,
        listed: Listed = frozenset[str],
        ops: Callable[[], str] = str,
        on_duty: Callable[[], Sequence[str]] = tuple[str, ...],
    ) -> None:
        self._pool = pool
        self._elsewhere = Elsewhere(pool, ops, on_duty)
        self.outsiders = Outsiders(pool, sender, listed)
        self._say = say
        self._sender = sender
        self._busy: set[str] = set()
        self._editing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._plain: set[str] = set()
        self._woken = asyncio.Event()

    def _content(self, post: Post, link: str = "") -> Content:
        content = content_of(post.wanted, plain=post.key in self._plain, url=link)
        return Content(self._say(content.text), all_spoken(content.blocks, self._say))

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                with suppress(*AWAY):
                    edits = sum(lane.startswith("edit ") for lane in self._busy)
                    due = await posts.due(self._pool, busy=self._busy, edits=edits < posts.DUE)
                    metrics.POSTS_WAITING.set(len(due) + len(self._busy))
                    for post in due:
                        if post.lane not in self._busy:
                            self._busy.add(post.lane)
                            tasks.create_task(self._one(post))
                    if len(due) == posts.DUE:
                        self._woken.set()  # others may stand behind these
                await asyncio.sleep(GATHER_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):  # wait_for of 3.11 may lose a cancellation
                        await self._woken.wait()

    async def _one(self, post: Post) -> None:
        """One turn for one message; whatever happens, its row says what is to be done next."""
        try:
            await self._turn(post)
        except AWAY:
            log.warning("post.database_away", key=post.key)
        except Exception:
            log.exception("post.failed", key=post.key)
            with suppress(*AWAY):
                await posts.later(self._pool, post.key, "unexpected", timedelta(seconds=60))
        finally:
            self._busy.discard(post.lane)
            self._woken.set()

    async def _turn(self, post: Post) -> None:
        try:
            match post.state:
                case "intended":
                    await self._send(post)
                case "unknown":
                    await self._look(post)
                case "posted":
                    await self._edit(post)
                case "gone":
                    return
        except Later as later:
            # Whatever was begun did not arrive: unless it is there already, or still has to be looked for.
            state: posts.State | None = "intended" if post.state == "intended" else None
            await posts.later(self._pool, post.key, later.error, _patience(post, later), state=state)
        except Unknown as unknown:
            log.info("post.unknown", key=post.key, error=unknown.error)
            await posts.later(self._pool, post.key, unknown.error, LOOK_AFTER)
        except Refused as refused:
            await self._refused(post, refused.error)

    # --- new messages ---------------------------------------------------------------------------------------

    async def _send(self, post: Post) -> None:
        if post.kind == "ephemeral":
            await self._whisper(post)
        elif post.kind == "file":
            await self._upload(post)
        else:
            await self._post(post)

    async def _post(self, post: Post) -> None:
        parent = await self._parent(post)
        if post.thread_key and (parent is None or parent.ts is None):
            await posts.gone(self._pool, post.key, "what it hangs on is gone")
            return
        if parent is not None and parent.told_elsewhere and post.kind in IN_THREADS:
            await self._elsewhere.reply(post, parent)
            return
        channel = await self._channel(post, parent)
        link = await self._link(post, parent)
        begun: list[Post] = []

        async def fresh() -> Content | None:
            """At our turn: the newest content, marked as being sent."""
            await self._among_ourselves(channel)
            newest = await posts.get(self._pool, post.key)
            if newest is None or not await self._begin(newest):
                return None
            begun.append(newest)
            return self._content(newest, link)

        thread_ts = _thread(post, parent)
        sent = await self._sender.post(channel, fresh, key=post.key, thread_ts=thread_ts, priority=post.priority)
        if sent is not None:
            await posts.posted(self._pool, post.key, sent.channel, sent.ts, begun[0].wanted_digest)

    async def _among_ourselves(self, channel: str) -> None:
        """Raises Refused where people of another company would read it."""
        if await self.outsiders.read_along(channel):
            raise Refused(READ_ALONG)

    async def _begin(self, post: Post) -> bool:
        """Marked as being sent. Whoever comes back from that late sends nothing: it was frozen, or PostgreSQL away,
        and another process may have looked for the message meanwhile, and said it again."""
        asked = monotonic()
        begun = await posts.begin(self._pool, post)
        if begun and monotonic() - asked > SEND_WITHIN.total_seconds():
            raise Unknown("marked too late to be sent")
        return begun

    async def _parent(self, post: Post) -> Post | None:
        """The message that it hangs on or leads to; `due` gives no post before that one is there (or gone)."""
        return await posts.get(self._pool, post.thread_key) if post.thread_key else None

    async def _channel(self, post: Post, parent: Post | None = None) -> str:
        """Where it goes; a person's conversation is opened when it is needed."""
        if post.kind in IN_THREADS and parent is not None:
            return parent.channel
        if post.kind in ("dm", "file") and not post.channel:
            channel = await self._sender.direct(post.person)
            await posts.place(self._pool, post.key, channel)
            return channel
        return post.channel

    async def _link(self, post: Post, parent: Post | None) -> str:
        """The address that an [Open] button leads to."""
        if post.kind in IN_THREADS or parent is None or parent.ts is None:
            return ""
        return await self._sender.permalink(parent.channel, parent.ts)

    async def _whisper(self, post: Post) -> None:
        parent = await self._parent(post)
        if post.thread_key and (parent is None or parent.ts is None):
            await posts.gone(self._pool, post.key, "there is nothing to lead to")
            return
        link = await self._link(post, parent)
        url = await take(self._pool, post.run_id) if post.run_id is not None else None
        if url is None and post.channel.startswith("D"):
            await posts.as_message(self._pool, post.key)  # nobody else reads along, and it is still there tomorrow
            return
        if not await self._begin(post):
            return
        content, thread_ts = self._content(post, link), _thread(post, None)
        await self._sender.whisper(
            post.channel, post.person, content, url=url, priority=post.priority, thread_ts=thread_ts
        )
        await posts.posted(self._pool, post.key, post.channel, "", post.wanted_digest)

    async def _upload(self, post: Post) -> None:
        name = str(post.wanted["file"])
        found = dict(await files.of_run(self._pool, post.run_id)) if post.run_id is not None else {}
        if name not in found:
            await posts.gone(self._pool, post.key, "the file is not kept any more")
            return
        channel = await self._channel(post)
        if await self._begin(post):
            title = card_of(post.wanted).text
            await self._sender.upload(channel, name, found[name], title=title, priority=post.priority)
            await self._uploaded(post, channel)

    async def _uploaded(self, post: Post, channel: str) -> None:
        await posts.posted(self._pool, post.key, channel, "", post.wanted_digest)
        if post.run_id is not None:
            await files.delete(self._pool, post.run_id, str(post.wanted["file"]))

    # --- what may have arrived ------------------------------------------------------------------------------

    async def _look(self, post: Post) -> None:
        """Read the place back once: adopt the message if it is there, else it may be sent again."""
        if post.kind == "ephemeral":
            # Nobody can read these back. Twice is better than never, but not more than twice.
            if post.lost:
                await posts.gone(self._pool, post.key, "unknown")
            else:
                await posts.again(self._pool, post.key, post.ts)
            return
        parent = await self._parent(post)
        channel = await self._channel(post, parent)
        thread_ts = _thread(post, parent)
        is_it = has_file(card_of(post.wanted).text) if post.kind == "file" else has_key(post.key)
        try:
            ts = await self._sender.find(channel, is_it, since=post.tried_at, thread_ts=thread_ts)
        except Refused as refused:
            log.warning("post.cannot_look", key=post.key, error=refused.error)
            ts = None
        log.info("post.looked_for", key=post.key, found=ts is not None)
        if ts is None:
            await posts.later(self._pool, post.key, "did not arrive", timedelta(), state="intended")
        elif post.kind == "file":
            await self._uploaded(post, channel)
        else:
            await posts.posted(self._pool, post.key, channel, ts, post.digest or "")

    # --- edits ----------------------------------------------------------------------------------------------

    async def _edit(self, post: Post) -> None:
        """The newest content at our turn. Two edits of one message never overtake each other."""
        if post.told_elsewhere:
            await self._elsewhere.again(post)
            return
        lock = self._editing.setdefault(post.key, asyncio.Lock())
        shown: list[str] = []
        async with AsyncExitStack() as held:

            async def fresh() -> Content | None:
                await held.enter_async_context(lock)
                await self._among_ourselves(post.channel)
                newest = await posts.get(self._pool, post.key)
                if newest is None or newest.state != "posted" or newest.digest == newest.wanted_digest:
                    return None
                shown.append(newest.wanted_digest)
                return self._content(newest)

            ts = post.ts or ""
            await self._sender.edit(post.channel, ts, fresh, key=post.key, priority=post.priority)
            if shown:
                await posts.posted(self._pool, post.key, post.channel, ts, shown[0])

    # --- refusals -------------------------------------------------------------------------------------------

    async def _refused(self, post: Post, error: str) -> None:
        log.warning("post.refused", key=post.key, error=error)
        if error == READ_ALONG:
            await self._elsewhere.say(post)
        elif error in _TOO_MUCH and post.key not in self._plain:
            self._plain.add(post.key)
            await posts.later(self._pool, post.key, error, timedelta(), state=_known(post))
        elif (post.kind == "ephemeral" or post.channel.startswith("D")) and error in _NOT_THERE:
            await posts.as_direct_message(self._pool, post.key)
        elif post.state == "posted" and error in _DELETED and self._worth_it(post):
            await posts.again(self._pool, post.key, post.ts)
        elif _comes_back(post, error):
            await self._ask_to_be_let_in(post)
            await posts.later(self._pool, post.key, error, timedelta(seconds=30), state=_known(post))
        elif error in _PUT_RIGHT_BY_PEOPLE:
            await posts.later(self._pool, post.key, error, timedelta(seconds=30), state=_known(post))
        else:
            await posts.gone(self._pool, post.key, error)

    async def _ask_to_be_let_in(self, post: Post) -> None:
        """Whoever asked learns, once, why that channel shows nothing, and what to do."""
        run = await runs.get(self._pool, post.run_id) if post.run_id is not None else None
        if run is None or run.via != "slack":
            return
        where = channel_words(post.channel)
        says = (
            f"I cannot write in {where}, where {run.label} should be shown: I am no member there, or may not write."
        )
        do = f"Type {code('/invite @watchkeeper')} in {where}; what I have to say follows by itself."
        card = Card(Tone.WARN, "", f"{says} {do}", (f"{says}\n{do}",), footer=f"{run.label} goes on meanwhile")
        content = await wanted(self._pool, card, (), None)
        intent = Intent(f"{run.label}:let in:{post.channel}", None, "dm", content, ALERT, person=run.actor)
        await posts.intend(self._pool, intent)

    def _worth_it(self, post: Post) -> bool:
        """Somebody deleted it: a channel's message comes back, a personal copy only while it asks for something."""
        asks = any(button.action or button.ask for button in card_of(post.wanted).buttons)
        return post.lost < ANEW_AT_MOST and (post.kind == "message" or asks)


def _comes_back(post: Post, error: str) -> bool:
    """Somebody must let us in first; then it is sent. A thread of a channel that is archived gets nothing more."""
    shut = error in _NOT_THERE or error.startswith("restricted_action")
    return shut and (post.kind == "message" or (post.kind == "reply" and error != "is_archived"))


def _thread(post: Post, parent: Post | None) -> str | None:
    """The thread that it belongs to: under a message of ours, or where somebody spoke to us."""
    if post.kind in IN_THREADS:
        return parent.ts if parent else None
    return str(post.wanted.get("thread") or "") or None if post.kind in ("message", "ephemeral") else None


def _known(post: Post) -> posts.State:
    """A refused message did not arrive; a refused edit left it as it was."""
    return "posted" if post.ts else "intended"


def _patience(post: Post, later: Later) -> timedelta:
    return timedelta(seconds=max(later.wait_s, min(LONGEST_WAIT_S, 0.5 * 2.0 ** min(post.attempts, 6))))
