"""The one way out to Slack for messages: paced, most urgent first, and honest about what is not known.

A call that may have taken effect without an answer raises `Unknown` and is never repeated here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import metrics
from bot.connecting import connector
from bot.domain.json import JsonObject
from bot.slack.pace import Clock, Pace, Sleep
from bot.slack.reply import Replies

log = structlog.get_logger()
Result = TypeVar("Result")

TIMEOUT_S = 10
EVENT_TYPE = "watchkeeper_post"
_MAYBE = frozenset({"internal_error", "fatal_error"})
_BUSY = frozenset({"service_unavailable", "request_timeout", "team_added_to_org", "external_channel_migrating"})
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_TRIES = 4  # of one call that Slack answers with 429: after that the caller's own patience counts
_WAIT_HERE_S = 60.0  # what is closed for longer is put off instead: whoever waits here holds up others
Method = Callable[..., Awaitable[AsyncSlackResponse]]


class SendError(Exception):
    """Slack did not take it."""

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


class Refused(SendError):
    """Slack said no, and why: it did not arrive."""


class Later(SendError):
    """Slack could not be asked, or wants us to wait: it did not arrive."""

    def __init__(self, error: str, wait_s: float = 0.0) -> None:
        self.wait_s = wait_s
        super().__init__(error)


class Unknown(SendError):
    """It was sent and nothing came back: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Sent:
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Content:
    text: str
    blocks: list[JsonObject]


Fresh = Callable[[], Awaitable[Content | None]]


def web_client(token: str, api_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """On our own session, with no retry of its own: a repeated post would be a second message."""
    return AsyncWebClient(token=token, base_url=api_url, session=session, timeout=TIMEOUT_S, retry_handlers=[])


def web_session() -> aiohttp.ClientSession:
    """The one HTTP session to Slack; to be closed by whoever opened it."""
    return aiohttp.ClientSession(connector=connector(), timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, connect=5))


