"""What the app was installed with: scopes, commands, events. Without a manifest: all we know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FAMILIES = {
    "bookmarks": ("write",),
    "channels": ("history", "join", "manage", "read"),
    "dnd": ("read",),
    "files": ("write",),
    "groups": ("history", "read", "write"),
    "im": ("history", "read", "write"),
    "mpim": ("read", "write"),
    "pins": ("read", "write"),
    "reactions": ("read", "write"),
    "team": ("read",),
    "usergroups": ("read",),
    "users": ("read", "read.email"),
}
# Without chat:write.public: posting where the bot is no member is a mistake unless the manifest asks for it.
ALL_SCOPES = frozenset(
    {"app_mentions:read", "chat:write", "commands"}
    | {f"{family}:{right}" for family, rights in _FAMILIES.items() for right in rights}
)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = True


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry in the menu of a message; those of the whole workspace are not drawn here."""

    callback_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`None` for commands or events: whatever comes is accepted."""

    scopes: frozenset[str] = ALL_SCOPES
    commands: Mapping[str, SlashCommand] | None = None
    events: frozenset[str] | None = None
    home_tab: bool = True
    messages_tab: bool = True  # whether people can write to the app in its own conversation
    shortcuts: tuple[Shortcut, ...] = ()

    def command(self, name: str) -> SlashCommand | None:
        return SlashCommand(name) if self.commands is None else self.commands.get(name)

    def hears(self, event: str) -> bool:
        return self.events is None or event in self.events


def read_manifest(body: Mapping[str, Any] | None) -> Manifest:
    """A whole manifest (v1 or v2), or the short form {"scopes": […], "commands": […]}."""
    if body is None:
        return Manifest()
    if "display_information" not in body:
        return _short(body)
    features, settings = body.get("features", {}), body.get("settings", {})
    return Manifest(
        scopes=frozenset(body.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
        commands={entry["command"]: _command(entry) for entry in features.get("slash_commands", [])},
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        shortcuts=tuple(
            Shortcut(entry["callback_id"], entry["name"])
            for entry in features.get("shortcuts", [])
            if entry.get("type") == "message"
        ),
        home_tab=bool(features.get("app_home", {}).get("home_tab_enabled", False)),
        messages_tab=_writable(features.get("app_home", {})),
    )


def _writable(app_home: Mapping[str, Any]) -> bool:
    """Slack's own defaults: the messages tab is there, and read-only unless the manifest says otherwise."""
    shown, read_only = (
        app_home.get("messages_tab_enabled", True),
        app_home.get("messages_tab_read_only_enabled", True),
    )
    return bool(shown and not read_only)


def _short(body: Mapping[str, Any]) -> Manifest:
    commands = body.get("commands")
    entries = [{"command": entry} if isinstance(entry, str) else entry for entry in commands or []]
    entries = [{"should_escape": True, **entry} for entry in entries]
    return Manifest(
        scopes=frozenset(body.get("scopes", ALL_SCOPES)),
        commands=None if commands is None else {entry["command"]: _command(entry) for entry in entries},
    )


def _command(entry: Mapping[str, Any]) -> SlashCommand:
    return SlashCommand(
        entry["command"],
        entry.get("description", ""),
        entry.get("usage_hint", ""),
        bool(entry.get("should_escape", False)),
    )
