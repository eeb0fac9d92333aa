"""What the page calls: state, messages, live events, typing, clicking. Answers only pages from this machine."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.workspace.payloads import escape
from bot.sandbox.workspace.pressing import NoSuchElement
from bot.sandbox.workspace.shapes import api_view, page_channel, page_event, page_message, page_person
from bot.sandbox.workspace.state import SLACKBOT
from bot.sandbox.workspace.things import Answer, Channel, Delivery, Json, Message, Person

if TYPE_CHECKING:
    from bot.sandbox.workspace.workspace import Workspace

STATIC = Path(__file__).parent / "static"
LOCAL = ("127.0.0.1", "localhost", "::1")
SILENCE_S = 15.0
_SHOWN_AS = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A web site elsewhere must not click here in a person's name, not even through a renamed host."""
    origin = request.headers.get("Origin")
    hosts = [urlsplit(f"//{request.host}").hostname]
    if origin is not None:
        hosts.append(urlsplit(origin).hostname)
    if any(host not in LOCAL for host in hosts):
        return web.json_response({"ok": False, "error": "not_from_this_machine"}, status=403)
    return await handler(request)


class Page:
    """The routes of the page, on top of a workspace."""

    def __init__(self, workspace: "Workspace") -> None:
        self._ws = workspace
        self._state = workspace.state

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self.index),
            web.static("/static", STATIC),
            web.get("/files/{file}/{name}", self.file),
            web.get("/ui/state", self.everything),
            web.get("/ui/messages", self.messages),
            web.get("/ui/thread", self.thread),
            web.get("/ui/events", self.events),
            web.post("/ui/type", self.type),
            web.post("/ui/click", self.click),
            web.post("/ui/submit", self.submit),
            web.post("/ui/close", self.close),
            web.post("/ui/dismiss", self.dismiss),
            web.post("/ui/message", self.message),
            web.post("/ui/join", self.join),
            web.post("/ui/home", self.home),
            web.post("/ui/world", self.world),
        ]

    async def index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def file(self, request: web.Request) -> web.StreamResponse:
        file = self._state.files.get(request.match_info["file"])
        if file is None:
            return _error("file_not_found", 404)
        kind = _SHOWN_AS.get(Path(file.name).suffix.lower(), "text/plain; charset=utf-8")
        safe = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=file.content, headers=safe)

    async def everything(self, request: web.Request) -> web.StreamResponse:
        me = self._person(request.query)
        mine = [c for c in self._state.channels.values() if me.id in c.members]
        others = [c for c in self._state.channels.values() if _open_to(me, c)]
        shapes = [page_channel(self._state, channel, me.id) for channel in mine]
        people = [page_person(p) for p in self._state.people.values() if p.id != SLACKBOT]
        home = self._state.homes.get(me.id)
        return web.json_response(
            {
                "ok": True,
                "me": page_person(me),
                "people": people,
                "channels": [shape for shape in shapes if shape["kind"] == "channel"],
                "others": [page_channel(self._state, channel, me.id) for channel in others],
                "dms": [shape for shape in shapes if shape["kind"] == "dm"],
                "world": self._ws.world,
                "commands": self._ws.command_list(),
                "shortcuts": [{"id": one.callback_id, "name": one.name} for one in self._ws.manifest.shortcuts],
                "views": [api_view(view) for view in self._state.views_of(me.id)],
                "home_tab": self._ws.manifest.home_tab and self._ws.manifest.hears("app_home_opened"),
                "home": api_view(home) if home else None,
            }
        )

    async def messages(self, request: web.Request) -> web.StreamResponse:
        me, channel = self._person(request.query), self._place(request.query)
        found = [m for m in self._state.messages[channel].values() if not m.is_reply or m.broadcast]
        found += [m for m in self._ws.ephemerals(me.id, channel) if m.thread_ts is None]
        if found:
            self._state.read[(me.id, channel)] = max(message.ts for message in found)
        return self._shown(found)

    async def thread(self, request: web.Request) -> web.StreamResponse:
        me, channel, ts = self._person(request.query), self._place(request.query), request.query.get("ts", "")
        found = self._state.thread(channel, ts)
        return self._shown(found + [m for m in self._ws.ephemerals(me.id, channel) if m.thread_ts == ts])

    def _shown(self, found: list[Message]) -> web.Response:
        found.sort(key=lambda message: message.ts)
        return web.json_response({"ok": True, "messages": [page_message(self._state, m) for m in found]})

    async def events(self, request: web.Request) -> web.StreamResponse:
        me = self._person(request.query)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        queue: asyncio.Queue[Json] = asyncio.Queue()

        def hear(event: Json, audience: frozenset[str]) -> None:
            if me.id in audience:
                queue.put_nowait(page_event(self._state, event))

        self._state.listeners.append(hear)
        try:
            await response.prepare(request)
            await response.write(b": here\n\n")
            await _stream(response, queue)
        finally:
            self._state.listeners.remove(hear)
        return response

    async def type(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        me, channel = self._person(body), self._place(body)
        text, thread = str(body.get("text", "")), body.get("thread_ts")
        if not text.strip():
            return _error("no_text")
        return _said(await self._ws.type(me.id, channel, text, delivery=Delivery(thread_ts=thread)))

    async def click(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        me = self._person(body)
        chosen = next((held for key, held in body.items() if key.startswith("selected_")), body.get("value"))
        wanted, block = str(body.get("action_id", "")), body.get("block_id")
        try:
            if view := body.get("view_id"):
                return _said(await self._ws.click_view(me.id, str(view), wanted, value=chosen, block_id=block))
            message = self._message(body, me)
            return _said(await self._ws.press(me.id, message, wanted, value=chosen, block_id=block))
        except NoSuchElement as error:
            return _error(str(error))

    async def submit(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        me, view = self._person(body), str(body.get("view_id"))
        if self._state.view(view) is None:
            return _error("view_not_found", 404)
        answer = await self._ws.submit(me.id, view, body.get("values") or {})
        told = answer.json() or {}
        kept = {key: told[key] for key in ("response_action", "errors") if key in told}
        if answer.error and answer.error != "incomplete_form":
            return _error(answer.error, 400, **kept)
        return web.json_response({"ok": True, **kept})

    async def close(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        await self._ws.close_view(self._person(body).id, str(body.get("view_id")))
        return web.json_response({"ok": True})

    async def dismiss(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        self._state.drop_ephemeral(self._person(body).id, str(body.get("ts")))
        return web.json_response({"ok": True})

    async def message(self, request: web.Request) -> web.StreamResponse:
        """What a person does with a message: react, pin, edit, delete, an entry of the app's in its menu."""
        body = await _body(request)
        me = self._person(body)
        message, what, text = self._message(body, me), str(body.get("what")), str(body.get("text") or "")
        deeds = self._ws.deeds
        if what in ("edit", "delete") and message.user != me.id:
            return _error("cant_update_message")
        match what:  # the app hears of it as of any event: whether it does is not this person's trouble
            case "react":
                mine = me.id in message.reactions.get(text, ())
                await (deeds.unreact if mine else deeds.react)(me.id, message, text)
            case "pin":
                await (deeds.unpin if message.pinned else deeds.pin)(me.id, message)
            case "edit" if text.strip():
                await deeds.edit(me.id, message, escape(self._state, text))
            case "delete":
                await deeds.delete(me.id, message)
            case "shortcut":
                return _said(await self._ws.shortcut(me.id, message, text))
            case _:
                return _error("unknown_deed")
        return web.json_response({"ok": True})

    async def join(self, request: web.Request) -> web.StreamResponse:
        """Anybody may walk into a public channel."""
        body = await _body(request)
        me, channel = self._person(body), self._state.channels.get(str(body.get("channel", "")))
        if channel is None or not _open_to(me, channel):
            return _error("channel_not_found", 404)
        await self._ws.deeds.join(me.id, channel)
        return web.json_response({"ok": True})

    async def home(self, request: web.Request) -> web.StreamResponse:
        return _said(await self._ws.open_home(self._person(await _body(request)).id))

    async def world(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        if self._ws.on_world_action is None:
            return _error("nothing_to_do", 404)
        text = await self._ws.on_world_action(str(body.get("action")), self._person(body).id)
        return web.json_response({"ok": True, "text": text})

    def _person(self, given: Mapping[str, object]) -> Person:
        person = self._state.people.get(str(given.get("as", "")))
        if person is None:
            raise _bad("user_not_found")
        return person

    def _place(self, given: Mapping[str, object]) -> str:
        channel = str(given.get("channel", ""))
        if str(given.get("as", "")) not in getattr(self._state.channels.get(channel), "members", ()):
            raise _bad("channel_not_found")
        return channel

    def _message(self, body: Json, me: Person) -> Message:
        channel, ts = self._place(body), str(body.get("ts", ""))
        found = self._state.ephemerals.get((me.id, ts)) or self._state.message(channel, ts)
        if found is None:
            raise _bad("message_not_found")
        return found


def _open_to(person: Person, channel: Channel) -> bool:
    """A public one that this person is not in yet."""
    stranger = person.is_restricted or person.is_ultra_restricted
    return channel.kind == "channel" and not channel.is_archived and not stranger and person.id not in channel.members


async def _stream(response: web.StreamResponse, queue: asyncio.Queue[Json]) -> None:
    """Until the page goes away; a sign of life in silence, so that a lost page is noticed."""
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                event = await queue.get()
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        await response.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())


async def _body(request: web.Request) -> Json:
    """Only JSON: a form of another site can be sent without asking, JSON cannot."""
    if request.content_type != "application/json":
        raise _bad("invalid_post_type")
    body = await request.json()
    if not isinstance(body, dict):
        raise _bad("json_not_object")
    return body


def _said(answer: Answer) -> web.Response:
    return web.json_response({"ok": True}) if answer.error is None else _error(answer.error)


def _error(error: str, status: int = 400, **more: object) -> web.Response:
    return web.json_response({"ok": False, "error": error, **more}, status=status)


def _bad(error: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"ok": False, "error": error}), content_type="application/json")
