"""Things that run out: trigger ids (3 s, once) and response URLs (30 minutes, five times)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.things import TEAM

TRIGGER_S = 3.0
RESPONSE_S = 30 * 60.0
RESPONSE_USES = 5


@dataclass(slots=True)
class Trigger:
    person: str
    issued: float
    view: str | None = None
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Where the app may answer later. `ts`: the message a click came from; `ephemeral`: one person sees it."""

    person: str
    channel: str
    issued: float
    ts: str | None = None
    ephemeral: bool = False
    thread_ts: str | None = None
    uses: int = 0


class Tickets:
    """What was handed out, and whether it is still good."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._triggers: dict[str, Trigger] = {}
        self._urls: dict[str, ResponseUrl] = {}

    def trigger(self, person: str, view: str | None = None) -> str:
        name = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**11)}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(person, self._clock(), view)
        return name

    def exchange(self, name: str) -> Trigger:
        """Good once, within three seconds."""
        found = self._triggers.get(name)
        if found is None:
            raise Refused("invalid_trigger_id")
        if self._clock() - found.issued > TRIGGER_S:
            raise Refused("expired_trigger_id")
        if found.used:
            raise Refused("exchanged_trigger_id")
        found.used = True
        return found

    def response_path(self, person: str, channel: str, **more: str | bool | None) -> str:
        key = f"{TEAM}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        url = ResponseUrl(person, channel, self._clock())
        for name, value in more.items():
            setattr(url, name, value)
        self._urls[key] = url
        return f"/respond/{key}"

    def peek(self, key: str) -> ResponseUrl:
        """Without counting: an answer in the command's own 200 is no use of its URL."""
        return self._urls[key]

    def use(self, key: str) -> ResponseUrl:
        found = self._urls.get(key)
        if found is None:
            raise Refused("no_such_response_url")
        if self._clock() - found.issued > RESPONSE_S:
            raise Refused("expired_url")
        if found.uses >= RESPONSE_USES:
            raise Refused("used_url")
        found.uses += 1
        return found
