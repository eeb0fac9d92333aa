"""How the workspace's values look on the wire: to the app as Slack's objects, to the page as the page's. No state."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import (
    APP,
    BOT,
    BOT_NAME,
    BOT_USER,
    TEAM,
    Channel,
    File,
    Json,
    Message,
    Person,
    View,
)


def api_person(person: Person, now: float) -> Json:
    return {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "color": person.color.lstrip("#"),
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": _offset_s(person.tz, now),
        "profile": {
            "title": person.title,
            "real_name": person.real_name,
            "display_name": person.name,
            "team": person.team_id,
        },
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_stranger": person.team_id != TEAM,
        "updated": 1700000000,
    }


def _offset_s(zone: str, now: float) -> int:
    offset = datetime.fromtimestamp(now, ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def api_channel(channel: Channel) -> Json:
    if channel.kind == "im":
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_archived": False,
            "user": channel.person,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private",
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind == "private",
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared or channel.is_org_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": channel.is_org_shared,
        "is_pending_ext_shared": False,
        "is_member": BOT_USER in channel.members,
        "created": channel.created,
        "creator": channel.creator,
        "context_team_id": TEAM,
        "topic": {"value": channel.topic, "creator": channel.creator, "last_set": channel.created},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def api_message(state: State, message: Message, *, with_metadata: bool = False) -> Json:
    shape: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": TEAM}
    if message.by_bot:
        profile = {"id": BOT, "app_id": APP, "name": BOT_NAME, "deleted": False, "team_id": TEAM}
        shape |= {"bot_id": BOT, "app_id": APP, "bot_profile": profile}
    shape |= _parts(message) | _thread(state, message)
    if with_metadata and message.metadata:
        shape["metadata"] = message.metadata
    return shape


def _parts(message: Message) -> Json:
    parts: Json = {}
    if message.blocks:
        parts["blocks"] = message.blocks
    if message.attachments:
        parts["attachments"] = message.attachments
    if message.edited:
        parts["edited"] = {"user": message.user, "ts": message.edited}
    if message.files:
        parts["files"] = [api_file(file) for file in message.files]
    if message.reactions:
        parts["reactions"] = api_reactions(message)
    if message.pinned:
        parts["pinned_to"] = [message.channel]
    return parts


def api_reactions(message: Message) -> list[Json]:
    return [{"name": n, "users": list(users), "count": len(users)} for n, users in message.reactions.items()]


def _thread(state: State, message: Message) -> Json:
    if message.is_reply:
        return {"thread_ts": message.thread_ts, "parent_user_id": _author(state, message)}
    replies = state.replies(message) if message.ephemeral_to is None else []
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def _author(state: State, message: Message) -> str:
    parent = state.message(message.channel, message.thread_ts or "")
    return parent.user if parent else ""


def api_file(file: File) -> Json:
    return {
        "id": file.id,
        "created": int(file.created),
        "timestamp": int(file.created),
        "name": file.name,
        "title": file.title,
        "mimetype": "text/plain",
        "filetype": "text",
        "user": file.user,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "channels": [c for c in file.channels if c.startswith("C")],
        "ims": [c for c in file.channels if c.startswith("D")],
        "preview": preview(file),
    }


def preview(file: File) -> str:
    head = file.content[:2000]
    return "" if head.startswith(b"%PDF") or b"\0" in head else head.decode(errors="replace")


def api_view(view: View) -> Json:
    """A view as Slack returns it: with its ids, hash and state, which nobody may send."""
    blank: Json = {"private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": False}
    blank |= {"notify_on_close": False, "title": None, "submit": None, "close": None}
    return {
        **blank,
        **view.body,
        "id": view.id,
        "team_id": TEAM,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "state": {"values": view.state},
    }


def page_person(person: Person) -> Json:
    keys = ("id", "name", "real_name", "title", "color", "is_bot", "is_restricted", "deleted", "tz")
    return {key: getattr(person, key) for key in keys}


def page_channel(state: State, channel: Channel, person: str) -> Json:
    shape: Json = {"id": channel.id, "name": channel.name, "kind": "dm" if channel.kind == "im" else "channel"}
    shape |= {
        "topic": channel.topic,
        "is_private": channel.kind == "private",
        "unread": unread(state, channel, person),
    }
    if channel.kind == "im":
        shape |= {"name": BOT_NAME, "with": BOT_USER}
    return shape


def unread(state: State, channel: Channel, person: str) -> int:
    seen = state.read.get((person, channel.id), "")
    return sum(m.ts > seen and m.user != person and not m.is_reply for m in state.messages[channel.id].values())


def page_message(state: State, message: Message) -> Json:
    shape: Json = {
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "at": datetime.fromtimestamp(message.at, UTC).isoformat(),
        "reactions": api_reactions(message),
        "files": [page_file(file) for file in message.files],
    }
    flags = {"bot": message.by_bot, "edited": bool(message.edited), "ephemeral": bool(message.ephemeral_to)}
    flags |= {"pinned": message.pinned, "broadcast": message.broadcast}
    shape |= {name: True for name, on in flags.items() if on}
    return shape | {k: v for k, v in _thread(state, message).items() if k in ("thread_ts", "reply_count")}


def page_file(file: File) -> Json:
    shape: Json = {"id": file.id, "name": file.name, "title": file.title, "size": file.size}
    return shape | {"url": f"/files/{file.id}/{file.name}", "preview": preview(file)}


def page_event(state: State, event: Json) -> Json:
    """A change as the page wants it: values become JSON."""
    shape = dict(event)
    if isinstance(message := event.get("message"), Message):
        shape["message"] = page_message(state, message)
    if isinstance(view := event.get("view"), View):
        shape["view"] = api_view(view)
    return shape
