"""The HTTP side that the app calls: Web API, response URLs, uploads. What the page calls is in `ui.py`."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from bot.sandbox.workspace import replies
from bot.sandbox.workspace.api import METHODS, Args, Desk, Method
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.faults import Fault, Faults
from bot.sandbox.workspace.limits import TooFast
from bot.sandbox.workspace.things import Call, Json

BODY_LIMIT = 64 * 1024 * 1024


class Api:
    """Serves the app. `record` gets every call, `record_reply` every post to a response URL."""

    def __init__(
        self,
        desk: Desk,
        faults: Faults,
        token: str,
        app_token: str | None,
        record: Callable[[Call], None],
        record_reply: Callable[[Call], None],
    ) -> None:
        self._desk = desk
        self._faults = faults
        self._token = token
        self._app_token = app_token
        self._record = record
        self._record_reply = record_reply

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/api/{method}", self.call),
            web.post("/respond/{key:.+}", self.respond),
            web.post("/upload/{file}", self.upload),
            web.put("/upload/{file}", self.upload),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        try:
            arguments, token = await _arguments(request, METHODS.get(name))
        except Refused as refusal:
            return web.json_response(refusal.answer())
        fault = self._faults.next(name)
        if fault is not None and not fault.applied:
            return await self._suffer(request, fault, name, arguments)
        status, body, headers = self._serve(name, arguments, token)
        self._record(Call(name, arguments, body, self._desk.state.clock(), status))
        if fault is not None:
            return await self._lose(request, fault)
        await asyncio.sleep(self._faults.lateness(name))
        return web.json_response(body, status=status, headers=headers)

    def _serve(self, name: str, arguments: Json, token: str | None) -> tuple[int, Json, dict[str, str]]:
        try:
            return 200, self._answer(name, arguments, token), {"x-oauth-scopes": self._scopes()}
        except Refused as refusal:
            return 200, refusal.answer(), {}
        except TooFast as limit:
            return 429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(limit.retry_after_s)}

    def _answer(self, name: str, arguments: Json, token: str | None) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        if not token:
            raise Refused("not_authed")
        if token not in (self._token, self._app_token):
            raise Refused("invalid_auth")
        if token != (self._app_token if method.by_app else self._token):
            raise Refused("not_allowed_token_type")
        if (seconds := self._faults.retry_after(name)) is not None:
            raise TooFast(seconds)
        self._desk.limits.call(name, method.per_minute)
        self._desk.need(*method.scopes)
        args = Args(arguments)
        method.check(args)
        return {"ok": True, **method.run(self._desk, args)}

    def _scopes(self) -> str:
        """What the token may do, as Slack tells with every answer."""
        return ",".join(sorted(self._desk.manifest.scopes))

    async def _suffer(self, request: web.Request, fault: Fault, name: str, arguments: Json) -> web.StreamResponse:
        """The call has no effect."""
        now = self._desk.state.clock()
        match fault.kind:
            case "error":
                body: Json = {"ok": False, "error": fault.error}
                self._record(Call(name, arguments, body, now))
                return web.json_response(body)
            case "status":
                self._record(Call(name, arguments, {"ok": False, "error": "http_error"}, now, fault.status))
                return web.Response(status=fault.status, text="trouble at Slack")
            case "timeout" | "reset":
                self._record(Call(name, arguments, {"ok": False, "error": f"connection_{fault.kind}"}, now, 0))
                return await self._lose(request, fault)

    async def _lose(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """No answer ever comes: silence until the caller gives up, or a broken connection at once."""
        if fault.kind == "timeout":
            await asyncio.Event().wait()  # the server cancels us when the caller hangs up
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        body: Json = {}
        answer: Json = {"ok": True}
        try:
            url = self._desk.tickets.use(request.match_info["key"])
            body = await _json_body(request)
            replies.apply(self._desk.state, url, body)
        except Refused as refusal:
            answer = refusal.answer()
        self._record_reply(Call("response_url", body, answer, self._desk.state.clock(), 200 if answer["ok"] else 404))
        if answer["ok"]:
            return web.Response(text="ok")
        gone = answer["error"] in ("expired_url", "used_url", "no_such_response_url")
        return web.json_response(answer, status=404 if gone else 400)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        state = self._desk.state
        file = state.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404, text="file_not_found")
        content = await _content(request)
        if len(content) != file.size:
            return web.Response(status=400, text=f"expected {file.size} bytes, got {len(content)}")
        state.files[file.id] = replace(file, content=content)
        return web.Response(text=f"OK - {len(content)}")


async def _arguments(request: web.Request, method: Method | None) -> tuple[Json, str | None]:
    """From query and body together; the token from the header or the arguments. JSON where the method takes it."""
    values: Json = dict(request.query)
    if request.method == "POST":
        values |= await _body(request, takes_json=method is None or method.takes_json)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer if scheme.lower() == "bearer" else None
    given = values.pop("token", None)
    return values, token or given


async def _body(request: web.Request, *, takes_json: bool) -> Json:
    if request.content_type == "application/json":
        return await _json_body(request) if takes_json else {}
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _json_body(request: web.Request) -> Json:
    try:
        value = json.loads(await request.text() or "{}")
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(value, dict):
        raise Refused("json_not_object")
    return value


async def _content(request: web.Request) -> bytes:
    """Raw bytes, or the first file of a multipart form: Slack takes both."""
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    form = await request.post()
    for value in form.values():
        return value.file.read() if isinstance(value, web.FileField) else str(value).encode()
    return b""
