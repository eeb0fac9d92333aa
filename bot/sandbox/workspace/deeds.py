"""What people do with messages besides typing: react, pin, edit, delete, upload, join; and Slack's event for each.

Slack tells the app only of conversations that its bot is a member of.
"""

from collections.abc import Awaitable, Callable

from bot.sandbox.workspace.shapes import api_file, api_message
from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import BOT_USER, TEAM, Answer, Channel, File, Json, Message

Tell = Callable[[str, Json], Awaitable[Answer]]
"""(event's name as the manifest subscribes to it, the event)."""

_NAMES = {"channel": "channel", "private": "group", "im": "im"}
_PLURAL = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}
FINE = Answer(200, b"", 0.0)


class Deeds:
    """Each changes the workspace first and then tells the app; the answer is the app's."""

    def __init__(self, state: State, url: Callable[[], str], tell: Tell) -> None:
        self._state = state
        self._url = url
        self._tell = tell

    async def react(self, person: str, message: Message, name: str) -> Answer:
        """The same again by the same person changes nothing, as in Slack."""
        now = self._now(message)
        users = now.reactions.get(name, ())
        if person in users:
            return FINE
        self._state.change(now, "reaction", reactions={**now.reactions, name: (*users, person)})
        return await self._say(now, "reaction_added", self._reaction("reaction_added", person, now, name))

    async def unreact(self, person: str, message: Message, name: str) -> Answer:
        now = self._now(message)
        users = now.reactions.get(name, ())
        if person not in users:
            return FINE
        left = {**now.reactions, name: tuple(one for one in users if one != person)}
        self._state.change(now, "reaction", reactions={key: held for key, held in left.items() if held})
        return await self._say(now, "reaction_removed", self._reaction("reaction_removed", person, now, name))

    async def pin(self, person: str, message: Message) -> Answer:
        now = self._now(message)
        if now.pinned:
            return FINE
        pinned = self._state.change(now, pinned=True)
        return await self._say(pinned, "pin_added", self._pin("pin_added", person, pinned))

    async def unpin(self, person: str, message: Message) -> Answer:
        now = self._now(message)
        if not now.pinned:
            return FINE
        loose = self._state.change(now, pinned=False)
        others = any(one.pinned for one in self._state.messages[now.channel].values())
        event = self._pin("pin_removed", person, loose) | {"has_pins": others}
        return await self._say(loose, "pin_removed", event)

    async def edit(self, person: str, message: Message, text: str) -> Answer:
        """Only one's own; `text` as it is written, already escaped."""
        before = self._own(person, message)
        after = self._state.change(before, text=text, edited=self._state.next_ts())
        told = {
            "message": self._whole(after),
            "previous_message": self._whole(before),
            "subtype": "message_changed",
        }
        return await self._of_message(after, told)

    async def delete(self, person: str, message: Message) -> Answer:
        """One with replies leaves a stone, and Slack tells it as a change."""
        before = self._own(person, message)
        if self._state.replies(before):
            stone = {
                **self._whole(before),
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "hidden": True,
            }
            told: Json = {"subtype": "message_changed", "message": stone}
        else:
            told = {"subtype": "message_deleted", "deleted_ts": before.ts}
        self._state.delete(before)
        return await self._of_message(before, {**told, "previous_message": self._whole(before)})

    async def upload(
        self, person: str, channel: Channel, name: str, content: bytes, text: str, thread_ts: str | None = None
    ) -> Answer:
        file = File(self._state.next_id("F"), name, name, len(content), person, self._state.clock(), content,
                    (channel.id,))  # fmt: skip
        self._state.files[file.id] = file
        message = self._state.post(channel.id, person, text, files=(file,), thread_ts=thread_ts)
        told = {**self._whole(message), "subtype": "file_share", "upload": True, "display_as_bot": False}
        return await self._of_message(message, told, ts=message.ts, hidden=False)

    async def join(self, person: str, channel: Channel) -> Answer:
        if person in channel.members:
            return FINE
        joined = self._state.put_channel(channel.with_members(frozenset({person})))
        self._state.tell({"type": "channel", "channel": channel.id}, joined.members)
        kind = "C" if channel.kind == "channel" else "G"
        event: Json = {"type": "member_joined_channel", "user": person, "channel": channel.id, "channel_type": kind}
        event |= {"team": TEAM, "event_ts": self._state.next_ts()}
        return await self._tell("member_joined_channel", event) if BOT_USER in channel.members else FINE

    # shapes

    def _reaction(self, kind: str, person: str, message: Message, name: str) -> Json:
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": person, "reaction": name, "item_user": message.user, "item": item}
        return {**event, "event_ts": self._state.next_ts()}

    def _pin(self, kind: str, person: str, message: Message) -> Json:
        now = int(self._state.clock())
        item = {"type": "message", "channel": message.channel, "created": now, "created_by": person}
        whole = {**self._whole(message), "permalink": permalink(self._url(), message)}
        event = {"type": kind, "user": person, "channel_id": message.channel, "item": {**item, "message": whole}}
        return {**event, "item_user": message.user, "pin_count": 1, "event_ts": self._state.next_ts()}

    def _whole(self, message: Message) -> Json:
        shape = api_message(self._state, message)
        if message.files:
            shape["files"] = [linked_file(self._url(), file) for file in message.files]
        return shape

    async def _of_message(self, message: Message, told: Json, *, ts: str = "", hidden: bool = True) -> Answer:
        kind = _NAMES[self._state.channels[message.channel].kind]
        stamp = ts or self._state.next_ts()
        event: Json = {**told, "type": "message", "channel": message.channel, "channel_type": kind}
        event |= {"ts": stamp, "event_ts": stamp} | ({"hidden": True} if hidden else {})
        return await self._say(message, _PLURAL[kind], event)

    async def _say(self, message: Message, name: str, event: Json) -> Answer:
        members = self._state.channels[message.channel].members
        return await self._tell(name, event) if BOT_USER in members else FINE

    def _now(self, message: Message) -> Message:
        found = self._state.message(message.channel, message.ts)
        if found is None:
            raise AssertionError(f"there is no message {message.ts}")
        return found

    def _own(self, person: str, message: Message) -> Message:
        now = self._now(message)
        if now.user != person:
            raise AssertionError(f"{person} did not write {message.ts}")
        return now


def permalink(url: str, message: Message) -> str:
    return f"{url}/archives/{message.channel}/p{message.ts.replace('.', '')}"


def linked_file(url: str, file: File) -> Json:
    """A file as events show it: with where it is."""
    at = f"{url}/files/{file.id}/{file.name}"
    return {**api_file(file), "permalink": at, "url_private": at}