class Sender:
    """One queue in front of Slack's Web API for everything that people see."""

    def __init__(
        self, client: AsyncWebClient, replies: Replies, *, clock: Clock, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._client = client
        self._replies = replies
        self._pace = Pace(clock, sleep)
        self._dms: dict[str, str] = {}

    async def post(
        self, channel: str, fresh: Fresh, *, key: str, thread_ts: str | None = None, priority: int = 2
    ) -> Sent | None:
        """A new message that carries `key` as metadata, by which `find` knows it again.

        `fresh` is asked when it is our turn; None from it sends nothing.
        """
        await self._pace.post(channel, priority)
        content = await fresh()
        if content is None:
            return None
        answer = await self.call(
            "chat.postMessage",
            self._client.chat_postMessage,
            channel=channel,
            text=content.text,
            blocks=content.blocks,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
            thread_ts=thread_ts,
        )
        return Sent(str(answer["channel"]), str(answer["ts"]))

    async def edit(self, channel: str, ts: str, fresh: Fresh, *, key: str, priority: int = 2) -> None:
        """Replace what a message shows. May be repeated: the same edit twice is one."""
        await self._pace.edit(priority)
        content = await fresh()
        if content is None:
            return
        await self.call(
            "chat.update",
            self._client.chat_update,
            True,
            channel=channel,
            ts=ts,
            text=content.text,
            blocks=content.blocks,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
        )

    async def whisper(
        self,
        channel: str,
        person: str,
        content: Content,
        *,
        url: str | None = None,
        priority: int = 2,
        thread_ts: str | None = None,
    ) -> None:
        """A message that one person sees, until they reload; nobody can read it back.

        url: the request's response_url, which works in channels where the bot is not.
        """
        await self._pace.post(channel or person, priority)
        if url and await self._replies.send(url, content.text, content.blocks):
            return
        await self.call(
            "chat.postEphemeral",
            self._client.chat_postEphemeral,
            channel=channel,
            user=person,
            text=content.text,
            blocks=content.blocks,
            thread_ts=thread_ts,
        )

    async def publish(self, person: str, view: JsonObject, known: str) -> str:
        """A person's Home. known: Slack's hash of the view that this one replaces, if we know it; its new hash."""
        method, more = self._client.views_publish, {"hash": known} if known else {}
        await self._pace.publish()
        answer = await self.call("views.publish", method, True, user_id=person, view=view, **more)
        return str(cast("JsonObject", answer["view"])["hash"])

    async def direct(self, person: str) -> str:
        """The id of the bot's conversation with a person."""
        if person not in self._dms:
            method = self._client.conversations_open
            answer = await self.call("conversations.open", method, True, users=person)
            self._dms[person] = str(cast("JsonObject", answer["channel"])["id"])
        return self._dms[person]

    async def channel(self, channel: str) -> JsonObject:
        """Slack's channel object."""
        answer = await self.call("conversations.info", self._client.conversations_info, True, channel=channel)
        return cast("JsonObject", answer["channel"])

    async def permalink(self, channel: str, ts: str) -> str:
        method = self._client.chat_getPermalink
        answer = await self.call("chat.getPermalink", method, True, channel=channel, message_ts=ts)
        return str(answer["permalink"])

    async def find(
        self, channel: str, is_it: Callable[[JsonObject], bool], *, since: datetime, thread_ts: str | None = None
    ) -> str | None:
        """The ts of our message, read back from Slack once; None when it never arrived."""
        more: dict[str, object] = {"oldest": f"{since.timestamp() - 120:.6f}", "limit": 200}
        more |= {"include_all_metadata": True}
        if thread_ts:
            method, name, more["ts"] = self._client.conversations_replies, "conversations.replies", thread_ts
        else:
            method, name = self._client.conversations_history, "conversations.history"
        answer = await self.call(name, method, True, channel=channel, **more)
        messages = cast("Sequence[JsonObject]", answer["messages"])
        return next((str(message["ts"]) for message in messages if is_it(message)), None)

    async def upload(self, channel: str, name: str, content: bytes, *, title: str, priority: int = 3) -> None:
        """A file into a conversation: ask for an address, put it there, and only then share it, once."""
        method = self._client.files_getUploadURLExternal
        asked = await self.call("files.getUploadURLExternal", method, True, filename=name, length=len(content))
        await self._put(str(asked["upload_url"]), name, content)
        await self._pace.post(channel, priority)
        await self.call(
            "files.completeUploadExternal",
            self._client.files_completeUploadExternal,
            files=[{"id": str(asked["file_id"]), "title": title}],
            channel_id=channel,
        )

    async def _put(self, url: str, name: str, content: bytes) -> None:
        """What is not shared yet is seen by nobody: this may be repeated from its start."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name)
        timeout = aiohttp.ClientTimeout(total=60)
        session = cast("aiohttp.ClientSession", self._client.session)
        try:
            async with session.post(url, data=form, timeout=timeout) as answer:
                if answer.status != 200:
                    raise Later(f"upload answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Later(type(error).__name__) from error

    async def call(
        self, name: str, method: Method, repeatable: bool = False, /, **arguments: object
    ) -> Mapping[str, object]:
        for _ in range(_TRIES):
            if (closed := self._pace.closed_for(name)) > _WAIT_HERE_S:
                raise Later("ratelimited", closed)
            await self._pace.method(name)
            try:
                async with asyncio.timeout(TIMEOUT_S + 1):
                    answer = await method(**arguments)
                metrics.SLACK_CALLS.labels(name, "ok").inc()
                return cast("Mapping[str, object]", answer.data)
            except Exception as error:
                problem = _problem(error, repeatable=repeatable)
                if problem is None:
                    raise
                metrics.SLACK_CALLS.labels(name, type(problem).__name__.lower()).inc()
                if not (isinstance(problem, Later) and problem.wait_s):
                    raise problem from error
                log.info("slack.slow_down", method=name, retry_after_s=problem.wait_s)
                self._pace.close(name, problem.wait_s)
        raise Later("ratelimited", 1.0)


def _problem(error: Exception, *, repeatable: bool) -> SendError | None:
    """What an exception of the SDK means; None when it is none of Slack's."""
    match error:
        case SlackApiError():
            return _answered(error, repeatable=repeatable)
        case aiohttp.ClientConnectorError():
            return Later("slack cannot be reached")
        case aiohttp.ClientError() | TimeoutError() | OSError() | SlackClientError():
            name = type(error).__name__
            return Later(name) if repeatable else Unknown(name)
        case _:
            return None


def error_name(error: SlackApiError) -> str:
    """Slack's word for it; empty where something else answered in its place, a proxy for example."""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, Mapping) else ""


def _answered(error: SlackApiError, *, repeatable: bool) -> SendError:
    response, name = error.response, error_name(error)
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    if status == 429 or name in _LIMITED:
        return Later("ratelimited", _retry_after(getattr(response, "headers", {})))
    if name in _BUSY:
        return Later(name)
    if status >= 500 or name in _MAYBE or not name:
        problem = name or f"HTTP {status}"
        return Later(problem) if repeatable else Unknown(problem)
    return Refused(name)


def _retry_after(headers: Mapping[str, str]) -> float:
    found = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    return max(float(found), 0.1) if found.isdecimal() else 1.0


def has_key(key: str) -> Callable[[JsonObject], bool]:
    """Is it our message with that key?"""

    def is_it(message: JsonObject) -> bool:
        metadata = message.get("metadata")
        if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
            return False
        payload = metadata.get("event_payload")
        return isinstance(payload, dict) and payload.get("key") == key

    return is_it


def has_file(title: str) -> Callable[[JsonObject], bool]:
    """Does it share a file of that title?"""

    def is_it(message: JsonObject) -> bool:
        files = message.get("files")
        return isinstance(files, list) and any(isinstance(one, dict) and one.get("title") == title for one in files)

    return is_it
