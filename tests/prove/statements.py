"""Reads what a bot says to PostgreSQL and to HTTP servers, as far as it takes to name each moment of a run.

A moment is "before" a statement (it never arrives) or "after" it (it is done, and the answer never arrives).
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_SPACE = re.compile(r"\s+")
Asked = Callable[["Moment"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Moment:
    """`times`: how often this has been since the counting began."""

    side: str  # before | after
    what: str
    times: int

    def __str__(self) -> str:
        return f"{self.side} “{self.what}” ({self.times})"


class Counting:
    """Shared by all connections of one bot: gives each moment its number, and hands it on while it is wanted."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._times: Counter[tuple[str, str]] = Counter()
        self.on = False

    def begin(self) -> None:
        self._times.clear()
        self.on = True

    async def come(self, side: str, what: str) -> None:
        if self.on:
            self._times[side, what] += 1
            await self._asked(Moment(side, what, self._times[side, what]))


class Statements:
    """`tests.prove.wire.Tap` for one connection to PostgreSQL (protocol 3.0, without TLS).

    An Execute is named by the text that was parsed for its portal's statement; a COMMIT by what it commits.
    """

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._out, self._in = b"", b""
        self._started = False
        self._texts: dict[bytes, str] = {}
        self._bound = ""
        self._wrote = ""
        self._running: list[str] = []
        self._tags: list[str] = []

    async def sent(self, data: bytes) -> None:
        self._out += data
        if not self._started:
            if len(self._out) < 4 or len(self._out) < (size := int.from_bytes(self._out[:4], "big")):
                return
            self._out, self._started = self._out[size:], True
        for kind, body in self._messages("_out"):
            if name := self._statement(kind, body):
                self._running.append(name)
                await self._counting.come("before", name)

    async def answered(self, data: bytes) -> None:
        self._in += data
        for kind, body in self._messages("_in"):
            if kind == b"C":  # CommandComplete: "UPDATE 1"
                self._tags.append(body.rstrip(b"\0").decode())
            elif kind == b"Z":
                ended, self._running = self._running, []
                tags, self._tags = self._tags, []
                for name, tag in zip(ended, tags, strict=False):
                    await self._counting.come("after", f"{name} → {tag}" if tag[-2:] == " 0" else name)

    def _messages(self, which: str) -> list[tuple[bytes, bytes]]:
        buffer: bytes = getattr(self, which)
        found = []
        while len(buffer) >= 5 and len(buffer) >= (size := 1 + int.from_bytes(buffer[1:5], "big")):
            found.append((buffer[:1], buffer[5:size]))
            buffer = buffer[size:]
        setattr(self, which, buffer)
        return found

    def _statement(self, kind: bytes, body: bytes) -> str:
        match kind:
            case b"Q":
                return self._named(body.rstrip(b"\0").decode())
            case b"P":
                name, text = body.split(b"\0")[:2]
                self._texts[name] = text.decode()
            case b"B":
                self._bound = self._texts.get(body.split(b"\0")[1], "?")
            case b"E":
                return self._named(self._bound)
            case _:
                pass
        return ""

    def _named(self, text: str) -> str:
        words = _SPACE.sub(" ", text).strip().rstrip(";")[:90]
        if words.startswith(("COMMIT", "ROLLBACK")):
            wrote, self._wrote = self._wrote, ""
            return f"{words.split()[0]} of {wrote}"
        if words.startswith("BEGIN"):
            return "BEGIN"
        self._wrote = words
        return words


class Calls:
    """`tests.prove.wire.Tap` for one HTTP connection: a request is named by its path."""

    def __init__(self, counting: Counting, name: str) -> None:
        self._counting = counting
        self._name = name
        self._call = ""

    async def sent(self, data: bytes) -> None:
        if data.startswith((b"POST ", b"GET ")):
            self._call = f"{self._name} {data.split(b' ', 2)[1].decode().split('?')[0]}"
            await self._counting.come("before", self._call)

    async def answered(self, data: bytes) -> None:
        if self._call and data.startswith(b"HTTP/"):
            call, self._call = self._call, ""
            await self._counting.come("after", call)
