"""conversations.*: open, list, info, members, history, join, create, invite, topic."""

import re
from dataclasses import replace

from bot.sandbox.workspace.api.call import FAMILY, Args, Desk, Method, page
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.shapes import api_channel, api_message
from bot.sandbox.workspace.things import BOT_USER, Channel, Json, Message

NAME_LIMIT = 80
TOPIC_LIMIT = 250
INVITE_LIMIT = 100
_KINDS = {"public_channel": "channel", "private_channel": "private", "im": "im", "mpim": "mpim"}
_WINDOW = ("cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata")


def open_im(desk: Desk, args: Args) -> Json:
    """Only direct conversations with one person: the bot opens no group ones."""
    if "channel" in args:
        channel = desk.channel(args.word("channel"))
        desk.need_for(channel, "write")
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    people = args.names("users")
    if not people:
        raise Refused("users_list_not_supplied")
    desk.need("im:write" if len(people) == 1 else "mpim:write")
    return _open(desk, people, args.flag("return_im"))


def _open(desk: Desk, people: list[str], whole: bool) -> Json:
    if len(people) > 1:
        raise Refused("too_many_users", ("[ERROR] this workspace opens conversations with one person only",))
    person = desk.state.people.get(people[0])
    if person is None or person.id == BOT_USER:
        raise Refused("user_not_found")
    if person.deleted:
        raise Refused("user_disabled")
    channel = desk.state.im(person.id)
    return {"channel": api_channel(channel) if whole else {"id": channel.id}}


def list_channels(desk: Desk, args: Args) -> Json:
    kinds = args.names("types") or ["public_channel"]
    if set(kinds) - _KINDS.keys():
        raise Refused("invalid_types")
    wanted = [_KINDS[kind] for kind in kinds]
    for kind in wanted:
        desk.need(f"{FAMILY.get(kind, kind)}:read")
    found = [c for c in desk.state.channels.values() if c.kind in wanted and _visible(c)]
    if args.flag("exclude_archived"):
        found = [c for c in found if not c.is_archived]
    part, metadata = page([api_channel(c) for c in found], args)
    return {"channels": part, "response_metadata": metadata}


def _visible(channel: Channel) -> bool:
    return channel.kind == "channel" or BOT_USER in channel.members


def info(desk: Desk, args: Args) -> Json:
    channel = desk.channel(args.word("channel"))
    desk.need_for(channel, "read")
    shape = api_channel(channel)
    if args.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


def members(desk: Desk, args: Args) -> Json:
    channel = desk.channel(args.word("channel"))
    desk.need_for(channel, "read")
    part, metadata = page([{"id": person} for person in sorted(channel.members)], args)
    return {"members": [entry["id"] for entry in part], "response_metadata": metadata}


def replies(desk: Desk, args: Args) -> Json:
    channel = desk.joined(args.word("channel"))
    desk.need_for(channel, "history")
    parent = desk.state.message(channel.id, args.word("ts"))
    if parent is None:
        raise Refused("thread_not_found")
    thread = desk.state.thread(channel.id, parent.thread_ts or parent.ts)
    kept = [m for m in thread[1:] if _within(args, m)]
    return _messages(desk, args, [*thread[:1], *kept])


def history(desk: Desk, args: Args) -> Json:
    """Newest first; replies are not in it unless they were broadcast."""
    channel = desk.joined(args.word("channel"))
    desk.need_for(channel, "history")
    found = [m for m in desk.state.messages[channel.id].values() if not m.is_reply or m.broadcast]
    return _messages(desk, args, [m for m in reversed(found) if _within(args, m)])


def _messages(desk: Desk, args: Args, found: list[Message]) -> Json:
    with_metadata = args.flag("include_all_metadata")
    shapes = [api_message(desk.state, message, with_metadata=with_metadata) for message in found]
    part, metadata = page(shapes, args, most=999)
    more = bool(metadata["next_cursor"])
    answer: Json = {"messages": part, "has_more": more}
    return answer | ({"response_metadata": metadata} if more else {})


def _within(args: Args, message: Message) -> bool:
    oldest, latest = _stamp(args, "oldest", 0.0), _stamp(args, "latest", float("inf"))
    ts = float(message.ts)
    return oldest <= ts <= latest if args.flag("inclusive") else oldest < ts < latest


def _stamp(args: Args, name: str, default: float) -> float:
    try:
        return float(args.values.get(name) or default)
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def join(desk: Desk, args: Args) -> Json:
    channel = desk.channel(args.word("channel"))
    if channel.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refused("is_archived")
    if BOT_USER in channel.members:
        return {"channel": api_channel(channel), "warning": "already_in_channel"}
    return {"channel": api_channel(_add(desk, channel, {BOT_USER}))}


