"""The Slack app's manifest, made from the commands' own records: what people can type, and no right too many."""

import re
from collections.abc import Iterable, Sequence

import yaml

from bot.domain.catalog import Which
from bot.domain.command import Command
from bot.domain.help import hint_of
from bot.domain.json import Json, JsonObject
from bot.slack.methods import EVENTS, GROUP_EVENTS, scopes
from bot.slack.shortcuts import shortcuts

MOST_COMMANDS = 50
NAME = re.compile(r"/[a-z][a-z0-9_-]{0,30}")

SLACKS_OWN = frozenset(
    {
        *(
            "/active",
            "/apps",
            "/archive",
            "/away",
            "/call",
            "/canvas",
            "/close",
            "/collapse",
            "/dm",
            "/dnd",
            "/expand",
        ),
        *("/feed", "/feedback", "/help", "/invite", "/invite_people", "/join", "/keys", "/kick", "/leave", "/list"),
        *("/me", "/msg", "/mute", "/open", "/part", "/prefs", "/remind", "/remove", "/rename", "/search"),
        *("/shortcuts", "/shrug", "/star", "/status", "/tableflip", "/topic", "/unarchive", "/unmute", "/who"),
    }
)
"""Slack keeps these for itself: an app's command of that name is never reached."""

_DESCRIPTION = "Runs operations from Slack: plan, approval, run, proof and record in one thread."
_LONG = (
    "Watchkeeper looks after the services of a small company. Somebody types a command; it decides whether they "
    "may do this there, shows exactly what will happen, asks for approval where the policy wants it, runs it once, "
    "verifies the result, and writes every step into the thread and into an audit log. It runs on your own machine, "
    "with your own database; every command answers `help`."
)


def manifest(
    commands: Iterable[Command],
    *,
    which: Which = "core",
    request_url: str = "https://YOUR-HOST/slack/events",
    groups: bool = False,
    socket: bool = False,
) -> JsonObject:
    """The manifest of one set of commands. ValueError when Slack could not install it.

    groups: the policy trusts user groups. socket: Slack is reached over Socket Mode, so no URL is named.
    """
    chosen = sorted((command for command in commands if which in command.sets), key=lambda command: command.name)
    wrong = problems(chosen)
    if wrong:
        raise ValueError(" ".join(wrong))
    events = sorted({**EVENTS, **(GROUP_EVENTS if groups else {})})
    at: JsonObject = {} if socket else {"request_url": request_url}
    slash: list[Json] = [_slash(command, None if socket else request_url) for command in chosen]
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Watchkeeper",
            "description": _DESCRIPTION,
            "long_description": _LONG,
            "background_color": "#1f3d4d",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Watchkeeper", "always_online": True},
            "slash_commands": slash,
            "shortcuts": [*shortcuts({command.name for command in chosen})],
        },
        "oauth_config": {"scopes": {"bot": [*sorted({"commands", *scopes(groups=groups)})]}},
        "settings": {
            "event_subscriptions": {**at, "bot_events": [*events]},
            "interactivity": {"is_enabled": True, **at},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }


def _slash(command: Command, url: str | None) -> JsonObject:
    at: JsonObject = {} if url is None else {"url": url}
    return {
        "command": command.name,
        **at,
        "description": command.help,
        "usage_hint": hint_of(command) or "help",
        "should_escape": True,  # mentions arrive as ids: nobody is found by a name
    }


def problems(commands: Sequence[Command]) -> list[str]:
    """Why Slack would refuse or never reach a command, one sentence each; its schema does not check names."""
    found = [f"{len(commands)} commands are more than the {MOST_COMMANDS} that Slack allows: choose a smaller set."]
    found = found if len(commands) > MOST_COMMANDS else [] if commands else ["No command is in this set."]
    for command in commands:
        if not NAME.fullmatch(command.name):
            found.append(f"{command.name} is no name for a slash command: a slash and 1 to 31 small letters.")
        elif command.name in SLACKS_OWN:
            found.append(f"{command.name} is Slack's own command: choose another name.")
        if not 1 <= len(command.help) <= 140:
            found.append(f"{command.name}: its help must be 1 to 140 characters, to be read in Slack's menu.")
    return found


def dump(value: JsonObject) -> str:
    """manifest.yml, as a person reads it."""
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=118)
    return f"# Made from the commands by `watchkeeper manifest`; change them, not this file.\n{text}"
