"""Keeps the workspace in a folder for the next start: written whole, in one move, shortly after a change."""

import asyncio
import base64
import dataclasses
import json
import logging
from pathlib import Path

from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import Channel, File, Json, Message, Person, Usergroup, View

log = logging.getLogger(__name__)
VERSION = 1
FILE = "workspace.json"
DELAY_S = 0.2


class Store:
    """Loads at once; saves from a task of its own after `open`, and a last time at `close`."""

    def __init__(self, folder: Path, state: State) -> None:
        self._path = folder / FILE
        self._state = state
        self._dirty = asyncio.Event()
        self._clean = asyncio.Event()
        self._saver: asyncio.Task[None] | None = None
        self._writing: asyncio.Future[None] | None = None  # goes on in its thread when the saver is cancelled
        folder.mkdir(parents=True, exist_ok=True)
        if self._path.is_file():
            self._load()

    def _load(self) -> None:
        """What another version wrote, or half a file, is put aside: an old talk must not stop a new start."""
        try:
            load(self._state, json.loads(self._path.read_text()))
        except (ValueError, KeyError, TypeError) as error:
            aside = self._path.with_suffix(".unreadable")
            self._path.replace(aside)
            log.warning("workspace.unreadable", extra={"kept_as": str(aside), "error": str(error)})

    def open(self) -> None:
        self._saver = asyncio.create_task(self._save_for_ever())

    def changed(self) -> None:
        self._dirty.set()
        self._clean.clear()

    async def kept(self) -> None:
        """Until all that happened so far is on the disk."""
        await self._clean.wait()

    async def close(self) -> None:
        if self._saver is not None:
            self._saver.cancel()
            await asyncio.gather(self._saver, return_exceptions=True)
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._save()

    async def _save_for_ever(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._save()
            except OSError as error:
                log.warning("workspace.not_saved", extra={"error": str(error)})
                self._dirty.set()
            await asyncio.sleep(DELAY_S)

    async def _save(self) -> None:
        self._writing = asyncio.ensure_future(asyncio.to_thread(_write, self._path, dump(self._state)))
        await asyncio.shield(self._writing)
        if not self._dirty.is_set():
            self._clean.set()


def _write(path: Path, data: Json) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(data, ensure_ascii=False))
    fresh.replace(path)


def dump(state: State) -> Json:
    """Everything that lasts. Trigger ids and response URLs do not: they run out by themselves."""
    return {
        "version": VERSION,
        "serial": state.serial,
        "people": [_plain(person) for person in state.people.values()],
        "channels": [_plain(channel) for channel in state.channels.values()],
        "messages": [_plain(m) for channel in state.messages.values() for m in channel.values()],
        "ephemerals": [_plain(message) for message in state.ephemerals.values()],
        "homes": [_plain(view) for view in state.homes.values()],
        "files": [_plain(file) for file in state.files.values()],
        "usergroups": [_plain(group) for group in state.usergroups.values()],
        "bookmarks": {channel: list(kept) for channel, kept in state.bookmarks.items()},
        "read": [[*key, ts] for key, ts in state.read.items()],
    }


def load(state: State, data: Json) -> None:
    """All or nothing: everything is read before anything is put in its place."""
    if data["version"] != VERSION:
        raise ValueError(f"written by version {data['version']}, this is {VERSION}")
    people = [Person(**entry) for entry in data["people"]]
    channels = [Channel(**{**entry, "members": frozenset(entry["members"])}) for entry in data["channels"]]
    files = [_file(entry) for entry in data["files"]]
    messages = [_message(entry) for entry in data["messages"]]
    ephemerals = [_message(entry) for entry in data["ephemerals"]]
    homes = [View(**entry) for entry in data["homes"]]
    groups = [Usergroup(**{**entry, "users": tuple(entry["users"])}) for entry in data["usergroups"]]
    state.read = {(person, channel): ts for person, channel, ts in data["read"]}
    state.serial, state.bookmarks = data["serial"], data["bookmarks"]
    _settle(state, people, channels, messages)
    state.files = {file.id: file for file in files}
    state.ephemerals = {(m.ephemeral_to or "", m.ts): m for m in ephemerals}
    state.homes = {view.person: view for view in homes}
    state.usergroups = {group.id: group for group in groups}


def _settle(state: State, people: list[Person], channels: list[Channel], messages: list[Message]) -> None:
    for person in people:
        state.put_person(person)
    for channel in channels:
        state.put_channel(channel)
    for message in messages:
        state.messages[message.channel][message.ts] = message
        state.go_on_after(message.ts)


def _plain(value: Person | Channel | Message | View | File | Usergroup) -> Json:
    return {field.name: _bare(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _bare(value: object) -> object:
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case frozenset():
            return sorted(value)
        case tuple():
            return [_bare(item) for item in value]
        case File():
            return _plain(value)
        case _:
            return value


def _file(entry: Json) -> File:
    return File(**{**entry, "content": base64.b64decode(entry["content"]), "channels": tuple(entry["channels"])})


def _message(entry: Json) -> Message:
    files = tuple(_file(file) for file in entry["files"])
    reactions = {name: tuple(users) for name, users in entry["reactions"].items()}
    return Message(**{**entry, "files": files, "reactions": reactions})
