"""chat.*: post, update, delete, whisper, link."""

from bot.sandbox.workspace import check
from bot.sandbox.workspace.api.call import Args, Desk, Method
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.shapes import api_message
from bot.sandbox.workspace.things import BOT_USER, Blocks, Channel, Json

_CONTENT = ("text", "blocks", "attachments", "markdown_text", "metadata", "parse", "link_names", "as_user")
_LOOK = ("username", "icon_emoji", "icon_url")
_POST = ("thread_ts", "reply_broadcast", "unfurl_links", "unfurl_media", "mrkdwn")


def post_message(desk: Desk, args: Args) -> Json:
    channel = desk.place_to_post(args.word("channel"))
    _look(desk, args)
    text, blocks = _content(args)
    more: Json = {"attachments": _attachments(args), "metadata": _metadata(args)}
    more |= {"thread_ts": _thread(desk, args, channel), "broadcast": args.flag("reply_broadcast")}
    desk.limits.post(channel.id)
    message = desk.state.post(channel.id, BOT_USER, text[: check.TEXT_LIMIT], blocks, **more)
    shape = api_message(desk.state, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def post_ephemeral(desk: Desk, args: Args) -> Json:
    channel = desk.place_to_post(args.word("channel"))
    _look(desk, args)
    text, blocks = _content(args)
    if len(text) > check.TEXT_LIMIT:
        raise Refused("msg_too_long")
    person = args.word("user")
    if person not in channel.members:
        raise Refused("user_not_in_channel")
    thread = _thread(desk, args, channel)
    message = desk.state.whisper(channel.id, person, text, blocks, thread_ts=thread, attachments=_attachments(args))
    return {"message_ts": message.ts}


def update(desk: Desk, args: Args) -> Json:
    """With text and without blocks the old blocks go; with blocks no "edited" is shown (reference of chat.update)."""
    channel = desk.channel(args.word("channel"))
    message = desk.message(channel, args.word("ts"))
    if not message.by_bot:
        raise Refused("cant_update_message")
    text, blocks = _content(args)
    if len(text) > check.UPDATE_TEXT_LIMIT:
        raise Refused("msg_too_long")
    fields: Json = {"edited": message.edited if blocks else desk.state.next_ts()}
    fields["text"] = text or message.text
    if "blocks" in args or "text" in args:
        fields["blocks"] = desk.state.name_parts(blocks)
    if "attachments" in args:
        fields["attachments"] = _attachments(args)
    if "metadata" in args:
        fields["metadata"] = _metadata(args) if args.data("metadata") else None
    changed = desk.state.change(message, **fields)
    shape = api_message(desk.state, changed, with_metadata=True)
    return {"channel": channel.id, "ts": changed.ts, "text": changed.text, "message": shape}


def delete(desk: Desk, args: Args) -> Json:
    channel = desk.channel(args.word("channel"))
    message = desk.message(channel, args.word("ts"))
    if not message.by_bot:
        raise Refused("cant_delete_message")
    desk.state.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(desk: Desk, args: Args) -> Json:
    channel = desk.channel(args.word("channel"))
    message = desk.message(channel, args.word("message_ts"))
    return {"channel": channel.id, "permalink": desk.permalink(message)}


def _content(args: Args) -> tuple[str, Blocks]:
    """What the message says, checked. Numbers and other non-texts are refused."""
    text, markdown = args.text("text") or "", args.text("markdown_text") or ""
    blocks = args.data("blocks") or []
    if markdown and (text or blocks):
        raise Refused("markdown_text_conflict")
    if len(markdown) > check.MARKDOWN_TOTAL_LIMIT:
        raise Refused("msg_too_long")
    if not (text or markdown or blocks or "attachments" in args):
        raise Refused("no_text")
    if blocks:
        check.message_blocks(blocks)
    return text or markdown, blocks if isinstance(blocks, list) else []


def _attachments(args: Args) -> Blocks:
    attachments = args.data("attachments") or []
    if not isinstance(attachments, list):
        raise Refused("invalid_attachments")
    if len(attachments) > 100:
        raise Refused("too_many_attachments")
    for attachment in attachments:
        if "blocks" in attachment:
            check.message_blocks(attachment["blocks"])
    return attachments


def _metadata(args: Args) -> Json | None:
    value = args.data("metadata")
    if value is None:
        return None
    check.metadata(value)
    return value if isinstance(value, dict) else None


def _look(desk: Desk, args: Args) -> None:
    if any(name in args for name in _LOOK):
        desk.need("chat:write.customize")


def _thread(desk: Desk, args: Args, channel: Channel) -> str | None:
    """Replies hang on a parent that exists; a reply is nobody's parent."""
    ts = args.text("thread_ts")
    if not ts:
        return None
    parent = desk.state.message(channel.id, ts)
    if parent is None:
        raise Refused("thread_not_found")
    if parent.is_reply:
        raise Refused("cannot_reply_to_message")
    return ts


CHAT = (
    Method(
        "chat.postMessage",
        post_message,
        ("channel",),
        (*_CONTENT, *_LOOK, *_POST),
        ("chat:write",),
        per_minute=10_000,
    ),
    Method(
        "chat.postEphemeral",
        post_ephemeral,
        ("channel", "user"),
        (*_CONTENT, *_LOOK, "thread_ts"),
        ("chat:write",),
        per_minute=100,
    ),
    Method(
        "chat.update",
        update,
        ("channel", "ts"),
        (*_CONTENT, "reply_broadcast", "file_ids", "unfurled_attachments"),
        ("chat:write",),
        per_minute=50,
    ),
    Method("chat.delete", delete, ("channel", "ts"), ("as_user",), ("chat:write",), per_minute=50),
    Method("chat.getPermalink", get_permalink, ("channel", "message_ts"), per_minute=600, takes_json=False),
)
