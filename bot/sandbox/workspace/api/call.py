"""One call of a method: its arguments as they may come, what it needs, and the desk it is served at."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.limits import Limits
from bot.sandbox.workspace.manifest import Manifest
from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import BOT_USER, TEAM_DOMAIN, Channel, Json, Message
from bot.sandbox.workspace.triggers import Tickets

FAMILY = {"channel": "channels", "private": "groups", "im": "im"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What every method works with."""

    state: State
    tickets: Tickets
    limits: Limits
    manifest: Manifest
    base_url: Callable[[], str]
    open_connection: Callable[[], str]

    def channel(self, name: str | None) -> Channel:
        """Private channels without the bot do not exist for it."""
        found = self.state.channels.get(name or "")
        if found is None or (found.kind != "channel" and BOT_USER not in found.members):
            raise Refused("channel_not_found")
        return found

    def joined(self, name: str | None) -> Channel:
        channel = self.channel(name)
        if BOT_USER not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def place_to_post(self, name: str | None) -> Channel:
        """A channel the bot may write to; a person's id means the direct conversation with them."""
        person = self.state.people.get(name or "")
        if person is not None and person.id != BOT_USER:
            if person.deleted or person.is_bot:
                raise Refused("channel_not_found")
            return self.state.im(person.id)
        channel = self.channel(name)
        if channel.is_archived:
            raise Refused("is_archived")
        if BOT_USER not in channel.members and "chat:write.public" not in self.manifest.scopes:
            raise Refused("not_in_channel")
        return channel

    def message(self, channel: Channel, ts: str | None) -> Message:
        found = self.state.message(channel.id, ts or "")
        if found is None:
            raise Refused("message_not_found")
        return found

    def need(self, *scopes: str) -> None:
        """Any one of these scopes will do."""
        if scopes and not self.manifest.scopes.intersection(scopes):
            provided = ",".join(sorted(self.manifest.scopes))
            raise Refused("missing_scope", needed=scopes[0], provided=provided)

    def need_for(self, channel: Channel, right: str, *more: str) -> None:
        """The scope for this kind of conversation: channels:read, groups:history, …"""
        family = FAMILY[channel.kind]
        self.need(f"{family}:{right}", *(f"{family}:{other}" for other in more))

    def permalink(self, message: Message) -> str:
        link = f"https://{TEAM_DOMAIN}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
        return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if message.is_reply else link


class Args:
    """Arguments by name, whether they came as JSON, as a form or in the query. Wrong types are refused."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise _wrong(name, "a string")

    def word(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.values.get(name, default)
        if isinstance(value, bool):
            return value
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise _wrong(name, "a boolean")
        return str(value).lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        value = self.values.get(name, default)
        try:
            return int(str(value))
        except ValueError:
            raise _wrong(name, "a number") from None

    def names(self, name: str) -> list[str]:
        """A list of ids: comma separated, as Slack wants it; the SDK joins lists itself."""
        value = self.values.get(name) or ""
        if isinstance(value, list):
            raise _wrong(name, "a comma separated string")
        return [part.strip() for part in str(value).split(",") if part.strip()]

    def data(self, name: str) -> object:
        """JSON: itself in a JSON body, as text in a form."""
        value: object = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise _wrong(name, "valid JSON") from None


def _wrong(name: str, wanted: str) -> Refused:
    return Refused("invalid_arguments", (f"[ERROR] must be {wanted} [json-pointer:/{name}]",))


def missing(name: str) -> Refused:
    return Refused("invalid_arguments", (f"[ERROR] missing required field: {name}",))


@dataclass(frozen=True, slots=True)
class Method:
    """A method's contract. `scopes`: any one suffices; what depends on the conversation is asked for in `run`.

    `by_app`: it wants the app-level token (`xapp-`), not the bot's.
    """

    name: str
    run: Callable[[Desk, Args], Json]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    per_minute: int = 100
    takes_json: bool = True
    by_app: bool = False

    def check(self, args: Args) -> None:
        for name in self.required:
            if name not in args:
                raise missing(name)
        unknown = sorted(args.values.keys() - set(self.required) - set(self.optional))
        if unknown:
            raise Refused("invalid_arguments", tuple(f"[ERROR] unknown argument: {name}" for name in unknown))


def page(items: list[Json], args: Args, most: int = 1000) -> tuple[list[Json], Json]:
    """A page by cursor, and the metadata with the next one."""
    limit = args.number("limit", 100 if most > 100 else most)
    if not 1 <= limit <= most:
        raise Refused("invalid_limit")
    start = _cursor(args.text("cursor") or "")
    following = start + limit if start + limit < len(items) else 0
    metadata = {"next_cursor": f"next:{following}" if following else ""}
    return items[start : start + limit], metadata


def _cursor(cursor: str) -> int:
    if not cursor:
        return 0
    prefix, _, number = cursor.partition(":")
    if prefix != "next" or not number.isdigit():
        raise Refused("invalid_cursor")
    return int(number)
