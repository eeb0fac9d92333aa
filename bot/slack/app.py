"""Listeners of the Bolt app: each parses a payload, hands it to the engine, and answers what the engine said.

Bolt runs with process_before_response: the answer leaves after the commit. Nothing here calls Slack, a vendor
or a subprocess before it, and nothing after the commit may raise.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from pydantic import ValidationError
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.db.database import AWAY
from bot.domain.card import Card, Tone
from bot.domain.form import Form
from bot.domain.invocation import Answer, Click, Invocation, Submission
from bot.domain.json import JsonObject
from bot.slack import payloads
from bot.slack.blocks import render
from bot.slack.forms import errors, form_view
from bot.slack.reply import Replies
from bot.slack.spoken import Spoken, all_spoken, as_it_stands

log = structlog.get_logger()

INTAKE = timedelta(seconds=2)
EVERYTHING = re.compile(r"[\s\S]*")
Body = Mapping[str, object]


class Intake(Protocol):
    """What the listeners need of the engine."""

    async def receive(self, invocation: Invocation) -> Answer: ...


class Press(Protocol):
    async def press(self, click: Click) -> Answer: ...
    async def submitted(self, submission: Submission) -> Answer: ...


class Inbox(Protocol):
    """What Slack tells us besides: people changed, the app was removed. Raises when it cannot be recorded."""

    async def heard(self, event_id: str, event: Body) -> None: ...


class Mentions(Protocol):
    async def heard(self, body: Body, at: datetime) -> bool:
        """Whether somebody spoke to the bot; raises when it cannot be recorded."""
        ...


class Identity:
    """Who the bot is in its workspace, from memory: authorising a request never asks Slack."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.team = ""
        self.bot_user = ""
        self.bot = ""

    def result(self) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=self.team or "unknown",
            bot_token=self._token,
            bot_id=self.bot or "unknown",
            bot_user_id=self.bot_user or "unknown",
        )


