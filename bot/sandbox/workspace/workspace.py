"""The workspace in one object: tests and the demo start it, type and click in it, and see what people see."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.sandbox.workspace import payloads, replies, ui
from bot.sandbox.workspace.api import Desk
from bot.sandbox.workspace.api.views import changed_view, new_view
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.check import view as check_view
from bot.sandbox.workspace.deeds import Deeds
from bot.sandbox.workspace.deliver import PATIENCE_S, Courier
from bot.sandbox.workspace.faults import Faults
from bot.sandbox.workspace.forms import fill
from bot.sandbox.workspace.limits import Limits
from bot.sandbox.workspace.manifest import read_manifest
from bot.sandbox.workspace.place import Place
from bot.sandbox.workspace.pressing import action, find
from bot.sandbox.workspace.server import BODY_LIMIT, Api
from bot.sandbox.workspace.shapes import api_view
from bot.sandbox.workspace.socket import Kind, Socket
from bot.sandbox.workspace.things import (
    APP,
    BOT,
    BOT_USER,
    TEAM,
    Answer,
    Call,
    Channel,
    Delivery,
    Json,
    Message,
    Person,
    View,
)
from bot.sandbox.workspace.triggers import Tickets

SLACK_RETRIES_S = (0.0, 60.0, 300.0)


class Workspace(Place):
    """A Slack workspace on this machine, as strict as Slack."""

    team_id, bot_user, bot_id, app_id = TEAM, BOT_USER, BOT, APP

    def __init__(
        self,
        *,
        signing_secret: str,
        bot_token: str,
        request_url: str,
        clock: Callable[[], float] = time.time,
        manifest: Mapping[str, object] | None = None,
        strict_limits: bool = True,
        store: Path | None = None,
        app_token: str | None = None,
    ) -> None:
        super().__init__(clock, read_manifest(manifest), store)
        self.request_url = request_url
        self.url = ""
        self.on_world_action: Callable[[str, str], Awaitable[str | None]] | None = None
        self.event_retries_s: tuple[float, ...] = ()
        self.faults = Faults(clock)
        self.limits = Limits(clock, strict=strict_limits)
        self._tickets = Tickets(clock)
        self._courier = Courier(signing_secret, clock)
        self.socket = Socket(app_token, clock, lambda: self.url, self._changed)
        self._runner: web.AppRunner | None = None
        self._retrying: set[asyncio.Task[None]] = set()
        desk = Desk(self.state, self._tickets, self.limits, self.manifest, lambda: self.url, self.socket.open)
        self.deeds = Deeds(self.state, lambda: self.url, self._event_if_heard)
        self._api = Api(desk, self.faults, bot_token, app_token, self._record, self._record_reply)

    # life

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[ui.only_from_here])
        app.add_routes([*self._api.routes(), *self.socket.routes(), *ui.Page(self).routes()])
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._courier.open()
        if self._store:
            self._store.open()

    async def close(self) -> None:
        for task in self._retrying:
            task.cancel()
        await asyncio.gather(*self._retrying, return_exceptions=True)
        await self._courier.close()
        await self.socket.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._store:
            await self._store.close()

    async def kept(self) -> None:
        """Until all that happened so far is on the disk; at once without a store."""
        if self._store:
            await self._store.kept()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    # what people do

    async def type(self, person: str, channel: str, text: str, *, delivery: Delivery | None = None) -> Answer:
        """A slash command, or a message that others read and the app may hear of."""
        delivery = delivery or Delivery()
        place = self._place(channel, person)
        if text.startswith("/"):
            return await self._command(self.state.people[person], place, text, delivery)
        return await self._say(self.state.people[person], place, text, delivery)

    async def click(
        self,
        person: str,
        message: Message,
        action_id: str,
        *,
        value: str | None = None,
        times: int = 1,
        delivery: Delivery | None = None,
    ) -> Answer:
        """`action_id`: its beginning or the words on the button do. `times`: the same click, delivered at once."""
        delivery = delivery or Delivery(times=times)
        return await self.press(person, message, action_id, value=value, delivery=delivery)

    async def press(
        self,
        person: str,
        message: Message,
        action_id: str,
        *,
        value: object = None,
        block_id: str | None = None,
        delivery: Delivery | None = None,
    ) -> Answer:
        delivery = delivery or Delivery()
        block, element = find(message.blocks, action_id, block_id)
        pressed = action(block, element, value, self.state.next_ts())
        payload = payloads.message_click(self.state, self.state.people[person], message, pressed, delivery)
        payload["trigger_id"] = delivery.trigger_id or self._tickets.trigger(person)
        payload["response_url"] = self._response_url(
            person,
            message.channel,
            ts=message.ts,
            ephemeral=message.ephemeral_to is not None,
            thread_ts=message.thread_ts,
        )
        return await self._interact(payload, delivery)

    async def click_view(
        self, person: str, view_id: str, action_id: str, *, value: object = None, block_id: str | None = None
    ) -> Answer:
        """A button or select inside a form or a home tab."""
        view = self._view(view_id)
        block, element = find(view.blocks, action_id, block_id)
        pressed = action(block, element, value, self.state.next_ts())
        payload = payloads.view_click(self.state.people[person], view, pressed, Delivery())
        payload["trigger_id"] = self._tickets.trigger(person, view.id)
        return await self._interact(payload, Delivery())

    async def submit(
        self, person: str, view_id: str, values: Mapping[str, object], *, delivery: Delivery | None = None
    ) -> Answer:
        """Fills the form in and sends it. What Slack's client refuses (`incomplete_form`) never reaches the app."""
        delivery = delivery or Delivery()
        view = self._view(view_id)
        filled, errors = fill(view, values)
        if errors:
            body = json.dumps({"response_action": "errors", "errors": errors}).encode()
            return Answer(0, body, 0.0, "incomplete_form")
        view = replace(view, state=filled)
        payload = payloads.submission(self.state.people[person], view, delivery)
        payload["trigger_id"] = delivery.trigger_id or self._tickets.trigger(person, view.id)
        answer = await self._interact(payload, delivery)
        return answer if answer.error else self._after_submit(view, answer)

    async def close_view(self, person: str, view_id: str, *, cleared: bool = False) -> None:
        view = self.state.view(view_id)
        if view is None:
            return
        self.state.close_view(view)
        if view.body.get("notify_on_close"):
            await self._interact(payloads.closing(self.state.people[person], view, cleared=cleared), Delivery())

    async def shortcut(
        self, person: str, message: Message, callback_id: str, *, delivery: Delivery | None = None
    ) -> Answer:
        """One of the app's entries in the menu of a message."""
        delivery = delivery or Delivery()
        if callback_id not in {one.callback_id for one in self.manifest.shortcuts}:
            return Answer(0, b"", 0.0, "no_such_shortcut")
        payload = payloads.message_shortcut(self.state, self.state.people[person], message, callback_id, delivery)
        payload["trigger_id"] = delivery.trigger_id or self._tickets.trigger(person)
        payload["response_url"] = self._response_url(person, message.channel, thread_ts=message.thread_ts)
        return await self._interact(payload, delivery)

    async def open_home(self, person: str) -> Answer:
        """The person opens the app's home tab."""
        event: Json = {"type": "app_home_opened", "user": person, "channel": self.state.im(person).id, "tab": "home"}
        if home := self.state.homes.get(person):
            event["view"] = api_view(home)
        return await self._event_if_heard("app_home_opened", event)

    # what Slack does

    async def send_event(
        self,
        event: Mapping[str, object],
        *,
        event_id: str | None = None,
        retry_num: int | None = None,
        times: int = 1,
        patience_s: float = PATIENCE_S,
    ) -> Answer:
        """One delivery of an event (or `times` at once); with `retry_num` it says to be a repetition."""
        name = event_id or self.state.next_id("Ev")
        told = payloads.envelope(dict(event), name, self._clock())
        delivery = Delivery(times=times, patience_s=patience_s)
        if self.socket.on:
            return self._note(await self.socket.deliver("events_api", told, delivery, retry_num or 0))
        body = json.dumps(told, ensure_ascii=False).encode()
        more = {"X-Slack-Retry-Num": str(retry_num), "X-Slack-Retry-Reason": "http_timeout"} if retry_num else {}
        return self._note(await self._courier.post(body, "application/json", delivery, (self.request_url,), more))

    async def deliver_raw(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Exactly these bytes and headers: forged, stale, malformed."""
        return self._note(await self._courier.send(self.request_url, body, headers, PATIENCE_S))

    def sign(self, body: bytes, ts: int | str | None = None) -> dict[str, str]:
        """The two headers that prove `body` to come from here at `ts`."""
        return self._courier.sign(body, ts)

    # inside

    async def _command(self, person: Person, place: Channel, text: str, delivery: Delivery) -> Answer:
        name, _, rest = text.partition(" ")
        known = self.manifest.command(name)
        if delivery.thread_ts:
            return Answer(0, b"", 0.0, "not_in_threads")
        if known is None:
            return Answer(0, b"", 0.0, "invalid_command")
        rest = payloads.escape(self.state, rest.strip()) if known.should_escape else rest.strip()
        form = payloads.command(person, place, name, rest, delivery)
        form["trigger_id"] = delivery.trigger_id or self._tickets.trigger(person.id)
        form["response_url"] = self._response_url(person.id, place.id)
        answer = self._note(await self._hand_over("slash_commands", dict(form), form, delivery))
        key = form["response_url"].removeprefix(f"{self.url}/respond/")
        return self._show_inline(answer, key)

    def _show_inline(self, answer: Answer, key: str) -> Answer:
        """The message in the app's 200, for each time it was delivered."""
        for one in (answer, *answer.others):
            if one.error is None:
                try:
                    body = replies.inline(one)
                    if body is not None:
                        replies.apply(self.state, self._tickets.peek(key), body)
                        self._record_reply(Call("command", body, {"ok": True}, self._clock()))
                except Refused as refusal:
                    return _refused(one, refusal)
        return answer

    async def _say(self, person: Person, place: Channel, text: str, delivery: Delivery) -> Answer:
        if place.kind == "im" and not self.manifest.messages_tab:
            return Answer(0, b"", 0.0, "messages_tab_disabled")
        message = self.state.post(
            place.id, person.id, payloads.escape(self.state, text), thread_ts=delivery.thread_ts
        )
        answer = Answer(200, b"", 0.0)
        for kind, event in self._events_of(place, message):
            answer = await self._event_if_heard(kind, event)
        return answer

    def _events_of(self, place: Channel, message: Message) -> list[tuple[str, Json]]:
        """Slack tells of a mention besides the message itself, and neither where the bot is not a member."""
        if BOT_USER not in place.members:
            return []
        kind = {"channel": "channel", "private": "group", "im": "im"}[place.kind]
        event: Json = {"user": message.user, "ts": message.ts, "text": message.text}
        event["team"] = self.state.people[message.user].team_id
        event |= {"channel": place.id, "event_ts": message.ts, "client_msg_id": self.state.next_id("m")}
        if message.thread_ts:
            event["thread_ts"] = message.thread_ts
        plural = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}[kind]
        events = [(plural, {"type": "message", "channel_type": kind, **event})]
        if f"<@{BOT_USER}>" in message.text and place.kind != "im":
            events.append(("app_mention", {"type": "app_mention", **event}))
        return events

    async def _event_if_heard(self, kind: str, event: Json) -> Answer:
        if not self.manifest.hears(kind):
            return Answer(200, b"", 0.0)
        event_id = self.state.next_id("Ev")
        answer = await self.send_event(event, event_id=event_id)
        if answer.status != 200 and self.event_retries_s and "x-slack-no-retry" not in answer.headers:
            task = asyncio.create_task(self._retry(event, event_id))
            self._retrying.add(task)
            task.add_done_callback(self._retried)
        return answer

    async def _retry(self, event: Json, event_id: str) -> None:
        for number, wait_s in enumerate(self.event_retries_s, 1):
            await asyncio.sleep(wait_s)
            answer = await self.send_event(event, event_id=event_id, retry_num=number)
            if answer.status == 200 or "x-slack-no-retry" in answer.headers:
                return

    def _retried(self, task: asyncio.Task[None]) -> None:
        self._retrying.discard(task)
        self._changed()

    def retrying(self) -> int:
        """How many events are still being delivered again."""
        return len(self._retrying)

    async def _interact(self, payload: Json, delivery: Delivery) -> Answer:
        return self._note(await self._hand_over("interactive", payload, payloads.as_form(payload), delivery))

    async def _hand_over(self, kind: Kind, payload: Json, form: Mapping[str, str], delivery: Delivery) -> Answer:
        """Over a connection of the app's own where it has Socket Mode, else signed to its URL."""
        if self.socket.on:
            return await self.socket.deliver(kind, payload, delivery)
        return await self._courier.deliver(form, delivery, (self.request_url,))

    def _after_submit(self, view: View, answer: Answer) -> Answer:
        """Closes the form, or does what the app asked for instead."""
        told = answer.json() or {}
        try:
            match told.get("response_action"):
                case "errors":
                    _check_errors(view, told)
                case "update":
                    check_view(told.get("view"), "modal")
                    changed_view(self.state, view, told["view"])
                case "push":
                    check_view(told.get("view"), "modal")
                    self.state.put_view(new_view(self.state, view.person, told["view"], view))
                case "clear":
                    for open_view in self.state.views_of(view.person):
                        self.state.close_view(open_view)
                case None:
                    self.state.close_view(view)
                case other:
                    raise Refused("invalid_response_action", (f"[ERROR] no response_action {other}",))
        except Refused as refusal:
            return _refused(answer, refusal)
        return answer

    def _response_url(self, person: str, channel: str, **more: str | bool | None) -> str:
        return self.url + self._tickets.response_path(person, channel, **more)


def _check_errors(view: View, told: Json) -> None:
    errors = told.get("errors")
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - inputs:
        raise Refused("invalid_errors", (f"[ERROR] errors must name input blocks of the view: {sorted(inputs)}",))


def _refused(answer: Answer, refusal: Refused) -> Answer:
    return Answer(answer.status, answer.body, answer.elapsed_s, str(refusal), answer.headers, answer.others)
