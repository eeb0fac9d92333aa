"""Which of Slack's Web API methods and events the bot uses, and the scopes that each needs.

The manifest asks for these scopes and no others; a test compares this list with the code. Nothing is called here.
"""

from collections.abc import Mapping

_HISTORY = frozenset({"channels:history", "groups:history", "im:history"})

METHODS: Mapping[str, frozenset[str]] = {
    "apps.connections.open": frozenset(),  # with the app-level token: its own scope is connections:write
    "auth.test": frozenset(),
    "bookmarks.add": frozenset({"bookmarks:write"}),
    "chat.getPermalink": frozenset(),
    "chat.postEphemeral": frozenset({"chat:write"}),
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    "conversations.archive": frozenset({"channels:manage", "groups:write"}),
    "conversations.create": frozenset({"channels:manage", "groups:write"}),  # the channels of incidents
    "conversations.history": _HISTORY,  # read once after an unknown outcome, to find a post that did arrive
    "conversations.info": frozenset({"channels:read", "groups:read"}),  # whether other companies are in it
    "conversations.invite": frozenset({"channels:manage", "groups:write"}),
    "conversations.list": frozenset({"channels:read", "groups:read"}),  # `init` and `doctor` find channels by name
    "conversations.open": frozenset({"im:write"}),
    "conversations.replies": _HISTORY,
    "conversations.setTopic": frozenset({"channels:manage", "groups:write"}),
    "dnd.teamInfo": frozenset({"dnd:read"}),  # “silent until 07:00” beside who was asked
    "files.completeUploadExternal": frozenset({"files:write"}),
    "files.getUploadURLExternal": frozenset({"files:write"}),
    "pins.add": frozenset({"pins:write"}),
    "users.getPresence": frozenset({"users:read"}),
    "users.info": frozenset({"users:read"}),
    "users.list": frozenset({"users:read"}),
    "views.open": frozenset(),
    "views.publish": frozenset(),  # needs the Home tab, which the manifest enables
}
"""Method → the scopes that it needs wherever we call it."""

EVENTS: Mapping[str, frozenset[str]] = {
    "app_home_opened": frozenset(),
    "app_mention": frozenset({"app_mentions:read"}),
    "app_uninstalled": frozenset(),
    "channel_shared": frozenset({"channels:read", "groups:read"}),
    "channel_unshared": frozenset({"channels:read", "groups:read"}),
    "message.im": frozenset({"im:history"}),
    "member_joined_channel": frozenset({"channels:read", "groups:read"}),
    "message.channels": frozenset({"channels:history"}),  # edits, deletions and uploads in incidents' conversations
    "message.groups": frozenset({"groups:history"}),
    "pin_added": frozenset({"pins:read"}),
    "pin_removed": frozenset({"pins:read"}),
    "reaction_added": frozenset({"reactions:read"}),
    "reaction_removed": frozenset({"reactions:read"}),
    "team_join": frozenset({"users:read"}),
    "tokens_revoked": frozenset(),
    "user_change": frozenset({"users:read"}),
}
"""Event → the scopes without which Slack does not send it."""


GROUP_METHODS: Mapping[str, frozenset[str]] = {"usergroups.users.list": frozenset({"usergroups:read"})}
GROUP_EVENTS: Mapping[str, frozenset[str]] = {"subteam_members_changed": frozenset({"usergroups:read"})}
"""Only where the policy trusts user groups: no other installation is asked for that scope."""


def scopes(*, groups: bool = False) -> list[str]:
    """Everything that the methods and events need, in order."""
    needed = [*METHODS.values(), *EVENTS.values()]
    needed += [*GROUP_METHODS.values(), *GROUP_EVENTS.values()] if groups else []
    return sorted(frozenset().union(*needed))
