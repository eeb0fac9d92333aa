"""The workspace as its people see it: who is there, what is said where, and waiting for something to be said."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bot.sandbox.workspace.deliver import headline
from bot.sandbox.workspace.manifest import Manifest
from bot.sandbox.workspace.state import State, is_ours
from bot.sandbox.workspace.store import Store
from bot.sandbox.workspace.things import (
    BOT_USER,
    TEAM,
    Answer,
    Call,
    Channel,
    File,
    Json,
    Message,
    Person,
    Usergroup,
    View,
)
from bot.sandbox.workspace.waiting import Changes
from bot.sandbox.workspace.words import all_text

T = TypeVar("T")
KEPT = 20_000


class Place:
    """People, channels and what can be read there. Nothing here talks to the app."""

    def __init__(self, clock: Callable[[], float], manifest: Manifest, store: Path | None) -> None:
        self.manifest = manifest
        self.state = State(clock)
        self.world: Mapping[str, object] = {}
        self.calls: list[Call] = []
        self.replies: list[Call] = []
        self.deliveries: list[Answer] = []
        self.on_call: list[Callable[[Call], None]] = []
        self._clock = clock
        self._changes = Changes()
        self._store = Store(store, self.state) if store else None
        self.state.listeners.append(lambda event, audience: self._changed())

    # who and where

    def add_person(
        self,
        id: str,  # noqa: A002  Slack's own word
        name: str,
        real_name: str,
        *,
        title: str = "",
        color: str = "",
        is_bot: bool = False,
        is_restricted: bool = False,
        is_ultra_restricted: bool = False,
        deleted: bool = False,
        team_id: str | None = None,
        tz: str = "Europe/London",
    ) -> Person:
        """Adds or changes a person; another workspace's `team_id` makes a stranger. Ours get a DM with the bot."""
        flags = {"is_bot": is_bot, "is_restricted": is_restricted, "is_ultra_restricted": is_ultra_restricted}
        person = Person(id, name, real_name, title, color, **flags, deleted=deleted, team_id=team_id or TEAM, tz=tz)
        self.state.put_person(person)
        if is_ours(person) and not is_bot and not deleted:
            self.state.im(id)
        self._changed()
        return person

    def add_channel(
        self,
        id: str,  # noqa: A002  Slack's own word
        name: str,
        *,
        members: Iterable[str],
        topic: str = "",
        is_private: bool = False,
        is_ext_shared: bool = False,
        is_org_shared: bool = False,
    ) -> Channel:
        """Adds or changes a channel; what was said in it stays. The bot is in it only if it is among `members`."""
        more: Json = {"topic": topic, "is_ext_shared": is_ext_shared, "is_org_shared": is_org_shared}
        more["created"] = int(self._clock())
        channel = Channel(id, name, "private" if is_private else "channel", frozenset(members), **more)
        self.state.put_channel(channel)
        self._changed()
        return channel

    def set_shared(self, channel: str, *, shared: bool = True) -> None:
        """Another company is in it from now on, or no more (Slack Connect); nothing is told of it by itself."""
        self.state.put_channel(replace(self._place(channel), is_ext_shared=shared))
        self._changed()

    def add_usergroup(self, id: str, handle: str, name: str, users: Iterable[str]) -> Usergroup:  # noqa: A002
        """A group like @oncall; given again, it has these people from now on."""
        group = Usergroup(id, handle, name, tuple(users))
        self.state.usergroups[id] = group
        return group

    def set_silent(self, person: str, until: float | None) -> None:
        """Do Not Disturb until then (UNIX time), for twelve hours before it; None: over."""
        self.state.silent.pop(person, None)
        if until is not None:
            self.state.silent[person] = until

    def set_away(self, person: str, *, away: bool = True) -> None:
        (self.state.away.add if away else self.state.away.discard)(person)

    def set_world(self, world: Mapping[str, object]) -> None:
        """What the page's panel shows about the world around; the same again is not news."""
        if world != self.world:
            self.world = world
            self.state.tell_all({"type": "world", "world": world})

    def command_list(self) -> list[Json]:
        found = (self.manifest.commands or {}).values()
        return [{"command": c.command, "description": c.description, "usage_hint": c.usage_hint} for c in found]

    # what people see

    def messages(self, channel: str, *, thread: str | None = None) -> list[Message]:
        """Top-level messages, or a thread's replies without their parent; oldest first."""
        found = self.state.messages[self._place(channel).id].values()
        if thread is None:
            return [m for m in found if not m.is_reply or m.broadcast]
        return [m for m in found if m.is_reply and m.thread_ts == thread]

    def dms(self, person: str) -> list[Message]:
        """All that was said between this person and the bot, replies too."""
        return list(self.state.messages[self.state.im(person).id].values())

    def ephemerals(self, person: str, channel: str | None = None) -> list[Message]:
        """What only this person sees, oldest first; in one channel if given."""
        place = self._place(channel).id if channel else None
        found = [m for (to, _), m in self.state.ephemerals.items() if to == person]
        return sorted((m for m in found if place in (None, m.channel)), key=lambda message: message.ts)

    def views(self, person: str) -> list[View]:
        """Open forms, the top one last."""
        return self.state.views_of(person)

    def home(self, person: str) -> View | None:
        return self.state.homes.get(person)

    def files(self) -> list[File]:
        """Files that are shared somewhere."""
        return [file for file in self.state.files.values() if file.channels]

    def now(self, message: Message) -> Message | None:
        """The same message as it stands now; None if it is gone."""
        if message.ephemeral_to:
            return self.state.ephemerals.get((message.ephemeral_to, message.ts))
        return self.state.message(message.channel, message.ts)

    def all_text(self, message: Message) -> str:
        """Its text and every text in its blocks, a line each."""
        return all_text(message)

    async def wait_for(
        self,
        predicate: Callable[[], T | None],
        timeout: float = 10.0,  # noqa: ASYNC109  part of the agreed interface
        what: str = "",
    ) -> T:
        """What the predicate returns once it is true; AssertionError with what was last said and called."""
        try:
            return await self._changes.until(predicate, timeout)
        except TimeoutError:
            raise AssertionError(f"waited {timeout} s for {what or 'it'} in vain\n{self.dump()}") from None

    def dump(self) -> str:
        """The last that was said, whispered, called and answered."""
        said = [m for channel in self.state.messages.values() for m in channel.values()]
        said += list(self.state.ephemerals.values())
        lines = [_line(message) for message in sorted(said, key=lambda m: m.ts)[-12:]]
        calls = [f"  {c.method} {c.status} {_outcome(c)}" for c in self.calls[-8:]]
        replies = [f"  {c.method} {c.status} {_outcome(c)}" for c in self.replies[-4:]]
        answers = [f"  {headline(answer)}" for answer in self.deliveries[-4:]]
        parts = ["last said:", *lines, "last called:", *calls, "last replied:", *replies]
        return "\n".join([*parts, "last answers of the app:", *answers])

    # inside

    def _place(self, channel: str, person: str = "") -> Channel:
        """By id or name; the bot's or the person's own id means their direct conversation."""
        if channel in (BOT_USER, person) and person:
            return self.state.im(person)
        found = self.state.channels.get(channel) or self.state.channel_named(channel.removeprefix("#"))
        if found is None:
            raise AssertionError(f"there is no channel {channel!r}")
        return found

    def _view(self, view_id: str) -> View:
        found = self.state.view(view_id)
        if found is None:
            raise AssertionError(f"the view {view_id} is not open")
        return found

    def _note(self, answer: Answer) -> Answer:
        _keep(self.deliveries, answer)
        self._changed()
        return answer

    def _record(self, call: Call) -> None:
        _keep(self.calls, call)
        for listener in self.on_call:
            listener(call)
        self._changed()

    def _record_reply(self, call: Call) -> None:
        _keep(self.replies, call)
        self._changed()

    def _changed(self) -> None:
        self._changes.happened()
        if self._store:
            self._store.changed()


def _keep(records: list[T], one: T) -> None:
    records.append(one)
    del records[:-KEPT]


def _line(message: Message) -> str:
    whom = f" (only to {message.ephemeral_to})" if message.ephemeral_to else ""
    thread = " ↳" if message.is_reply else ""
    return f"  {message.channel}{thread} {message.user}{whom}: {message.text[:200]}"


def _outcome(call: Call) -> str:
    messages = call.response.get("response_metadata", {}).get("messages", [])
    return " ".join([str(call.response.get("error", "ok")), *messages[:2]])