def create(desk: Desk, args: Args) -> Json:
    private = args.flag("is_private")
    desk.need("groups:write" if private else "channels:manage")
    name = _name(args)
    if desk.state.channel_named(name):
        raise Refused("name_taken")
    members, now = frozenset({BOT_USER}), int(desk.state.clock())
    channel = Channel(desk.state.next_id("C"), name, "private" if private else "channel", members, created=now)
    desk.state.put_channel(channel)
    if not private:
        desk.state.tell_all({"type": "channel", "channel": channel.id})
    return {"channel": api_channel(channel)}


def _name(args: Args) -> str:
    name = args.text("name") or ""
    if not name:
        raise Refused("invalid_name_required")
    if len(name) > NAME_LIMIT:
        raise Refused("invalid_name_maxlength")
    if not re.search(r"[^\W_]", name):
        raise Refused("invalid_name_punctuation")
    if name != name.lower() or not re.fullmatch(r"[\w-]+", name):
        raise Refused("invalid_name_specials")
    return name


def invite(desk: Desk, args: Args) -> Json:
    channel = desk.joined(args.word("channel"))
    desk.need_for(channel, "write" if channel.kind == "private" else "manage", "write.invites")
    people = args.names("users")
    if len(people) > INVITE_LIMIT:
        raise Refused("too_many_users")
    errors = [{"ok": False, "error": why, "user": who} for who in people if (why := _unfit(desk, channel, who))]
    if errors and not (args.flag("force") and len(errors) < len(people)):
        raise Refused(str(errors[0]["error"]), errors=errors)
    refused = {str(error["user"]) for error in errors}
    return {"channel": api_channel(_add(desk, channel, set(people) - refused))}


def _unfit(desk: Desk, channel: Channel, who: str) -> str | None:
    person = desk.state.people.get(who)
    if person is None or person.deleted:
        return "user_not_found"
    if who == BOT_USER:
        return "cant_invite_self"
    if who in channel.members:
        return "already_in_channel"
    return "user_is_restricted" if person.is_ultra_restricted else None


def set_topic(desk: Desk, args: Args) -> Json:
    channel = desk.joined(args.word("channel"))
    desk.need_for(channel, "write" if channel.kind == "private" else "manage", "write.topic")
    topic = args.text("topic") or ""
    if len(topic) > TOPIC_LIMIT:
        raise Refused("too_long")
    return {"channel": api_channel(_put(desk, replace(channel, topic=topic)))}


def archive(desk: Desk, args: Args) -> Json:
    channel = desk.channel(args.word("channel"))
    if channel.kind not in FAMILY or channel.kind == "im":
        raise Refused("method_not_supported_for_channel_type")
    desk.need_for(channel, "write" if channel.kind == "private" else "manage")
    if channel.is_archived:
        raise Refused("already_archived")
    if channel.name == "general":
        raise Refused("cant_archive_general")
    if BOT_USER not in channel.members:
        raise Refused("not_in_channel")
    _put(desk, replace(channel, is_archived=True))
    return {}


def _add(desk: Desk, channel: Channel, people: set[str]) -> Channel:
    return _put(desk, channel.with_members(frozenset(people)))


def _put(desk: Desk, channel: Channel) -> Channel:
    desk.state.put_channel(channel)
    desk.state.tell({"type": "channel", "channel": channel.id}, channel.members)
    return channel


CONVERSATIONS = (
    Method("conversations.open", open_im, (), ("channel", "users", "return_im", "prevent_creation"), per_minute=50),
    Method(
        "conversations.list",
        list_channels,
        (),
        ("cursor", "limit", "types", "exclude_archived", "team_id"),
        per_minute=20,
        takes_json=False,
    ),
    Method(
        "conversations.info",
        info,
        ("channel",),
        ("include_locale", "include_num_members"),
        per_minute=50,
        takes_json=False,
    ),
    Method("conversations.members", members, ("channel",), ("cursor", "limit"), per_minute=100, takes_json=False),
    Method("conversations.replies", replies, ("channel", "ts"), _WINDOW, per_minute=50, takes_json=False),
    Method("conversations.history", history, ("channel",), _WINDOW, per_minute=50),
    Method("conversations.join", join, ("channel",), scopes=("channels:join",), per_minute=50),
    Method("conversations.create", create, ("name",), ("is_private", "team_id"), per_minute=20),
    Method("conversations.invite", invite, ("channel", "users"), ("force",), per_minute=50),
    Method("conversations.archive", archive, ("channel",), per_minute=20),
    Method("conversations.setTopic", set_topic, ("channel", "topic"), per_minute=20),
)
