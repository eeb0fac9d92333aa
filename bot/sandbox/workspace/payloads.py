"""What Slack sends to the app, field by field: commands, clicks, forms, events. Pure but for the ids it is given."""

import json
import re

from bot.sandbox.workspace.shapes import api_message, api_view
from bot.sandbox.workspace.state import State
from bot.sandbox.workspace.things import (
    APP,
    BOT_USER,
    TEAM,
    TEAM_DOMAIN,
    Channel,
    Delivery,
    Json,
    Message,
    Person,
    View,
)

TOKEN = "sandbox-verification-token"
_MENTION = re.compile(r"<[@#][A-Z0-9]+(?:\|[^<>]*)?>")
_WORD = re.compile(r"(?<![\w/])([@#])([\w.-]*\w)")
_LINK = re.compile(r"https?://[^\s<>]+")


def escape(state: State, text: str) -> str:
    """What `should_escape` does: people, channels and links become tokens, the rest is escaped."""
    parts, last = [], 0
    for token in _MENTION.finditer(text):
        parts += [_escape_plain(state, text[last : token.start()]), token.group()]
        last = token.end()
    return "".join([*parts, _escape_plain(state, text[last:])])


def _escape_plain(state: State, text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _LINK.sub(lambda found: f"<{found.group()}>", text)
    return _WORD.sub(lambda found: _token(state, found) or found.group(), text)


def _token(state: State, found: re.Match[str]) -> str | None:
    """Private channels keep their name to themselves."""
    if found[1] == "@":
        person = state.person_named(found[2])
        return f"<@{person.id}>" if person else None
    channel = state.channel_named(found[2])
    if channel is None:
        return None
    return f"<#{channel.id}|{channel.name if channel.kind == 'channel' else ''}>"


def command(person: Person, channel: Channel, name: str, text: str, delivery: Delivery) -> dict[str, str]:
    form = {
        "token": TOKEN,
        "team_id": delivery.team_id or person.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
    }
    if delivery.enterprise_id:
        form |= {"enterprise_id": delivery.enterprise_id, "enterprise_name": "Lantern Group"}
    return form


def channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "private": "privategroup"}.get(channel.kind, channel.name)


def interaction(kind: str, person: Person, delivery: Delivery) -> Json:
    """What every click and form has in common."""
    enterprise = {"id": delivery.enterprise_id, "name": "Lantern Group"} if delivery.enterprise_id else None
    team = {"id": delivery.team_id or person.team_id, "domain": TEAM_DOMAIN}
    user = {"id": person.id, "username": person.name, "name": person.name, "team_id": team["id"]}
    return {
        "type": kind,
        "user": user,
        "api_app_id": APP,
        "token": TOKEN,
        "team": team,
        "enterprise": enterprise,
        "is_enterprise_install": False,
    }


def message_click(state: State, person: Person, message: Message, action: Json, delivery: Delivery) -> Json:
    """An ephemeral message is not in the payload: Slack does not keep it."""
    channel = state.channels[message.channel]
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    container["is_ephemeral"] = message.ephemeral_to is not None
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    payload = interaction("block_actions", person, delivery)
    payload |= {"container": container, "channel": {"id": channel.id, "name": channel_name(channel)}}
    payload |= {"state": {"values": {}}, "actions": [action]}
    if message.ephemeral_to is None:
        current = state.message(message.channel, message.ts) or message
        payload["message"] = api_message(state, current, with_metadata=True)
    return payload


def message_shortcut(state: State, person: Person, message: Message, callback_id: str, delivery: Delivery) -> Json:
    """docs.slack.dev: "Implementing shortcuts", message shortcuts."""
    channel = state.channels[message.channel]
    current = state.message(message.channel, message.ts) or message
    payload = interaction("message_action", person, delivery)
    payload |= {"callback_id": callback_id, "action_ts": state.next_ts(), "message_ts": message.ts}
    payload |= {"channel": {"id": channel.id, "name": channel_name(channel)}}
    return payload | {"message": api_message(state, current)}


def view_click(person: Person, view: View, action: Json, delivery: Delivery) -> Json:
    payload = interaction("block_actions", person, delivery)
    container = {"type": "view", "view_id": view.id}
    return payload | {"container": container, "view": api_view(view), "actions": [action]}


def submission(person: Person, view: View, delivery: Delivery) -> Json:
    return interaction("view_submission", person, delivery) | {"view": api_view(view), "response_urls": []}


def closing(person: Person, view: View, *, cleared: bool) -> Json:
    return interaction("view_closed", person, Delivery()) | {"view": api_view(view), "is_cleared": cleared}


def envelope(event: Json, event_id: str, now: float) -> Json:
    authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
    return {
        "token": TOKEN,
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [{**authorization, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def as_form(payload: Json) -> dict[str, str]:
    return {"payload": json.dumps(payload, ensure_ascii=False)}
