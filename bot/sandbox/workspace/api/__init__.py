"""The Web API methods the app may call, one file a family."""

from bot.sandbox.workspace.api.call import Args, Desk, Method
from bot.sandbox.workspace.api.chat import CHAT
from bot.sandbox.workspace.api.connections import CONNECTIONS
from bot.sandbox.workspace.api.conversations import CONVERSATIONS
from bot.sandbox.workspace.api.files import FILES
from bot.sandbox.workspace.api.notes import NOTES
from bot.sandbox.workspace.api.people import PEOPLE
from bot.sandbox.workspace.api.views import VIEWS

METHODS: dict[str, Method] = {
    method.name: method
    for family in (CHAT, CONNECTIONS, CONVERSATIONS, FILES, NOTES, PEOPLE, VIEWS)
    for method in family
}

__all__ = ["METHODS", "Args", "Desk", "Method"]
