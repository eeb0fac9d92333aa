"""A Slack message as a timeline keeps it: who said what when, with which files. Pure."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from bot.domain.json import Json, JsonObject
from bot.domain.timeline import LONGEST, LinkedFile
from bot.domain.words import clean

How = Literal["pushpin", "pin", "upload", "shortcut"]

_TOKEN = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Content:
    """author: a Slack id, or a bot's name. own_words: somebody wrote other words for it, which edits leave alone."""

    author: str
    text: str
    files: tuple[LinkedFile, ...] = ()
    thread_ts: str = ""
    permalink: str = ""
    own_words: bool = False
    at: str = ""  # another time than the message's own, ISO
    incident: int = 0  # somebody chose it, wherever the message stands

    def to_json(self) -> JsonObject:
        return {
            "author": self.author,
            "text": self.text,
            "files": [{"name": file.name, "url": file.url} for file in self.files],
            "thread_ts": self.thread_ts,
            "permalink": self.permalink,
            "own_words": self.own_words,
            "at": self.at,
            "incident": self.incident,
        }

    @property
    def line(self) -> str:
        """What the timeline says where nothing was written: that something was shared."""
        return self.text or f"shared {' and '.join(file.name for file in self.files) or 'something without words'}"


def from_json(value: Mapping[str, Json]) -> Content:
    files = cast("list[Mapping[str, str]]", value.get("files") or [])
    return Content(
        str(value["author"]),
        str(value["text"]),
        tuple(LinkedFile(file["name"], file["url"]) for file in files),
        str(value.get("thread_ts") or ""),
        str(value.get("permalink") or ""),
        bool(value.get("own_words")),
        str(value.get("at") or ""),
        int(str(value.get("incident") or 0)),
    )


def at_of(ts: str) -> datetime:
    """The instant that a message's ts stands for."""
    return datetime.fromtimestamp(float(ts), UTC)


def readable(text: str) -> str:
    """Slack's markup as people read it: links by their words, channels by name; people stay `<@U…>`, and are named
    where the timeline is written."""
    return clean(html.unescape(_TOKEN.sub(_shown, text)), LONGEST)


def _shown(found: re.Match[str]) -> str:
    inside, _, label = found[1].partition("|")
    match inside[:1]:
        case "@":
            return f"<{inside}>"
        case "#":
            return f"#{label}" if label else "a channel"
        case "!":
            return label or f"@{inside[1:].partition('^')[0]}"
        case _:
            return f"{label} ({inside})" if label and label != inside else inside