class Listeners:
    """The three ways in: commands, clicks, events."""

    def __init__(
        self,
        intake: Intake,
        press: Press,
        inbox: Inbox,
        mentions: Mentions,
        replies: Replies,
        clock: Callable[[], datetime],
        unknown: Callable[[datetime], Card],
        offers: Callable[[Card], Awaitable[Mapping[str, str]]],
        open_form: Callable[[str, JsonObject], Awaitable[bool]],
        aside: Callable[[str, str, Card], Awaitable[None]],
        chosen: Callable[[Body, datetime], Awaitable[Answer]],
        shown: Callable[[str, bool], Awaitable[None]],
        say: Spoken = as_it_stands,
    ) -> None:
        self._say = say
        self._intake = intake
        self._press = press
        self._inbox = inbox
        self._mentions = mentions
        self._replies = replies
        self._clock = clock
        self._unknown = unknown
        self._offers = offers
        self._open_form = open_form
        self._aside = aside
        self._chosen = chosen
        self._shown = shown
        self._owned: set[asyncio.Task[None]] = set()

    async def command(self, ack: AsyncAck, body: dict[str, object]) -> None:
        at = self._clock()
        answer = await self._guarded(self._command(body, at), at)
        if answer.card is None:
            await ack()
            if answer.form is not None:
                self._own(self._ask_for(answer.form, body))
            return
        text, blocks = await self._rendered(answer.card)
        await ack(text=text, blocks=blocks, response_type="ephemeral")

    async def _command(self, body: Body, at: datetime) -> Answer:
        return await self._intake.receive(payloads.invocation(body, at))

    async def action(self, ack: AsyncAck, body: dict[str, object]) -> None:
        at = self._clock()
        answer = await self._guarded(self._action(body, at), at)
        await ack()
        if answer.card is not None:
            self._own(self._tell_presser(body, answer.card, replace=answer.replace))
        if answer.form is not None:
            self._own(self._ask_for(answer.form, body))

    async def _tell_presser(self, body: Body, card: Card, *, replace: bool) -> None:
        """On their Home, which has no response_url, a press that worked shows by itself."""
        url, user = str(body.get("response_url", "")), body.get("user")
        if url or not isinstance(user, dict):
            await self._tell(url, card, replace=replace)
        elif not replace:
            await self._aside(str(body.get("trigger_id", "")), str(user.get("id")), card)

    async def _action(self, body: Body, at: datetime) -> Answer:
        return await self._press.press(payloads.click(body, at))

    async def shortcut(self, ack: AsyncAck, body: dict[str, object]) -> None:
        """An entry in the menu of a message."""
        at = self._clock()
        answer = await self._guarded(self._chosen(body, at), at)
        await ack()
        if answer.card is not None:
            self._own(self._tell(str(body.get("response_url", "")), answer.card, replace=False))
        if answer.form is not None:
            self._own(self._ask_for(answer.form, body))

    async def view(self, ack: AsyncAck, body: dict[str, object]) -> None:
        """A submitted form closes, goes on with the next one, or stays open with what is wrong under its fields."""
        at = self._clock()
        answer = await self._guarded(self._view(body, at), at)
        wrong = answer.wrong or ({"": answer.card.text} if answer.card else {})
        if wrong and (inputs := payloads.inputs(body)):
            await ack(response_action="errors", errors=errors(wrong, inputs))
        elif answer.form is not None:
            await ack(response_action="update", view=form_view(answer.form))
        else:
            await ack()

    async def _view(self, body: Body, at: datetime) -> Answer:
        return await self._press.submitted(payloads.submission(body, at))

    async def _ask_for(self, form: Form, body: Body) -> None:
        """Slack takes a form only within 3 s of the click or command; whoever pressed is told to press again."""
        opened = await self._open_form(str(body.get("trigger_id", "")), form_view(form))
        with suppress(*AWAY):
            await self._shown(form.target, opened)
        if not opened and "actions" in body:
            what = "Slack was too slow to open the form. Nothing was changed: press the button again."
            await self._tell_presser(body, Card(Tone.WARN, "", what, (what,)), replace=False)

    async def event(self, body: dict[str, object], event: dict[str, object]) -> BoltResponse:
        """503 when it could not be recorded, so that Slack delivers it again."""
        try:
            async with asyncio.timeout(INTAKE.total_seconds()):
                if not await self._mentions.heard(body, self._clock()):
                    await self._inbox.heard(str(body.get("event_id", "")), event)
        except (*AWAY, TimeoutError):
            log.warning("event.not_recorded", type=event.get("type"))
            return BoltResponse(status=503, body="not recorded; please deliver again")
        return BoltResponse(status=200, body="")

    async def _guarded(self, work: Awaitable[Answer], at: datetime) -> Answer:
        """The engine's answer within the intake's time; else the sentence that nothing is known."""
        try:
            async with asyncio.timeout(INTAKE.total_seconds()):
                return await work
        except (*AWAY, TimeoutError) as error:
            log.warning("intake.unknown", error=type(error).__name__)
            return Answer(self._unknown(at))
        except ValidationError as error:
            log.warning("intake.malformed", fields=[".".join(map(str, e["loc"])) for e in error.errors()])
            return Answer(broken_card("Slack sent this in a form that I do not know."))
        except Exception:
            error_id = secrets.token_hex(3)
            log.exception("intake.failed", error_id=error_id)
            return Answer(broken_card(f"Something failed on my side; my log names it {error_id}."))

    async def _tell(self, url: str, card: Card, *, replace: bool) -> None:
        text, blocks = await self._rendered(card)
        await self._replies.send(url, text, blocks, replace=replace)

    async def _rendered(self, card: Card) -> tuple[str, list[JsonObject]]:
        """The buttons that ask for something need their ids; without the database the card does without them."""
        offers: Mapping[str, str] = {}
        with suppress(*AWAY, TimeoutError):
            async with asyncio.timeout(0.5):
                offers = await self._offers(card)
        text, blocks = render(card, offers)
        return self._say(text), all_spoken(blocks, self._say)

    def _own(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._owned.add(task)
        task.add_done_callback(self._owned.discard)

    async def drain(self) -> None:
        """Let answers under way leave, at most 5 s."""
        if self._owned:
            await asyncio.wait(set(self._owned), timeout=5)


def bolt_app(identity: Identity, signing_secret: str, client: AsyncWebClient, listeners: Listeners) -> AsyncApp:
    """The app with catch-all listeners: what is unknown is answered too."""

    async def authorize() -> AuthorizeResult:
        return identity.result()

    app = AsyncApp(
        name="watchkeeper",
        logger=logging.getLogger("slack_bolt"),
        signing_secret=signing_secret,
        client=client,
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )
    app.command(EVERYTHING)(listeners.command)
    app.action(EVERYTHING)(listeners.action)
    app.view(EVERYTHING)(listeners.view)
    app.message_shortcut(EVERYTHING)(listeners.shortcut)
    app.event(EVERYTHING)(listeners.event)
    app.error(_answer_errors)
    return app


async def _answer_errors(error: Exception, body: dict[str, object]) -> BoltResponse:
    error_id = secrets.token_hex(3)
    log.error("listener.failed", error_id=error_id, exc_info=error)
    if body.get("type") == "event_callback":
        return BoltResponse(status=503, body="not recorded; please deliver again")
    text = f"Something failed on my side; my log names it {error_id}. I do not know whether this was recorded."
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})


def broken_card(what: str) -> Card:
    return Card(
        Tone.WARN,
        "That did not work",
        f"{what} I do not know whether this was recorded; /runs will tell.",
        (f"{what} `/runs` tells whether it was recorded.",),
    )
