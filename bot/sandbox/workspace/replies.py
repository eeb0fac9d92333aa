"""What the app answers outside the Web API: the body of a command's answer, and posts to a response URL."""

import json
from dataclasses import replace

from bot.sandbox.workspace import check
from bot.sandbox.workspace.check import Refused
from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import BOT_USER, Answer, Blocks, Json, Message
from bot.sandbox.workspace.triggers import ResponseUrl

_KNOWN = frozenset(
    {"text", "blocks", "attachments", "response_type", "replace_original", "delete_original", "thread_ts"}
    | {"unfurl_links", "unfurl_media", "mrkdwn", "metadata", "link_names", "parse"}
)


def inline(answer: Answer) -> Json | None:
    """The message in a command's 200, if there is one. Anything that is not JSON is plain text."""
    body = answer.body.decode(errors="replace").strip()
    if not body:
        return None
    if "json" not in answer.headers.get("content-type", ""):
        return {"text": body}
    try:
        value = json.loads(body)
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(value, dict):
        raise Refused("invalid_payload")
    return value or None


def apply(state: State, url: ResponseUrl, body: Json) -> Message | None:
    """Posts, replaces or deletes. Without an original there is nothing to replace: a command is the person's own."""
    _check(body)
    original = _original(state, url)
    if body.get("delete_original"):
        _delete(state, original)
        return None
    if body.get("replace_original") and original is not None:
        return _replace(state, original, body)
    return _new(state, url, body)


def _check(body: Json) -> None:
    if unknown := sorted(body.keys() - _KNOWN):
        raise Refused("invalid_arguments", tuple(f"[ERROR] unknown argument: {name}" for name in unknown))
    if body.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise Refused("invalid_arguments", ("[ERROR] response_type must be ephemeral or in_channel",))
    if len(str(body.get("text", ""))) > check.TEXT_LIMIT:
        raise Refused("msg_too_long")
    if body.get("blocks"):
        check.message_blocks(body["blocks"])
    if not (body.get("delete_original") or body.get("text") or body.get("blocks") or body.get("attachments")):
        raise Refused("no_text")


def _original(state: State, url: ResponseUrl) -> Message | None:
    if url.ts is None:
        return None
    return state.ephemerals.get((url.person, url.ts)) if url.ephemeral else state.message(url.channel, url.ts)


def _delete(state: State, original: Message | None) -> None:
    if original is None:
        return
    if original.ephemeral_to:
        state.drop_ephemeral(original.ephemeral_to, original.ts)
    else:
        state.delete(original)


def _replace(state: State, original: Message, body: Json) -> Message:
    blocks = state.name_parts(_blocks(body))
    text = str(body.get("text") or "")
    if original.ephemeral_to:
        return state.put_ephemeral(replace(original, text=text, blocks=blocks))
    return state.change(original, text=text, blocks=blocks, edited=None if blocks else state.next_ts())


def _new(state: State, url: ResponseUrl, body: Json) -> Message:
    text, thread = str(body.get("text") or ""), body.get("thread_ts")
    if body.get("response_type") == "in_channel":
        return state.post(url.channel, BOT_USER, text, _blocks(body), thread_ts=thread, metadata=body.get("metadata"))
    return state.whisper(url.channel, url.person, text, _blocks(body), thread_ts=thread)


def _blocks(body: Json) -> Blocks:
    blocks: Blocks = body.get("blocks") or []
    return blocks
