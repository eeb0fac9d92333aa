"""A Slack workspace on this machine: Slack's wire formats from the other side, as strict as Slack."""

from bot.sandbox.workspace.pressing import NoSuchElement
from bot.sandbox.workspace.things import Answer, Call, Channel, Delivery, File, Message, Person, Usergroup, View
from bot.sandbox.workspace.workspace import Workspace

__all__ = [
    "Answer",
    "Call",
    "Channel",
    "Delivery",
    "File",
    "Message",
    "NoSuchElement",
    "Person",
    "Usergroup",
    "View",
    "Workspace",
]
