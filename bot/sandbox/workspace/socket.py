"""Socket Mode from Slack's side: tickets, connections, envelopes. A payload goes to any one of the connections."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from typing import Literal

from aiohttp import web

from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.deliver import with_others
from bot.sandbox.workspace.line import Line
from bot.sandbox.workspace.things import APP, Answer, Delivery, Json

MOST = 10
TICKET_S = 30.0
HEARING_S = 0.5
Kind = Literal["slash_commands", "interactive", "events_api"]
Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]
_WITH_ANSWER = ("view_submission", "block_suggestion")


class Envelope:
    """One payload under its id, and who still owes an acknowledgement for it."""

    def __init__(self, kind: Kind, payload: Json, retry: int) -> None:
        self.id = secrets.token_hex(16)
        self.accepts = kind == "slash_commands" or payload.get("type") in _WITH_ANSWER
        self.frame: Json = {
            "envelope_id": self.id,
            "type": kind,
            "accepts_response_payload": self.accepts,
            "payload": payload,
        }
        if kind == "events_api":
            self.frame |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        self.owed: list[tuple[Line, asyncio.Future[bytes]]] = []

    def pays(self, line: Line) -> asyncio.Future[bytes] | None:
        """What an acknowledgement on this line settles: its own delivery, else one whose line has ended."""
        open_ones = [(owner, answer) for owner, answer in self.owed if not answer.done()]
        own = [answer for owner, answer in open_ones if owner is line]
        return next(iter([*own, *(answer for owner, answer in open_ones if owner is not line)]), None)


class Socket:
    """The connections of one app. `wrong` lists what the app did that the protocol does not allow."""

    def __init__(
        self,
        token: str | None,
        clock: Callable[[], float],
        base_url: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self.token = token
        self.lines: list[Line] = []
        self.wrong: list[str] = []
        self.frames_said: list[Json] = []
        self.tickets_given = 0
        self.disabled = False
        self.mute = False
        self._clock = clock
        self._base_url = base_url
        self._changed = changed
        self._tickets: dict[str, float] = {}
        self._envelopes: dict[str, Envelope] = {}
        self._turn = 0

    @property
    def on(self) -> bool:
        return self.token is not None

    # connecting

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/link/", self.serve)]

    def open(self) -> str:
        """A URL that is good once, for half a minute."""
        if self.disabled:
            raise Refused("forbidden_team")
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = self._clock()
        self.tickets_given += 1
        self._changed()
        return f"{self._base_url().replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        given = self._tickets.pop(request.query.get("ticket", ""), None)
        if given is None or self._clock() - given > TICKET_S:
            return web.Response(status=403, text="no such ticket")
        socket = web.WebSocketResponse(autoping=False, timeout=1.0)
        await socket.prepare(request)
        line = Line(socket, request.transport)
        if len(self.lines) >= MOST:
            await line.say(_farewell("too_many_websockets"))
            await line.close()
            return socket
        await self._converse(line)
        return socket

    async def _converse(self, line: Line) -> None:
        self.lines.append(line)
        self._changed()
        try:
            if not self.mute:
                await line.say(self._hello())
                line.greeted = True
                self._changed()
            async for text in line.texts():
                self._hear(line, text)
        finally:
            if line in self.lines:
                self.lines.remove(line)
            self._changed()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.lines),
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "applink-sandbox", "build_number": 1, "approximate_connection_time": 3600},
        }

    # envelopes

    async def deliver(self, kind: Kind, payload: Json, delivery: Delivery, retry: int = 0) -> Answer:
        """To one connection after the other in turn; `times` hands the same envelope to as many at once."""
        envelope = Envelope(kind, payload | dict(delivery.form), retry)
        if not self.lines:
            return Answer(0, b"the app is not connected", 0.0, "dispatch_failed")
        self._envelopes[envelope.id] = envelope
        async with asyncio.TaskGroup() as group:
            sent = [group.create_task(self._send(envelope, delivery.patience_s)) for _ in range(delivery.times)]
        first, *others = (task.result() for task in sent)
        return with_others(first, tuple(others))

    def _next(self) -> Line | None:
        able = [line for line in self.lines if line.greeted]
        if not able:
            return None
        self._turn += 1
        return able[self._turn % len(able)]

    async def _send(self, envelope: Envelope, patience_s: float) -> Answer:
        if (line := self._next()) is None:
            return Answer(0, b"the app is not connected", 0.0, "dispatch_failed")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        envelope.owed.append((line, answer))
        begun = time.perf_counter()
        await line.say(envelope.frame)
        try:
            async with asyncio.timeout(patience_s):
                body = await asyncio.shield(answer)
        except TimeoutError:
            return Answer(0, b"", time.perf_counter() - begun, "operation_timeout")
        headers = {"content-type": "application/json"} if body else {}
        return Answer(200, body, time.perf_counter() - begun, None, headers)

    def _hear(self, line: Line, text: str) -> None:
        try:
            said = json.loads(text)
            envelope = self._envelopes.get(said["envelope_id"])
        except (ValueError, KeyError, TypeError):
            return self._blame(f"not an acknowledgement: {text[:80]}")
        self.frames_said.append(said)
        if envelope is None:
            return self._blame(f"an unknown envelope was acknowledged: {said['envelope_id']}")
        if (settled := envelope.pays(line)) is None:
            return self._blame(f"acknowledged more often than delivered: {envelope.id}")
        payload = said.get("payload")
        if payload and not envelope.accepts:
            self._blame(f"a payload that was not accepted: {envelope.frame['type']}")
        settled.set_result(json.dumps(payload).encode() if payload and envelope.accepts else b"")
        return None

    def _blame(self, what: str) -> None:
        self.wrong.append(what)
        self._changed()

    # trouble on demand

    def haunt(self, ghosts: int) -> None:
        """Connections of the app that lead nowhere: Slack counts them and gives them their share."""
        self.lines += [Line() for _ in range(ghosts)]

    def deafen(self) -> None:
        """All present connections are half open from now on; new ones are well."""
        for line in self.lines:
            line.silent = True

    def cut(self) -> None:
        """The network breaks all connections, without a farewell."""
        for line in self.lines:
            line.cut()
        self.lines = [line for line in self.lines if not line.cuttable]

    async def disconnect(self, reason: Reason) -> list[Line]:
        """Tells every connection to go. It stays until `release`, and payloads still come over it."""
        if reason == "link_disabled":
            self.disabled = True
        told = list(self.lines)
        for line in told:
            await line.say(_farewell(reason))
        return told

    async def release(self, lines: list[Line]) -> None:
        """Slack closes these from its side: nothing more for them, what they still owe is heard, then a farewell."""
        self.lines = [line for line in self.lines if line not in lines]
        owed = [answer for envelope in self._envelopes.values() for owner, answer in envelope.owed if owner in lines]
        if waiting := [answer for answer in owed if not answer.done()]:
            await asyncio.wait(waiting, timeout=HEARING_S)
        for line in lines:
            await line.close()
        self._changed()

    async def close(self) -> None:
        await self.release(list(self.lines))


def _farewell(reason: Reason) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-sandbox"}}
