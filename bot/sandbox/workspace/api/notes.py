"""What is stuck onto a conversation: reactions, pins, bookmarks."""

import re

from bot.sandbox.workspace.api.call import Args, Desk, Method
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.things import BOT_USER, TEAM, Json

MOST_PINS = 100
MOST_BOOKMARKS = 100
MOST_REACTIONS = 23


def react(desk: Desk, args: Args) -> Json:
    channel = desk.joined(args.word("channel"))
    message = desk.message(channel, args.word("timestamp"))
    name = args.word("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
        raise Refused("invalid_name")
    users = message.reactions.get(name, ())
    if BOT_USER in users:
        raise Refused("already_reacted")
    if len(message.reactions) >= MOST_REACTIONS:
        raise Refused("too_many_emoji")
    desk.state.change(message, "reaction", reactions={**message.reactions, name: (*users, BOT_USER)})
    return {}


def pin(desk: Desk, args: Args) -> Json:
    channel = desk.joined(args.word("channel"))
    if "timestamp" not in args:
        raise Refused("no_item_specified")
    message = desk.message(channel, args.word("timestamp"))
    if message.pinned:
        raise Refused("already_pinned")
    if sum(m.pinned for m in desk.state.messages[channel.id].values()) >= MOST_PINS:
        raise Refused("too_many_pins")
    desk.state.change(message, pinned=True)
    return {}


def bookmark(desk: Desk, args: Args) -> Json:
    channel = desk.joined(args.word("channel_id"))
    if args.word("type") != "link":
        raise Refused("invalid_bookmark_type")
    link = args.text("link") or ""
    if not link.startswith(("http://", "https://")):
        raise Refused("invalid_link")
    kept = desk.state.bookmarks.setdefault(channel.id, [])
    if len(kept) >= MOST_BOOKMARKS:
        raise Refused("too_many_bookmarks")
    entry: Json = {
        "id": desk.state.next_id("Bk"),
        "channel_id": channel.id,
        "title": args.word("title"),
        "link": link,
    }
    entry |= {"type": "link", "emoji": args.text("emoji") or "", "last_updated_by_team_id": TEAM}
    kept.append(entry)
    desk.state.tell({"type": "bookmark", "channel": channel.id, "bookmark": entry}, channel.members)
    return {"bookmark": entry}


NOTES = (
    Method("reactions.add", react, ("channel", "timestamp", "name"), (), ("reactions:write",), per_minute=50),
    Method("pins.add", pin, ("channel",), ("timestamp",), ("pins:write",), per_minute=20),
    Method(
        "bookmarks.add",
        bookmark,
        ("channel_id", "title", "type"),
        ("link", "emoji", "entity_id", "access_level", "parent_id"),
        ("bookmarks:write",),
        per_minute=20,
    ),
)
