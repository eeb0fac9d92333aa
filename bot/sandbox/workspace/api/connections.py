"""The one method that takes the app's own token instead of the bot's: it hands out a ticket for a connection."""

from bot.sandbox.workspace.api.call import Args, Desk, Method
from bot.sandbox.workspace.things import Json


def open_connection(desk: Desk, args: Args) -> Json:
    return {"url": desk.open_connection()}


CONNECTIONS = (Method("apps.connections.open", open_connection, (), per_minute=50, by_app=True),)
