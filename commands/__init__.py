"""One file or folder = one slash command: its verbs, plan, execute and help. Nothing else lives here."""

import pkgutil
from importlib import import_module

from bot.domain.command import Command


def find() -> dict[str, Command]:
    """Every command of this folder by its name, `/rollback`; a new one is found by being there."""
    found = [import_module(f"commands.{module.name}").COMMAND for module in pkgutil.iter_modules(__path__)]
    return {command.name: command for command in sorted(found, key=lambda command: command.name)}
