"""The workspace's memory: who is there, what was said, what is open. It judges neither rights nor formats."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.workspace.things import (
    BOT_NAME,
    BOT_USER,
    TEAM,
    Blocks,
    Channel,
    File,
    Json,
    Message,
    Person,
    Usergroup,
    View,
)

SLACKBOT = "USLACKBOT"
Listener = Callable[[Json, frozenset[str]], None]


class State:
    """Everything in the workspace. Each change tells the listeners, with the people who can see it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: dict[tuple[str, str], Message] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.silent: dict[str, float] = {}  # person → the end of their Do Not Disturb
        self.away: set[str] = set()
        self.bookmarks: dict[str, list[Json]] = {}
        self.read: dict[tuple[str, str], str] = {}
        self.listeners: list[Listener] = []
        self.serial = 0
        self._last_micros = 0
        self.put_person(Person(SLACKBOT, "slackbot", "Slackbot"))
        self.put_person(Person(BOT_USER, BOT_NAME, "Watchkeeper", is_bot=True, title="ChatOps bot", color="#1b7f6b"))

    # ids and times

    def next_id(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}{self.serial:07d}"

    def next_ts(self) -> str:
        """Never the same twice, never going back, as Slack's are."""
        micros = max(int(self.clock() * 1_000_000), self._last_micros + 1)
        self._last_micros = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def go_on_after(self, ts: str) -> None:
        """What comes next is later than `ts`, whatever the clock says."""
        self._last_micros = max(self._last_micros, int(ts.replace(".", "")))

    # telling

    def tell(self, event: Json, audience: Iterable[str] = ()) -> None:
        people = frozenset(audience)
        for listener in list(self.listeners):
            listener(event, people)

    def tell_all(self, event: Json) -> None:
        self.tell(event, self.people)

    # people and places

    def put_person(self, person: Person) -> None:
        self.people[person.id] = person

    def put_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self.messages.setdefault(channel.id, {})
        return channel

    def im(self, person: str) -> Channel:
        """The direct conversation between this person and the bot, made when first needed."""
        found = self.channels.get(im_id(person))
        return found or self.put_channel(
            Channel(im_id(person), "", "im", frozenset({person, BOT_USER}), created=int(self.clock()), person=person)
        )

    def channel_named(self, name: str) -> Channel | None:
        return next((c for c in self.channels.values() if c.name == name and c.kind != "im"), None)

    def person_named(self, name: str) -> Person | None:
        return next((p for p in self.people.values() if p.name == name), None)

    # messages

    def post(self, channel: str, user: str, text: str, blocks: Blocks | None = None, **more: Any) -> Message:
        message = Message(self.next_ts(), channel, user, text, self.clock(), self.name_parts(blocks or []), **more)
        self.messages[channel][message.ts] = message
        self._say("message", message)
        if message.thread_ts and (parent := self.messages[channel].get(message.thread_ts)):
            self._say("changed", parent)
        return message

    def whisper(self, channel: str, to: str, text: str, blocks: Blocks | None = None, **more: Any) -> Message:
        """An ephemeral message: one person sees it, the API never does."""
        message = Message(
            self.next_ts(),
            channel,
            BOT_USER,
            text,
            self.clock(),
            self.name_parts(blocks or []),
            ephemeral_to=to,
            **more,
        )
        return self.put_ephemeral(message)

    def put_ephemeral(self, message: Message) -> Message:
        to = message.ephemeral_to or ""
        self.ephemerals[(to, message.ts)] = message
        self.tell({"type": "ephemeral", "channel": message.channel, "message": message}, {to})
        return message

    def drop_ephemeral(self, person: str, ts: str) -> None:
        message = self.ephemerals.pop((person, ts), None)
        if message is not None:
            self.tell({"type": "deleted", "channel": message.channel, "ts": ts}, {person})

    def message(self, channel: str, ts: str) -> Message | None:
        return self.messages.get(channel, {}).get(ts)

    def change(self, message: Message, kind: str = "changed", **fields: Any) -> Message:
        """An edit: `fields` replaced, the same ts. What is gone meanwhile stays gone."""
        changed = replace(message, **fields)
        self.messages[message.channel][message.ts] = changed
        self._say(kind, changed)
        return changed

    def delete(self, message: Message) -> None:
        self.messages[message.channel].pop(message.ts, None)
        self.tell({"type": "deleted", "channel": message.channel, "ts": message.ts}, self.seen_by(message.channel))

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The parent, then its replies, oldest first."""
        return [m for m in self.messages.get(channel, {}).values() if ts in (m.ts, m.thread_ts)]

    def replies(self, message: Message) -> list[Message]:
        return [m for m in self.messages[message.channel].values() if m.is_reply and m.thread_ts == message.ts]

    def seen_by(self, channel: str) -> frozenset[str]:
        return self.channels[channel].members

    def name_parts(self, blocks: Blocks) -> Blocks:
        """Slack gives every block and interactive element an id when the app gave none."""
        return [self._named(block) for block in blocks]

    def _named(self, block: Json) -> Json:
        named = {**block, "block_id": block.get("block_id") or self.next_id("b")}
        for key in ("elements", "actions"):
            if key in block and block["type"] in ("actions", "context_actions", "card"):
                named[key] = [self._element(e) for e in block[key]]
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                named[key] = self._element(block[key])
        for key in ("child_blocks",) + (("elements",) if block["type"] == "carousel" else ()):
            if key in block:
                named[key] = self.name_parts(block[key])
        return named

    def _element(self, element: Json) -> Json:
        if element.get("type") == "image" or "action_id" in element:
            return element
        return {**element, "action_id": self.next_id("a")}

    def _say(self, kind: str, message: Message) -> None:
        self.tell({"type": kind, "channel": message.channel, "message": message}, self.seen_by(message.channel))

    # views

    def put_view(self, view: View) -> View:
        if view.kind == "home":
            self.homes[view.person] = view
        else:
            self.views[view.id] = view
        self.tell({"type": "home" if view.kind == "home" else "view", "view": view}, {view.person})
        return view

    def view(self, view_id: str) -> View | None:
        return self.views.get(view_id) or next((v for v in self.homes.values() if v.id == view_id), None)

    def views_of(self, person: str) -> list[View]:
        """The person's open modals, the one on top last."""
        return [v for v in self.views.values() if v.person == person]

    def close_view(self, view: View) -> None:
        self.views.pop(view.id, None)
        self.tell({"type": "view_closed", "view_id": view.id}, {view.person})


def im_id(person: str) -> str:
    return f"D{person[1:]}"


def is_ours(person: Person) -> bool:
    return person.team_id == TEAM
